"""What templates are given of a vote."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from app.actor import Actor
from app.database import Tx
from app.i18n import _
from portals.dialog.access import Place
from portals.dialog.ballots import actions, paper_store, rules, sheets, store
from portals.dialog.ballots.model import (
    Batch,
    Marks,
    NamedBallot,
    Option,
    OptionResult,
    Pool,
    Vote,
    VoteResult,
    VoteSettings,
)
from portals.dialog.blocks import Contribution, Figure
from portals.dialog.participation import known_names


class Group(msgspec.Struct, frozen=True):
    """Options of one district; of a vote that is no budget there is one group without name."""

    district: str
    options: list[Option]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """An option of a result, drawn: `share` and `paper_share` are percent of the best one's width."""

    option: Option
    number: int
    row: OptionResult
    share: float
    paper_share: float


class PoolBars(msgspec.Struct, frozen=True):
    """A pool with its bars. `pool` None: the vote is no budget."""

    pool: Pool | None
    bars: list[Bar]


class BallotView(msgspec.Struct, frozen=True, kw_only=True):
    """A vote as one reader sees it."""

    rules: VoteSettings
    vote: Vote | None
    options: list[Option]
    groups: list[Group]
    """What this reader may choose from."""
    numbers: dict[int, int]
    """Option → its number on the ballot."""
    voted: bool
    own: NamedBallot | None
    turnout: int
    result: VoteResult | None
    pools: list[PoolBars]
    home: str

    @property
    def may_change(self) -> bool:
        return self.vote is not None and actions.may_change(self.vote)

    @property
    def own_marks(self) -> Marks:
        return self.own.marks if self.own else {}


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """The same for the clerk."""

    view: BallotView
    batches: list[Batch]
    begun: bool
    tied: list[Option]
    named: list[tuple[str, list[str]]]
    """Of a vote that is not secret: who has chosen what."""


async def view(tx: Tx, actor: Actor, place: Place) -> BallotView:  # noqa: ARG001  # the contract of blocks
    block_id = place.block.id
    vote = await store.vote(tx, block_id)
    settings = actions.settings_of(place, vote)
    options = await store.options(tx, block_id)
    person = place.participant_id
    home = actions.home_of(place)
    choice = rules.options_for(settings, options, home) if place.participant else options
    result = await actions.shown_result(tx, vote) if vote is not None else None
    return BallotView(
        rules=settings,
        vote=vote,
        options=options,
        groups=grouped(choice),
        numbers={one.id: number for number, one in enumerate(options, start=1)},
        voted=person is not None and await store.has_voted(tx, block_id, person),
        own=None if person is None else await store.named_ballot(tx, block_id, person),
        turnout=(await actions.turnout_now(tx, block_id)).voted,
        result=result,
        pools=bars(options, result) if result is not None else [],
        home=home,
    )


async def desk_view(tx: Tx, actor: Actor, place: Place) -> DeskView:
    found = await view(tx, actor, place)
    batches = await paper_store.batches(tx, place.block.id)
    published = place.consultation.state != "draft"
    by_id = {one.id: one for one in found.options}
    named = [] if found.rules.secret else await store.named_ballots(tx, place.block.id)
    names = await known_names(tx, actor, [one.participant_id for one in named])
    return DeskView(
        view=found,
        batches=batches,
        begun=found.vote is not None or (published and place.stage != "coming"),
        tied=[by_id[one] for one in (found.result.undecided if found.result else []) if one in by_id],
        named=[
            (names.get(one.participant_id, ""), sheets.said(found.rules, found.options, one.marks)) for one in named
        ],
    )


def grouped(options: Sequence[Option]) -> list[Group]:
    """The city's first, then district by district; the order on the ballot within."""
    ordered = sorted(options, key=lambda one: (one.district, one.ordinal))
    return [Group(district, list(found)) for district, found in groupby(ordered, lambda one: one.district)]


def bars(options: Sequence[Option], result: VoteResult) -> list[PoolBars]:
    """Results by pool, best first; bars are as wide as their score against the best of all."""
    by_id = {one.id: one for one in options}
    numbers = {one.id: number for number, one in enumerate(options, start=1)}
    most = max((one.score for one in result.options), default=0) or 1

    def bar(row: OptionResult) -> Bar:
        share = 100 * row.score / most
        paper = share * row.paper / row.votes if row.votes else 0.0
        return Bar(
            option=by_id[row.option_id],
            number=numbers[row.option_id],
            row=row,
            share=round(share, 2),
            paper_share=round(paper, 2),
        )

    rows = [bar(row) for row in result.options if row.option_id in by_id]
    if not result.pools:
        return [PoolBars(None, rows)]
    return [PoolBars(pool, [one for one in rows if one.option.district == pool.district]) for pool in result.pools]


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    """For lists and the report; what was chosen is told after the close only."""
    turnout = await actions.turnout_now(tx, place.block.id)
    options = await store.options(tx, place.block.id)
    return [Figure(_("ballots cast"), turnout.voted), Figure(_("options on the ballot"), len(options))]


async def contributions(_tx: Tx, _actor: Actor, _place: Place) -> Sequence[Contribution]:
    """Nothing of a ballot is anybody's contribution: who wrote it must not be told."""
    return []
