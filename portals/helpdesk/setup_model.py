"""Rows of how the helpdesk is set up, as lists, forms and the API carry them. `id` 0: not there yet."""

from typing import Annotated, Literal

import msgspec

from portals.helpdesk.model import CategoryField, Id, Level, Priority

KnownId = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
"""0: not there yet."""
Name = Annotated[str, msgspec.Meta(max_length=200)]
Rev = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Order = Annotated[int, msgspec.Meta(ge=0, le=9999)]


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """People who work together; they see the tickets of the team's queues."""

    id: KnownId = 0
    name: Name
    members: list[Id] = []
    queues: list[Id] = []
    active: bool = True
    rev: Rev = 0


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    id: KnownId = 0
    name: Name
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    place: Order = 100
    active: bool = True
    rev: Rev = 0


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What people use and may miss: mail, the register, Wi-Fi in schools."""

    id: KnownId = 0
    name: Name
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    active: bool = True
    rev: Rev = 0


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket is about. `device`: whether one is asked for; `approval` head: a head of the unit agrees first."""

    id: KnownId = 0
    name: Name
    hint: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    icon: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}$")] = "help"
    place: Order = 100
    queue_id: Id | None = None
    service_id: Id | None = None
    impact: Level = 1
    urgency: Level = 2
    device: Literal["no", "may", "must"] = "may"
    approval: Literal["none", "head"] = "none"
    fields: Annotated[list[CategoryField], msgspec.Meta(max_length=30)] = []
    checklist: Annotated[list[Annotated[str, msgspec.Meta(max_length=500)]], msgspec.Meta(max_length=50)] = []
    active: bool = True
    rev: Rev = 0


class RoutingRule(msgspec.Struct, frozen=True, kw_only=True):
    """All that is set must hold: the category, the unit (or one above the requester's), one of the words."""

    id: KnownId = 0
    place: Order = 100
    category_id: Id | None = None
    unit_id: Id | None = None
    words: Annotated[list[Annotated[str, msgspec.Meta(max_length=80)]], msgspec.Meta(max_length=50)] = []
    queue_id: Id
    team_id: Id | None = None
    priority: Priority | None = None
    active: bool = True
    rev: Rev = 0


class CannedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A text with placeholders. `queue_id` None: for all queues; `own`: of one agent alone."""

    id: KnownId = 0
    title: Name
    text: Annotated[str, msgspec.Meta(max_length=20_000)]
    queue_id: Id | None = None
    owner_id: Id | None = None
    active: bool = True
    rev: Rev = 0


class TicketTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent on the phone fills in with one press."""

    id: KnownId = 0
    title: Name
    category_id: Id | None = None
    subject: Annotated[str, msgspec.Meta(max_length=500)] = ""
    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    impact: Level = 1
    urgency: Level = 2
    active: bool = True
    rev: Rev = 0


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the matrix."""

    impact: Level
    urgency: Level
    priority: Priority


class Matrix(msgspec.Struct, frozen=True):
    """Priority of each impact and urgency: nine cells."""

    cells: Annotated[list[Cell], msgspec.Meta(min_length=9, max_length=9)]

    def priority(self, impact: Level, urgency: Level) -> Priority:
        return next(one.priority for one in self.cells if (one.impact, one.urgency) == (impact, urgency))


class Person(msgspec.Struct, frozen=True):
    """An account that may be chosen."""

    id: int
    name: str
    login: str


class UnitChoice(msgspec.Struct, frozen=True):
    """A unit that may be chosen. `path`: dotted ids from the city down."""

    id: int
    name: str
    short_name: str
    path: str
