"""What was read of another program's timetable, and what its names mean here."""

from datetime import datetime
from typing import Any, Literal

import msgspec

Source = Literal["optivum", "asc"]
NameKind = Literal["teacher", "class", "subject", "room", "group"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be read. `line` counts from 1; 0: the file as a whole. `text`: message id, filled from `values`."""

    file: str
    line: int
    text: str
    values: dict[str, str] = {}


class ReadLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson by names as the other program has them. `group` empty: whole classes; several classes: one group."""

    weekday: int
    period: int
    week: Literal["", "A", "B"] = ""
    classes: tuple[str, ...]
    group: str = ""
    subject: str
    teacher: str
    second_teacher: str = ""
    room: str = ""
    file: str = ""
    line: int = 0

    @property
    def group_name(self) -> str:
        """Under which its group is settled; empty where it is one whole class."""
        if not self.group and len(self.classes) == 1:
            return ""
        return " ".join(filter(None, ["+".join(self.classes), self.group]))


class ReadTimetable(msgspec.Struct, frozen=True, kw_only=True):
    lessons: list[ReadLesson]
    faults: list[Fault] = []


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """A timetable that was read without fault and waits."""

    id: int
    year_id: int
    source: Source
    file_name: str
    content: dict[str, Any]
    made_at: datetime
    version_id: int | None

    @property
    def lessons(self) -> list[ReadLesson]:
        return msgspec.convert(self.content["lessons"], list[ReadLesson])


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody or something of this school. `of_id`: a group's class."""

    id: int
    name: str
    short: str = ""
    first_name: str = ""
    last_name: str = ""
    of_id: int | None = None


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a name means. `target_id` None with `is_left_out`: lessons without it, or not at all; else open.

    `is_new`: a group that is made with the draft.
    """

    kind: NameKind
    name: str
    target_id: int | None
    is_left_out: bool = False
    is_new: bool = False
    lessons: int = 0

    @property
    def is_open(self) -> bool:
        return self.target_id is None and not self.is_left_out and not self.is_new
