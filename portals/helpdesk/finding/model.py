"""What is asked for and what is found."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from app.search import Piece
from portals.helpdesk.model import PendingReason, Priority, State
from portals.helpdesk.numbers import number_of

WOKEN = "helpdesk.finding"
"""Background work that stems what has changed."""
MOST_COUNTED = 1000
"""More are found and not counted; the best are chosen among the newest so many."""
PAGE = 20

Text = Annotated[str, msgspec.Meta(max_length=200)]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The address's query. `q`: words, a number, and filters in writing (`stan:otwarte jednostka:"SP 4"`), which go
    before the other fields. `queue`, `category`, `unit`: an id or a name; `model`: a part of its name; `assignee`:
    login, name, `me` or `nobody`; `since`, `until`: days, `today`, `yesterday` or `7d`; `after`: an answer's `next`.
    """

    q: Annotated[str, msgspec.Meta(max_length=400)] = ""
    state: Text = ""
    queue: Text = ""
    category: Text = ""
    unit: Text = ""
    model: Text = ""
    assignee: Text = ""
    priority: Text = ""
    since: Text = ""
    until: Text = ""
    sla: Text = ""
    sort: Text = ""
    after: Text = ""


class OwnQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Words or a number, in one's own tickets."""

    q: Annotated[str, msgspec.Meta(max_length=400)] = ""
    after: Text = ""


class Choice(msgspec.Struct, frozen=True):
    """Something that a filter may name. `short`: another name; `path`: of a unit, dotted ids from the city down."""

    id: int
    name: str
    short: str = ""
    path: str = ""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What filters may name, for one reader."""

    queues: list[Choice]
    categories: list[Choice]
    units: list[Choice]
    models: list[Choice]
    agents: list[Choice]


class Reach(msgspec.Struct, frozen=True):
    """Whose tickets somebody reads inside. `everything`: leads and auditors."""

    account_id: int
    queues: list[int]
    everything: bool = False


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The question as the store takes it; empty and None: whatever it is. `assignee_id` 0: nobody."""

    tsquery: str = ""
    states: tuple[str, ...] = ()
    queue_id: int | None = None
    category_id: int | None = None
    unit_ids: list[int] | None = None
    model_ids: list[int] | None = None
    assignee_id: int | None = None
    priority: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    late: bool = False
    best_first: bool = False
    ticket_id: int | None = None
    """Its number was typed: it stands first."""
    after: tuple[float, int] | None = None
    """Rank (or when it was sent, in µs) and id of the last one on the page before."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that was found, as a row of the helpdesk."""

    id: int
    subject: str
    requester_name: str
    unit_name: str
    device_label: str
    category_name: str
    queue_id: int
    queue_name: str
    assignee_name: str
    priority: Priority
    state: State
    pending_reason: PendingReason | None
    sent_at: datetime
    last_entry_at: datetime
    rev: int
    rank: float


class Words(msgspec.Struct, frozen=True):
    """Where a fragment may be taken from. `public`: the requester's side reads it."""

    ticket_id: int
    public: bool
    text: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that was found. `fragment`: words around what was asked for, empty where it stands in the row itself;
    `inside`: the fragment is of a note or of what else only the helpdesk reads.
    """

    id: int
    number: str
    path: str
    subject: tuple[Piece, ...]
    fragment: tuple[Piece, ...]
    inside: bool
    requester_name: str
    unit_name: str
    device_label: str
    category_name: str
    queue_name: str
    assignee_name: str
    priority: Priority
    state: State
    pending_reason: PendingReason | None
    sent_at: datetime
    last_entry_at: datetime
    rev: int


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A page of hits. `more_than`: there are more than `count`, which were not counted. `next`: what to ask `after`;
    empty: this is the last page. `written`: the whole question in writing.
    """

    count: int
    more_than: bool
    hits: list[Hit]
    next: str = ""
    written: str = ""


class OwnHit(msgspec.Struct, frozen=True, kw_only=True):
    """One's own ticket that was found, with public words alone."""

    id: int
    number: str
    path: str
    subject: tuple[Piece, ...]
    fragment: tuple[Piece, ...]
    category_name: str
    state: State
    pending_reason: PendingReason | None
    sent_at: datetime
    last_entry_at: datetime


class OwnResults(msgspec.Struct, frozen=True, kw_only=True):
    """As `Results`, of one's own tickets."""

    count: int
    more_than: bool
    hits: list[OwnHit]
    next: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as the index reads it."""

    id: int
    subject: str
    requester_name: str
    requester_email: str
    requester_phone: str
    room: str
    unit_name: str
    unit_short: str
    device_label: str
    serial: str
    asset_number: str
    model: str
    category_name: str
    service_name: str
    details: dict[str, Any]
    outside: str
    inside: str
    files_outside: str
    files_inside: str
    queue_id: int
    unit_id: int | None
    category_id: int | None
    model_id: int | None
    assignee_id: int | None
    state: str
    sent_at: datetime

    @property
    def number(self) -> str:
        return number_of(self.id)


# saved views


class ViewDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A view as somebody writes it down. `team_id`: shared with a team; `rev`: what was seen of it, 0 for a new one."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    question: dict[str, str]
    team_id: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None
    place: Annotated[int, msgspec.Meta(ge=0, le=999)] = 100
    default: bool = False
    rev: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view. `default`: the search opens with it, for whoever asks; `may_change`: by whoever asks."""

    id: int
    name: str
    question: dict[str, str]
    team_id: int | None
    team_name: str
    place: int
    default: bool
    may_change: bool
    path: str
    rev: int


class Views(msgspec.Struct, frozen=True):
    """Own and shared ones, in order."""

    views: list[View]


class ViewCount(msgspec.Struct, frozen=True):
    """How many tickets a view shows. `more_than`: more, which were not counted."""

    id: int
    count: int
    more_than: bool


class ViewCounts(msgspec.Struct, frozen=True):
    counts: list[ViewCount]


# tickets of another system

ImportState = Literal["shown", "running", "stopped", "done"]


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """A file of tickets. `lines`: without faults; `done`: how many of them were looked at; `made`: tickets that came of
    them; `known`: lines whose ticket was there already.
    """

    id: int
    system: str
    file_name: str
    encoding: str
    state: ImportState
    lines: int
    faults: int
    done: int
    made: int
    known: int
    by_name: str
    at: datetime
    ended_at: datetime | None
    rev: int


class ImportLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket of a file, checked."""

    line: int
    external_id: str
    subject: str
    text: str
    answer: str
    note: str
    requester_id: int | None
    requester_name: str
    requester_email: str | None
    requester_phone: str
    unit_id: int | None
    room: str
    device_id: int | None
    category_id: int | None
    queue_id: int
    assignee_id: int | None
    answered_by: str
    """Who worked on it there, also where nobody here has the name."""
    priority: Priority
    state: State
    sent_at: datetime
    done_at: datetime | None
