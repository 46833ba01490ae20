"""Who is at a ticket, and what was changed for many at once."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from portals.helpdesk.api import Number
from portals.helpdesk.model import Id, PendingReason, Priority

STAYS_S: Final = 45
"""So long somebody counts as being there after their page's last word."""
UNDO_WITHIN_S: Final = 3600
MOST: Final = 200
"""Tickets that are changed with one press."""

Doing = Literal["reading", "writing", "gone"]


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an agent on which a ticket is open. `page`: made by the page, so that two tabs are told apart."""

    ticket_id: int
    account_id: int
    page: str
    name: str
    doing: Doing
    rev: int


class CompanyView(msgspec.Struct, frozen=True):
    """Snapshot of the rooms: all who are there."""

    company: list[Company]


class Here(msgspec.Struct, frozen=True):
    """What a page says of itself: now, every 20 s or so, and when it goes."""

    page: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,24}$")]
    doing: Doing


class SeenTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket by its number. `rev`: as it was seen; a field that has changed since is not overwritten. None: it is."""

    number: Number
    rev: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None


class ForAll(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wanted for all of them; what is left out stays. `priority` None: as impact and urgency say."""

    assignee_id: Id | UnsetType | None = UNSET
    queue_id: Id | UnsetType = UNSET
    priority: Priority | UnsetType | None = UNSET
    state: Literal["open", "pending", "solved", "closed"] | UnsetType = UNSET
    pending_reason: PendingReason | UnsetType | None = UNSET


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """The same for many tickets, each on its own: one that cannot be changed holds up no other."""

    tickets: Annotated[list[SeenTicket], msgspec.Meta(min_length=1, max_length=MOST)]
    wanted: ForAll


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it, by numbers. `change_id`: with it the whole is put back within an hour; None: nothing changed.
    `same`: they were like this already.
    """

    change_id: int | None
    changed: list[str]
    same: list[str]
    refused: dict[str, str]


class PutBack(msgspec.Struct, frozen=True, kw_only=True):
    """`back`: numbers of tickets that are as they were; `kept`: of those that stay as they are, and why."""

    back: list[str]
    kept: dict[str, str]
