"""Rows, views and events of discussions."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec

from app.feature import Event
from portals.dialog.discussion.prose import Piece
from portals.dialog.model import Author, PersonKind

KIND_NAME = "discussion"
MOST_TEXT = 3000
MOST_ANSWER = 10_000

State = Literal["held", "shown", "refused", "removed", "withdrawn"]
Sort = Literal["newest", "endorsed", "oldest", "discussed"]
Alignment = Literal[-1, 0, 1]
WordEffect = Literal["hold", "refuse"]
ReportReason = Literal["spam", "abuse", "personal_data", "illegal", "other"]
NoticeKind = Literal["mention", "answer", "refused", "removed", "appeal"]
Moderation = Literal["after", "before"]
FollowRhythm = Literal["instant", "daily", "weekly", "browser", "off"]
Subject = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_.-]{0,80}$")]


class DiscussionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk chooses. `new_account_days`: so long links of an account wait for a moderator."""

    moderation: Moderation = "after"
    alignment: bool = True
    sort: Sort = "newest"
    edit_minutes: int = 15
    new_account_days: int = 7
    most_links: int = 3


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """Comments on one thing. `id` 0: nobody has written yet."""

    id: int
    block_id: int
    subject: str
    title: str
    path: str
    settings: dict[str, object]
    hidden: bool
    closed: bool
    comments: int
    agree: int
    neutral: int
    against: int
    rev: int

    @property
    def row(self) -> "ThreadRow":
        return ThreadRow(
            comments=self.comments, agree=self.agree, neutral=self.neutral, against=self.against, rev=self.rev
        )


class ThreadRow(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a thread: what the public can read, and residents' entries by what they think."""

    comments: int
    agree: int
    neutral: int
    against: int
    rev: int


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as it lies in the database. It stays inside; `CommentRow` goes out."""

    id: int
    thread_id: int
    participant_id: int | None
    office: str
    parent_id: int | None
    root_id: int | None
    depth: int
    place: int
    alignment: int
    text: str
    body: list[Piece]
    anchor_ms: int | None
    official: bool
    paper: bool
    state: State
    held_for: list[str]
    reason: str
    created_at: datetime
    shown_at: datetime | None
    edited_at: datetime | None
    ended_at: datetime | None
    endorsements: int
    replies: int
    rev: int
    queue_rev: int

    @property
    def figures(self) -> "Figures":
        return Figures(id=self.id, endorsements=self.endorsements, replies=self.replies, rev=self.rev)

    @property
    def public(self) -> bool:
        """The public knows of it; of a tombstone without its words."""
        return self.shown_at is not None


class CommentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as everybody may read it. A tombstone has no body; `reason` says why."""

    id: int
    parent_id: int | None
    root_id: int | None
    depth: int
    place: int
    alignment: int
    body: list[Piece]
    anchor_ms: int | None
    official: bool
    paper: bool
    author: Author
    state: State
    reason: str
    shown_at: datetime | None
    edited_at: datetime | None
    ended_at: datetime | None
    endorsements: int
    replies: int
    rev: int


class Branch(msgspec.Struct, frozen=True):
    """A comment without parent, its first replies, and how many more there are."""

    comment: CommentRow
    replies: list[CommentRow]
    more: int


class OwnComment(msgspec.Struct, frozen=True, kw_only=True):
    """What its author alone is told: words and decisions of what the public cannot read."""

    id: int
    state: State
    body: list[Piece]
    reason: str
    created_at: datetime
    ended_at: datetime | None
    path: str
    may_appeal: bool
    appeal: str
    """Their own words."""
    appeal_answer: str
    appeal_accepted: bool | None


class Mine(msgspec.Struct, frozen=True):
    """What the reader has to do with the comments of a page. `editable`: own ones that may be changed now."""

    endorsed: list[int] = []
    own: list[int] = []
    editable: list[int] = []


class CommentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody writes. `sent_key`: made by the page, so that what is sent twice is taken once."""

    text: str
    parent_id: int | None = None
    alignment: Alignment = 0
    anchor_ms: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    sent_key: Annotated[str, msgspec.Meta(max_length=64)] = ""


class PaperDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An opinion that came on paper, as the clerk enters it."""

    name: str
    text: str
    kind: PersonKind = "resident"
    organisation: str = ""
    district: str = ""
    anonymous: bool = False
    """The person did not want to be named in public."""
    alignment: Alignment = 0


class Posted(msgspec.Struct, frozen=True):
    """What became of a comment: public at once, or (`own`) waiting for a moderator."""

    comment: CommentRow | None
    own: OwnComment | None


class ThreadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a thread. `next`: asks for what follows; empty at the end. `pinned`: the office's, on the first one."""

    thread: ThreadRow
    sort: Sort
    pinned: list[Branch]
    branches: list[Branch]
    next: str
    mine: Mine


class ReplyPage(msgspec.Struct, frozen=True):
    """Replies of one root that follow; `more`: how many after these."""

    replies: list[CommentRow]
    more: int
    mine: Mine


class ThreadView(msgspec.Struct, frozen=True):
    """Snapshot of a thread's room: figures, and what changed last, newest first. `whole`: nothing else ever did."""

    thread: ThreadRow
    changed: list[CommentRow]
    whole: bool


class Version(msgspec.Struct, frozen=True):
    """What a comment said from one moment to another."""

    body: list[Piece]
    from_at: datetime
    until_at: datetime


class Report(msgspec.Struct, frozen=True):
    """Why somebody thinks that a comment may not stand there."""

    comment_id: int
    reason: ReportReason
    note: str
    at: datetime


class Appeal(msgspec.Struct, frozen=True):
    """The author does not agree with a moderator."""

    comment_id: int
    text: str
    at: datetime
    accepted: bool | None
    answer: str
    decided_at: datetime | None


class Word(msgspec.Struct, frozen=True):
    """A rule of a consultation: comments with this word wait for a moderator, or are not taken."""

    word: str
    what: WordEffect


class QueueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A comment that waits for a moderator. `waits` False: it is done, and leaves the list."""

    id: int
    waits: bool
    state: State
    thread: str
    path: str
    author: Author
    real_name: str
    body: list[Piece]
    alignment: int
    held_for: list[str]
    reports: list[Report]
    appeal: str
    reason: str
    at: datetime
    rev: int


class QueueView(msgspec.Struct, frozen=True):
    """Snapshot of the moderators' room: who waits longest comes first. `more`: how many do not fit."""

    entries: list[QueueEntry]
    more: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted beside a comment."""

    id: int
    endorsements: int
    replies: int
    rev: int


class _CommentEvent(Event, frozen=True, kw_only=True):
    """`root`: figures of the comment that it answers in the end, if they have changed with it."""

    comment: CommentRow
    thread: ThreadRow
    root: Figures | None = None

    @property
    def key(self) -> str:
        return f"comment/{self.comment.id}"


class CommentPosted(_CommentEvent, frozen=True, kw_only=True, tag=True):
    """The public can read it from now on."""


class CommentChanged(_CommentEvent, frozen=True, kw_only=True, tag=True):
    """Other words: the row as it is now."""


class CommentEnded(_CommentEvent, frozen=True, kw_only=True, tag=True):
    """A tombstone stands in its place; what it said is not told any more."""

    erases: ClassVar[bool] = True


class AuthorErased(_CommentEvent, frozen=True, kw_only=True, tag=True):
    """Its author, or somebody it names, was erased on request; the opinion stays."""

    erases: ClassVar[bool] = True


class FiguresChanged(Event, frozen=True, kw_only=True, tag=True):
    """Endorsed, or not any more."""

    figures: Figures
    thread: ThreadRow

    @property
    def key(self) -> str:
        return f"figures/{self.figures.id}"


class QueueEntryChanged(Event, frozen=True, tag=True):
    """An entry as it is now."""

    entry: QueueEntry

    @property
    def key(self) -> str:
        return f"entry/{self.entry.id}"


def thread_room(block_id: int, subject: str = "") -> str:
    return f"dialog/discussion/{block_id}/{subject}" if subject else f"dialog/discussion/{block_id}"


def queue_room(consultation_id: int) -> str:
    return f"dialog/moderation/{consultation_id}"


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """How an account follows a thread. `unread`: what others have written since it was on their screen."""

    account_id: int
    thread_id: int
    block_id: int
    subject: str
    rhythm: FollowRhythm
    told_at: datetime
    unread: int

    @property
    def field(self) -> str:
        """Its name in a form."""
        return f"thread-{self.thread_id}"
