"""What the office sees and writes."""

from datetime import date, datetime
from typing import Literal

import msgspec

from app.feature import Event
from schools.structure.model import StaffRole

GuardianKind = Literal["parent", "legal", "foster", "other"]
TeachingKind = Literal["teacher", "second", "support"]
PersonKind = Literal["pupil", "guardian", "staff"]


class PupilLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a list. Class and number are of the asked day."""

    id: int
    first_name: str
    second_name: str
    last_name: str
    born_on: date | None
    class_id: int | None
    class_name: str
    number: int | None
    account_id: int | None
    left_on: date | None
    guardians: int
    rev: int

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"


class PupilFile(msgspec.Struct, frozen=True, kw_only=True):
    """All of a pupil but the PESEL, of which only the end is here."""

    id: int
    account_id: int | None
    login: str
    first_name: str
    second_name: str
    last_name: str
    email: str
    pesel_end: str
    born_on: date | None
    left_on: date | None
    rev: int

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A time in a class; `until` is the first day outside of it."""

    id: int
    class_id: int
    class_name: str
    year_id: int
    year_name: str
    number: int | None
    since: date | None
    until: date | None


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian may know of a pupil, and until when: `until` is the first day without it."""

    id: int
    guardian_id: int
    account_id: int | None
    login: str
    first_name: str
    last_name: str
    email: str
    phone: str
    kind: GuardianKind
    since: date | None
    until: date | None
    holds: bool
    children: int

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class RightFile(msgspec.Struct, frozen=True, kw_only=True):
    """One right, to be changed: `until` is the first day without it, `rev` the guardian's."""

    id: int
    guardian_id: int
    account_id: int | None
    first_name: str
    last_name: str
    email: str
    phone: str
    rev: int
    pupil_id: int
    pupil: str
    kind: GuardianKind
    since: date | None
    until: date | None
    children: int


class GuardianRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    account_id: int | None
    first_name: str
    last_name: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who works here, or did."""

    id: int
    account_id: int | None
    login: str
    first_name: str
    last_name: str
    short: str
    email: str
    roles: list[StaffRole]
    until: date | None
    homeroom: str
    """Names of classes."""
    teaches: str
    rev: int

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"


class TeachingLine(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody teaches whom; `until` is the first day without it."""

    id: int
    subject: str
    place: str
    kind: TeachingKind
    since: date | None
    until: date | None


class ClassSize(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    level: int
    letter: str
    pupils: int
    homeroom: str


class PupilDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`pesel` None: as it is."""

    first_name: str
    second_name: str
    last_name: str
    email: str
    pesel: str | None
    born_on: date | None


class GuardianDraft(msgspec.Struct, frozen=True, kw_only=True):
    first_name: str
    last_name: str
    email: str
    phone: str
    kind: GuardianKind
    since: date | None
    until: date | None = None
    """The first day without the right."""
    same_person: bool = False
    """The one whom this school has with the address already."""


class StaffDraft(msgspec.Struct, frozen=True, kw_only=True):
    first_name: str
    last_name: str
    short: str
    email: str
    roles: list[StaffRole]
    until: date | None = None


class NewClass(msgspec.Struct, frozen=True, kw_only=True):
    level: int
    letter: str
    building: str


class GroupLine(msgspec.Struct, frozen=True, kw_only=True):
    """A group in a list; `class_id` None: its pupils come from several classes."""

    id: int
    class_id: int | None
    class_name: str
    name: str
    pupils: int


class GroupFile(msgspec.Struct, frozen=True, kw_only=True):
    """A group to be filled; the dates are those of its school year, inclusive."""

    id: int
    year_id: int
    class_id: int | None
    class_name: str
    name: str
    starts_on: date
    ends_on: date
    rev: int


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be in a group, and whether they are."""

    id: int
    name: str
    class_name: str
    number: int | None
    inside: bool


class MovePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a move would mean."""

    from_class: str
    to_class: str
    from_day: date
    until: date
    number: int
    groups_left: list[str]
    groups_kept: list[str]
    marks_after: int
    """Marks on lessons of the old class on or after the day: they stay there."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file of people."""

    id: int
    kind: str
    file_name: str
    content: bytes | None
    from_day: date
    made_by: int | None
    made_at: datetime
    done_at: datetime | None


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the office's room. `place`: the class of today."""

    kind: Literal["pupil", "staff"]
    id: int
    name: str
    place: str
    gone: bool
    rev: int


class PeopleView(msgspec.Struct, frozen=True, kw_only=True):
    people: list[PersonRow]


class PersonChanged(Event, frozen=True, tag=True):
    """Of a pupil's data, class or guardians, or of a staff member's. `by`: who did it."""

    person: PersonRow
    by: str

    @property
    def key(self) -> str:
        return f"{self.person.kind}/{self.person.id}"


def people_room(school_id: int) -> str:
    return f"school/{school_id}/people"
