"""The invented timetable: tests stand upon it on any day of the week."""

from collections import Counter
from datetime import date, timedelta

import pytest

from schools.invented.plan import staffing, week
from schools.invented.school import SchoolPlan


@pytest.mark.parametrize("classes", [("4a", "5a"), ("4a",)])
def test_each_day_of_seven_has_polish_and_mathematics_and_nobody_is_in_two_places(classes):
    slots = week(classes, staffing(classes, small=True), 7)
    assert max(Counter((one.weekday, one.period, one.teacher) for one in slots).values()) == 1
    for name in classes:
        for day in range(1, 8):
            held = [one for one in slots if (one.level_letter, one.weekday) == (name, day)]
            assert {one.period for one in held} == {1, 2, 3, 4, 5, 6}
            assert {"Język polski", "Matematyka"} <= {one.subject for one in held if not one.group}


def test_five_days_are_the_same_with_and_without_a_weekend():
    who = staffing(("4a", "5a"), small=True)
    assert week(("4a", "5a"), who) == [one for one in week(("4a", "5a"), who, 7) if one.weekday <= 5]


@pytest.mark.parametrize(
    "day", [date(2027, 8, 31), date(2027, 9, 1), date(2028, 2, 29), date(2027, 10, 30), date(2027, 7, 3)]
)
def test_a_school_year_reaches_two_months_around_a_day(day):
    year = day.year if day.month >= 9 else day.year - 1
    usual = SchoolPlan(name="x", short_name="x", classes=("4a",), pupils=1, year=year)
    assert (usual.first_on, usual.last_on) == (date(year, 9, 1), date(year + 1, 8, 31))
    plan = SchoolPlan(name="x", short_name="x", classes=("4a",), pupils=1, year=year, around=day)
    assert plan.first_on <= min(usual.first_on, day - timedelta(days=60))
    assert plan.last_on >= max(usual.last_on, day + timedelta(days=60))
    assert plan.first_on < date(year + 1, 2, 1) < plan.last_on
