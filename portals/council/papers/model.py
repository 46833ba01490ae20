"""Papers of a session, their versions, and invitations: rows, views, events."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from app.feature import Event

Audience = Literal["public", "councillors"]
PaperKind = Literal["resolution", "justification", "report", "opinion", "minutes", "other"]
"""projekt uchwały, uzasadnienie, sprawozdanie, opinia, protokół, inny"""
InvitationKind = Literal["invitation", "update", "cancellation"]
SendingState = Literal["waiting", "sent", "refused"]


class Paper(msgspec.Struct, frozen=True):
    """A paper (materiał) with its newest version. `item_id` None: of the session as a whole.

    A removed one keeps its title and the reason; name, type and size are gone with its bytes.
    """

    id: int
    session_id: int
    item_id: int | None
    position: int
    title: str
    kind: PaperKind
    audience: Audience
    public_from: datetime | None
    removed_at: datetime | None
    removal_reason: str
    rev: int
    version: int
    name: str
    type: str
    bytes: int
    note: str
    changed_at: datetime

    @property
    def removed(self) -> bool:
        return self.removed_at is not None


class PaperVersion(msgspec.Struct, frozen=True):
    """A version (v1, v2 …). `note`: what changed since the one before. `file_id` None: the bytes are gone."""

    paper_id: int
    number: int
    file_id: UUID | None
    name: str
    type: str
    bytes: int
    sha256: str
    note: str
    added_at: datetime


class PaperDraft(msgspec.Struct, frozen=True):
    """What the clerk says of a paper. `title` empty: taken from the file's name."""

    title: str
    kind: PaperKind = "other"
    audience: Audience = "public"
    public_from: datetime | None = None
    item_id: int | None = None


class PapersView(msgspec.Struct, frozen=True):
    """Snapshot of a room of papers: those that the room may know, in order."""

    papers: list[Paper]


class Invitation(msgspec.Struct, frozen=True):
    """A mail to a member of the body, and what became of it. `reason`: what the mail server said."""

    id: int
    session_id: int
    councillor_id: int | None
    name: str
    address: str
    kind: InvitationKind
    sequence: int
    queued_at: datetime
    state: SendingState
    sent_at: datetime | None
    reason: str


class Recipient(msgspec.Struct, frozen=True):
    """Whom a session's invitations go to. `address` empty: nowhere."""

    councillor_id: int
    name: str
    address: str


class PaperChanged(Event, frozen=True, tag=True):
    """A paper as it is now; a new or a removed one too."""

    paper: Paper

    @property
    def key(self) -> str:
        return f"paper/{self.paper.id}"


class PaperHidden(Event, frozen=True, tag=True):
    """Residents do not see it any more, unless a later revision is told."""

    removes: ClassVar[bool] = True

    paper_id: int
    rev: int

    @property
    def key(self) -> str:
        return f"paper/{self.paper_id}"


def papers_room(session_id: int) -> str:
    """What residents see."""
    return f"council/session/{session_id}/papers"


def councillors_room(session_id: int) -> str:
    """The same with what is for councillors only."""
    return f"council/session/{session_id}/papers/councillors"
