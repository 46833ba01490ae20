"""What people send: new tickets, wanted changes, replies."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from portals.helpdesk.model import Id, Level, PendingReason, Priority, Value


class Requester(msgspec.Struct, frozen=True, kw_only=True):
    """Whose ticket it is. Without an account: who wrote a letter or called."""

    name: str
    account_id: int | None = None
    email: str | None = None
    phone: str = ""


class NewTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody sends, by whatever way. `unit_id` None: the requester's only unit. `device_label`: its number as
    the label says it, in place of `device_id`. `sent_key`: made by the page: what is sent twice is taken once.
    """

    subject: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    """Empty: the first words of `text`."""
    text: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    category_id: Id | None = None
    details: dict[str, Value] = {}
    unit_id: Id | None = None
    room: Annotated[str, msgspec.Meta(max_length=500)] = ""
    device_id: Id | None = None
    device_label: Annotated[str, msgspec.Meta(max_length=100)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=200)] = ""
    impact: Level | None = None
    urgency: Level | None = None
    sent_key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that an agent writes down for somebody. `queue_id` None: as it would be routed."""

    ticket: NewTicket
    account_id: Id | None = None
    """The requester's; without one `name` is needed."""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    queue_id: Id | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Fields of a ticket as somebody wants them; what is left out stays. `details`: only the keys that change, None
    takes a value away. `pending_reason` and `pending_until` belong to `state`.
    """

    subject: Annotated[str, msgspec.Meta(max_length=2000)] | UnsetType = UNSET
    category_id: Id | UnsetType | None = UNSET
    service_id: Id | UnsetType | None = UNSET
    unit_id: Id | UnsetType | None = UNSET
    device_id: Id | UnsetType | None = UNSET
    room: Annotated[str, msgspec.Meta(max_length=500)] | UnsetType = UNSET
    queue_id: Id | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    impact: Level | UnsetType = UNSET
    urgency: Level | UnsetType = UNSET
    priority: Priority | UnsetType | None = UNSET
    """None: as impact and urgency say."""
    state: Literal["open", "pending", "solved", "closed"] | UnsetType = UNSET
    pending_reason: PendingReason | UnsetType | None = UNSET
    pending_until: datetime | UnsetType | None = UNSET
    details: dict[str, Value | None] | UnsetType = UNSET


class TicketChange(msgspec.Struct, frozen=True, kw_only=True):
    """`rev`: of the ticket as it was seen; `seen`: of single fields that were seen newer than that."""

    wanted: Wanted
    rev: int
    seen: dict[str, int] = {}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A reply or a note. `state`: what becomes of the ticket with it. `to_children`: they are told the same."""

    text: Annotated[str, msgspec.Meta(max_length=100_000)]
    minutes: Annotated[int, msgspec.Meta(ge=0, le=6000)] = 0
    state: Literal["open", "pending", "solved"] | None = None
    to_children: bool = False
