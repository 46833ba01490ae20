"""Rows, settings, results and events of votes."""

from datetime import datetime
from typing import Literal

import msgspec

from app.feature import Event
from portals.dialog.model import PersonKind

Method = Literal["single", "approval", "points", "ranked"]
Counting = Literal["irv", "borda"]
Ties = Literal["first", "lower_cost", "committee"]
DistrictChoice = Literal["own", "one", "any"]
Shown = Literal["close", "live"]
Outcome = Literal["won", "lost", "no_money", "too_few", "undecided"]
BatchState = Literal["entered", "confirmed", "rejected"]

Marks = dict[int, int]
"""What a ballot says: option → 1 (chosen), points, or place in the ranking (1 is the best)."""


class VoteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of a vote. Written down when it begins (`Vote.rules`)."""

    method: Method = "approval"
    most: int = 3
    """Options at most (approval), points at most (points)."""
    most_each: int = 0
    """Points at most for one option; 0: no limit of its own."""
    counting: Counting = "irv"
    """Of a ranked vote."""
    winners: int = 1
    secret: bool = True
    changeable: bool = False
    """A ballot that is not secret may be changed until the end."""
    results: Shown = "close"
    """live: totals are shown while people vote; only where it is not secret."""
    ties: Ties = "first"
    budget: bool = False
    """Options are projects with a cost, paid from pools."""
    city_pool: int = 0
    """Złoty for projects of the whole city."""
    district_pools: str = ""
    """A line each: «Zatorze: 150000»."""
    city_most: int = 0
    """Approval in a budget: projects of the city one may choose; 0: no limit of its own."""
    district_most: int = 0
    district_choice: DistrictChoice = "one"
    """Projects of which districts one may choose: one's own, one district, any."""
    skip_too_large: bool = True
    """What does not fit into what is left of the pool is passed over; else the pool ends there."""
    least_votes: int = 0
    """A project with fewer votes does not win."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """What one may vote for. `ref`, `path`: what another part has put on the ballot, and its page."""

    id: int
    block_id: int
    ordinal: int
    title: str
    description: str
    district: str
    cost_pln: int
    ref: str
    path: str
    rev: int


class OptionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk or another part writes."""

    title: str
    description: str = ""
    district: str = ""
    cost_pln: int = 0
    ref: str = ""
    path: str = ""


class OptionResult(msgspec.Struct, frozen=True, kw_only=True):
    """`votes`: ballots that name it; `score`: what decides (votes, points, Borda's points, votes of the last round).

    `paper`: the part of `votes` that came on paper. `place`: 1 is the best within its pool.
    """

    option_id: int
    votes: int
    score: int
    paper: int
    place: int
    outcome: Outcome


class Pool(msgspec.Struct, frozen=True):
    """Money of a district (empty: of the city) and what winners take of it, in złoty."""

    district: str
    budget_pln: int
    spent_pln: int


class Round(msgspec.Struct, frozen=True):
    """Of an instant run-off: ballots that stand by each option, and who goes (0: nobody, it is decided)."""

    votes: dict[int, int]
    out: int


class TurnoutLine(msgspec.Struct, frozen=True):
    """How many of one kind and district have voted."""

    kind: PersonKind
    district: str
    online: int
    paper: int


class VoteResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the count says. `options` in order of their places."""

    options: list[OptionResult]
    online: int
    """Ballots cast here; each has a receipt where the vote was secret."""
    paper: int
    invalid: int
    """Paper ballots that could not be counted; they count as turnout."""
    waiting: int
    """Batches of paper ballots that nobody has confirmed yet."""
    pools: list[Pool] = []
    rounds: list[Round] = []
    turnout: list[TurnoutLine] = []
    undecided: list[int] = []
    """Options whose tie the committee has to decide."""

    @property
    def voted(self) -> int:
        return self.online + self.paper + self.invalid


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """A vote that has begun."""

    block_id: int
    rules: VoteSettings
    counted_at: datetime | None
    final_at: datetime | None
    fault: str
    tie_order: list[int]
    tie_reason: str
    result: VoteResult | None
    rev: int


class SecretBallot(msgspec.Struct, frozen=True):
    """What lies sealed in the urn, and open after the count."""

    receipt: str
    marks: Marks


class NamedBallot(msgspec.Struct, frozen=True):
    """A ballot of a vote that is not secret."""

    participant_id: int
    marks: Marks
    cast_at: datetime
    rev: int


class PaperVoter(msgspec.Struct, frozen=True):
    """Somebody who takes part, for the clerk who notes who has voted on paper. `voted`: paper, screen, or nothing."""

    id: int
    name: str
    district: str
    voted: Literal["paper", "screen", ""]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Paper ballots of a polling point. `lines`: what ballots say, and how many say it."""

    id: int
    block_id: int
    place: str
    kind: PersonKind
    district: str
    written: str
    lines: list[tuple[Marks, int]]
    ballots: int
    invalid: int
    state: BatchState
    entered_by: int | None
    entered_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    reason: str
    rev: int
    entered_name: str
    decided_name: str


class BatchDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk enters. `written`: a line for each kind of ballot (`rules.paper_lines`)."""

    place: str
    written: str
    kind: PersonKind = "resident"
    district: str = ""
    invalid: int = 0


class Turnout(msgspec.Struct, frozen=True):
    """How many have voted here so far; never what. `rev` grows with it."""

    block_id: int
    voted: int
    counted: bool
    rev: int


class TurnoutChanged(Event, frozen=True, tag=True):
    """More people have voted."""

    turnout: Turnout


class ResultsCounted(Event, frozen=True, tag=True):
    """The vote is over and counted, or paper ballots came to it: the totals as they are now."""

    turnout: Turnout
    result: VoteResult


def room(block_id: int) -> str:
    return f"dialog/ballots/{block_id}"
