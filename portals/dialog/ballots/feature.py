"""Votes: the visible place where everything they add stands."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Unavailable
from app.feature import ANYONE, Feature, Params, Room, RoomKind
from app.i18n import _
from app.supervise import SUPERVISOR
from portals.dialog.access import Place, room_number
from portals.dialog.ballots import actions, demo, rules, store, views
from portals.dialog.ballots.forms import VoteForm
from portals.dialog.ballots.model import ResultsCounted, Turnout, TurnoutChanged, VoteSettings
from portals.dialog.ballots.routes import ROUTES
from portals.dialog.ballots.urn import URN, Urn, urn_service
from portals.dialog.blocks import BLOCKS, BlockKind

TELL_EVERY_S: Final = 1.0


async def ready(tx: Tx, place: Place) -> Sequence[str]:
    """A vote needs something to choose from; a budget gets its projects while the consultation runs."""
    options = await store.options(tx, place.block.id)
    if len(options) > 1 or actions.settings_of(place, None).budget:
        return []
    return [_("A vote has fewer than two options and is no participatory budget")]


def kind(urn: Urn) -> BlockKind:
    """The kind of block; `urn` holds the keys with which ballots are sealed."""
    return BlockKind(
        name=actions.KIND,
        label=_("Vote"),
        description=_("Secret or by name, on paper too; the vote of a participatory budget"),
        icon="vote",
        order=40,
        settings=VoteSettings,
        form=VoteForm,
        check=rules.settings_faults,
        data=views.view,
        manage=views.desk_view,
        figures=views.figures,
        contributions=views.contributions,
        ready=ready,
        phase_begun=actions.begin,
        phase_ended=partial(actions.close, urn),
        account_erased=actions.erased,
        copied=actions.copied,
    )


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages; tells rooms how many have voted, once a second, not for each ballot."""
    app[BLOCKS].add(kind(app[URN]))
    database, urn = app[DATABASE], app[URN]

    async def tell() -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            while urn.changed:
                block_id = urn.changed.pop()
                try:
                    await actions.tell_turnout(database, block_id)
                except Unavailable:
                    urn.changed.add(block_id)
                    break

    task = app[SUPERVISOR].run("turnout of votes", tell)
    yield
    task.cancel()


async def turnout_snapshot(tx: Tx, actor: Actor, params: Params) -> Turnout:
    return await actions.turnout(tx, actor, room_number(params, "block_id"))


FEATURE = Feature(
    name="ballots",
    folder=Path(__file__).parent,
    needs=("identity", "dialog", "realtime"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="dialog/ballots/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=turnout_snapshot,
            events=(TurnoutChanged, ResultsCounted),
            summary="How many have voted, and the result at the end",
        ),
    ),
    services=(urn_service, kind_service),
    demo=demo.fill,
)
