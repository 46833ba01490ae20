"""Working time. Pure: a moment counts if the clocks on the wall show an open hour of an open day, outside of pauses.

Everything is added up in UTC, so the night in which clocks go forward is an hour shorter and the other one an hour
longer. Moments that come in carry a zone, those that go out are UTC.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from portals.helpdesk.sla.model import Calendar, Hours, Moments, Pause, Span, Week

DAY_MIN: Final = 24 * 60
ROUND_THE_CLOCK: Final[Hours] = (Span(0, DAY_MIN),)
HORIZON: Final = timedelta(days=10 * 366)
"""What is not reached within ten years is never reached."""
Interval = tuple[datetime, datetime]
"""From a moment to before another, in UTC."""
NO_TIME: Final = timedelta()


def due_at(start: datetime, minutes: float, calendar: Calendar, pauses: Sequence[Pause] = ()) -> datetime | None:
    """The earliest moment at which so many working minutes have passed since `start`; None: never as things stand.

    It may be the very moment of closing: work that ends there is in time. Nothing wanted is due at once.
    """
    wanted = timedelta(minutes=minutes)
    if wanted <= NO_TIME:
        return start.astimezone(UTC)
    for since, until in _worked(start, calendar, pauses):
        if until - since >= wanted:
            return since + wanted
        wanted -= until - since
    return None


def working_s_between(start: datetime, end: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()) -> float:
    """Seconds of working time from one moment to another; 0 where the end comes first."""
    worked = worked_between(start, end, calendar, pauses)
    return sum((until - since for since, until in worked), NO_TIME).total_seconds()


def worked_between(start: datetime, end: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()) -> list[Interval]:
    """Intervals of working time from one moment to another, in order."""
    return list(_worked(start, calendar, pauses, end.astimezone(UTC)))


def next_working(moment: datetime, calendar: Calendar, pauses: Sequence[Pause] = ()) -> datetime | None:
    """The moment itself where it counts as working time, else the first one after it that does."""
    return next((since for since, _until in _worked(moment, calendar, pauses)), None)


def moments(
    start: datetime, minutes: int, warn_percent: int, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> Moments:
    """What is told of a clock. Nothing is told outside of working time: it waits until work goes on.

    `warn_percent`: share of the target after which it is warned; 100 or more: never.
    """
    due = due_at(start, minutes, calendar, pauses)
    return Moments(
        due_at=due,
        warn_at=told_at(start, minutes * warn_percent / 100, calendar, pauses) if warn_percent < 100 else None,
        late_at=None if due is None else next_working(due, calendar, pauses),
    )


def told_at(start: datetime, minutes: float, calendar: Calendar, pauses: Sequence[Pause] = ()) -> datetime | None:
    """The first moment of working time at which so many working minutes lie behind it: warnings and escalations."""
    reached = due_at(start, minutes, calendar, pauses)
    return None if reached is None else next_working(reached, calendar, pauses)


def hours_of(calendar: Calendar, day: date) -> Hours:
    """When a day is open: own days first, then public holidays, then the week that holds on it."""
    own = calendar.own_days.get(day)
    if own is not None:
        return own
    if calendar.country and day in public_holidays(calendar.country, day.year):
        return ()
    return week_on(calendar, day).days[day.weekday()]


def week_on(calendar: Calendar, day: date) -> Week:
    """The newest week that has begun; before all of them the first one."""
    return next((one for one in reversed(calendar.weeks) if one.since <= day), calendar.weeks[0])


@lru_cache(maxsize=64)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Statutory ones; in Poland with Christmas Eve from 2025 on. `NotImplementedError`: the country is unknown."""
    return frozenset(holidays.country_holidays(country, years=year))


def _worked(
    start: datetime, calendar: Calendar, pauses: Sequence[Pause], end: datetime | None = None
) -> Iterator[Interval]:
    """Intervals of working time from `start` on, in order, none empty; endless but for the horizon and `end`."""
    start = start.astimezone(UTC)
    zone = ZoneInfo(calendar.time_zone)
    lasting = [one.since.astimezone(UTC) for one in pauses if one.until is None]
    last = min([start + HORIZON, *lasting, *([] if end is None else [end])])
    held = merged(pauses, last)
    day = start.astimezone(zone).date()
    while day <= last.astimezone(zone).date():
        for since, until in _opened(calendar, zone, day):
            yield from _without(max(since, start), min(until, last), held)
        day += timedelta(days=1)


def merged(pauses: Iterable[Pause], end: datetime) -> list[Interval]:
    """Pauses in order and apart; one that lasts still is held until `end`."""
    found: list[Interval] = []
    for since, until in sorted((one.since.astimezone(UTC), (one.until or end).astimezone(UTC)) for one in pauses):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        elif since < until:
            found.append((since, until))
    return found


def _without(since: datetime, until: datetime, held: Iterable[Interval]) -> Iterator[Interval]:
    """What is left of an interval when merged pauses are taken out."""
    for stands, goes_on in held:
        if goes_on <= since:
            continue
        if stands >= until:
            break
        if since < stands:
            yield since, stands
        since = goes_on
    if since < until:
        yield since, until


def _opened(calendar: Calendar, zone: ZoneInfo, day: date) -> Iterator[Interval]:
    """The day's hours in UTC, in order. What its clocks show twice counts twice, what they leave out does not count."""
    hours = hours_of(calendar, day)
    if not hours:
        return
    for begin, end, ahead in _clocks(zone, day):
        midnight = datetime.combine(day, time(), UTC) - ahead
        for span in hours:
            since = max(begin, midnight + timedelta(minutes=span.opens))
            until = min(end, midnight + timedelta(minutes=span.closes))
            if since < until:
                yield since, until


def _clocks(zone: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Parts of a local day in which its clocks are ahead of UTC by one measure: one, or two where they are changed."""
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    first, last = _ahead(zone, begin), _ahead(zone, end - timedelta(seconds=1))
    if first == last:
        yield begin, end, first
        return
    before, after = begin, end
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _ahead(zone, middle) == first else (before, middle)
    yield begin, after, first
    yield after, end, last


def _ahead(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or NO_TIME
