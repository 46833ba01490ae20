"""Opinion maps: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, SIGNED_IN, Allow, Feature, Handler, Params, Room, RoomKind, Route, having
from app.i18n import _
from portals.dialog import rules
from portals.dialog.access import room_number
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.opinions import actions, api, demo, pages, views
from portals.dialog.opinions.forms import OpinionForm
from portals.dialog.opinions.model import MapComputed, MapRow, OpinionSettings, Statement, StatementShown

MAP: Final = r"/dialog/{slug}/opinions/{block_id:\d{1,18}}"
DESK: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/opinions/{block_id:\d{1,18}}"
API: Final = r"/api/dialog/blocks/{block_id:\d{1,18}}/opinions"
MANAGING: Final = having(*rules.MANAGING_ROLES)
MODERATING: Final = having(*rules.MODERATING_ROLES)

KIND = BlockKind(
    name=actions.KIND,
    label=_("Opinion map"),
    description=_("Statements one agrees with or not; groups that think alike, and what all agree on"),
    icon="mark",
    order=60,
    settings=OpinionSettings,
    form=OpinionForm,
    data=views.view,
    figures=views.figures,
    contributions=views.contributions,
    ready=views.ready,
    phase_ended=actions.ended,
    copied=actions.copied,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(KIND)
    yield


async def map_snapshot(tx: Tx, actor: Actor, params: Params) -> MapRow:
    return await actions.map_of(tx, actor, room_number(params, "block_id"))


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str = "") -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name)


ROUTES: Final = (
    _get(MAP, pages.show_map, ANYONE, "map"),
    _post(f"{MAP}/vote", pages.vote, SIGNED_IN, "vote"),
    _get(f"{MAP}/statement", pages.suggest, SIGNED_IN, "suggest"),
    _post(f"{MAP}/statement", pages.suggest, SIGNED_IN),
    _get(f"{MAP}/statements.csv", pages.send_csv, ANYONE, "csv"),
    _get(f"{DESK}/statements", pages.add_statements, MANAGING, "statements"),
    _post(f"{DESK}/statements", pages.add_statements, MANAGING),
    _post(rf"{DESK}/statements/{{statement_id:\d{{1,18}}}}/{{verb:show|refuse}}", pages.decide, MODERATING, "decide"),
    Route(
        method="GET",
        path=API,
        handler=api.show_map,
        allow=ANYONE,
        summary="An opinion map: points, groups, statements",
        reply=MapRow,
    ),
    Route(
        method="POST",
        path=f"{API}/votes",
        handler=api.vote,
        allow=SIGNED_IN,
        summary="Agree, disagree or pass on a statement",
        body=api.NewVote,
        reply=api.NextStatement,
    ),
    Route(
        method="POST",
        path=f"{API}/statements",
        handler=api.suggest,
        allow=SIGNED_IN,
        summary="Send a statement; a moderator reads it first",
        body=api.NewStatement,
        reply=Statement,
        status=201,
    ),
)

FEATURE = Feature(
    name="opinions",
    folder=Path(__file__).parent,
    needs=("identity", "dialog", "realtime"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="dialog/opinions/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=map_snapshot,
            events=(MapComputed, StatementShown),
            summary="An opinion map as it is made anew, and statements that come and go",
        ),
    ),
    jobs=(actions.DRAW,),
    services=(kind_service,),
    demo=demo.fill,
    template_globals={"opinion_letters": views.LETTERS},
)
