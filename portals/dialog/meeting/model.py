"""Settings, rows and events of live meetings."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from app.feature import Event
from portals.dialog.model import Author

MeetingState = Literal["planned", "live", "ended"]
QuestionState = Literal["waiting", "current", "answered", "dismissed"]
PollState = Literal["draft", "open", "closed"]
MomentKind = Literal["asked", "answer", "poll", "result", "message", "guest", "slides"]
HandState = Literal["up", "invited", "on_air", "down"]


class MeetingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`questions_before`: questions are taken before the start too."""

    intro: str = ""
    questions_before: bool = True
    chat: bool = True
    hands: bool = True


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """The meeting of a block. `stream_id` empty: nobody has prepared it yet."""

    block_id: int
    stream_id: str = ""
    state: MeetingState = "planned"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rev: int = 0


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it is stored."""

    id: int
    block_id: int
    participant_id: int | None
    text: str
    state: QuestionState
    reason: str
    votes: int
    asked_at: datetime
    taken_at: datetime | None
    rev: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question as everybody may know it: a dismissed one without its words."""

    id: int
    author: Author
    text: str
    state: QuestionState
    reason: str
    votes: int
    asked_at: datetime
    taken_at: datetime | None
    rev: int


class PollRow(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as it is stored."""

    id: int
    block_id: int
    text: str
    options: list[str]
    several: bool
    at_close: bool
    state: PollState
    opened_at: datetime | None
    closed_at: datetime | None
    rev: int


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as everybody may know it. `counts` None: results are not told yet."""

    id: int
    text: str
    options: list[str]
    several: bool
    at_close: bool
    state: PollState
    voters: int
    counts: list[int] | None
    opened_at: datetime | None
    closed_at: datetime | None
    rev: int


class HandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A raised hand as it is stored."""

    id: int
    block_id: int
    participant_id: int
    about: str
    state: HandState
    raised_at: datetime
    invited_at: datetime | None
    on_air_at: datetime | None
    rev: int


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A raised hand as everybody may know it."""

    id: int
    author: Author
    about: str
    state: HandState
    raised_at: datetime
    on_air_at: datetime | None
    rev: int


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A chat message as it is stored; hidden: without words on the way out of the database."""

    id: int
    participant_id: int | None
    body: str
    sent_at: datetime
    hidden: bool
    rev: int


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A chat message as everybody may know it."""

    id: int
    author: Author | None
    body: str
    sent_at: datetime
    hidden: bool
    rev: int


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A stream key. `hand_id`: a guest's, who feeds the second source."""

    id: int
    label: str
    hint: str
    hand_id: int | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyOwner(msgspec.Struct, frozen=True):
    """What a key opens."""

    stream_id: str
    state: MeetingState
    label: str
    guest: bool
    welcome: bool
    """A guest who is invited still."""


class NewKey(msgspec.Struct, frozen=True):
    """The only answer in which a key can be read."""

    id: int
    label: str
    key: str
    hint: str


class PresentationRow(msgspec.Struct, frozen=True, kw_only=True):
    """Slides as they are stored, with what is known of their file. `type` empty: the file is gone."""

    block_id: int
    material_id: int | None = None
    version: int = 0
    page: int = 1
    hand_id: int | None = None
    participant_id: int | None = None
    title: str = ""
    type: str = ""
    slug: str = ""
    rev: int = 0


class Presentation(msgspec.Struct, frozen=True, kw_only=True):
    """What the presenter shows now. `file` empty: nothing. `presenter`, `hand_id`: whom the host has named."""

    material_id: int | None = None
    version: int = 0
    title: str = ""
    file: str = ""
    page: int = 1
    presenter: Author | None = None
    hand_id: int | None = None
    rev: int = 0


class SlideRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was shown. `page` 0: the slides were closed."""

    id: int
    material_id: int | None
    version: int
    page: int
    shown_at: datetime
    title: str
    type: str
    slug: str


class Slide(msgspec.Struct, frozen=True, kw_only=True):
    """A page and its place in the recording. `file` empty: from here on none is shown, or its file is gone."""

    title: str
    file: str
    page: int
    at: datetime
    position_s: float | None = None


class Deck(msgspec.Struct, frozen=True):
    """A material of this consultation that can be shown page by page."""

    id: int
    title: str


class MeetingView(msgspec.Struct, frozen=True):
    """What the meeting's room starts with."""

    meeting: Meeting
    questions: list[Question]
    polls: list[Poll]
    hands: list[Hand]
    slides: Presentation = Presentation()


class ChatView(msgspec.Struct, frozen=True):
    """The newest messages, oldest first."""

    messages: list[Message]


class Mine(msgspec.Struct, frozen=True):
    """What the reader has done: their questions and votes, answers by poll, their raised hand."""

    questions: list[int] = []
    votes: list[int] = []
    answers: dict[int, list[int]] = {}
    hand: int | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in the meeting. `position_s` None: the recording does not show it."""

    kind: MomentKind
    ref: str
    text: str
    author: Author | None
    at: datetime
    position_s: float | None = None


class Span(msgspec.Struct, frozen=True):
    """A stretch of the recording in which its time and the clock run alike."""

    position_s: float
    began_at: datetime
    duration_s: float


class Timeline(msgspec.Struct, frozen=True):
    """What happened, in order, and where the recording shows it."""

    moments: list[Moment]
    spans: list[Span]
    duration_s: float
    slides: list[Slide] = []


class MeetingChanged(Event, frozen=True, tag=True):
    """It has begun, or ended."""

    meeting: Meeting


class QuestionChanged(Event, frozen=True, tag=True):
    """Asked, voted on, taken, answered or dismissed."""

    question: Question

    @property
    def key(self) -> str:
        return f"question/{self.question.id}"


class PollChanged(Event, frozen=True, tag=True):
    """Opened, answered or closed."""

    poll: Poll

    @property
    def key(self) -> str:
        return f"poll/{self.poll.id}"


class HandChanged(Event, frozen=True, tag=True):
    """Raised, invited, on air or lowered."""

    hand: Hand

    @property
    def key(self) -> str:
        return f"hand/{self.hand.id}"


class SlidesChanged(Event, frozen=True, tag=True):
    """Opened, turned, closed, or another presenter."""

    slides: Presentation


class MessageSent(Event, frozen=True, tag=True):
    """Somebody wrote."""

    message: Message

    @property
    def key(self) -> str:
        return f"message/{self.message.id}"


class MessageChanged(Event, frozen=True, tag=True):
    """Hidden, shown again, or its author was erased: what was told before must not be told any more."""

    erases: ClassVar[bool] = True
    message: Message

    @property
    def key(self) -> str:
        return f"message/{self.message.id}"


def room(block_id: int) -> str:
    return f"dialog/meeting/{block_id}"


def chat_room(block_id: int) -> str:
    return f"dialog/meeting/{block_id}/chat"
