"""Cells, numbers, findings, hidden sums: real values."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from babel.support import NullTranslations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from app.i18n import Locale
from schools.dashboard import exporting, rules
from schools.dashboard.city import CityDays, SchoolRow
from schools.dashboard.city_rules import ALL, GradeDay, Sum, over_days, safe_day
from schools.dashboard.city_store import CitySchool
from schools.dashboard.model import Board, ClassRow, DashboardSettings, DayFigures, HourFigures, PupilMonth, Slot
from schools.register.model import DayLesson
from schools.register.rules import shown_percent

ENGLISH = Locale("en", NullTranslations(), ZoneInfo("Europe/Warsaw"))
DAY = date(2026, 11, 30)
NINE = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def slot(entry=1, period=1, *, starts=NINE, kind="", away=False, classes=(7,)) -> Slot:
    return Slot(
        key=f"e{entry}", entry_id=entry, period=period, class_ids=list(classes), title="4a", subject="Matematyka",
        staff="Ewa Żółć", absent="", starts_at=starts, ends_at=starts + timedelta(minutes=45), kind=kind, away=away,
    )  # fmt: skip


def lesson(
    entry=1, *, taken=True, expected=25, marked=25, present=16, counted=21, absent=(1, 2, 3, 4, 5), late=()
) -> DayLesson:
    return DayLesson(
        lesson_id=100 + entry, entry_id=entry, period=1, starts_at=NINE, ends_at=NINE + timedelta(minutes=45),
        class_id=7, group_id=None, class_name="4a", subject_id=1, staff_id=1, absent_id=None, state="open",
        taken_at=NINE if taken else None, expected=expected, marked=marked, present=present, counted=counted,
        absent=list(absent), late=list(late), rev=2,
    )  # fmt: skip


def board(slots, lessons, now=NINE + timedelta(minutes=20)) -> Board:
    return Board(
        school_id=1, on_date=DAY, is_today=True, now=now, after_min=10,
        classes=[ClassRow(id=7, name="4a", level=4, building="")], hours=[], slots=slots, lessons=lessons,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-1, "later"), (0, "waiting"), (9, "waiting"), (10, "overdue"), (95, "overdue")],
)
def test_an_unchecked_lesson_turns_red_when_the_minutes_are_reached(minutes, expected):
    moment = NINE + timedelta(minutes=minutes)
    assert rules.state_of(slot(), None, moment, 10) == expected
    assert rules.state_of(slot(), lesson(taken=False, marked=0), moment, 10) == expected


def test_what_was_taken_is_told_whatever_else_holds():
    early = NINE - timedelta(hours=1)
    assert rules.state_of(slot(), lesson(), early, 10) == "checked"
    assert rules.state_of(slot(kind="cancellation"), lesson(), NINE, 10) == "checked"
    assert rules.state_of(slot(), lesson(marked=20), NINE, 10) == "partial"
    assert rules.state_of(slot(kind="cancellation"), None, NINE + timedelta(hours=2), 10) == "cancelled"
    assert rules.state_of(slot(away=True), None, NINE + timedelta(hours=2), 10) == "away"


def test_groups_make_one_cell_and_the_worst_speaks():
    first, second = slot(1), slot(2)
    cell = rules.cell_of(
        [first, second],
        {"e1": lesson(1, expected=12, marked=12, present=11, counted=12, absent=(3,))},
        NINE + timedelta(minutes=12),
        10,
    )
    assert (cell.state, cell.minutes, cell.present, cell.counted, cell.absent) == ("overdue", 12, 11, 12, 1)
    both = {"e1": lesson(1, present=11, counted=12, absent=(3,)), "e2": lesson(2, present=13, counted=13, absent=())}
    assert rules.cell_of([first, second], both, NINE, 10).state == "checked"
    assert rules.cell_of([first, second], both, NINE, 10).counted == 25


def test_sixteen_of_twenty_one_are_76_19_percent():
    numbers = rules.numbers_of(board([slot()], [lesson()]))
    assert shown_percent(rules.percent(numbers.present, numbers.counted)) == "76,19"
    assert (numbers.absent, numbers.unchecked, numbers.substitutions) == (5, 0, 0)


def test_numbers_count_pupils_once_and_only_what_was_taken():
    slots = [
        slot(1),
        slot(2, 2, kind="substitution"),
        slot(3, 3, kind="cancellation"),
        slot(4, 4, starts=NINE + timedelta(hours=3)),
    ]
    held = [lesson(1), lesson(2, present=20, counted=25, absent=(1, 2, 3, 9, 10)), lesson(9, absent=(77,))]
    numbers = rules.numbers_of(board(slots, held))
    assert (numbers.present, numbers.counted, numbers.absent) == (36, 46, 7)
    assert (numbers.unchecked, numbers.substitutions) == (0, 1)
    assert rules.numbers_of(board(slots, [lesson(1, taken=False)])).unchecked == 2
    assert rules.numbers_of(board(slots, [])).share is None


def test_the_usual_is_weighed_by_marks_and_days_without_marks_are_left_out():
    days = [
        DayFigures(on_date=DAY - timedelta(days=2), present=90, counted=100, absent=8, unchecked=2, substitutions=3),
        DayFigures(on_date=DAY - timedelta(days=1), present=195, counted=200, absent=4, unchecked=0, substitutions=0),
        DayFigures(on_date=DAY - timedelta(days=3), present=0, counted=0, absent=0, unchecked=4, substitutions=0),
    ]
    usual = rules.usual_of(days)
    assert (usual.share, usual.absent, usual.unchecked, usual.substitutions) == (0.95, 6, 2, 1)
    assert rules.usual_of([]).share is None


def hours(*shares, counted=100) -> list[HourFigures]:
    return [
        HourFigures(on_date=DAY + timedelta(days=place), period=1, present=present, counted=counted)
        for place, present in enumerate(shares)
    ]


@pytest.mark.parametrize(
    ("shares", "direction", "points"),
    [((94, 94, 91), "down", 3), ((90, 90, 95), "up", 5), ((94, 94, 94), "usual", 0), ((94, 91), "none", 0)],
)
def test_a_trend_says_what_has_happened(shares, direction, points):
    found = rules.trend_of(hours(*shares))
    assert (found.direction, found.points) == (direction, points)


def test_the_worst_hour_is_named_and_chance_is_not():
    rows = [*hours(96, 88, 95), HourFigures(on_date=DAY, period=8, present=1, counted=4)]
    worst = rules.worst_hour(rows)
    assert (worst.on_date, worst.present) == (DAY + timedelta(days=1), 88)
    assert rules.worst_hour(hours(95, 95)) is None
    assert rules.worst_hour([]) is None


def month(**values) -> PupilMonth:
    usual = {"counted": 120, "present": 60, "absent": 60, "unexcused": 60, "late": 0, "days": 20, "unexcused_days": 10}
    return PupilMonth(pupil_id=1, name="Wrona Jan", number=1, **{**usual, **values})


def test_half_a_month_without_excuse_is_pointed_out_when_reached():
    assert rules.is_truant(month(), "days", 50)
    assert not rules.is_truant(month(unexcused_days=9), "days", 50)
    assert rules.is_truant(month(unexcused_days=9), "hours", 50)
    assert not rules.is_truant(month(unexcused=59), "hours", 50)
    assert not rules.is_truant(month(days=0, unexcused_days=0), "days", 50)


def test_settings_that_cannot_be_read_are_the_usual_ones():
    assert rules.settings_of({}) == DashboardSettings()
    assert rules.settings_of({"dashboard": {"unchecked_after_min": 0}}) == DashboardSettings()
    assert rules.settings_of({"dashboard": {"unchecked_after_min": 7}}).unchecked_after_min == 7


# what the Education Department may see


def table(cells: dict[tuple[int, int], int], smallest=5, day=DAY) -> list[GradeDay]:
    """As the database tells it, from true numbers of pupils."""
    sums: dict[tuple[int | None, int | None], int] = {}
    for (school, grade), pupils in cells.items():
        for place in product((school, None), (grade, None)):
            sums[place] = sums.get(place, 0) + pupils
    return [
        GradeDay(
            school_id=school,
            level=grade,
            on_date=day,
            pupils=pupils if pupils >= smallest else None,
            present=pupils * 9 if pupils >= smallest else None,
            counted=pupils * 10 if pupils >= smallest else None,
        )
        for (school, grade), pupils in sums.items()
    ]


def hidden(sums) -> set:
    return {place for place, one in sums.items() if one is None}


def test_a_small_cell_takes_others_with_it():
    full = {(school, grade): 24 for school in (1, 2, 3) for grade in (1, 2, 3)}
    assert hidden(safe_day(table(full), 5)) == set()
    found = hidden(safe_day(table({**full, (2, 2): 3, (2, 1): 20, (1, 2): 22}), 5))
    assert (2, 2) in found
    assert found == {(2, 2), (2, 1), (1, 2), (1, 1)}  # the cheapest circle; no total


def test_a_school_with_one_small_grade_hides_its_total():
    found = hidden(safe_day(table({(1, 1): 24, (1, 2): 24, (2, 1): 4}), 5))
    assert {(2, 1), (2, ALL)} <= found
    assert not computable(found, {(1, 1), (1, 2), (2, 1)})


def test_preschools_grade_is_no_total():
    assert (1, -1) in safe_day(table({(1, 0): 24, (1, 1): 24}), 5)


def computable(gone: set, cells: set) -> set:
    """Small independent solver: a hidden place is told if it is alone in an equation, again and again."""
    places = set(cells) | {(school, ALL) for school, _g in cells} | {(ALL, grade) for _s, grade in cells} | {(ALL, ALL)}
    equations = [
        [one for one in places if one[side] == name] for side in (0, 1) for name in {one[side] for one in places}
    ]
    left, found = set(gone), set()
    while alone := next(
        (unknown[0] for line in equations if len(unknown := [one for one in line if one in left]) == 1), None
    ):
        left.discard(alone)
        found.add(alone)
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(some.dictionaries(some.tuples(some.integers(1, 5), some.integers(1, 4)), some.integers(1, 30), min_size=1))
def test_no_small_cell_can_be_computed(cells):
    found = hidden(safe_day(table(cells), 5))
    small = {place for place, pupils in cells.items() if pupils < 5}
    assert small <= found
    assert not computable(found, set(cells)) & small
    for school in {one[0] for one in small}:  # nor the sum of several small ones, where the total is told
        gone = [one for one in found if one[0] == school]
        assert (
            sum(cells.get(one, 30) for one in gone) >= 5
            or len(gone) == len([one for one in cells if one[0] == school]) + 1
        )


def test_a_range_tells_only_what_each_of_its_days_tells():
    full = {(school, grade): 24 for school in (1, 2) for grade in (1, 2)}
    first, second = safe_day(table(full), 5), safe_day(table({**full, (1, 1): 2}), 5)
    both = over_days({DAY: first, DAY + timedelta(days=1): second})
    assert hidden(both) == hidden(second)
    assert over_days({DAY: first, DAY + timedelta(days=1): first})[1, 1] == Sum(pupils=24, present=432, counted=480)


def test_the_sheet_says_hidden_and_no_data():
    school = CitySchool(id=1, name="=Szkoła", short_name="S", kind="primary")
    empty = CitySchool(id=2, name="Szkoła 2", short_name="S2", kind="primary")
    told = Sum(pupils=21, present=16, counted=21)
    days = CityDays(
        first=DAY, last=DAY, smallest=5, grades=[4], days=[DAY],
        schools=[SchoolRow(school=one, lessons=0, taken=0, sum=None, told=False) for one in (school, empty)],
        cells={(1, 4): None, (1, ALL): told, (ALL, 4): None, (ALL, ALL): told}, by_day={(1, DAY): told, (ALL, DAY): told},
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(exporting.workbook(ENGLISH, days))) as book:
        words = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    cells = dict(re.findall(r'<c r="([A-Z]+\d+)"[^>]*>(.*?)</c>', sheet))
    said = {place: re.sub(r"<.*?>", "", value) for place, value in cells.items()}
    assert [words[int(said[place])] for place in ("A2", "B2", "B3", "C3")] == [
        "=Szkoła",
        "hidden",
        "no data",
        "no data",
    ]
    assert "<f>" not in sheet
    assert Decimal(said["C2"]).quantize(Decimal("0.0001")) == Decimal("0.7619")
