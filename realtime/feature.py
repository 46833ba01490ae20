"""The realtime layer as a feature: `/live`, the plain snapshot, and the services behind them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE, Backplane, Database
from app.errors import AppError, ConfigurationError
from app.feature import ANYONE, Feature, Probe, Room, Route
from app.i18n import LOCALES
from app.identity.sessions import reload_actor
from app.metrics import METRICS
from app.supervise import SUPERVISOR
from app.web_errors import describe
from app.wire import FEATURES, SERVER, current_actor, section
from realtime import event_stream
from realtime.backplane import InProcess, OutboxReader, PostgresOutbox, Shared
from realtime.bell import Bell
from realtime.connection import Parts, Words
from realtime.directory import Directory
from realtime.figures import Figures
from realtime.hub import HUB, Hub
from realtime.open_room import Limits
from realtime.presence import ROOM as PRESENCE_ROOM
from realtime.presence import Others
from realtime.settings import BackplaneKind, RealtimeSettings
from realtime.web import SOCKETS, EventsQuery, Snapshot, SnapshotQuery, Sockets

FIRST_LOOK_S: Final = 5.0

ReadActor = Callable[[web.Request], Awaitable[Actor]]


class Backplanes:
    """How this process hears of the others, as its settings say."""

    def __init__(self, database: Database, hub: Hub, settings: RealtimeSettings, resync: Callable[[], None]) -> None:
        kind = settings.backplane
        self.bodies: dict[str, Callable[[], Awaitable[None]]] = {}
        """What the supervisor keeps running."""
        self.bell: Bell | None = None
        if kind == BackplaneKind.REDIS:
            if not settings.redis_url:
                raise ConfigurationError("[realtime] backplane = redis needs redis_url")
            self.bell = Bell(settings.redis_url, self._wake)
            self.bodies["live bell"] = self.bell.run
        outbox = PostgresOutbox(database, bell=self.bell)
        # rows of the outbox come from other processes only: what this one publishes goes straight to its hub
        self.reader = OutboxReader(database, hub, origin=outbox.origin, keep_s=settings.outbox_keep_s, resync=resync)
        self.own: Backplane = InProcess(hub)
        if kind != BackplaneKind.PROCESS:
            self.own = Shared(hub, outbox)
            others = Others(outbox.origin, outbox.announce)
            hub.elsewhere = others.elsewhere
            hub.watch(PRESENCE_ROOM, others.hear)

            async def tell() -> None:
                while True:
                    others.tell(hub.rooms.values())
                    await asyncio.sleep(1)

            self.bodies["live presence"] = tell

    def _wake(self) -> None:
        self.reader.wake()

    async def close(self) -> None:
        if self.bell is not None:
            await self.bell.close()


BACKPLANES: web.AppKey[Backplanes] = web.AppKey("backplanes", Backplanes)
READER: web.AppKey[OutboxReader] = web.AppKey("outbox_reader", OutboxReader)


class Wiring(msgspec.Struct, frozen=True):
    """What this layer asks of the application that it is mounted on."""

    actor: ReadActor
    """Who opens a socket."""
    recheck: ReadActor
    """The same, read anew from the database each time."""
    words: Words
    rooms: Callable[[web.Application], tuple[Room, ...]]
    settings: Callable[[web.Application], RealtimeSettings]
    origins: Callable[[web.Application], tuple[str, ...]]
    """Our own public addresses, beside the host that the request names."""


def feature(wiring: Wiring | None = None) -> Feature:
    """The feature to mount. It must come before those that publish, so that it stops after them."""
    wired = wiring or _application_wiring()

    async def open_live(request: web.Request) -> web.StreamResponse:
        return await request.app[SOCKETS].serve(request, await wired.actor(request))

    async def show_snapshot(request: web.Request) -> web.Response:
        query = api.query(request, SnapshotQuery)
        return api.reply(await request.app[SOCKETS].snapshot(await wired.actor(request), query.room))

    async def open_events(request: web.Request) -> web.StreamResponse:
        return await request.app[SOCKETS].serve_events(request, await wired.actor(request))

    async def service(app: web.Application) -> AsyncIterator[None]:
        async for _ in live_service(app, wired):
            yield

    return Feature(
        name="realtime",
        folder=Path(__file__).parent,
        settings=RealtimeSettings,
        routes=(
            Route(method="GET", path="/live", handler=open_live, allow=ANYONE, name="live"),
            Route(
                method="GET",
                path="/api/live/snapshot",
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
                summary="Live rooms as server-sent events, for networks that let no WebSocket pass",
                query=EventsQuery,
            ),
        ),
        services=(service,),
        probes={"outbox": _probe_outbox, "bell": _probe_bell},
    )


async def live_service(app: web.Application, wired: Wiring) -> AsyncIterator[None]:
    """Cleanup context: hub, sockets, and the reader of other processes' events."""
    settings, database = wired.settings(app), app[DATABASE]
    hub = Hub(Figures(app[METRICS]), Limits(settings.unsent_bytes, settings.held_bytes), settings.linger_s)
    sockets = Sockets(
        Parts(
            hub,
            Directory(wired.rooms(app)),
            database,
            settings,
            wired.words,
            wired.recheck,
            asyncio.Semaphore(settings.snapshots_at_once),
        ),
        (*settings.origins, *wired.origins(app)),
    )

    def resync() -> None:
        hub.forget()
        sockets.end_all("events-missed")

    plane = Backplanes(database, hub, settings, resync)
    reader = app[READER] = plane.reader
    app[HUB], app[SOCKETS], app[BACKPLANES] = hub, sockets, plane
    before, database.backplane = database.backplane, plane.own

    async def drain(_app: web.Application) -> None:
        await sockets.drain()

    app.on_shutdown.append(drain)  # before aiohttp waits for open handlers, as a cleanup context would be too late
    supervisor = app[SUPERVISOR]
    tasks = [
        supervisor.run("live rooms", hub.beat),
        supervisor.run("live sockets", sockets.keep_watch),
        supervisor.run("live outbox", reader.run),
        *(supervisor.run(name, body) for name, body in plane.bodies.items()),
    ]
    await reader.first_look(within_s=FIRST_LOOK_S)
    yield
    database.backplane = before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await plane.close()
    hub.pump.stop()


async def _probe_outbox(app: web.Application) -> Probe:
    return await app[READER].probe()


async def _probe_bell(app: web.Application) -> Probe:
    bell = app[BACKPLANES].bell
    return Probe(ok=True) if bell is None else bell.probe()


def _application_wiring() -> Wiring:
    def words(request: web.Request, problem: AppError) -> tuple[str, str]:
        described = describe(problem, request.app[LOCALES].choose(request))
        return described.title, described.detail

    def rooms(app: web.Application) -> tuple[Room, ...]:
        return tuple(room for feature in app[FEATURES] for room in feature.rooms)

    return Wiring(
        actor=current_actor,
        recheck=reload_actor,
        words=words,
        rooms=rooms,
        settings=lambda app: section(app, RealtimeSettings),
        origins=lambda app: (app[SERVER].public_url,),
    )
