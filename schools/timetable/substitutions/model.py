"""Absences of staff, decisions upon a day's lessons, duties on breaks, and the events that tell of them."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event
from schools.timetable.model import ChangeKind, Planned

Kind = Literal["substitution", "cancellation", "room", "joint"]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one lesson on one day. What is None stays as it is planned."""

    kind: Kind
    staff_id: Number | None = None
    subject_id: Number | None = None
    room_id: Number | None = None
    joint_entry_id: Number | None = None
    """The lesson that this one joins."""
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """A teacher is away, hours inclusive. Why is not kept."""

    id: int
    staff_id: int
    staff: str
    first_on: date
    last_on: date
    from_period: int
    to_period: int

    def covers(self, day: date, period: int) -> bool:
        return self.first_on <= day <= self.last_on and self.from_period <= period <= self.to_period

    @property
    def whole_day(self) -> bool:
        return self.from_period == 0 and self.to_period == 20


class AbsenceDraft(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: Number
    first_on: date
    last_on: date
    from_period: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    to_period: Annotated[int, msgspec.Meta(ge=0, le=20)] = 20


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A timetable's entry without what the day changes of it."""

    entry_id: int
    period: int
    class_id: int | None
    group_id: int | None
    subject_id: int
    subject: str
    staff_id: int
    staff: str
    room_id: int | None
    room: str


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of somebody who might stand in."""

    id: int
    name: str
    subject_ids: list[int]
    class_ids: list[int]
    this_month: int
    """Substitutions in the month of the day."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is free at that hour, and what speaks for them."""

    id: int
    name: str
    same_class: bool
    same_subject: bool
    at_school: bool
    """Has a lesson just before or after: need not come for this one alone."""
    this_month: int


class DutyDay(msgspec.Struct, frozen=True, kw_only=True):
    """A duty on a break, on one day. `stand_in_id`: who takes it instead of its own person."""

    id: int
    weekday: int
    after_period: int
    place: str
    staff_id: int
    staff: str
    stand_in_id: int | None
    stand_in: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that a day changes, whole; `kind` empty: the change was taken back. `was_…`: as it is planned."""

    entry_id: int
    on_date: date
    rev: int
    kind: ChangeKind
    period: int
    starts_at: datetime
    class_name: str
    subject: str
    was_subject: str
    staff_id: int
    staff: str
    absent: str
    room: str
    was_room: str
    note: str


class ChangesView(msgspec.Struct, frozen=True):
    """Changes from today on, those that were taken back too."""

    changes: list[Change]


class LessonReplanned(Event, frozen=True, tag=True):
    """A lesson of a day is changed, or as planned again."""

    change: Change

    @property
    def key(self) -> str:
        return f"{self.change.on_date}/{self.change.entry_id}"


class ChangeMark(msgspec.Struct, frozen=True, kw_only=True):
    """That an entry was changed on a day, and whom it has concerned."""

    entry_id: int
    on_date: date
    rev: int
    staff_ids: list[int]
    class_ids: list[int]


class BoardLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson on the deputy's page: as it stands, as it was planned, and whom to ask first."""

    planned: Planned
    original: Original
    best: Candidate | None
    is_open: bool
    """Its teacher is away and nothing is decided."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A school's day for whoever arranges substitutions."""

    on_date: date
    absences: list[Absence]
    lessons: list[BoardLesson]
    duties: list[DutyDay]
    revs: int

    @property
    def open(self) -> int:
        return sum(one.is_open for one in self.lessons)

    @property
    def changed(self) -> list[BoardLesson]:
        return [one for one in self.lessons if one.planned.kind]


def all_room(school_id: int) -> str:
    return f"school/{school_id}/timetable/all"


def staff_room(school_id: int, staff_id: int) -> str:
    return f"school/{school_id}/timetable/staff/{staff_id}"


def class_room(school_id: int, class_id: int) -> str:
    return f"school/{school_id}/timetable/class/{class_id}"
