"""What became of contributions: answers, conclusions, the report, and how often people are told."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from app.feature import Event
from portals.dialog.model import Author, PersonKind

KIND_NAME: Final = "outcome"
Status = Literal["received", "considered", "accepted", "partly", "rejected", "later"]
Rhythm = Literal["instant", "daily", "weekly", "own", "none"]


class OutcomeSettings(msgspec.Struct, frozen=True):
    """What the clerk sets for the block."""

    intro: str = ""
    """Markdown: what the office does with what people wrote."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The office's answer to a contribution. `answer` is Markdown."""

    id: int
    block_id: int
    ref: str
    status: Status
    answer: str
    answered_at: datetime
    rev: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A contribution with what became of it, as its reader may know it."""

    block_id: int
    block_title: str
    kind: str
    ref: str
    participant_id: int | None
    author: Author | None
    text: str
    at: datetime
    path: str
    visible: bool
    named: bool
    """Else nobody is told who wrote it; the office neither."""
    answer: Answer | None

    @property
    def status(self) -> Status:
        return self.answer.status if self.answer else "received"

    @property
    def key(self) -> str:
        """Names it in a form: block, reference, and which answer the clerk has seen."""
        return f"{self.block_id}:{self.ref}:{self.answer.rev if self.answer else 0}"


class Chosen(msgspec.Struct, frozen=True):
    """A contribution a clerk answers; `rev` of the answer they have seen, 0 where there was none."""

    block_id: int
    ref: str
    rev: int


class ReportDraft(msgspec.Struct, frozen=True):
    """Conclusions that are being written."""

    text: str = ""
    rev: int = 0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """Conclusions as they were published."""

    number: int
    text: str
    published_at: datetime


class Count(msgspec.Struct, frozen=True):
    """How many; None: fewer than may be told, or one that would give such a number away."""

    name: str
    count: int | None


class BlockFigures(msgspec.Struct, frozen=True):
    """What a block says of itself; labels are message ids."""

    block_id: int
    kind: str
    title: str
    figures: list[Count]


class Turnout(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes part. Small numbers are hidden."""

    people: int | None
    contributors: int | None
    kinds: list[Count]
    districts: list[Count]
    verified: int | None
    paper: int | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a consultation, made of what everybody may read at this moment."""

    turnout: Turnout
    blocks: list[BlockFigures]
    entries: list[Entry]
    statuses: dict[Status, int]
    versions: list[Version]
    """Newest first."""


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """How an account follows a consultation."""

    account_id: int
    consultation_id: int
    rhythm: Rhythm
    told_at: datetime


class FollowState(msgspec.Struct, frozen=True):
    """The same for the head of a consultation's page. `words`: the rhythm, as a message id."""

    rhythm: Rhythm
    words: str


class DueLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to the author of a contribution that waits."""

    answer_id: int
    status: Status
    consultation_id: int
    account_id: int | None
    email: str | None
    language: str | None
    rhythm: Rhythm | None


class AnsweredRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the public is told of an answer at once; its words are on the page."""

    block_id: int
    ref: str
    status: Status
    rev: int


class OutcomeVersion(msgspec.Struct, frozen=True):
    """Snapshot of an outcome block's room; the answers stand on the page."""

    version: int
    """Number of the newest conclusions; 0: none are published."""


class Answered(Event, frozen=True, tag=True):
    """The office has answered a contribution that everybody may read, or corrected the answer."""

    answer: AnsweredRow

    @property
    def key(self) -> str:
        return f"answer/{self.answer.block_id}/{self.answer.ref}"


class ConclusionsPublished(Event, frozen=True, tag=True):
    """Another version of the conclusions stands in the report."""

    version: int

    @property
    def rev(self) -> int:
        return self.version


class OpenConsultation(msgspec.Struct, frozen=True, kw_only=True):
    """Of the consultation, in the open data."""

    id: int
    title: str
    address: str
    topic: str
    districts: list[str]
    state: str


class OpenCount(msgspec.Struct, frozen=True):
    """`count` null: fewer than five, or hidden because it would give such a number away."""

    name: str
    count: int | None


class OpenBlock(msgspec.Struct, frozen=True):
    """Figures of a block."""

    id: int
    kind: str
    title: str
    figures: list[OpenCount]


class OpenContribution(msgspec.Struct, frozen=True, kw_only=True):
    """Something people wrote that everybody may read, and what became of it."""

    block: int
    kind: str
    ref: str
    at: datetime
    address: str
    author: str
    """Empty for those who are anonymous to the public or were erased."""
    author_shown: Literal["name", "pseudonym", "anonymous", "erased", "office", "none"]
    author_kind: PersonKind | None
    text: str
    status: Status
    answer: str
    """Markdown."""
    answered_at: datetime | None


class OpenReport(msgspec.Struct, frozen=True, kw_only=True):
    """Open data of a consultation: what everybody may read."""

    schema: str
    consultation: OpenConsultation
    made_at: datetime
    people: int | None
    contributors: int | None
    kinds: list[OpenCount]
    districts: list[OpenCount]
    statuses: dict[str, int]
    blocks: list[OpenBlock]
    contributions: list[OpenContribution]
    conclusions: str
    conclusions_version: int


def outcome_room(block_id: int) -> str:
    return f"dialog/outcome/{block_id}"
