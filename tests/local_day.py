"""The day as schools count it, and how a test stays within one: a run may go on over midnight."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Warsaw")


def local_day() -> date:
    """To be asked in the test itself: a constant of its module is of the day on which the run began."""
    return datetime.now(ZONE).date()


def seconds_left() -> float:
    """Of the local day."""
    now = datetime.now(ZONE)
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), ZONE)
    return midnight.timestamp() - now.timestamp()


async def within_one_day(seconds: float) -> None:
    """Waits for the next day if this one ends within so many seconds."""
    left = seconds_left()
    if left < seconds:
        await asyncio.sleep(left + 0.1)
