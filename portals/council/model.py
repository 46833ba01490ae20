"""Rows, views and events of council sessions."""

from datetime import date, datetime
from typing import ClassVar, Literal

import msgspec

from app.feature import Event

SessionState = Literal["planned", "live", "ended"]
EncoderSlot = Literal["primary", "backup"]
ItemState = Literal["waiting", "current", "done"]
Office = Literal["", "chair", "vice_chair"]


class Session(msgspec.Struct, frozen=True):
    """A sitting of the council (sesja rady). `stream_id` names its picture and its recording."""

    id: int
    slug: str
    number: str
    title: str
    place: str
    planned_at: datetime
    state: SessionState
    stream_id: str
    chat_open: bool
    started_at: datetime | None
    ended_at: datetime | None
    rev: int
    committee_id: int | None = None
    committee: str = ""
    """Name of the committee that sits; empty: the council itself."""
    called_off_at: datetime | None = None
    called_off_reason: str = ""
    agenda_rev: int = 1
    """Counts rewritings of the agenda."""

    @property
    def path(self) -> str:
        """The one address of the session, before, during and after."""
        return f"/council/sessions/{self.slug}"


class AgendaItem(msgspec.Struct, frozen=True):
    """An item of the agenda (punkt porządku obrad). `began_at`: when it first became the current one.

    `position` counts through the whole agenda, sub-items too; `depth` is 0 for items, 1 and 2 for sub-items.
    """

    id: int
    session_id: int
    position: int
    number: str
    title: str
    state: ItemState
    began_at: datetime | None
    rev: int
    parent_id: int | None = None
    depth: int = 0
    by_hand: bool = False
    """The clerk wrote the number; it is not counted."""
    planned_minutes: int | None = None


class ItemDraft(msgspec.Struct, frozen=True):
    """What the clerk writes of an item. `number` empty: counted; `id` None: a new item."""

    title: str
    depth: int = 0
    number: str = ""
    minutes: int | None = None
    id: int | None = None


class Mark(msgspec.Struct, frozen=True):
    """An item became the current one at this moment."""

    item_id: int
    marked_at: datetime


class Chapter(msgspec.Struct, frozen=True):
    """Where an item begins in the recording."""

    item_id: int
    number: str
    title: str
    position_s: float
    marked_at: datetime


class Span(msgspec.Struct, frozen=True):
    """An unbroken stretch of a recording: from `position_s` on it shows what happened from `began_at` on."""

    position_s: float
    began_at: datetime
    duration_s: float


class ChatMessage(msgspec.Struct, frozen=True):
    """What somebody wrote beside a session. A hidden one keeps its place and loses its words and its author."""

    id: int
    session_id: int
    author: str
    body: str
    sent_at: datetime
    hidden: bool
    rev: int


class StreamKey(msgspec.Struct, frozen=True):
    """A key an encoder may publish with. `hint` is its last four characters; the key itself is not kept.

    `slot`: whether its encoder is the primary one or the backup.
    """

    id: int
    session_id: int
    label: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    slot: EncoderSlot = "primary"


class NewStreamKey(msgspec.Struct, frozen=True):
    """A key at the only moment at which it can be read."""

    id: int
    label: str
    key: str
    hint: str
    slot: EncoderSlot = "primary"


class KeyOwner(msgspec.Struct, frozen=True):
    """What a key opens."""

    key_id: int
    label: str
    slot: EncoderSlot
    session_id: int
    stream_id: str
    state: SessionState
    slate: str | None = None
    """The slate that stands before its picture now: a break, or a closed part."""


class Councillor(msgspec.Struct, frozen=True):
    """A member of the council (radna, radny)."""

    id: int
    name: str
    office: Office
    club: str | None
    club_id: int | None = None
    account_id: int | None = None
    mandate_ended_on: date | None = None


class Committee(msgspec.Struct, frozen=True):
    """A committee of the council (komisja). `task`: what it deals with, in a line."""

    id: int
    term_id: int
    name: str
    task: str = ""
    dissolved_on: date | None = None
    rev: int = 1


class Term(msgspec.Struct, frozen=True):
    """A term of the council (kadencja)."""

    id: int
    name: str
    began_on: date
    ends_on: date


class SessionView(msgspec.Struct, frozen=True):
    """Snapshot of a session's room."""

    session: Session
    items: list[AgendaItem]


class ChatView(msgspec.Struct, frozen=True):
    """Snapshot of a session's chat: the newest messages, oldest first."""

    open: bool
    messages: list[ChatMessage]


class SessionDraft(msgspec.Struct, frozen=True):
    """What the clerk writes of a session. `agenda`: titles of items; whoever knows more of them gives `items`."""

    number: str
    title: str
    place: str
    planned_at: datetime
    agenda: list[str]
    committee_id: int | None = None
    items: list[ItemDraft] = []

    @property
    def outline(self) -> list[ItemDraft]:
        return self.items or [ItemDraft(title) for title in self.agenda]


class SessionChanged(Event, frozen=True, tag=True):
    """The session's row as it is now."""

    session: Session


class AgendaItemChanged(Event, frozen=True, tag=True):
    """An item's row as it is now; a new one too."""

    item: AgendaItem

    @property
    def key(self) -> str:
        return f"item/{self.item.id}"


class AgendaReplaced(Event, frozen=True, tag=True):
    """The clerk rewrote the agenda: all items in order."""

    session_rev: int
    items: list[AgendaItem]


class _ChatEvent(Event, frozen=True):
    message: ChatMessage

    @property
    def key(self) -> str:
        return str(self.message.id)


class ChatMessageSent(_ChatEvent, frozen=True, tag=True):
    """Somebody wrote."""


class ChatMessageHidden(_ChatEvent, frozen=True, tag=True):
    """A moderator took the words away: whoever comes back must not be sent them either."""

    erases: ClassVar[bool] = True


class ChatMessageRestored(_ChatEvent, frozen=True, tag=True):
    """They are back."""


def session_room(session_id: int) -> str:
    return f"council/session/{session_id}"


def chat_room(session_id: int) -> str:
    return f"council/session/{session_id}/chat"
