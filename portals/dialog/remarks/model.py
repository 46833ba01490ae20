"""Drafts with remarks: rows, views, events. Offsets count characters (code points) of a paragraph's text."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from app.feature import Event
from portals.dialog.model import Author, PersonKind, ShownAs

ParagraphKind = Literal["heading", "text"]
How = Literal["exact", "context", "fuzzy", "orphan"]
State = Literal["shown", "hidden", "withdrawn"]
Position = Literal["", "accepted", "partly", "rejected", "explained"]
"""uwzględniona, uwzględniona częściowo, nieuwzględniona, wyjaśnienie"""

AROUND: Final = 32
"""Characters kept before and after a quote."""
MOST_TEXT: Final = 4000
MOST_QUOTE: Final = 2000
MOST_REASON: Final = 500


class RemarksSettings(msgspec.Struct, frozen=True):
    """`intro`: what the office asks for, above the text."""

    intro: str = ""


class Line(msgspec.Struct, frozen=True):
    """A paragraph as it was read from a text. `level`: of a heading 1–6, else how deep it is indented."""

    kind: ParagraphKind
    level: int
    label: str
    text: str
    place: str = ""


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph of a version. `paragraph_id` is the same in every version in which it is the same paragraph."""

    ordinal: int
    paragraph_id: UUID
    kind: ParagraphKind
    level: int
    label: str
    place: str
    text: str


class Version(msgspec.Struct, frozen=True):
    """A version of the document; it never changes."""

    id: int
    block_id: int
    number: int
    title: str
    note: str
    created_at: datetime


class Anchor(msgspec.Struct, frozen=True):
    """A place in a version. `paragraph_id` None: lost. `starts` = `ends`: the whole paragraph."""

    paragraph_id: UUID | None
    starts: int
    ends: int
    how: How


class Quoted(msgspec.Struct, frozen=True):
    """What a remark says of its place. `quote` empty: the whole paragraph."""

    paragraph_id: UUID | None
    quote: str
    prefix: str
    suffix: str


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A remark as it lies in the database, with its place in one version; it stays inside."""

    id: int
    block_id: int
    version: int
    participant_id: int
    quote: str
    prefix: str
    suffix: str
    text: str
    proposal: str
    paper: bool
    made_at: datetime
    edited_at: datetime | None
    state: State
    reason: str
    position: Position
    answer: str
    answered_at: datetime | None
    rev: int
    paragraph_id: UUID | None
    starts: int
    ends: int
    how: How
    ordinal: int | None
    place: str
    """Where it stands now, as it is cited; of an orphan, where it stood."""


class RemarkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A remark as the public sees it. Of a hidden or withdrawn one there are no words and no author."""

    id: int
    version: int
    """The version it was made on."""
    paragraph_id: UUID | None
    ordinal: int
    """Of its paragraph in the newest version; 0: its place is gone."""
    starts: int
    ends: int
    how: How
    place: str
    quote: str
    author: Author | None
    text: str
    proposal: str
    paper: bool
    made_at: datetime
    edited_at: datetime | None
    state: State
    reason: str
    position: Position
    answer: str
    answered_at: datetime | None
    rev: int


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """Where a remark stands, for the text's margin; short, because there are thousands."""

    id: int
    ordinal: int
    starts: int
    ends: int
    rev: int
    state: State


class RemarksView(msgspec.Struct, frozen=True):
    """Snapshot of a block's room: the newest version, and where every remark stands in it."""

    version: int
    marks: list[Mark]


class RemarkChanged(Event, frozen=True, tag=True):
    """A remark as it is now; a new one too."""

    remark: RemarkRow

    @property
    def key(self) -> str:
        return f"remark/{self.remark.id}"


class VersionMade(Event, frozen=True, tag=True):
    """There is a new version; every remark has a place in it, or has lost its own."""

    version: int

    @property
    def rev(self) -> int:
        return self.version


class NewRemark(msgspec.Struct, frozen=True):
    """What a resident sends. `version`: the one they had before them; no `quote`: on the whole paragraph."""

    paragraph_id: UUID
    version: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    text: str
    proposal: str = ""
    quote: str = ""
    starts: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class Words(msgspec.Struct, frozen=True):
    """Other words of one's own remark."""

    text: str
    rev: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    proposal: str = ""


class Reason(msgspec.Struct, frozen=True):
    """Why a remark is hidden: everybody reads it in its place."""

    reason: str


class Answer(msgspec.Struct, frozen=True):
    """The office's position to a remark."""

    position: Position
    answer: str
    rev: Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class PaperRemark(msgspec.Struct, frozen=True, kw_only=True):
    """A remark that came on paper, as the clerk enters it."""

    paragraph_id: UUID
    text: str
    proposal: str = ""
    quote: str = ""
    name: str
    kind: PersonKind = "resident"
    organisation: str = ""
    district: str = ""
    shown_as: ShownAs = "name"
    received: date


class Wording(msgspec.Struct, frozen=True):
    """What a remark said until a moment."""

    number: int
    text: str
    proposal: str
    until: datetime


class RemarkPage(msgspec.Struct, frozen=True):
    """Remarks, newest first. `mine`: those of the asker, who may change them while the phase runs."""

    remarks: list[RemarkRow]
    more: bool
    mine: list[int]


class Count(msgspec.Struct, frozen=True):
    """How many remarks a block has: `shown` can be read, `answered` and `paper` are among these."""

    shown: int
    answered: int
    paper: int
    orphans: int


def remarks_room(block_id: int) -> str:
    return f"dialog/remarks/{block_id}"
