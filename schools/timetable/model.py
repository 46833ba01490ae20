"""Rows of timetables, and what is planned on a day."""

from datetime import date, datetime, time
from typing import Literal

import msgspec

ChangeKind = Literal["", "substitution", "cancellation", "room", "joint"]


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson hour (godzina lekcyjna) on the wall clock of the city."""

    period: int
    starts: time
    ends: time


class TimetableVersion(msgspec.Struct, frozen=True, kw_only=True):
    """In force from `valid_from` until the next published one; once published it never changes."""

    id: int
    year_id: int
    name: str
    valid_from: date
    published_at: datetime | None
    rev: int


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as it is planned on one day: the timetable's entry what the day changes of it, names to show."""

    entry_id: int
    on_date: date
    period: int
    starts_at: datetime
    ends_at: datetime
    class_id: int | None
    group_id: int | None
    class_name: str
    """Of the class; for a group its class and name, `4a gr. 1`."""
    subject_id: int
    subject: str
    staff_id: int
    staff: str
    second_staff_id: int | None
    absent_id: int | None
    """Teacher who is replaced."""
    absent: str
    room_id: int | None
    room: str
    kind: ChangeKind
    substitution_id: int | None
    note: str
    lesson_id: int | None
    """The held lesson, once it was opened."""
    taken: bool
    """Its attendance was taken."""

    @property
    def cancelled(self) -> bool:
        return self.kind == "cancellation"
