"""The parts behind `/live`, put together for one application, started and stopped in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Backplane, Database
from app.errors import ConfigurationError
from app.feature import Room
from app.metrics import METRICS
from app.supervise import SUPERVISOR
from realtime import overview, pages
from realtime.acks import Acks
from realtime.allowance import Allowances
from realtime.backplane import Announcements, InProcess, OutboxReader, PostgresOutbox, Shared
from realtime.bell import Bell
from realtime.connection import Parts
from realtime.directory import Directory
from realtime.figures import Figures
from realtime.hub import HUB, Hub
from realtime.kept import DOUBT_S, Kept, Numbering
from realtime.open_room import TRY_AGAIN_LATER, OpenRoom
from realtime.outlet import Limits
from realtime.overview import LiveMeasured, Meter, Watch
from realtime.presence import ROOM as PRESENCE_ROOM
from realtime.presence import Others
from realtime.ring import open_ring
from realtime.settings import BackplaneKind, RealtimeSettings
from realtime.snapshots import Snapshots
from realtime.web import SOCKETS, Sockets, Visit

FIRST_LOOK_S: Final = 5.0

ReadActor = Callable[[web.Request], Awaitable[Actor]]


class Lost:
    """What happens to sockets whose events may not have been told."""

    def __init__(self, hub: Hub, kept: Kept, sockets: Sockets) -> None:
        self._hub = hub
        self._kept = kept
        self._sockets = sockets

    def everything(self) -> None:
        """Rows may be gone unread: everybody starts from snapshots, and kept rooms ask their log."""
        self._hub.forget()
        self._kept.check_all()
        self._sockets.end_all("events-missed")

    def perhaps(self, rooms: Sequence[str]) -> None:
        """A COMMIT was not answered: kept rooms ask their log, members of the others soon start from a snapshot."""
        self._kept.doubt(rooms)
        loose = [self._hub.rooms[name] for name in rooms if name in self._hub.rooms]
        asyncio.get_running_loop().call_later(DOUBT_S, self._begin_anew, [one for one in loose if one.order is None])

    def _begin_anew(self, rooms: list[OpenRoom]) -> None:
        for room in rooms:
            room.renumber()
            for outlet in [*room.crowd.members, *room.apart]:
                outlet.close(TRY_AGAIN_LATER, "events missed")


class Backplanes:
    """How this process hears of the others, as its settings say."""

    def __init__(self, database: Database, hub: Hub, settings: RealtimeSettings, rooms: Directory, lost: Lost) -> None:
        kind = settings.backplane
        self._figures = hub.figures
        self.bodies: dict[str, Callable[[], Awaitable[None]]] = {}
        """What the supervisor keeps running."""
        self.bell: Bell | None = None
        if kind == BackplaneKind.REDIS:
            if not settings.redis_url:
                raise ConfigurationError("[realtime] backplane = redis needs redis_url")
            self.bell = Bell(settings.redis_url, self._wake)
            self.bodies["live bell"] = self.bell.run
        numbering, self.announcements = Numbering(rooms.is_kept), Announcements(database)
        outbox = PostgresOutbox(numbering, self.announcements, self.bell)
        # rows of the outbox come from other processes only: what this one publishes goes straight to its hub
        self.reader = OutboxReader(
            database, hub, origin=outbox.origin, keep_s=settings.outbox_keep_s, resync=lost.everything
        )
        own = InProcess(hub, numbering, self.announcements, lost.perhaps)
        self.own: Backplane = own
        if kind != BackplaneKind.PROCESS:
            self.own = Shared(own, outbox, numbering)
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

    def count(self) -> None:
        """Sets the figures of this part."""
        self._figures.backplane_up.labels("outbox").set(self.reader.connected)
        if self.bell is not None:
            self._figures.backplane_up.labels("redis").set(self.bell.connected)
        self._figures.backplane_lost.set(self.announcements.lost)

    async def close(self) -> None:
        if self.bell is not None:
            await self.bell.close()


BACKPLANES: web.AppKey[Backplanes] = web.AppKey("backplanes", Backplanes)
READER: web.AppKey[OutboxReader] = web.AppKey("outbox_reader", OutboxReader)


class Wiring(msgspec.Struct, frozen=True):
    """What this layer asks of the application that it is mounted on."""

    actor: ReadActor
    """Who asks for a snapshot."""
    visit: Visit
    """Who opens a socket, and what is asked about them later."""
    rooms: Callable[[web.Application], tuple[Room, ...]]
    settings: Callable[[web.Application], RealtimeSettings]
    origins: Callable[[web.Application], tuple[str, ...]]
    """Our own public addresses, beside the host that the request names."""


async def live_service(app: web.Application, wired: Wiring) -> AsyncIterator[None]:
    """Cleanup context: hub, sockets, and the reader of other processes' events."""
    settings, database = wired.settings(app), app[DATABASE]
    ring = open_ring() if settings.kernel_ring else None
    limits = Limits(settings.unsent_bytes, settings.held_bytes)
    hub = Hub(Figures(app[METRICS]), limits, settings.linger_s, ring=ring)
    directory = Directory(wired.rooms(app))
    kept, acks = Kept(database, hub, settings.log_keep_s), Acks(database, directory)
    allowances = Allowances(database, settings.account_messages_per_s, settings.account_messages_at_once)
    parts = Parts(hub, directory, settings, Snapshots(database, settings, hub.figures), kept, acks, allowances)
    sockets = Sockets(parts, wired.visit, (*settings.origins, *wired.origins(app)))
    plane = Backplanes(database, hub, settings, directory, Lost(hub, kept, sockets))
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
        supervisor.run("live heartbeat", sockets.heartbeat.run),
        supervisor.run("live outbox", reader.run),
        supervisor.run("live log", kept.keep_clean),
        supervisor.run("live acks", acks.run),
        supervisor.run("live figures", _meter(app, hub, plane, settings)),
        *(supervisor.run(name, body) for name, body in plane.bodies.items()),
    ]
    await reader.first_look(within_s=FIRST_LOOK_S)
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await acks.store()
    database.backplane = before
    await kept.close()
    await allowances.close()
    await plane.close()
    hub.pump.stop()
    if ring is not None:
        ring.close()


def _meter(
    app: web.Application, hub: Hub, plane: Backplanes, settings: RealtimeSettings
) -> Callable[[], Awaitable[None]]:
    """Measures this process once a second, and tells it while somebody looks."""
    meter, watch, database = Meter(hub, settings.backplane), Watch(), app[DATABASE]
    app[pages.WATCH] = watch
    hub.watch(overview.ROOM, watch.hear)

    async def measure() -> None:
        while True:
            await asyncio.sleep(1)
            plane.count()
            now = meter.measure(outbox=plane.reader.connected, redis=plane.bell.connected if plane.bell else None)
            watch.add(now)
            if overview.ROOM in hub.rooms or hub.elsewhere(overview.ROOM).sockets:
                database.announce(overview.ROOM, LiveMeasured(now))

    return measure
