"""Rows of webhooks, and what is sent: docs/webhooks.md is made of the second half."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Kind = Literal[
    "ticket.sent",
    "ticket.changed",
    "ticket.replied",
    "ticket.solved",
    "ticket.closed",
    "ticket.alarm",
    "outage.announced",
    "outage.begun",
    "outage.updated",
    "outage.ended",
    "outage.withdrawn",
]
"""What may be asked for. `ticket.noted` comes with `ticket.replied` where notes are asked for."""
State = Literal["waiting", "delivered", "given_up"]
Rev = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """As leads see it; its secret is not told again. `waiting`: how much has not got through yet."""

    id: int
    name: str
    url: str
    events: list[str]
    notes: bool
    active: bool
    stopped: Literal["", "gone", "failing"]
    old_until: datetime | None
    not_before: datetime | None
    failing_since: datetime | None
    delivered_at: datetime | None
    waiting: int
    rev: int


class WebhookDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`rev`: of the webhook as it was seen, when it is changed."""

    name: Annotated[str, msgspec.Meta(max_length=500)]
    url: Annotated[str, msgspec.Meta(max_length=4000)]
    events: Annotated[list[Kind], msgspec.Meta(max_length=20)]
    notes: bool = False
    active: bool = True
    rev: Rev = 0


class WithSecret(msgspec.Struct, frozen=True):
    """A secret is told once, when it is made."""

    webhook: Webhook
    secret: str


class Webhooks(msgspec.Struct, frozen=True):
    webhooks: list[Webhook]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is sent. `status`, `problem`: of the last attempt."""

    id: int
    webhook_id: int
    message_id: str
    kind: str
    key: str
    at: datetime
    state: State
    attempts: int
    next_at: datetime
    done_at: datetime | None
    status: int | None
    problem: str


class Deliveries(msgspec.Struct, frozen=True):
    """Of a webhook, the newest first."""

    deliveries: list[Delivery]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """`status` None: no answer came; `problem` says why."""

    at: datetime
    ms: int
    status: int | None
    problem: str
    answer: str


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """`body`: what is sent, as it is signed."""

    delivery: Delivery
    body: str
    attempts: list[Attempt]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a process sends now."""

    id: int
    webhook_id: int
    message_id: str
    kind: str
    key: str
    data: dict[str, object]
    at: datetime
    body: str | None
    attempts: int
    since: datetime
    url: str
    secret: bytes | None
    old_secret: bytes | None
    old_until: datetime | None


# what is sent


class TicketSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as it was when it happened. `number`: as people read it; names are empty where there is nothing."""

    id: int
    number: str
    url: str
    """Of the agents' page."""
    subject: str
    state: Literal["new", "open", "pending", "solved", "closed", "merged"]
    pending_reason: str | None
    priority: Annotated[int, msgspec.Meta(ge=1, le=4)]
    impact: Annotated[int, msgspec.Meta(ge=1, le=3)]
    urgency: Annotated[int, msgspec.Meta(ge=1, le=3)]
    source: str
    queue_id: int
    queue_name: str
    team_name: str
    assignee_name: str
    requester_name: str
    unit_id: int | None
    unit_name: str
    room: str
    device_label: str
    category_id: int | None
    category_name: str
    service_id: int | None
    service_name: str
    details: dict[str, str | int | float | bool]
    parent_id: int | None
    merged_into_id: int | None
    rating: int | None
    sent_at: datetime
    first_reply_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    rev: int


class EntrySaid(msgspec.Struct, frozen=True, kw_only=True):
    """A word; `text` is Markdown. `note`: it stays inside the helpdesk, and comes where notes are asked for."""

    id: int
    kind: Literal["reply", "note"]
    by_staff: bool
    author_name: str
    text: str
    at: datetime


class AlarmSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A promise that is nearly used up, missed, or was missed long ago. `target_min`: working minutes."""

    measure: Literal["response", "solution"]
    kind: Literal["warning", "late", "escalation"]
    level: int
    target_min: int
    at: datetime


class OutageSaid(msgspec.Struct, frozen=True, kw_only=True):
    """An outage as it was when it happened."""

    id: int
    url: str
    kind: Literal["incident", "planned"]
    state: Literal["announced", "running", "ended", "withdrawn"]
    title: str
    text: str
    service_name: str
    category_name: str
    everywhere: bool
    unit_kinds: list[str]
    unit_names: list[str]
    room: str
    public: bool
    ticket_id: int
    starts_at: datetime
    expected_end: datetime | None
    ended_at: datetime | None
    outcome: str
    people: int
    tickets: int
    rev: int


class UpdateSaid(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["announced", "begun", "update", "changed", "ended", "withdrawn"]
    text: str
    at: datetime


class TicketData(msgspec.Struct, frozen=True):
    ticket: TicketSaid


class EntryData(msgspec.Struct, frozen=True):
    ticket: TicketSaid
    entry: EntrySaid


class AlarmData(msgspec.Struct, frozen=True):
    ticket: TicketSaid
    alarm: AlarmSaid


class OutageData(msgspec.Struct, frozen=True):
    outage: OutageSaid
    update: UpdateSaid


class ProbeData(msgspec.Struct, frozen=True):
    """From the button «send a test»."""

    webhook: str


class TicketMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`version` grows when a field changes its meaning or goes; new fields may come without that."""

    type: Literal["ticket.sent", "ticket.changed", "ticket.solved", "ticket.closed"]
    version: Literal[1] = 1
    timestamp: datetime
    """When it happened."""
    data: TicketData


class EntryMessage(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["ticket.replied", "ticket.noted"]
    version: Literal[1] = 1
    timestamp: datetime
    data: EntryData


class AlarmMessage(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["ticket.alarm"]
    version: Literal[1] = 1
    timestamp: datetime
    data: AlarmData


class OutageMessage(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["outage.announced", "outage.begun", "outage.updated", "outage.ended", "outage.withdrawn"]
    version: Literal[1] = 1
    timestamp: datetime
    data: OutageData


class ProbeMessage(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["webhook.test"]
    version: Literal[1] = 1
    timestamp: datetime
    data: ProbeData
