"""The live page of administrators."""

from datetime import UTC, datetime

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import Tx
from app.feature import Params
from app.pages import render
from realtime.overview import Overview, Watch

WATCH: web.AppKey[Watch] = web.AppKey("live_watch", Watch)


class OverviewRoom(msgspec.Struct, frozen=True):
    """Snapshot of the room: measures are no facts of the database, those before now are at `history`."""

    history: str


async def overview_snapshot(_tx: Tx, _actor: Actor, _params: Params) -> OverviewRoom:
    return OverviewRoom("/api/live/overview")


def _overview(request: web.Request) -> Overview:
    return request.app[WATCH].overview(datetime.now(UTC))


async def show_overview(request: web.Request) -> web.StreamResponse:
    """GET /admin/live."""
    return await render(request, "realtime/overview.html")


async def list_measures(request: web.Request) -> web.Response:
    """GET /api/live/overview."""
    return api.reply(_overview(request))
