"""Threads, who is in them, what was read; and who may be written to."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from app.feature import Event

PersonKind = Literal["staff", "guardian", "pupil"]
ThreadKind = Literal["talk", "broadcast"]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Address = Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[a-z]+:[a-z0-9:]+$")]
"""`staff:12`, `guardian:3:9` (of the pupil 9), `pupil:9`, `class:4:guardians`, `group:7:pupils`, `school:staff` …"""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the school who may be written to. `through`: pupils on whose account a guardian is."""

    kind: PersonKind
    id: int
    name: str
    account_id: int | None
    through: list[int] = []
    about: str = ""
    """For the list: what a teacher teaches, whose parent somebody is."""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list «to whom»."""

    value: str
    text: str
    part: str


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    type: str
    bytes: int


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote. Plain text; templates escape it."""

    id: int
    thread_id: int
    member_id: int
    author: str
    author_kind: PersonKind
    text: str
    at: datetime
    files: list[FileRow] = []


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has got: `read_at` None: not read. `reachable`: signs in, and still belongs to it."""

    id: int
    name: str
    kind: PersonKind
    reachable: bool
    read_to: int
    read_at: datetime | None
    confirmed_at: datetime | None
    rev: int


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    school_id: int
    kind: ThreadKind
    subject: str
    audience: str
    to_confirm: bool
    answers_id: int | None
    begun_at: datetime
    reminded_at: datetime | None
    rev: int

    @property
    def path(self) -> str:
        return f"/schools/{self.school_id}/messages/{self.id}"


class ThreadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in somebody's list. `who`: the others of a talk, the author or the audience of a broadcast."""

    id: int
    member_id: int
    account_id: int | None
    subject: str
    who: str
    kind: ThreadKind
    last_at: datetime
    last_id: int
    unread: bool
    to_confirm: bool
    """Waits for this person's confirmation."""
    is_author: bool
    rev: int


class InboxView(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. `unread`: ids of all threads with something new, also those that are not in `threads` any more."""

    school_id: int
    threads: list[ThreadRow]
    unread: list[int]


class ThreadView(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in the hands of one of its members."""

    thread: Thread
    member_id: int
    is_author: bool
    confirmed_at: datetime | None
    messages: list[Message]


class ReceiptsView(msgspec.Struct, frozen=True, kw_only=True):
    """Who has read and confirmed: for the author of a broadcast, for everybody in a talk."""

    thread_id: int
    receipts: list[Receipt]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A new message."""

    to: Annotated[list[Address], msgspec.Meta(min_length=1, max_length=60)]
    subject: Annotated[str, msgspec.Meta(max_length=200)]
    text: Text
    to_confirm: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    text: Text


class Choices(msgspec.Struct, frozen=True):
    """How somebody hears of new messages when no page is open."""

    push: bool = True
    mail: bool = False


class ThreadChanged(Event, frozen=True, tag=True):
    """In `school/{id}/inbox/{account_id}`: something new, or it was read."""

    thread: ThreadRow

    @property
    def key(self) -> str:
        return str(self.thread.id)


class MessageSent(Event, frozen=True, tag=True):
    """In `school/{id}/thread/{thread_id}`."""

    message: Message

    @property
    def key(self) -> str:
        return str(self.message.id)


class ReceiptChanged(Event, frozen=True, tag=True):
    """In `school/{id}/thread/{thread_id}/receipts`: read, confirmed."""

    receipt: Receipt

    @property
    def key(self) -> str:
        return str(self.receipt.id)


def inbox_room(school_id: int, account_id: int) -> str:
    return f"school/{school_id}/inbox/{account_id}"


def thread_room(school_id: int, thread_id: int) -> str:
    return f"school/{school_id}/thread/{thread_id}"


def receipts_room(school_id: int, thread_id: int) -> str:
    return f"school/{school_id}/thread/{thread_id}/receipts"
