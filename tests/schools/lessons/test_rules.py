"""Limits of tests, lists of topics, places in a room: by their right values."""

import io
from datetime import date

import pytest
import xlsxwriter

from app.errors import Invalid
from schools.lessons import plans, rules
from schools.lessons.model import ClassTest, TestLimits


def announced(day: str, kind: str = "test", subject: str = "Matematyka", *, removed: bool = False) -> ClassTest:
    return ClassTest(
        id=1, class_id=1, group_id=None, who="4a", subject_id=1, subject=subject, on_date=date.fromisoformat(day),
        kind=kind, scope="Ułamki", author_id=1, author="Ewa Żółć", removed=removed, rev=1,
    )  # fmt: skip


def test_more_than_the_limit_is_refused_and_the_limit_itself_is_not():
    limits = TestLimits(per_day=2, per_week=3)
    tuesday = date(2026, 12, 8)
    others = [announced("2026-12-08"), announced("2026-12-07")]
    assert rules.crowded(others, tuesday, limits) is None  # the second of the day, the third of the week
    full = rules.crowded([*others, announced("2026-12-08", subject="Historia")], tuesday, limits)
    assert (full.per, full.limit, [one.subject for one in full.others]) == ("day", 2, ["Matematyka", "Historia"])
    full = rules.crowded([*others, announced("2026-12-11")], tuesday, limits)
    assert (full.per, full.limit, len(full.others)) == ("week", 3, 3)


def test_quizzes_other_weeks_and_what_was_called_off_are_not_counted():
    limits = TestLimits(per_day=1, per_week=1)
    others = [announced("2026-12-08", "quiz"), announced("2026-12-08", removed=True)]
    others += [announced("2026-12-13"), announced("2026-12-15")]  # the Sunday of this week counts, see below
    assert rules.crowded(others[:2], date(2026, 12, 8), limits) is None
    assert rules.crowded(others[3:], date(2026, 12, 8), limits) is None
    assert rules.crowded(others[2:3], date(2026, 12, 8), limits).per == "week"


def test_limits_come_from_the_school_and_nonsense_is_the_usual():
    assert rules.limits_of({"tests": {"per_day": 2, "per_week": 4}}) == TestLimits(2, 4)
    assert rules.limits_of({"tests": {"per_day": 0, "per_week": "many"}}) == TestLimits(1, 3)
    assert rules.limits_of({}) == rules.limits_of({"tests": 7}) == TestLimits(1, 3)


@pytest.mark.parametrize(
    "data",
    [
        "Nr;Temat;Punkt;Godziny\n1;Ułamki zwykłe;II.1;2\n3;Żółw i Achilles;;\n".encode("cp1250"),
        "\ufeffnr,temat lekcji,punkt,godziny\r\n1,Ułamki zwykłe,II.1,2\r\n3,Żółw i Achilles,,\r\n".encode(),
    ],
)
async def test_a_list_of_topics_is_read_as_it_was_saved(data):
    topics, faults = await plans.read_plan(data)
    assert faults == []
    assert [(one.number, one.topic, one.point, one.hours) for one in topics] == [
        (1, "Ułamki zwykłe", "II.1", 2),
        (3, "Żółw i Achilles", "", 1),
    ]


async def test_a_spreadsheet_is_read_too():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([("Lp.", "Temat", "", "Godz."), (1, "Źdźbło", None, 3), (2, "Ćma", None, None)]):
            sheet.write_row(row, 0, cells)
    topics, faults = await plans.read_plan(file.getvalue())
    assert (faults, [(one.number, one.topic, one.hours) for one in topics]) == ([], [(1, "Źdźbło", 3), (2, "Ćma", 1)])


async def test_every_faulty_line_is_named():
    _topics, faults = await plans.read_plan(
        b"Nr;Temat;Godziny\n1;Ulamki;1\n1;Znowu;1\n;;\n2;;1\nx;Temat;1\n3;Temat;0\n"
    )
    assert [one.line for one in faults] == [3, 5, 6, 7]
    assert (await plans.read_plan(b"a;b\n1;2\n"))[1][0].line == 1


def test_two_pupils_have_no_one_place():
    assert rules.seats_fit({1: 101, 2: 102})
    assert not rules.seats_fit({1: 101, 2: 101})
    assert not rules.seats_fit({1: 1})
    assert not rules.seats_fit({1: 1301})


async def test_a_workbook_that_cannot_be_read_is_told_beside_the_file():
    with pytest.raises(Invalid) as refused:
        await plans.read_plan(b"PK\x03\x04 no workbook")
    assert set(refused.value.fields) == {"file"}
