"""Settings, questions, answers, results and events of surveys."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.feature import Event
from portals.dialog.model import PersonKind

QuestionType = Literal["page", "single", "multiple", "scale", "matrix", "text", "ranking", "number", "date", "file"]
Operator = Literal["is", "is_not", "at_least", "at_most", "answered"]
ShownWhen = Literal["after", "during", "office"]
Source = Literal["account", "open", "paper"]
Answers = dict[str, Any]
"""Question's key → value: an option's key (single), a list of them (multiple, ranking), a whole number (scale), row →
option (matrix), text, a number as it is written with a point, an ISO date, a file's name."""


class SurveySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`changeable`: what was sent may be changed until the phase ends."""

    intro: str = ""
    changeable: bool = True
    results: ShownWhen = "after"
    hide_small: bool = True
    """Cells of fewer than five people are hidden from the public."""
    texts_public: bool = False
    """Free texts stand in the public results."""
    thanks: str = ""


class Option(msgspec.Struct, frozen=True):
    """A choice, or a row of a matrix. The key stands for its meaning."""

    key: str
    text: str


class Condition(msgspec.Struct, frozen=True):
    """On another question's answer. `value`: an option's key or a number; unused with `answered`."""

    question: str
    op: Operator = "is"
    value: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question; of type `page` it is the heading from which on a new page begins. All of `when` must hold."""

    key: str
    type: QuestionType
    text: str
    help: str = ""
    required: bool = False
    options: list[Option] = []
    rows: list[Option] = []
    least: int = 0
    """Choices at least, characters at least, lowest step of a scale, lowest number."""
    most: int = 0
    """The same, at most; 0: no limit (of choices, characters, numbers)."""
    least_label: str = ""
    most_label: str = ""
    when: list[Condition] = []


class QuestionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk writes of a question; options and rows are lines of text."""

    type: QuestionType
    text: str
    help: str = ""
    required: bool = False
    options: list[str] = []
    rows: list[str] = []
    least: int = 0
    most: int = 0
    least_label: str = ""
    most_label: str = ""
    when: list[Condition] = []


class Page(msgspec.Struct, frozen=True):
    """Questions that are shown together. `head` None: the first page without a heading."""

    number: int
    head: Question | None
    questions: list[Question]


class Survey(msgspec.Struct, frozen=True):
    """What the clerk edits."""

    block_id: int
    working: list[Question]
    last_key: int
    rev: int


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """Questions as they are, or were, in force."""

    id: int
    block_id: int
    number: int
    questions: list[Question]
    reason: str
    created_at: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one person, browser or sheet has filled in."""

    id: int
    block_id: int
    version_id: int
    source: Source
    participant_id: int | None
    sheet: str
    kind: PersonKind
    district: str
    draft: Answers | None
    answers: Answers | None
    page: int
    saved_at: datetime
    sent_at: datetime | None
    hidden_at: datetime | None
    removed_at: datetime | None
    reason: str
    rev: int

    @property
    def shown(self) -> Answers:
        """What stands in the form: what is being changed, else what was sent."""
        return self.draft if self.draft is not None else self.answers or {}


class AnswerFile(msgspec.Struct, frozen=True):
    """A file that was handed in."""

    answer_id: int
    question: str
    file_id: UUID
    name: str


class Count(msgspec.Struct, frozen=True):
    """How often a choice was made. `shown` None: too few to be told; `paper` and `open` are parts of it."""

    key: str
    text: str
    shown: int | None
    paper: int | None = None
    open: int | None = None


class RowCounts(msgspec.Struct, frozen=True):
    """A row of a matrix."""

    key: str
    text: str
    counts: list[Count]


class Spread(msgspec.Struct, frozen=True):
    """Of numbers and scales."""

    mean: float
    median: float
    lowest: float
    highest: float


class QuestionResult(msgspec.Struct, frozen=True, kw_only=True):
    """Of one question. `answered` None: too few to be told. `mean_places`: option → mean place of a ranking."""

    key: str
    type: QuestionType
    text: str
    answered: int | None
    counts: list[Count] = []
    rows: list[RowCounts] = []
    spread: Spread | None = None
    mean_places: dict[str, float] = {}
    texts: list[str] = []
    earlier: bool = False
    """It was asked in an earlier version only."""


class Turnout(msgspec.Struct, frozen=True):
    """How many have answered, by where it came from; `rev` grows with each change."""

    block_id: int
    sent: int
    open: int
    paper: int
    rev: int


class Tally(msgspec.Struct, frozen=True):
    """What the room tells: the turnout, and results where they may be told now."""

    turnout: Turnout
    results: list[QuestionResult]

    @property
    def rev(self) -> int:
        return self.turnout.rev


class SurveyCounted(Event, frozen=True, tag=True):
    """Answers came, changed or went: the totals as they are now."""

    tally: Tally


def room(block_id: int) -> str:
    return f"dialog/surveys/{block_id}"
