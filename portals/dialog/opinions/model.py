"""Settings, statements, votes, maps and events of opinion maps."""

from datetime import datetime
from typing import Literal

import msgspec

from app.feature import Event

StatementState = Literal["waiting", "shown", "refused"]
Choice = Literal[-1, 0, 1]


class OpinionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`may_send`: participants write statements too; a moderator looks at each first."""

    intro: str = ""
    may_send: bool = True
    most_each: int = 5


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence one agrees with or not. It is shown without its author."""

    id: int
    block_id: int
    text: str
    state: StatementState
    by_office: bool
    reason: str
    rev: int


class Votes(msgspec.Struct, frozen=True):
    """Of one statement: how many have seen it, agree, disagree; the rest pass."""

    seen: int
    agree: int
    disagree: int


class Point(msgspec.Struct, frozen=True):
    """Where somebody stands, from −1 to 1 on both axes."""

    x: float
    y: float
    group: int


class Typical(msgspec.Struct, frozen=True):
    """A statement that sets a group apart: `agree`: the group says yes to it more often than others, else no.

    `share` of those of the group who have seen it; `z`: how surely (two-proportion test).
    """

    statement_id: int
    agree: bool
    share: float
    z: float


class Group(msgspec.Struct, frozen=True):
    """People who think alike. `size` None: fewer than five, not told; then there are no points and shares of it."""

    number: int
    size: int | None
    x: float
    y: float
    hull: list[tuple[float, float]]
    typical: list[Typical]


class StatementResult(msgspec.Struct, frozen=True, kw_only=True):
    """`by_group` None: too few of the group have seen it to be told. `consensus`: from 0 to 1."""

    statement_id: int
    text: str
    all: Votes
    by_group: list[Votes | None]
    consensus: float


class OpinionMap(msgspec.Struct, frozen=True, kw_only=True):
    """Groups by number from 0; statements by id. `voters`: those who stand on the map."""

    voters: int
    points: list[Point]
    groups: list[Group]
    statements: list[StatementResult]
    explained: float
    """Part of the variance that the two axes show."""


class MapRow(msgspec.Struct, frozen=True):
    """The map as it was last made. `result` None: too few people so far."""

    block_id: int
    result: OpinionMap | None
    voters: int
    votes: int
    computed_at: datetime | None
    rev: int


class MapComputed(Event, frozen=True, tag=True):
    """The map was made anew."""

    map: MapRow


class StatementShown(Event, frozen=True, tag=True):
    """A statement may be voted on now, or not any more."""

    statement: Statement

    @property
    def key(self) -> str:
        return f"statement/{self.statement.id}"


def room(block_id: int) -> str:
    return f"dialog/opinions/{block_id}"
