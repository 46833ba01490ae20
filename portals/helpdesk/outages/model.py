"""Outages as agents, those whom they hit, and residents see them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from portals.helpdesk.model import Id, TicketRow
from portals.helpdesk.numbers import digits_of, number_of

Kind = Literal["incident", "planned"]
State = Literal["announced", "running", "ended", "withdrawn"]
UnitKind = Literal["department", "school", "other"]
UpdateKind = Literal["announced", "begun", "update", "changed", "ended", "withdrawn"]
Words = Annotated[str, msgspec.Meta(max_length=10_000)]
Rev = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Often = Annotated[int, msgspec.Meta(ge=5, le=10_080)]
"""Minutes."""
MOST_UNITS = 500


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """An outage as the helpdesk sees it. `people`, `hit_units`, `tickets`: whom it hits, as far as they said so."""

    id: int
    kind: Kind
    state: State
    title: str
    text: str
    service_id: int | None
    service_name: str
    category_id: int | None
    category_name: str
    everywhere: bool
    unit_kinds: list[UnitKind]
    unit_ids: list[int]
    unit_names: list[str]
    room: str
    model_id: int | None
    model_name: str
    words: list[str]
    gathers: bool
    """Tickets that are about the same are put below its own as they come."""
    public: bool
    ticket_id: int
    starts_at: datetime
    expected_end: datetime | None
    ended_at: datetime | None
    outcome: str
    update_every_min: int | None
    updated_at: datetime
    declared_by: int | None
    declared_name: str
    people: int
    hit_units: int
    tickets: int
    counted: int
    rev: int

    @property
    def is_current(self) -> bool:
        return self.state in {"announced", "running"}

    @property
    def ticket_number(self) -> str:
        return number_of(self.ticket_id)

    @property
    def ticket_path(self) -> str:
        return f"/pomoc/obsluga/{digits_of(self.ticket_id)}"

    @property
    def path(self) -> str:
        """For those whom it hits."""
        return f"/pomoc/awarie/{self.id}"

    @property
    def desk_path(self) -> str:
        return f"/pomoc/obsluga/awarie/{self.id}"


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an outage's log. `expected_end`: what people were told with it."""

    id: int
    kind: UpdateKind
    text: str
    expected_end: datetime | None
    author_name: str
    at: datetime


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An outage as it is told to those whom it hits. `news`: the newest line of its log that says something."""

    id: int
    kind: Kind
    state: State
    title: str
    text: str
    news: str
    service_id: int | None
    service_name: str
    category_id: int | None
    category_name: str
    room: str
    starts_at: datetime
    expected_end: datetime | None
    ended_at: datetime | None
    outcome: str
    rev: int


class Notices(msgspec.Struct, frozen=True):
    """Of a unit."""

    unit_id: int
    notices: list[Notice]


class OwnNotices(msgspec.Struct, frozen=True, kw_only=True):
    """What hits the reader now or is planned. `units`: whose rooms tell what follows; `mine`: «me too» was pressed."""

    units: list[int]
    notices: list[Notice]
    mine: list[int]


class PublicNotice(msgspec.Struct, frozen=True, kw_only=True):
    """An outage as residents see it: without names and units of people."""

    id: int
    kind: Kind
    state: State
    title: str
    text: str
    service: str
    starts_at: datetime
    expected_end: datetime | None
    ended_at: datetime | None
    outcome: str
    updates: list[Update]
    rev: int


class PublicStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is public: now, planned, and the past 90 days, the newest first."""

    current: list[PublicNotice]
    planned: list[PublicNotice]
    past: list[PublicNotice]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """From which unit how many said «me too», and how many tickets came."""

    unit_id: int
    unit_name: str
    people: int
    tickets: int


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket below an outage's own. `how` itself: it did not ring."""

    ticket: TicketRow
    how: Literal["itself", "by_hand"]
    joined_at: datetime


class OutageView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the helpdesk knows of an outage. Tickets: those the reader may see; `hidden`: how many more there are.
    `candidates` stand alone and look as if they were about the same.
    """

    outage: Outage
    updates: list[Update]
    hits: list[Hit]
    joined: list[Joined]
    hidden: int
    candidates: list[TicketRow]
    ticket_open: bool
    may_work: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Outages that run, the oldest first, those announced, and some that are over; for wallboards too."""

    running: list[Outage]
    announced: list[Outage]
    past: list[Outage]
    now: datetime


class OutageDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody declares or changes. `starts_at` None: now. `ticket`: number of the one that becomes the outage's;
    without one a ticket is made in `queue_id`. `rev`: of the outage as it was seen, when it is changed.
    """

    title: Words
    text: Words = ""
    kind: Kind = "incident"
    service_id: Id | None = None
    category_id: Id | None = None
    everywhere: bool = False
    unit_kinds: Annotated[list[UnitKind], msgspec.Meta(max_length=3)] = []
    unit_ids: Annotated[list[Id], msgspec.Meta(max_length=MOST_UNITS)] = []
    room: Annotated[str, msgspec.Meta(max_length=500)] = ""
    model_id: Id | None = None
    words: Annotated[list[Annotated[str, msgspec.Meta(max_length=80)]], msgspec.Meta(max_length=30)] = []
    gathers: bool = True
    public: bool = False
    starts_at: datetime | None = None
    expected_end: datetime | None = None
    update_every_min: Often | None = 60
    ticket: Annotated[str, msgspec.Meta(max_length=40)] = ""
    queue_id: Id | None = None
    rev: Rev = 0


class NewUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """`keep_end` False: `expected_end` takes the place of what was expected, also where it is None."""

    text: Words
    expected_end: datetime | None = None
    keep_end: bool = True


class Ending(msgspec.Struct, frozen=True):
    """What it was, in words for people."""

    outcome: Words


class MeToo(msgspec.Struct, frozen=True):
    """False: not any more."""

    wanted: bool = True


class Joining(msgspec.Struct, frozen=True):
    """`wanted` False: the ticket is about something else."""

    number: Annotated[str, msgspec.Meta(max_length=40)]
    wanted: bool = True


class Belonging(msgspec.Struct, frozen=True):
    """`wanted` False: one's own ticket is about something else than the outage below which it stands."""

    wanted: bool


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """An outage of which nothing was heard for too long. `level`: 1 its agents are told, 2 the leads too."""

    outage: Outage
    level: int
    why: Literal["silent", "overdue", "ending", "solved"]
