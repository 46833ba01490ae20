"""What is now, by the bell. Pure; instants are compared, so a night in which clocks change does no harm."""

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import msgspec

from schools.timetable.model import Planned


class Now(msgspec.Struct, frozen=True):
    """Where a person's day stands: the lesson that runs, and the one that comes."""

    current: Planned | None
    following: Planned | None


def what_is_now(day: Sequence[Planned], moment: datetime) -> Now:
    """`day`: a person's lessons; cancelled ones are passed over. `moment`: with its time zone.

    A lesson runs from its bell to the next lesson's bell, breaks included: whoever comes back from the corridor still
    finds what they were writing. The last one of the day ends with its own bell.
    """
    held = sorted((one for one in day if not one.cancelled), key=lambda one: one.starts_at)
    current = next((one for one in reversed(held) if one.starts_at <= moment), None)
    following = next((one for one in held if one.starts_at > moment), None)
    if current is not None and following is None and moment >= current.ends_at:
        current = None
    return Now(current, following)


def instant(day: date, clock: time, time_zone: str) -> datetime:
    """The moment at which the city's clocks show this; of an hour that comes twice, the first."""
    return datetime.combine(day, clock, ZoneInfo(time_zone))
