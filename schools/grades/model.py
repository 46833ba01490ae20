"""Grade books, their columns and entries, and what is told about them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from app.feature import Event

ColumnKind = Literal["mark", "points", "descriptive", "proposed", "settled"]
"""`proposed` (przewidywana); `settled`: mid-year (śródroczna) in semester 1, final (roczna) in semester 2."""
Resit = Literal["last", "better", "both"]
Comparison = Literal[">", "≥"]
Colour = Literal["red", "amber", "green", "sea", "navy", "grey"]
Outcome = Literal["saved", "same", "repeated", "conflict", "refused", "reason_needed"]
NoteKind = Literal["praise", "remark"]

Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


def usual_modifiers() -> dict[str, Decimal]:
    """As most schools have them."""
    values = {"+": "0.33", "-": "-0.33", "=": "-0.5", "++": "0.5", "--": "-0.5"}
    return {sign: Decimal(value) for sign, value in values.items()}


def usual_non_graded() -> list[str]:
    """Unprepared, no homework, absent."""
    return ["np", "bz", "nb"]


BEHAVIOUR = 0
"""Stands for «no subject» in addresses and rooms: behaviour (zachowanie)."""


class GradeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A school's rules of grading."""

    modifiers: dict[str, Decimal] = msgspec.field(default_factory=usual_modifiers)
    """What each sign adds to the grade; a sign that is not here is not used in the school."""
    prefix: bool = False
    """Signs are shown before the grade (+4); both ways are understood when they are written."""
    non_graded: list[str] = msgspec.field(default_factory=usual_non_graded)
    """Entries that are left out of averages."""
    resit: Resit = "last"
    threatened_below: Decimal = Decimal("1.75")
    """A pupil whose average is lower is threatened with an unsatisfactory grade, where no grade is proposed yet."""
    absence_percent: Decimal = Decimal(50)
    absence_comparison: Comparison = ">"
    absence_basis: str = "art. 44k ust. 1 ustawy o systemie oświaty"
    descriptive_to_level: int = 3
    """Classes up to this level are graded in words."""
    distinction_average: Decimal = Decimal("4.75")
    """From which on, with at least very good behaviour, a certificate is with distinction (z wyróżnieniem)."""
    behaviour_start: int = 100
    """Points of behaviour that a pupil begins the year with."""


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """What a grade was given for. `subject_id` None: of every subject."""

    id: int
    subject_id: int | None
    name: str
    short: str
    weight: Decimal
    colour: Colour
    position: int
    archived: bool
    rev: int


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a grade book: a test of a class, or the grades of a semester."""

    id: int
    class_id: int
    class_name: str
    subject_id: int | None
    subject: str
    semester: int
    kind: ColumnKind
    category_id: int | None
    category: str
    short: str
    colour: Colour
    title: str
    weight: Decimal
    points_max: Decimal | None
    on_date: date
    published_at: datetime | None
    author: str
    marks_rev: int
    rev: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil has in a column. `attempt` 2 and on: re-sits. `text` None: blank (again). `by`: initials."""

    column_id: int
    pupil_id: int
    attempt: int = 1
    text: str | None = None
    rev: int = 0
    by: str = ""
    at: datetime | None = None


class BookPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A row. `is_member`: in the class today; one who has left keeps the row, and the grades."""

    pupil_id: int
    number: int | None
    first_name: str
    last_name: str
    is_member: bool

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"


class GradeBook(msgspec.Struct, frozen=True, kw_only=True):
    """A class's subject in a year: what a client needs to begin. `columns` of other classes are of pupils who came."""

    school_id: int
    year_id: int
    class_id: int
    class_name: str
    level: int
    subject_id: int
    subject: str
    semester: int
    """Of today."""
    may_write: bool
    settings: GradeSettings
    categories: list[Category]
    columns: list[Column]
    pupils: list[BookPupil]
    entries: list[Entry]

    @property
    def path(self) -> str:
        return f"/schools/{self.school_id}/grades/{self.class_id}/{self.subject_id}"


class NewColumn(msgspec.Struct, frozen=True, kw_only=True):
    """`weight` None: as the category says. Proposed and settled columns have no title and are there once a semester."""

    kind: ColumnKind
    semester: Literal[1, 2]
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    category_id: Id | None = None
    weight: Decimal | None = None
    points_max: Decimal | None = None
    on_date: date | None = None


class ColumnChange(msgspec.Struct, frozen=True, kw_only=True):
    """`rev`: of the column that the person saw."""

    rev: int
    title: Annotated[str, msgspec.Meta(max_length=200)]
    category_id: Id | None
    weight: Decimal
    on_date: date


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """One cell's change. `text` None takes the entry back. `base_rev`: of the entry that the person saw, 0 for none.

    `op_id`: a random name of this change, the same each time it is sent, so that it counts once.
    """

    pupil_id: Id
    attempt: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    text: Annotated[str, msgspec.Meta(max_length=4000)] | None
    op_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[\w-]+$")]
    base_rev: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class PatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a patch. `entry` is what holds now; in a conflict `wanted` is what the patch would have made.

    refused: `problem` says why, in the reader's language. reason_needed: pupils and parents see the grade already.
    """

    op_id: str
    pupil_id: int
    attempt: int
    outcome: Outcome
    entry: Entry | None
    wanted: str | None = None
    problem: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    results: list[PatchResult]


class EntryChange(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history: who changed what, from what, to what, when and why."""

    column_id: int
    pupil_id: int
    attempt: int
    at: datetime
    account_id: int | None
    author: str
    from_text: str | None
    to_text: str | None
    reason: str
    op_id: str
    rev: int


class PastedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what was pasted. `problem` empty: it may be written as `text`."""

    line: int
    said: str
    pupil_id: int | None
    name: str
    text: str | None
    problem: str


class BehaviourNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note on behaviour (uwaga); a withdrawn one stays, with its reason, and its points do not count."""

    id: int
    pupil_id: int
    on_date: date
    kind: NoteKind
    text: str
    points: int
    author: str
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_reason: str
    rev: int


class NewNote(msgspec.Struct, frozen=True, kw_only=True):
    pupil_id: Id
    kind: NoteKind
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    points: Annotated[int, msgspec.Meta(ge=-500, le=500)] = 0
    on_date: date | None = None


class SubjectAverage(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's average in a subject and semester, exact and as shown; None where nothing counts."""

    subject_id: int
    semester: int
    average: Decimal | None
    shown: str


class PupilGrades(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil and their parents see: published columns of the year, the pupil's own entries, notes."""

    pupil_id: int
    settings: GradeSettings
    columns: list[Column]
    entries: list[Entry]
    averages: list[SubjectAverage]
    notes: list[BehaviourNote]
    behaviour_points: int


class EntryChanged(Event, frozen=True, tag=True):
    """In `school/{id}/grades/{class_id}/{subject_id}`: one entry, whole."""

    entry: Entry

    @property
    def key(self) -> str:
        return f"{self.entry.column_id}/{self.entry.pupil_id}/{self.entry.attempt}"


class ColumnChanged(Event, frozen=True, tag=True):
    """In the same room: a column is new, has other words, or was published."""

    column: Column

    @property
    def key(self) -> str:
        return f"column/{self.column.id}"


class PupilGradesChanged(Event, frozen=True, tag=True):
    """In `school/{id}/pupil/{pupil_id}/grades`: an entry of this pupil in a published column, and the averages now."""

    column: Column
    entry: Entry
    averages: list[SubjectAverage]
    """Of the column's subject."""

    @property
    def key(self) -> str:
        return f"{self.entry.column_id}/{self.entry.attempt}"

    @property
    def rev(self) -> int:
        """Of the entry, and of the column's publishing: each of them counts up alone."""
        return self.entry.rev + self.column.rev


class BehaviourNoted(Event, frozen=True, tag=True):
    """In the pupil's room and in the room of the class's behaviour: a note is new, or was withdrawn."""

    note: BehaviourNote
    points: int
    """The pupil's points now."""

    @property
    def key(self) -> str:
        return f"note/{self.note.id}"


def book_room(school_id: int, class_id: int, subject_id: int | None) -> str:
    return f"school/{school_id}/grades/{class_id}/{subject_id or BEHAVIOUR}"


def pupil_room(school_id: int, pupil_id: int) -> str:
    return f"school/{school_id}/pupil/{pupil_id}/grades"
