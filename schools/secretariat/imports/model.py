"""What a file says and what it would change."""

from datetime import date
from typing import Literal

import msgspec

from app.tables import Fault

Sort = Literal["new", "changed", "same"]
About = Literal["pupil", "guardian", "staff", "teaching", "homeroom"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """`field` is a message id."""

    field: str
    was: str
    now: str


class KnownPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil as the school has it on the day of the import."""

    id: int
    first_name: str
    second_name: str
    last_name: str
    pesel: str | None
    born_on: date | None
    email: str
    left_on: date | None
    class_id: int | None
    class_name: str
    number: int | None


class KnownGuardian(msgspec.Struct, frozen=True, kw_only=True):
    """A right that a guardian has, or a guardian without one (`pupil_id` None)."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    pupil_id: int | None
    right_id: int | None
    kind: str
    since: date | None
    until: date | None


class KnownStaff(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    first_name: str
    last_name: str
    short: str
    email: str
    roles: list[str]


class KnownTeaching(msgspec.Struct, frozen=True, kw_only=True):
    """Who teaches what, from the day of the import on or later. `place`: `c1` a class, `g1` a group."""

    id: int
    staff_id: int
    subject_id: int
    place: str
    kind: str
    until: date | None


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """What the school teaches in the year of the import, and who imports."""

    classes: dict[str, int]
    groups: list[tuple[int, str, str]]
    """Id, name of the class (empty: of several), name."""
    subjects: list[tuple[int, str, str]]
    """Id, name, short name."""
    teachings: list[KnownTeaching]
    homerooms: dict[int, tuple[int | None, str]]
    """Class → its homeroom teacher's id and name."""
    ends_on: date
    own: int | None
    is_principal: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one line would do. `values` is what is written; `target_id` the person it is about, None for a new one."""

    line: int
    about: About
    name: str
    place: str
    sort: Sort
    differences: list[Difference] = []
    target_id: int | None = None
    second_id: int | None = None
    """The right that changes, for guardians, or the assignment; the pupil is in `values`: the id, or `-line` of one who
    comes by the same file, and so is who teaches."""
    values: dict[str, str | int | None] = {}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All of a file: with any fault nothing of it may be done."""

    steps: list[Step]
    faults: list[Fault]
    encoding: str = ""
    delimiter: str = ""

    def count(self, sort: Sort) -> int:
        return sum(1 for one in self.steps if one.sort == sort)

    @property
    def changes(self) -> int:
        return sum(1 for one in self.steps if one.sort != "same")
