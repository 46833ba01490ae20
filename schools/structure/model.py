"""Rows of schools and their people, and who an actor is in a school."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

StaffRole = Literal["teacher", "principal", "secretary", "counsellor"]
SchoolKind = Literal["preschool", "primary", "general", "technical", "vocational", "special", "complex", "other"]


class School(msgspec.Struct, frozen=True, kw_only=True):
    """A school (szkoła). Its row is public knowledge; all else of it lies behind the wall."""

    id: int
    rspo: str | None
    number: int | None
    name: str
    short_name: str
    kind: SchoolKind
    time_zone: str
    settings: dict[str, Any]
    rev: int

    @property
    def path(self) -> str:
        return f"/schools/{self.id}"


class SchoolYear(msgspec.Struct, frozen=True, kw_only=True):
    """A school year (rok szkolny) of two semesters (półrocza). Dates are inclusive."""

    id: int
    school_id: int
    name: str
    starts_on: date
    second_starts_on: date
    ends_on: date
    week_a_on: date | None
    closed_at: datetime | None
    rev: int


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works in a school. The homeroom teacher (wychowawca) is said by the class."""

    id: int
    account_id: int | None
    first_name: str
    last_name: str
    short: str
    roles: list[StaffRole]
    rev: int

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Pupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil (uczeń) without the PESEL, which only the secretary's pages read."""

    id: int
    account_id: int | None
    first_name: str
    second_name: str
    last_name: str
    left_on: date | None
    rev: int

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class SchoolClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class (oddział) of one year."""

    id: int
    school_id: int
    year_id: int
    level: int
    letter: str
    name: str
    homeroom_id: int | None
    building: str
    rev: int


class SchoolGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group: a part of `class_id`, or of several classes where that is None."""

    id: int
    school_id: int
    year_id: int
    class_id: int | None
    name: str
    rev: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Who an actor is in one school today. All three may be said of one person: a teacher whose child is a pupil."""

    school_id: int
    school_name: str
    time_zone: str
    today: date
    """By the school's clock."""
    account_id: int | None
    staff_id: int | None = None
    roles: list[StaffRole] = []
    short: str = ""
    guardian_id: int | None = None
    pupil_id: int | None = None
    needs_second_factor: bool = False
    """The school wants one of its staff."""

    def has(self, *roles: StaffRole) -> bool:
        return self.staff_id is not None and not set(roles).isdisjoint(self.roles)


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A school that an account belongs to, and as what."""

    school_id: int
    name: str
    short_name: str
    kind: SchoolKind
    roles: list[StaffRole]
    is_guardian: bool
    is_pupil: bool
    pupil_id: int | None = None
    """The account's own, of a pupil."""

    @property
    def path(self) -> str:
        return f"/schools/{self.school_id}"


class ClassPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A class in the hands of somebody of its school."""

    member: Member
    school_class: SchoolClass
    is_homeroom: bool
    teaches: bool
    """Has a lesson with it: by assignment, by the timetable, or standing in today."""


class PupilPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in the hands of somebody of the school, of a guardian or of the pupil."""

    member: Member
    pupil: Pupil
    class_id: int | None
    """Of today."""
    is_homeroom: bool
    teaches: bool
    is_guardian: bool
    is_self: bool


class PupilFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil is to a member: from one query."""

    class_id: int | None
    is_homeroom: bool
    teaches: bool
    is_guardian: bool
