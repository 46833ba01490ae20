"""What is told of a councillor."""

from datetime import date, datetime
from typing import Literal

import msgspec

Choice = Literal["for", "against", "abstain"]


class CouncillorRow(msgspec.Struct, frozen=True):
    """A councillor of a term; `until`: last day of a mandate that ended early."""

    id: int
    term_id: int
    term: str
    name: str
    club: str | None
    office: str
    until: date | None


class Figures(msgspec.Struct, frozen=True):
    """Counts over the council's sessions of the term. Of `sessions` that took attendance, at `attended` present."""

    sessions: int
    attended: int
    votes: int
    voted: int
    speeches: int
    spoken_s: float


class CastVote(msgspec.Struct, frozen=True):
    """A closed vote in which the councillor could vote. In a secret one `choice` is unknown."""

    vote_id: int
    session_slug: str
    session_title: str
    stream_id: str
    number: int
    title: str
    opened_at: datetime
    outcome: str
    secret: bool
    voted: bool
    choice: Choice | None


class Said(msgspec.Struct, frozen=True):
    """A speech outside closed parts."""

    session_slug: str
    session_title: str
    stream_id: str
    item: str | None
    kind: str
    began_at: datetime
    ended_at: datetime | None


class Pair(msgspec.Struct, frozen=True):
    """Two councillors: in so many named votes both chose, in so many the same."""

    one_id: int
    other_id: int
    both: int
    same: int


class Agreement(msgspec.Struct, frozen=True):
    """`share` of named votes in which both chose the same, between 0 and 1; None: they never met in one."""

    other_id: int
    other: str
    club: str | None
    both: int
    same: int
    share: float | None


class Profile(msgspec.Struct, frozen=True):
    """A councillor's page as JSON. `agreement`: with whom the most first."""

    councillor: CouncillorRow
    figures: Figures
    agreement: list[Agreement]
    votes: list[CastVote]
    speeches: list[Said]


class MatrixRow(msgspec.Struct, frozen=True):
    """A councillor and the share of agreement with everybody in the same order; None where two never met."""

    id: int
    name: str
    club: str | None
    shares: list[float | None]


class Matrix(msgspec.Struct, frozen=True):
    """Who agrees with whom in a term, ordered by club and surname."""

    term: str
    votes: int
    rows: list[MatrixRow]
