"""Pages that leave the register, and archives of its years."""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from app.feature import Event

FORMAT: Final = "urn:gryf:school-archive:1"
Form = Literal["list", "attendance", "topics", "grades", "notes"]


class Period(msgspec.Struct, frozen=True):
    """`month` as 2026-11; empty: this one. `semester`, of grades: today's where none is said."""

    month: str = ""
    semester: Literal[1, 2] | None = None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A page as a table of texts. `wide`: across the paper; `widths`: of columns, in shares, 0 as narrow as can be."""

    title: str
    school: str
    language: str
    header: list[str]
    widths: list[int]
    rows: list[list[str]]
    empty: str
    note: str = ""
    wide: bool = False


class ClassPupil(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is in the class within some days. `until`: first day outside of it."""

    pupil_id: int
    number: int | None
    name: str
    born_on: date | None
    since: date | None
    until: date | None


class ClassMark(msgspec.Struct, frozen=True, kw_only=True):
    pupil_id: int
    on_date: date
    code: str
    category: str
    excused: bool


class ClassLesson(msgspec.Struct, frozen=True, kw_only=True):
    """`away`: whom the teacher stood in for."""

    on_date: date
    period: int
    subject: str
    group: str
    topic_number: int | None
    topic: str
    staff: str
    away: str
    taken: bool


class ClassGrade(msgspec.Struct, frozen=True, kw_only=True):
    """What was entered, as it was written. `subject_id` None: behaviour."""

    pupil_id: int
    subject_id: int | None
    kind: str
    attempt: int
    text: str


class ClassNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note on behaviour. `withdrawn`: why it does not count any more."""

    on_date: date
    number: int | None
    name: str
    kind: str
    text: str
    points: int
    author: str
    withdrawn: str


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was asked for; `finished_at` None: it is being made."""

    id: int
    school_id: int
    year_id: int
    year: str
    asked_by: str
    asked_at: datetime
    job_id: int | None
    finished_at: datetime | None
    file_id: UUID | None
    sha256: str
    bytes: int
    lines: int
    rev: int


class Archives(msgspec.Struct, frozen=True, kw_only=True):
    """Of a school, newest first."""

    archives: list[Archive]


class ArchiveChanged(Event, frozen=True, tag=True):
    """In `school/{id}/archives`: asked for, or finished."""

    archive: Archive

    @property
    def key(self) -> str:
        return str(self.archive.id)


class ArchiveGrew(Event, frozen=True, tag=True):
    """In the same room: how far one is. Nobody is told what was missed."""

    archive_id: int
    done: int
    total: int

    @property
    def key(self) -> str:
        return f"grew {self.archive_id}"


class MakeArchive(msgspec.Struct, frozen=True):
    """Payload of the job."""

    school_id: int
    archive_id: int


class ArchivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the archive. `rows`: 0 for what is no table."""

    name: str
    bytes: int
    sha256: str
    rows: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`: everything else that lies in the archive."""

    format: str
    school_id: int
    school: str
    year: str
    made_at: datetime
    asked_by: str
    files: list[ArchivedFile]


class TableColumn(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    about: str
    in_key: bool


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a school, as the database describes it."""

    name: str
    about: str
    columns: list[TableColumn]


def archives_room(school_id: int) -> str:
    return f"school/{school_id}/archives"
