"""What pupils and parents see of the register, and what they say about absences."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from app.feature import Event
from schools.register.model import PupilMark
from schools.register.rules import Tally
from schools.structure.model import PupilPlace
from schools.timetable.model import ChangeKind

ExcuseState = Literal["sent", "accepted", "refused", "withdrawn"]
AuthorKind = Literal["guardian", "pupil", "homeroom"]
Verdict = Literal["accepted", "refused"]
Part = Literal["year", "first", "second"]
Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Period = Annotated[int, msgspec.Meta(ge=0, le=20)]


class FamilyRules(msgspec.Struct, frozen=True):
    """What a school lets families do: `settings.families`."""

    adults_excuse: bool = False
    """Pupils of age (pełnoletni) excuse themselves."""
    pupils_write: bool = True
    """Pupils may write to their teachers."""


class Excuse(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of a day (`from_period`, `to_period`), or whole days.

    `hours`: absences that it speaks of, as they stood when this was told.
    """

    id: int
    pupil_id: int
    pupil: str
    class_id: int | None
    class_name: str
    first_on: date
    last_on: date
    from_period: int | None
    to_period: int | None
    reason: str
    author: str
    author_kind: AuthorKind
    sent_at: datetime
    state: ExcuseState
    decided_at: datetime | None
    decider: str
    word: str
    hours: int
    rev: int


class NewExcuse(msgspec.Struct, frozen=True, kw_only=True):
    """`from_period` None: whole days. Several days are always whole."""

    first_on: date
    last_on: date
    from_period: Period | None = None
    to_period: Period | None = None
    reason: Annotated[str, msgspec.Meta(max_length=1000)]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Of several excuses at once. `word`: to the parents; a refusal needs one."""

    excuses: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=200)]
    verdict: Verdict
    word: Annotated[str, msgspec.Meta(max_length=500)] = ""


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of a pupil's day: what is planned, what the day changes, the mark. `id`: of the timetable's entry."""

    id: int
    period: int
    starts_at: datetime
    ends_at: datetime
    subject: str
    staff: str
    absent: str
    room: str
    kind: ChangeKind
    note: str
    lesson_id: int | None
    mark: PupilMark | None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Homework by the day it is due."""

    id: int
    subject: str
    text: str
    due_on: date
    author: str


class PupilView(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's day: where the room begins. `unexcused`: absences and latenesses of the last weeks, newest first."""

    school_id: int
    pupil_id: int
    today: date
    rows: list[DayRow]
    marks: list[PupilMark]
    """Of today's lessons, those outside of the timetable too."""
    unexcused: list[PupilMark]
    excuses: list[Excuse]
    """The newest ones."""


class SubjectAttendance(msgspec.Struct, frozen=True, kw_only=True):
    """Exact; `percent` None where nothing counts. `subject_id` None: all of them together."""

    subject_id: int | None
    subject: str
    counts: Tally
    percent: Decimal | None
    unexcused: int
    """Hours absent that nobody has excused."""


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """Attendance in a part of a school year; `named`: absences and latenesses, newest first."""

    part: Part
    first_on: date
    last_on: date
    total: SubjectAttendance
    subjects: list[SubjectAttendance]
    named: list[PupilMark]


class ExcuseDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Excuses of a class, those that wait first. `may_decide`: the homeroom teacher and the principal."""

    class_id: int
    class_name: str
    may_decide: bool
    excuses: list[Excuse]


class ExcuseChanged(Event, frozen=True, tag=True):
    """In the pupil's room and in `school/{id}/class/{class_id}/excuses`: sent, decided, withdrawn."""

    excuse: Excuse

    @property
    def key(self) -> str:
        return f"excuse/{self.excuse.id}"


class FamilyPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in the hands of whoever looks into the diary."""

    place: PupilPlace
    may_excuse: bool

    @property
    def is_family(self) -> bool:
        return self.place.is_guardian or self.place.is_self


def excuses_room(school_id: int, class_id: int) -> str:
    return f"school/{school_id}/class/{class_id}/excuses"
