"""What templates are given of an opinion map."""

from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from app.actor import Actor
from app.database import Tx
from app.i18n import _
from app.markup import render_markdown
from portals.dialog.access import Place
from portals.dialog.blocks import Contribution, Figure
from portals.dialog.opinions import actions, store
from portals.dialog.opinions.drawing import LEAST_VOTERS
from portals.dialog.opinions.model import MapRow, Statement, StatementResult, Votes

LETTERS: Final = "ABCDE"
CONSENSUS_SHARE: Final = 0.6


class Line(msgspec.Struct, frozen=True):
    """A statement in the table."""

    statement: Statement
    votes: Votes
    result: StatementResult | None


class OpinionView(msgspec.Struct, frozen=True, kw_only=True):
    """An opinion map as one reader sees it. `own`: the number of their point; `mine`: what they have voted."""

    intro: Markup
    row: MapRow
    shown: int
    next: Statement | None
    mine: dict[int, int]
    own: int | None
    lines: list[Line]
    agreed: list[StatementResult]
    """What all groups say yes to."""
    missing: int
    """People who are missing until there is a map."""
    waiting: list[Statement]
    """For moderators: sent and not read yet."""
    refused: list[Statement]

    @property
    def left(self) -> int:
        return self.shown - len(self.mine)


async def view(tx: Tx, _actor: Actor, place: Place) -> OpinionView:
    block_id = place.block.id
    row = await store.map_row(tx, block_id)
    shown = await store.statements(tx, block_id, "shown")
    totals = await store.totals(tx, block_id)
    person = place.participant_id
    results = {one.statement_id: one for one in row.result.statements} if row.result else {}
    alive = {one.id for one in shown}
    return OpinionView(
        intro=render_markdown(actions.settings_of(place).intro),
        row=row,
        shown=len(shown),
        next=await store.next_statement(tx, block_id, person, 0) if place.may_take_part else None,
        mine=await store.own_votes(tx, block_id, person) if person is not None else {},
        own=await store.place_of(tx, block_id, person) if person is not None else None,
        lines=[Line(one, totals.get(one.id, Votes(0, 0, 0)), results.get(one.id)) for one in shown],
        agreed=agreed([one for one in results.values() if one.statement_id in alive]),
        missing=max(0, LEAST_VOTERS - row.voters),
        waiting=await store.statements(tx, block_id, "waiting") if place.may_moderate else [],
        refused=await store.statements(tx, block_id, "refused") if place.may_moderate else [],
    )


def agreed(results: Sequence[StatementResult]) -> list[StatementResult]:
    """Statements with the greatest consensus, where most agree in every group that is told and in the whole."""
    found = [
        one
        for one in results
        if one.all.seen
        and one.all.agree / one.all.seen >= CONSENSUS_SHARE
        and all(votes is None or votes.agree * 2 > votes.seen for votes in one.by_group)
    ]
    return sorted(found, key=lambda one: (-one.consensus, one.statement_id))[:5]


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    people, votes = await store.counts(tx, place.block.id)
    shown = await store.statements(tx, place.block.id, "shown")
    return [Figure(_("people have voted"), people), Figure(_("votes"), votes), Figure(_("statements"), len(shown))]


async def contributions(tx: Tx, _actor: Actor, place: Place) -> Sequence[Contribution]:
    """Statements that participants have sent."""
    known = await store.authors_of(tx, place.block.id)
    return [
        Contribution(
            block_id=place.block.id,
            ref=f"statement/{one.id}",
            participant_id=known[one.id][0],
            text=one.text,
            at=known[one.id][1],
            path=place.own_path,
            visible=one.state == "shown",
            named=False,
        )
        for one in await store.statements(tx, place.block.id)
        if one.id in known
    ]


async def ready(tx: Tx, place: Place) -> Sequence[str]:
    enough = len(await store.statements(tx, place.block.id, "shown")) >= 5
    return [] if enough else [_("An opinion map has fewer than five statements")]
