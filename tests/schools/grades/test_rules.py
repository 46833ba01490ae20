"""Grades: what is understood, what it is worth, averages with real values."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.grades import pasting, rules
from schools.grades.model import BookPupil, Column, Entry, GradeSettings, Patch

USUAL = GradeSettings()
COLUMN = Column(
    id=1, class_id=1, class_name="7a", subject_id=2, subject="Matematyka", semester=1, kind="mark", category_id=None,
    category="", short="", colour="grey", title="Sprawdzian", weight=Decimal(5), points_max=None,
    on_date=date(2026, 10, 1), published_at=datetime(2026, 10, 1, tzinfo=UTC), author="KL", marks_rev=0, rev=1,
)  # fmt: skip


def column(**more) -> Column:
    import msgspec

    return msgspec.structs.replace(COLUMN, **more)


def read(text: str, kind: str = "mark", level: int = 7, **more):
    return rules.read_entry(text, column(kind=kind, **more), USUAL, level=level)


def test_signs_are_read_before_and_behind():
    assert [read(one) for one in ("4", " 4+ ", "+4", "3−", "-3", "5--", "=2", "4++")] == [
        "4", "4+", "4+", "3-", "3-", "5--", "2=", "4++",
    ]  # fmt: skip
    assert [read(one) for one in ("np", "BZ", "nb", "", "  ")] == ["np", "bz", "nb", None, None]
    for wrong in ("0", "7", "44", "+4+", "4+-+", "4*", "pięć", "=cmd()", "4+=", "1e3"):
        with pytest.raises(rules.Fault):
            read(wrong)
    plain = GradeSettings(modifiers={"+": Decimal("0.5")})
    with pytest.raises(rules.Fault, match="sign"):
        rules.read_entry("4-", COLUMN, plain, level=7)


def test_what_an_entry_is_worth():
    worth = {one: rules.worth(one, USUAL) for one in ("6", "4+", "4-", "3=", "5++", "2--", "np", "bz", None, "")}
    assert worth == {
        "6": Decimal(6), "4+": Decimal("4.33"), "4-": Decimal("3.67"), "3=": Decimal("2.5"), "5++": Decimal("5.5"),
        "2--": Decimal("1.5"), "np": None, "bz": None, None: None, "": None,
    }  # fmt: skip
    own = GradeSettings(modifiers={"+": Decimal("0.5"), "-": Decimal("-0.25")})
    assert (rules.worth("4+", own), rules.worth("4-", own)) == (Decimal("4.5"), Decimal("3.75"))
    assert rules.worth("4=", own) == 4  # written while the sign was in use


def test_signs_are_shown_as_the_school_says():
    assert [rules.shown(one, USUAL) for one in ("4-", "4+", "17.5", "np", None)] == ["4−", "4+", "17,5", "np", ""]
    assert rules.shown("4--", GradeSettings(prefix=True)) == "−−4"


def test_weighted_mean_with_real_values():
    marks = [(Decimal(5), Decimal(5)), (Decimal("3.67"), Decimal(3)), (Decimal(2), Decimal(1))]
    mean = rules.average(marks)
    assert mean is not None
    assert abs(mean - Decimal("4.223333333333")) < Decimal("1e-9")
    assert rules.shown_average(mean) == "4,22"
    assert rules.average([(Decimal(6), Decimal(0)), (Decimal(4), Decimal(2))]) == 4  # weight 0 is left out of the mean
    assert rules.average([(Decimal(6), Decimal(0)), (Decimal(3), Decimal(0))]) == Decimal("4.5")  # all 0: plain mean
    assert rules.average([]) is None
    assert rules.shown_average(None) == "—"
    assert (rules.shown_average(Decimal("4.745")), rules.shown_average(Decimal("2.335"))) == ("4,75", "2,34")
    third = rules.average([(Decimal(1), Decimal(1)), (Decimal(1), Decimal(1)), (Decimal(2), Decimal(1))])
    assert third is not None
    assert third > Decimal("1.3333333333")


def entry(column_id: int, text: str | None, attempt: int = 1) -> Entry:
    return Entry(column_id=column_id, pupil_id=7, attempt=attempt, text=text, rev=1)


def test_blank_is_not_zero_and_non_graded_entries_are_left_out():
    columns = [column(id=1), column(id=2, weight=Decimal(3)), column(id=3, weight=Decimal(1))]
    columns += [column(id=4, kind="points", points_max=Decimal(20)), column(id=5, kind="proposed")]
    mine = rules.by_column([entry(1, "4"), entry(2, None), entry(3, "np"), entry(4, "17.5"), entry(5, "6")])
    assert rules.pupil_average(columns, mine, USUAL) == 4
    assert rules.points_percent(columns, mine, USUAL) == Decimal("87.5")
    assert rules.pupil_average(columns, rules.by_column([entry(3, "bz")]), USUAL) is None


def test_a_resit_counts_as_the_school_says():
    columns = [column(id=1, weight=Decimal(5)), column(id=2, weight=Decimal(1))]
    mine = rules.by_column([entry(1, "3", 2), entry(1, "4"), entry(2, "5"), entry(1, "np", 3)])
    assert rules.pupil_average(columns, mine, GradeSettings(resit="last")) == Decimal(20) / 6
    assert rules.pupil_average(columns, mine, GradeSettings(resit="better")) == Decimal(25) / 6
    assert rules.pupil_average(columns, mine, GradeSettings(resit="both")) == Decimal(40) / 11


def test_the_other_kinds_of_entries():
    assert read("17,5", "points", points_max=Decimal(20)) == "17.5"
    for wrong in ("21", "-1", "abc"):
        with pytest.raises(rules.Fault):
            read(wrong, "points", points_max=Decimal(20))
    assert [read(one, "settled") for one in ("5", "NK", "zw")] == ["5", "nk", "zw"]
    with pytest.raises(rules.Fault):
        read("5+", "proposed")
    assert read("Czyta płynnie. =cmd()", "settled", level=2) == "Czyta płynnie. =cmd()"
    assert [read(one, "settled", subject_id=None) for one in ("wz", "Bardzo dobre", "ng")] == [
        "wzorowe", "bardzo dobre", "naganne",
    ]  # fmt: skip
    with pytest.raises(rules.Fault):
        read("świetne", "settled", subject_id=None)


def test_half_of_the_time_exactly():
    over, at_least = GradeSettings(), GradeSettings(absence_comparison="≥")
    assert [rules.is_unclassifiable(one, 20, over) for one in (9, 10, 11)] == [False, False, True]
    assert [rules.is_unclassifiable(one, 20, at_least) for one in (9, 10, 11)] == [False, True, True]
    assert not rules.is_unclassifiable(0, 0, at_least)
    assert rules.is_threatened(None, Decimal("1.74"), over)
    assert not rules.is_threatened("2", Decimal("1.2"), over)
    assert rules.distribution(["5", "5", "1", "nk", None]) == {"6": 0, "5": 2, "4": 0, "3": 0, "2": 0, "1": 1}


PUPILS = [
    BookPupil(pupil_id=10 + place, number=place, first_name=first, last_name=last, is_member=True)
    for place, (first, last) in enumerate(
        (("Łucja", "Ądra"), ("Jan", "Nowak"), ("Anna", "Nowak"), ("Ewa", "Żak")), start=1
    )
]


def pasted(content: str) -> list[tuple]:
    lines = pasting.read_pasted(content, PUPILS, COLUMN, USUAL, 7)
    return [(one.pupil_id, one.text, one.problem) for one in lines]


def test_a_pasted_column_in_the_order_of_the_list():
    assert pasted("5\r\n\r\n4-\r\nnp\r\n") == [(11, "5", ""), (12, None, ""), (13, "4-", ""), (14, "np", "")]
    faults = pasted("5\n8\n4\n=cmd()\n3")
    assert [bool(one[2]) for one in faults] == [False, True, False, True, True]
    assert faults[4] == (None, None, pasting.TOO_MANY)


def test_a_pasted_column_with_names_or_numbers():
    assert pasted("lucja adra\t5\nNowak Anna\t4+\n4.\tŻak\t3") == [(11, "5", ""), (13, "4+", ""), (14, "3", "")]
    found = pasted("Nowak\t5\nKowalski\t4\nEwa Żak\t2\n4\t3")
    assert [one[2] for one in found] == [pasting.AMBIGUOUS, pasting.UNKNOWN, "", pasting.TWICE]


GRADES = st.sampled_from(["1", "2+", "3-", "4=", "5", "6-", "5++", "np", "bz", "", "7", "4+"])
CHANGES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), GRADES, st.booleans()), max_size=40
)
"""(column, pupil, attempt, text, stale)."""
VALUES = {"+": Fraction(33, 100), "-": Fraction(-33, 100), "=": Fraction(-1, 2), "++": Fraction(1, 2), "": Fraction(0)}


def worth_anew(text: str) -> Fraction | None:
    return Fraction(int(text[0])) + VALUES[text[1:]] if text[:1].isdigit() else None


@given(CHANGES, st.sampled_from(["last", "better", "both"]), st.tuples(*[st.sampled_from(["0", "1", "2.5"])] * 3))
def test_corrections_against_an_independent_calculation(changes, resit, weights):
    """Batches of one change, some upon an old rev, against a plain table and fractions."""
    settings = GradeSettings(resit=resit)
    columns = {number: column(id=number, weight=Decimal(weights[number - 1])) for number in (1, 2, 3)}
    standing: dict[int, dict[tuple[int, int], Entry]] = {1: {}, 2: {}, 3: {}}
    table: dict[tuple[int, int, int], str] = {}
    for rev, (column_id, pupil, attempt, text, stale) in enumerate(changes, start=1):
        known = standing[column_id].get((pupil, attempt))
        base = (known.rev if known else 0) + (1000 if stale else 0)
        writing = rules.Writing(
            column=columns[column_id], settings=settings, level=7, pupils=frozenset({1, 2, 3}), done=frozenset(),
            template=Entry(column_id=column_id, pupil_id=0, rev=rev),
        )  # fmt: skip
        patch = Patch(pupil_id=pupil, attempt=attempt, text=text, op_id=f"operation-{rev}", base_rev=base)
        (step,) = rules.apply_patches([patch], standing[column_id], writing)
        if step.outcome == "saved":
            standing[column_id][pupil, attempt] = step.after
        place, earlier = (column_id, pupil, attempt), table.get((column_id, pupil, attempt - 1), "")
        allowed = text != "7" and (attempt == 1 or not text or earlier)
        if allowed and not stale:
            table[place] = text
    for pupil in (1, 2, 3):
        got = [one for held in standing.values() for one in held.values() if one.pupil_id == pupil]
        mean = rules.pupil_average(columns.values(), rules.by_column(got), settings)
        pairs = []
        for column_id in (1, 2, 3):
            values = [worth_anew(table.get((column_id, pupil, attempt), "")) for attempt in (1, 2, 3)]
            values = [one for one in values if one is not None]
            if values and resit != "both":
                values = [values[-1] if resit == "last" else max(values)]
            pairs += [(one, Fraction(weights[column_id - 1])) for one in values]
        total = sum(weight for _value, weight in pairs)
        if not pairs:
            assert mean is None
        else:
            expected = sum(v * w for v, w in pairs) / total if total else sum(v for v, _w in pairs) / len(pairs)
            assert mean is not None
            assert abs(Fraction(mean) - expected) < Fraction(1, 10**20)


def test_a_published_grade_of_the_semester_needs_its_reason():
    settled = column(kind="settled")
    stands = {(7, 1): Entry(column_id=1, pupil_id=7, text="3", rev=4)}
    writing = rules.Writing(
        column=settled, settings=USUAL, level=7, pupils=frozenset({7, 8}), done=frozenset(),
        template=Entry(column_id=1, pupil_id=0, rev=5),
    )  # fmt: skip

    def outcome(text, reason="", pupil=7, base=4, attempt=1):
        patch = Patch(pupil_id=pupil, attempt=attempt, text=text, reason=reason, op_id="operation-1", base_rev=base)
        return rules.apply_patches([patch], stands, writing)[0].outcome

    assert outcome("4") == "reason_needed"
    assert outcome("4", "egzamin poprawkowy") == "saved"
    assert outcome(None, "  ") == "reason_needed"
    assert outcome("4", pupil=8, base=0) == "saved"  # nothing was seen there
    assert outcome("4", "powód", base=3) == "conflict"
    assert outcome("4", "powód", attempt=2, base=0) == "refused"
    assert outcome("4", "powód", pupil=9) == "refused"
