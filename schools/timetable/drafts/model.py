"""Entries of a draft, and what cannot be of them."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from schools.timetable.model import TimetableVersion

Number = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
ConflictKind = Literal["teacher", "class", "room", "pupils"]


class EntryDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of every week (`week` empty), or of weeks A or B. Either a class or a group."""

    weekday: Annotated[int, msgspec.Meta(ge=1, le=7)]
    period: Annotated[int, msgspec.Meta(ge=0, le=20)]
    week: Literal["", "A", "B"] = ""
    class_id: Number | None = None
    group_id: Number | None = None
    subject_id: Number
    staff_id: Number
    second_staff_id: Number | None = None
    room_id: Number | None = None


class Entry(EntryDraft, frozen=True, kw_only=True):
    """The same with names. `of_class_id`: the class, or the class the group is a part of."""

    id: int
    of_class_id: int | None
    target: str
    """`4a`, `4a gr. 1`."""
    subject: str
    staff: str
    second_staff: str
    room: str


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Two or more entries of one hour that cannot be at once. `name`: of the teacher, class, room or group."""

    kind: ConflictKind
    weekday: int
    period: int
    entry_ids: tuple[int, ...]
    name: str


class Overlaps(msgspec.Struct, frozen=True):
    """Which groups and classes share pupils: pairs of (kind, id), both ways. Groups of one class that share none are
    taught side by side.
    """

    pairs: frozenset[tuple[tuple[str, int], tuple[str, int]]]

    def share(self, one: tuple[str, int], other: tuple[str, int]) -> bool:
        return (one, other) in self.pairs


class VersionRow(TimetableVersion, frozen=True, kw_only=True):
    """For the list of versions."""

    entries: int
    year: str
    year_starts_on: date
    year_ends_on: date
