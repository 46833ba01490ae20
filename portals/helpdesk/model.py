"""Rows of tickets, and what pages, API and rooms show of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from portals.helpdesk.numbers import digits_of, number_of

AGENT = "helpdesk_agent"
LEAD = "helpdesk_lead"
AUDITOR = "auditor"
WOKEN = ("helpdesk.sla", "helpdesk.post", "helpdesk.webhooks", "helpdesk.outages", "helpdesk.finding")
"""Background works of other parts that a change of a ticket wakes (`Database.woken`)."""

Level = Literal[1, 2, 3]
"""Impact: 1 a person, 2 a unit, 3 many units. Urgency: 1 can wait, 2 soon, 3 nothing works."""
Priority = Literal[1, 2, 3, 4]
"""1 low, 2 normal, 3 high, 4 critical."""
State = Literal["new", "open", "pending", "solved", "closed", "merged"]
PendingReason = Literal["requester", "approval", "parts", "supplier", "planned"]
Source = Literal["form", "qr", "mail", "phone", "api", "split"]
EntryKind = Literal["reply", "note", "event"]
Value = str | int | float | bool
"""Of a category's own field."""
Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
MOST_TEXT = 20_000
MOST_FILES = 8
FILE_BYTES = 15_000_000


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as the helpdesk sees it. Names are as they are now; empty where there is nothing."""

    id: int
    subject: str
    source: Source
    requester_id: int | None
    requester_name: str
    requester_email: str | None
    requester_phone: str
    entered_by: int | None
    unit_id: int | None
    unit_name: str
    room: str
    device_id: int | None
    device_label: str
    category_id: int | None
    category_name: str
    service_id: int | None
    service_name: str
    details: dict[str, Value]
    queue_id: int
    queue_name: str
    team_id: int | None
    team_name: str
    assignee_id: int | None
    assignee_name: str
    impact: Level
    urgency: Level
    priority: Priority
    priority_set: bool
    state: State
    pending_reason: PendingReason | None
    pending_until: datetime | None
    parent_id: int | None
    merged_into_id: int | None
    split_from_id: int | None
    sent_at: datetime
    first_reply_at: datetime | None
    last_entry_at: datetime
    waits_for_us: bool
    """The last public word is the requester's."""
    solved_at: datetime | None
    closed_at: datetime | None
    spent_minutes: int
    rating: int | None
    rating_note: str
    rated_at: datetime | None
    field_revs: dict[str, int]
    rev: int

    @property
    def number(self) -> str:
        """To be read out: `4 217-3`."""
        return number_of(self.id)

    @property
    def path(self) -> str:
        """The requester's page."""
        return f"/pomoc/{digits_of(self.id)}"

    @property
    def desk_path(self) -> str:
        """The agents' page."""
        return f"/pomoc/obsluga/{digits_of(self.id)}"

    @property
    def is_open(self) -> bool:
        return self.state in {"new", "open", "pending"}

    def rev_of(self, field: str) -> int:
        """Rev of the ticket when the field changed last."""
        return self.field_revs.get(field, 1)

    @property
    def row(self) -> "TicketRow":
        return TicketRow(
            number=self.number,
            **{name: getattr(self, name) for name in TicketRow.__struct_fields__ if name != "number"},
        )

    @property
    def outside(self) -> "PublicTicket":
        return PublicTicket(
            number=self.number,
            merged_into=number_of(self.merged_into_id) if self.merged_into_id else "",
            **{
                name: getattr(self, name)
                for name in PublicTicket.__struct_fields__
                if name not in {"number", "merged_into"}
            },
        )


class TicketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in the agents' lists."""

    id: int
    number: str
    subject: str
    requester_name: str
    unit_name: str
    device_label: str
    category_name: str
    queue_id: int
    queue_name: str
    team_name: str
    assignee_id: int | None
    assignee_name: str
    priority: Priority
    state: State
    pending_reason: PendingReason | None
    pending_until: datetime | None
    waits_for_us: bool
    sent_at: datetime
    first_reply_at: datetime | None
    last_entry_at: datetime
    rev: int


class PublicTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as its requester sees it. `merged_into`: number of the one that goes on in its place."""

    id: int
    number: str
    subject: str
    requester_name: str
    unit_name: str
    room: str
    device_label: str
    category_name: str
    service_name: str
    assignee_name: str
    details: dict[str, Value]
    state: State
    pending_reason: PendingReason | None
    pending_until: datetime | None
    merged_into: str
    sent_at: datetime
    last_entry_at: datetime
    solved_at: datetime | None
    closed_at: datetime | None
    rating: int | None
    rating_note: str
    rev: int


class OwnRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a requester's own list. `unread`: somebody has written since it was looked at."""

    id: int
    number: str
    subject: str
    category_name: str
    state: State
    pending_reason: PendingReason | None
    assignee_name: str
    requester_name: str
    sent_at: datetime
    last_entry_at: datetime
    unread: bool
    own: bool
    """False: somebody else's that the reader watches."""
    rev: int


class Change(msgspec.Struct, frozen=True):
    """What an event says of a field, in words of that moment; states, levels and reasons by their codes."""

    field: str
    old: str
    new: str


class EntryFile(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    type: str
    bytes: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What was said about a ticket, or has happened to it. `text` is Markdown. Written once, never changed."""

    id: int
    ticket_id: int
    kind: EntryKind
    public: bool
    by_staff: bool
    author_id: int | None
    author_name: str
    source: str
    text: str
    verb: str
    changes: list[Change]
    mentions: list[int]
    minutes: int
    files: list[EntryFile]
    at: datetime


class Watcher(msgspec.Struct, frozen=True):
    account_id: int
    name: str
    why: Literal["asked", "mentioned", "merged", "approver"]


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who must agree before the helpdesk goes on."""

    id: int
    ticket_id: int
    approver_id: int
    approver_name: str
    question: str
    state: Literal["waiting", "granted", "refused", "withdrawn"]
    answer: str
    asked_at: datetime
    decided_at: datetime | None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a ticket's checklist."""

    id: int
    text: str
    done_name: str
    done_at: datetime | None


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """Another ticket beside this one; `how` says what it is to this one."""

    id: int
    number: str
    subject: str
    state: State
    how: Literal["parent", "child", "related", "merged", "split_from", "split_off"]


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the helpdesk knows of a ticket: the agents' page, the API, the snapshot of the room inside."""

    ticket: Ticket
    number: str
    entries: list[Entry]
    watchers: list[Watcher]
    approvals: list[Approval]
    checks: list[Check]
    related: list[Related]


class PublicView(msgspec.Struct, frozen=True, kw_only=True):
    """What the requester's side sees of it. `approval`: what the reader is asked to decide, if anything."""

    ticket: PublicTicket
    entries: list[Entry]
    may_reply: bool
    may_rate: bool
    approval: Approval | None = None


class OwnView(msgspec.Struct, frozen=True):
    """One's own tickets, newest first."""

    tickets: list[OwnRow]


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """Open tickets of a queue, the most urgent first. `more`: how many do not fit."""

    queue_id: int
    name: str
    tickets: list[TicketRow]
    more: int


class AlertView(msgspec.Struct, frozen=True):
    """Snapshot of a queue's alerts: how many tickets wait that nobody has taken."""

    queue_id: int
    waiting: int


class CategoryField(msgspec.Struct, frozen=True, kw_only=True):
    """A question that a category asks besides. `key` stays when the label is changed."""

    key: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    kind: Literal["text", "choice", "number", "yes_no", "date"] = "text"
    required: bool = False
    choices: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=120)]], msgspec.Meta(max_length=50)
    ] = []
    hint: Annotated[str, msgspec.Meta(max_length=300)] = ""
    minimum: float | None = None
    maximum: float | None = None


class Refusals(msgspec.Struct, frozen=True):
    """What became of many tickets: numbers of those that were changed, and why others were not."""

    changed: list[str]
    refused: dict[str, str]


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A field that somebody else has changed since it was seen: both values, in words, and who it was. `rev`: what to
    send as seen to keep one's own.
    """

    field: str
    mine: str
    theirs: str
    by: str
    at: datetime | None
    rev: int
