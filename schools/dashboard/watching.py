"""Beside requests: looks through schools for alerts, keeps wallboards and the city's table up to date.

A mark wakes the scan of its school by the room that dashboards listen to, so marking itself costs nothing more. Each
process listens; which of them looks through a school is settled in the database, and an alert is there once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from app.config import City
from app.database import DATABASE, Database, Publication
from app.errors import NotFound, Unavailable
from app.supervise import SUPERVISOR
from app.wire import CITY, section
from realtime.hub import HUB, Happening, Hub, happening
from schools.dashboard import actions, city, store
from schools.dashboard.model import WallChanged
from schools.register.model import day_room
from schools.structure.settings import SchoolsSettings
from schools.structure.tenancy import city_transaction

log = structlog.get_logger(__name__)

TURN_S: Final = 0.5
CALM_S: Final = 20.0
"""A school in which nothing is marked is looked through so often: lessons become late by themselves."""
BUSY_S: Final = 5.0
"""And one in which something is, at most so often."""
WALL_S: Final = 1.0
CITY_S: Final = 60.0
SCHOOLS_S: Final = 60.0


class Watch:
    """What one process has seen of schools. `clock`: monotonic seconds."""

    def __init__(self, database: Database, hub: Hub, smallest: int, zone: str, clock: Callable[[], float]) -> None:
        self._database = database
        self._hub = hub
        self._smallest = smallest
        self._zone = ZoneInfo(zone)
        self._clock = clock
        self._stops: dict[int, Callable[[], None]] = {}
        self._marked: set[int] = set()
        self._scanned_s: dict[int, float] = {}
        self._stale: set[int] = set()
        self._drawn_s: dict[int, float] = {}
        self._counted_s = -CITY_S
        self._listed_s = -SCHOOLS_S

    async def run(self) -> None:
        try:
            while True:
                await self.turn(datetime.now(UTC))
                await asyncio.sleep(TURN_S)
        finally:
            for stop in self._stops.values():
                stop()
            self._stops.clear()

    async def turn(self, moment: datetime) -> None:
        """Everything that is due now; a database that does not answer is asked again at the next turn."""
        try:
            await self._list_schools()
            for school_id in list(self._stops):
                await self._scan(school_id, moment)
            await self._draw_walls(moment)
            await self._count_city(moment)
        except Unavailable:
            log.warning("dashboards wait for the database")

    async def _list_schools(self) -> None:
        if self._clock() - self._listed_s < SCHOOLS_S:
            return
        async with self._database.transaction(readonly=True) as tx:
            found = set(await store.schools_with_a_year(tx))
        self._listed_s = self._clock()
        for school_id in found - self._stops.keys():
            self._stops[school_id] = self._hub.watch(day_room(school_id), self._noting(school_id))

    def _noting(self, school_id: int) -> Callable[[Happening], None]:
        def note(_what: Happening) -> None:
            self._marked.add(school_id)
            self._stale.add(school_id)

        return note

    async def _scan(self, school_id: int, moment: datetime) -> None:
        since = self._clock() - self._scanned_s.get(school_id, -CALM_S)
        if since < (BUSY_S if school_id in self._marked else CALM_S):
            return
        self._scanned_s[school_id] = self._clock()
        self._marked.discard(school_id)
        if await actions.scan(self._database, school_id, moment):
            self._stale.add(school_id)

    async def _draw_walls(self, moment: datetime) -> None:
        rooms: dict[int, list[str]] = {}
        for name, room in self._hub.rooms.items():
            parts = name.split("/")
            if len(parts) == 4 and parts[0] == "school" and parts[2] == "wallboard" and room.empty_since_s is None:
                rooms.setdefault(int(parts[1]), []).append(name)
        for school_id, names in rooms.items():
            since = self._clock() - self._drawn_s.get(school_id, -CALM_S)
            if since < (WALL_S if school_id in self._stale else CALM_S):
                continue
            self._drawn_s[school_id] = self._clock()
            self._stale.discard(school_id)
            with contextlib.suppress(NotFound):
                async with self._database.transaction(readonly=True) as tx:
                    view = await actions.wall_of_school(tx, school_id, moment)
                    live = [name for name in names if await store.has_wallboard(tx, name.rpartition("/")[2])]
                for name in live:
                    self._hub.deliver(happening(Publication(name, WallChanged(view))))

    async def _count_city(self, moment: datetime) -> None:
        room = self._hub.rooms.get(city.ROOM)
        if room is None or room.empty_since_s is not None or self._clock() - self._counted_s < CITY_S:
            return
        self._counted_s = self._clock()
        async with city_transaction(self._database) as tx:
            view = await city.city_view(tx, moment.astimezone(self._zone).date(), self._smallest)
        self._hub.deliver(happening(Publication(city.ROOM, city.CityCounted(view))))


async def watch_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context."""
    settings, zone = section(app, SchoolsSettings), app[CITY]
    watch = new_watch(app[DATABASE], app[HUB], settings, zone)
    task = app[SUPERVISOR].run("dashboards of schools", watch.run)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def new_watch(database: Database, hub: Hub, settings: SchoolsSettings, zone: City) -> Watch:
    return Watch(database, hub, settings.smallest_cell, zone.time_zone, asyncio.get_running_loop().time)
