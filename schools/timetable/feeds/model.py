"""Addresses of calendars, and what stands in a calendar."""

from datetime import date, datetime

import msgspec

from schools.timetable.model import Planned
from schools.timetable.substitutions.model import DutyDay


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar's address without its secret: that is shown once. Either a teacher's or a pupil's timetable."""

    id: int
    account_id: int
    staff_id: int | None
    pupil_id: int | None
    name: str
    made_at: datetime


class DatedDuty(msgspec.Struct, frozen=True, kw_only=True):
    """A duty on a break with its moments."""

    duty: DutyDay
    on_date: date
    starts_at: datetime
    ends_at: datetime


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """How often a lesson of a day was changed, and when last."""

    rev: int
    at: datetime


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar is made of. `staff_id`: whose it is, where it is a teacher's."""

    school_id: int
    school: str
    name: str
    time_zone: str
    staff_id: int | None
    made_at: datetime
    lessons: list[Planned]
    duties: list[DatedDuty]
    stamps: dict[tuple[int, date], Stamp]
