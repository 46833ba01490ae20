"""Bells and days unlike the others."""

from datetime import date

import msgspec

from schools.timetable.model import Bell


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A set of bells: the usual one, short lessons…"""

    id: int
    name: str
    is_default: bool
    bells: list[Bell] = []


class DayDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What days from `first_on` to `last_on` are like. `taught_as`: 1 Monday … 7 Sunday."""

    first_on: date
    last_on: date
    is_off: bool = False
    name: str = ""
    schedule_id: int | None = None
    taught_as: int | None = None
