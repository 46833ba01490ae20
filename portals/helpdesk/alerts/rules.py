"""When a bell may ring, for what, and what is drawn on a wall. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from app.actor import Actor
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk.alerts.model import DEFAULT_RINGS, Bell, Mark, WallHour
from portals.helpdesk.charts import nice_top
from portals.helpdesk.sla.model import Calendar, Pause, Week
from portals.helpdesk.sla.rules import ROUND_THE_CLOCK, worked_between

AHEAD: Final = timedelta(days=8)
"""Pages know for so long when they may ring, and ask again long before it is over."""
COUNTRY: Final = "PL"
GRACE: Final = timedelta(seconds=10)
"""So long an open page has to acknowledge an alert; then it is told by Web Push."""
STALE: Final = timedelta(hours=1)
"""What could not be told for so long is no news: it stands on the bell."""


def can_have_bell(actor: Actor) -> bool:
    """Whoever works at the helpdesk; auditors only read."""
    return helpdesk_rules.is_desk(actor)


def unset(account_id: int) -> Bell:
    """Of somebody who has never set anything: everything of the own teams, round the clock."""
    return Bell(
        account_id=account_id,
        queues=None,
        rings=list(DEFAULT_RINGS),
        hours=[ROUND_THE_CLOCK] * 7,
        holidays_off=False,
        quiet_until=None,
        sound=True,
        tone="bell",
        volume=60,
        notify=False,
        push=False,
        cleared_at=None,
        seen=[],
        rev=0,
    )


def windows(bell: Bell, now: datetime, time_zone: str, ahead: timedelta = AHEAD) -> list[tuple[datetime, datetime]]:
    """Spans from now on in which the bell may ring, in order and apart, in UTC.

    Hours are those that clocks on the wall show: the night in which they go forward is an hour shorter.
    """
    now = now.astimezone(UTC)
    first, *others = bell.hours
    calendar = Calendar(
        time_zone=time_zone,
        weeks=(Week(since=date.min, days=(first, *others)),),  # type: ignore[arg-type]  # seven of them
        country=COUNTRY if bell.holidays_off else "",
    )
    quiet = [Pause(now, bell.quiet_until)] if is_quiet(bell, now) else []
    joined: list[tuple[datetime, datetime]] = []
    for since, until in worked_between(now, now + ahead, calendar, quiet):
        if joined and joined[-1][1] == since:
            joined[-1] = (joined[-1][0], until)
        else:
            joined.append((since, until))
    return joined


def in_seconds(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
    """For pages: Unix seconds."""
    return [(int(since.timestamp()), int(until.timestamp())) for since, until in spans]


def is_quiet(bell: Bell, now: datetime) -> bool:
    """Somebody has pressed for silence, and it is not over."""
    return bell.quiet_until is not None and bell.quiet_until > now


def may_ring(bell: Bell, now: datetime, time_zone: str) -> bool:
    """Whether this very moment lies in one of the spans."""
    found = windows(bell, now, time_zone, timedelta(seconds=1))
    return bool(found) and found[0][0] <= now.astimezone(UTC)


def ringing(bell: Bell, own: frozenset[int], readable: Sequence[int]) -> list[int]:
    """Queues whose alerts come to the bell. `own`: of the account's teams; what is not readable never comes."""
    wanted = own if bell.queues is None else frozenset(bell.queues)
    return [one for one in readable if one in wanted]


def wants(bell: Bell, mark: Mark, own: frozenset[int], *, mine: bool) -> bool:
    """Whether this is to be told to the account."""
    if mark.queue_id not in (own if bell.queues is None else bell.queues):
        return False
    if mark.kind == "answer":
        # whose ticket it is hears of an answer already: telling.notify_reply
        return "answers_any" in bell.rings and not mine
    return mark.kind in bell.rings


def with_seen(bell: Bell, keys: Sequence[str], most: int) -> list[str]:
    """What was put away, the newest last."""
    return [*(one for one in bell.seen if one not in keys), *dict.fromkeys(keys)][-most:]


class DayHour(msgspec.Struct, frozen=True):
    """An hour of the city's day as its clocks call it."""

    hour: int
    sent: int
    solved: int


def hours_of_day(queues: Sequence[Sequence[WallHour]], now: datetime, time_zone: str) -> tuple[list[DayHour], int]:
    """Every hour from local midnight to now, of all queues together; and how many hours the day has: 23, 24 or 25."""
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = int(midnight.timestamp())
    end = int((midnight + timedelta(days=1)).timestamp())  # of the wall clock
    sent: dict[int, int] = {}
    solved: dict[int, int] = {}
    for one in (each for hours in queues for each in hours):
        sent[one.at] = sent.get(one.at, 0) + one.sent
        solved[one.at] = solved.get(one.at, 0) + one.solved
    found = [
        DayHour(datetime.fromtimestamp(at, zone).hour, sent.get(at, 0), solved.get(at, 0))
        for at in range(begin, int(now.timestamp()) + 1, 3600)
    ]
    return found, (end - begin) // 3600


class Drawn(msgspec.Struct, frozen=True):
    """Points of two lines as `x,y` with spaces between, in a box of `WALL_CHART`; marks: y and the value there."""

    sent: str
    solved: str
    marks: list[tuple[float, int]]


WALL_CHART: Final = (640.0, 160.0)


def drawn(hours: Sequence[DayHour], in_day: int) -> Drawn:
    """The lines of a day of so many hours; a value stands at the end of its hour."""
    width, height = WALL_CHART
    top = nice_top(max([1, *(max(one.sent, one.solved) for one in hours)]))

    def path(values: Sequence[int]) -> str:
        points = [(0.0, height), *(((n + 1) * width / in_day, height - height * v / top) for n, v in enumerate(values))]
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

    return Drawn(
        path([one.sent for one in hours]),
        path([one.solved for one in hours]),
        [(round(height - height * value / top, 1), value) for value in (0, top // 2, top)],
    )
