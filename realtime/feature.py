"""The realtime layer as a feature: `/live`, the plain snapshot, the page of administrators, and the services behind."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from app import api
from app.errors import AppError
from app.feature import ANYONE, SIGNED_IN, Feature, NavItem, Probe, Room, RoomKind, Route, having
from app.i18n import LOCALES
from app.identity.sessions import actor_reader
from app.web_errors import describe
from app.wire import FEATURES, SERVER, current_actor, section
from realtime import event_stream, overview, pages
from realtime.acks import AckBody
from realtime.connection import Visitor
from realtime.overview import LiveMeasured, Overview
from realtime.service import BACKPLANES, READER, Wiring, live_service
from realtime.settings import RealtimeSettings
from realtime.web import SOCKETS, EventsQuery, Snapshot, SnapshotQuery, queue_up

ADMIN: Final = having("admin")

ROOMS: Final = (
    Room(
        pattern=overview.ROOM,
        allow=ADMIN,
        kind=RoomKind.LATEST,
        snapshot=pages.overview_snapshot,
        events=(LiveMeasured,),
        presence=True,
        summary="Measures of every process, once a second while somebody looks",
    ),
)
ADMIN_ROUTES: Final = (
    Route(method="GET", path="/admin/live", handler=pages.show_overview, allow=ADMIN, name="overview"),
    Route(
        method="GET",
        path="/api/live/overview",
        handler=pages.list_measures,
        allow=ADMIN,
        name="measures",
        summary="Measures of live rooms of the last minutes, by process",
        reply=Overview,
    ),
)


def feature(wiring: Wiring | None = None) -> Feature:
    """The feature to mount. It must come before those that publish, so that it stops after them."""
    wired = wiring or _application_wiring()

    async def service(app: web.Application) -> AsyncIterator[None]:
        async for _ in live_service(app, wired):
            yield

    return Feature(
        name="realtime",
        folder=Path(__file__).parent,
        settings=RealtimeSettings,
        routes=(*_live_routes(wired), *ADMIN_ROUTES),
        rooms=ROOMS,
        nav=(NavItem(label="Live connections", path="/admin/live", allow=ADMIN, order=85, icon="signal"),),
        services=(service,),
        shortcuts={"/live": queue_up},
        probes={"outbox": _probe_outbox, "bell": _probe_bell},
    )


def _live_routes(wired: Wiring) -> tuple[Route, ...]:
    async def open_live(request: web.Request) -> web.StreamResponse:
        return await request.app[SOCKETS].serve(request)

    async def show_snapshot(request: web.Request) -> web.Response:
        query = api.query(request, SnapshotQuery)
        return api.reply(await request.app[SOCKETS].snapshot(await wired.actor(request), query.room))

    async def open_events(request: web.Request) -> web.StreamResponse:
        return await request.app[SOCKETS].serve_events(request)

    async def take_ack(request: web.Request) -> web.Response:
        told = await api.body(request, AckBody)
        await request.app[SOCKETS].parts.acks.told_apart(await wired.actor(request), told.room, told.seq)
        return web.Response(status=204)

    path, events = "/api/live", "Live rooms as server-sent events, for networks that let no WebSocket pass"
    return (
        Route(method="GET", path="/live", handler=open_live, allow=ANYONE, name="live"),
        Route(
            method="GET",
            path=f"{path}/snapshot",
            handler=show_snapshot,
            allow=ANYONE,
            name="snapshot",
            summary="A live room as it is now, without a socket",
            query=SnapshotQuery,
            reply=Snapshot,
        ),
        Route(
            method="GET",
            path=event_stream.PATH,
            handler=open_events,
            allow=ANYONE,
            name="events",
            summary=events,
            query=EventsQuery,
        ),
        Route(
            method="POST",
            path=f"{path}/ack",
            handler=take_ack,
            allow=SIGNED_IN,
            name="ack",
            summary="How far one has got in a room that asks for it, for those who listen to an event stream",
            body=AckBody,
            status=204,
        ),
    )


async def _probe_outbox(app: web.Application) -> Probe:
    return await app[READER].probe()


async def _probe_bell(app: web.Application) -> Probe:
    bell = app[BACKPLANES].bell
    return Probe(ok=True) if bell is None else bell.probe()


def _application_wiring() -> Wiring:
    async def visit(request: web.Request) -> Visitor:
        actor, locale = await current_actor(request), request.app[LOCALES].choose(request)

        def words(problem: AppError) -> tuple[str, str]:
            described = describe(problem, locale)
            return described.title, described.detail

        return Visitor(actor, actor.address or request.remote or "", words, actor_reader(request))

    def rooms(app: web.Application) -> tuple[Room, ...]:
        return tuple(room for feature in app[FEATURES] for room in feature.rooms)

    return Wiring(
        actor=current_actor,
        visit=visit,
        rooms=rooms,
        settings=lambda app: section(app, RealtimeSettings),
        origins=lambda app: (app[SERVER].public_url,),
    )
