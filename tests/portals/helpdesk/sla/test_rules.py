"""Working time against cases computed by hand, and against a slow count of single minutes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portals.helpdesk.sla.model import Calendar, Pause, Span, Week
from portals.helpdesk.sla.rules import due_at, moments, next_working, told_at, working_s_between
from tests.portals.helpdesk.sla.oracle import ALWAYS, DUES, NIGHT, OFFICE, TOLD, USES, moment, pauses_of

MINUTE = timedelta(minutes=1)
WARSAW = ZoneInfo("Europe/Warsaw")


def utc(text: str | None) -> datetime | None:
    return moment(text).astimezone(UTC) if text else None


def test_the_oracle_is_as_large_as_it_should_be():
    assert len({case.why for case in [*DUES, *USES, *TOLD]}) >= 90


@pytest.mark.parametrize("case", DUES, ids=lambda case: case.why)
def test_due(case):
    assert due_at(moment(case.start), case.minutes, case.calendar, pauses_of(case)) == utc(case.expected)


@pytest.mark.parametrize("case", USES, ids=lambda case: case.why)
def test_used(case):
    assert working_s_between(moment(case.start), moment(case.end), case.calendar, pauses_of(case)) == case.seconds


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case.why)
def test_told(case):
    found = moments(moment(case.start), case.minutes, case.warn_percent, case.calendar, pauses_of(case))
    assert (found.warn_at, found.due_at, found.late_at) == (utc(case.warn), utc(case.due), utc(case.late))


def test_an_escalation_counts_in_working_time_only():
    """An hour was wanted on Friday at 14:00; an hour of work after the due moment is Monday morning."""
    assert told_at(moment("2026-12-04T14:00+01:00"), 60 + 60, OFFICE) == utc("2026-12-07T08:00+01:00")


def test_the_next_working_moment():
    assert next_working(moment("2026-12-04T15:29+01:00"), OFFICE) == utc("2026-12-04T15:29+01:00")
    assert next_working(moment("2026-12-04T15:30+01:00"), OFFICE) == utc("2026-12-07T07:30+01:00")
    assert next_working(moment("2026-12-04T10:00+01:00"), OFFICE, [Pause(moment("2026-12-01T10:00+01:00"))]) is None


# a slow count that shares nothing with the rules but the calendar's data


def easter(year: int) -> date:
    """By the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_free_in_poland(day: date) -> bool:
    """Act of 18 January 1951 on days free from work, with Christmas Eve from 2025 on."""
    fixed = {(1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 25), (12, 26)}
    if (day.month, day.day) in fixed or ((day.month, day.day) == (12, 24) and day.year >= 2025):
        return True
    return (day - easter(day.year)).days in {0, 1, 49, 60}


def counts(instant: datetime, calendar: Calendar, pauses: Sequence[Pause]) -> bool:
    """Whether the minute that begins here is one of work."""
    if any(one.since <= instant and (one.until is None or instant < one.until) for one in pauses):
        return False
    wall = instant.astimezone(ZoneInfo(calendar.time_zone))
    day, shown = wall.date(), wall.hour * 60 + wall.minute
    if day in calendar.own_days:
        hours = calendar.own_days[day]
    elif calendar.country and is_free_in_poland(day):
        hours = ()
    else:
        week = calendar.weeks[0]
        for one in calendar.weeks:
            if one.since <= day:
                week = one
        hours = week.days[day.weekday()]
    return any(one.opens <= shown < one.closes for one in hours)


def slow_due(start: datetime, minutes: int, calendar: Calendar, pauses: Sequence[Pause], within: timedelta):
    """None: not within this time."""
    instant, left = start, minutes
    while left > 0:
        if instant >= start + within:
            return None
        left -= counts(instant, calendar, pauses)
        instant += MINUTE
    return instant


WITHIN = timedelta(days=9)
DAYS = [date(2025, 12, 20), date(2026, 3, 25), date(2026, 4, 1), date(2026, 5, 29), date(2026, 10, 21), date(2026, 12, 19)]  # fmt: skip
"""Holidays and changed clocks are near."""


@st.composite
def hours(draw):
    edges = sorted(draw(st.sets(st.integers(0, 288).map(lambda five: five * 5), max_size=6)))
    return tuple(Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw, first: date):
    weeks = [Week(date(2020, 1, 1), tuple(draw(hours()) for _ in range(7)))]
    if draw(st.booleans()):
        weeks.append(Week(first + timedelta(days=draw(st.integers(0, 8))), tuple(draw(hours()) for _ in range(7))))
    own = draw(st.dictionaries(st.integers(0, 9).map(lambda n: first + timedelta(days=n)), hours(), max_size=3))
    country = draw(st.sampled_from(["PL", ""]))
    return Calendar(time_zone="Europe/Warsaw", weeks=tuple(weeks), country=country, own_days=own)


@st.composite
def clocks(draw):
    """A calendar, a start, pauses."""
    first = draw(st.sampled_from(DAYS))
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) + draw(st.integers(0, 3 * 1440)) * MINUTE
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        since = start + draw(st.integers(-600, 8000)) * MINUTE
        length = draw(st.one_of(st.none(), st.integers(0, 3000)))
        pauses.append(Pause(since, None if length is None else since + length * MINUTE))
    return draw(calendars(first)), start, pauses


@given(clocks(), st.integers(0, 2500))
@example((ALWAYS, datetime(2026, 3, 28, 11, 0, tzinfo=UTC), []), 23 * 60)
@example((NIGHT, datetime(2026, 10, 24, 20, 0, tzinfo=UTC), []), 9 * 60)
@settings(max_examples=120, deadline=None)
def test_due_is_what_counting_minutes_finds(clock, minutes):
    calendar, start, pauses = clock
    expected = slow_due(start, minutes, calendar, pauses, WITHIN)
    found = due_at(start, minutes, calendar, pauses)
    assert found == expected if expected is not None else found is None or found > start + WITHIN


@given(clocks(), st.integers(0, 8 * 1440))
@settings(max_examples=120, deadline=None)
def test_used_is_what_counting_minutes_finds(clock, length):
    calendar, start, pauses = clock
    expected = sum(counts(start + n * MINUTE, calendar, pauses) for n in range(length))
    assert working_s_between(start, start + length * MINUTE, calendar, pauses) == expected * 60


@given(clocks(), st.integers(1, 2500), st.integers(0, 59_999_999))
@settings(max_examples=300, deadline=None)
def test_at_the_due_moment_the_target_is_used_and_never_earlier(clock, minutes, microseconds):
    calendar, start, pauses = clock
    start += timedelta(microseconds=microseconds)
    due = due_at(start, minutes, calendar, pauses)
    if due is not None:
        assert working_s_between(start, due, calendar, pauses) == minutes * 60
        assert working_s_between(start, due - timedelta(microseconds=1), calendar, pauses) < minutes * 60
        late = next_working(due, calendar, pauses)
        if late is not None:
            assert working_s_between(start, late, calendar, pauses) == minutes * 60
            assert working_s_between(start, late + timedelta(microseconds=1), calendar, pauses) > minutes * 60


@given(clocks(), st.integers(0, 6000), st.integers(0, 6000))
@settings(max_examples=200, deadline=None)
def test_two_stretches_add_up(clock, first, second):
    calendar, start, pauses = clock
    middle, end = start + first * MINUTE, start + (first + second) * MINUTE
    whole = working_s_between(start, end, calendar, pauses)
    assert (
        working_s_between(start, middle, calendar, pauses) + working_s_between(middle, end, calendar, pauses) == whole
    )
