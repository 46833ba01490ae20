"""Percentages against the worked example and an independent count; batches of changes."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from schools.register import rules
from schools.register.model import AttendanceType, Lesson, Mark, Patch
from schools.register.rules import Tally

CATEGORIES = ("present", "absent", "late", "away", "released")


def test_the_worked_example():
    counts = Tally(present=12, late=3, away=1, absent=5)  # 16 of 21
    assert rules.shown_percent(rules.percent_present(counts)) == "76,19"
    assert rules.shown_percent(rules.percent_present(counts), 0) == "76"


def test_released_and_unchecked_count_neither_way():
    assert rules.percent_present(Tally(released=4)) is None
    assert rules.shown_percent(None) == "—"
    assert rules.percent_present(Tally(present=1, released=9)) == Decimal(100)


def test_away_is_what_the_school_says():
    counts = Tally(present=1, away=1)
    assert rules.percent_present(counts) == 100
    assert rules.percent_present(counts, away_is_present=False) == 50


@given(st.lists(st.tuples(st.sampled_from(CATEGORIES), st.booleans())))
def test_percentages_equal_an_independent_count(marks):
    counted = Counter(category for category, _excused in marks)
    good = counted["present"] + counted["late"] + counted["away"]
    found = rules.percent_present(rules.tally(marks))
    if good + counted["absent"] == 0:
        assert found is None
    else:
        assert abs(Fraction(found) - Fraction(100 * good, good + counted["absent"])) < Fraction(1, 10**20)
    assert rules.tally(marks).excused == sum(excused and kind in {"absent", "late"} for kind, excused in marks)


NOW = datetime(2026, 11, 30, 8, 5, tzinfo=UTC)
LESSON = Lesson(
    id=7, school_id=1, year_id=1, on_date=date(2026, 11, 30), period=1, starts_at=NOW, ends_at=NOW, class_id=1,
    group_id=None, class_name="4a", subject_id=1, subject="", staff_id=1, staff="", second_staff_id=None, absent_id=None,
    room_id=None, room="", entry_id=1, substitution_id=None, topic="", topic_number=None, curriculum_point="",
    state="open", taken_at=None, marks_rev=0, rev=1,
)  # fmt: skip
TYPES = {
    place: AttendanceType(id=place, code=code, name=name, category=category, excused=excused, key=key, position=place)
    for place, (code, name, category, excused, key) in enumerate(rules.USUAL_TYPES, start=1)
}
PRESENT, ABSENT, EXCUSED, LATE = 1, 2, 3, 4
WRITER = rules.Writer(by="KLe", at=NOW, rev=10)


def patch(pupil_id, kind, base_rev=0, op_id=None, **more):
    return Patch(pupil_id=pupil_id, type=kind, base_rev=base_rev, op_id=op_id or f"operation-{pupil_id}-{kind}", **more)


def applied(patches, marks=None, done=()):
    return rules.apply_patches(patches, LESSON, {1, 2, 3}, TYPES, marks or {}, done, WRITER)


def test_minutes_stay_with_late_alone_and_types_bring_their_flag():
    late, absent, excused, own = applied(
        [
            patch(1, LATE, minutes=7),
            patch(2, ABSENT, minutes=7),
            patch(3, EXCUSED),
            patch(3, ABSENT, excused=True),
        ]
    )
    assert (late.after.minutes_late, absent.after.minutes_late) == (7, None)
    assert (excused.after.excused, absent.after.excused) == (True, False)
    assert (own.outcome, own.after.excused) == ("saved", True)  # builds on the patch before it in this batch


def test_what_was_changed_meanwhile_comes_back_with_both_values():
    standing = Mark(lesson_id=7, pupil_id=1, type_id=ABSENT, rev=5)
    (step,) = applied([patch(1, PRESENT, base_rev=3)], {1: standing})
    assert (step.outcome, step.after, step.wanted.type_id) == ("conflict", standing, PRESENT)
    (step,) = applied([patch(1, ABSENT, base_rev=3)], {1: standing})
    assert (step.outcome, step.after) == ("same", standing)
    (step,) = applied([patch(1, PRESENT, base_rev=5)], {1: standing})
    assert (step.outcome, step.after.rev) == ("saved", 10)


def test_a_change_counts_once_and_strangers_are_refused():
    standing = Mark(lesson_id=7, pupil_id=1, type_id=ABSENT, rev=5)
    repeated, stranger, unknown = applied(
        [patch(1, PRESENT, 5, "sent-before"), patch(99, PRESENT), patch(2, 77)], {1: standing}, {(1, "sent-before")}
    )
    assert (repeated.outcome, repeated.after) == ("repeated", standing)
    assert (stranger.outcome, unknown.outcome) == ("refused", "refused")


def test_taking_back_what_is_not_there_is_nothing():
    (nothing,) = applied([patch(1, None)])
    assert nothing.outcome == "same"
    (back,) = applied([patch(1, None, base_rev=5)], {1: Mark(lesson_id=7, pupil_id=1, type_id=ABSENT, rev=5)})
    assert (back.outcome, back.after.type_id, back.after.rev) == ("saved", None, 10)
