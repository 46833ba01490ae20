"""What a screen on the wall shows, its addresses, and the process that keeps it up to date."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import structlog
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Publication, Tx
from app.errors import Invalid, NotFound, Unavailable
from app.feature import Params
from app.i18n import _
from app.supervise import SUPERVISOR
from app.wire import CITY
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk.access import access_queue, access_setup, readable_queues, room_number
from portals.helpdesk.alerts import actions, wall_store
from portals.helpdesk.alerts.events import WallChanged, WallEnded, wall_room
from portals.helpdesk.alerts.model import Wallboard, WallQueue, WallView
from portals.helpdesk.events import queue_room
from portals.helpdesk.sla.events import clocks_room
from realtime.hub import HUB, Happening, Hub, happening

log = structlog.get_logger(__name__)

BUSY_S: Final = 1.0
"""A queue in which something happens is counted so often at most."""
CALM_S: Final = 15.0
"""And others so often: clocks run out by themselves."""
QUEUES_S: Final = 60.0
PUSH_S: Final = 5.0


def wallboard_key(secret: str) -> str:
    """What is stored of an address."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def wall_view(tx: Tx, ids: Sequence[int] | None) -> WallView:
    """Access is the caller's to check. `ids` None: all active queues."""
    now = await tx.now()
    return WallView(queues=await wall_store.queues(tx, ids, now), now=now)


async def own_wall(database: Database, actor: Actor) -> WallView:
    """Queues that the actor reads."""
    async with database.transaction(readonly=True) as tx:
        return await wall_view(tx, [one.id for one in await readable_queues(tx, actor)])


async def screen(database: Database, key: str) -> tuple[Wallboard, WallView]:
    """For whoever knows the address. Raises `NotFound`."""
    async with database.transaction(readonly=True) as tx:
        found = await wall_store.wallboard(tx, key)
        if found is None:
            raise NotFound
        return found, await wall_view(tx, found.queues)


async def queue_snapshot(tx: Tx, actor: Actor, params: Params) -> WallQueue:
    queue = await access_queue(tx, actor, room_number(params, "queue_id"))
    return await _one(tx, queue.id)


async def screen_snapshot(tx: Tx, actor: Actor, params: Params) -> WallQueue:  # noqa: ARG001 - the key is the right
    found, queue_id = await wall_store.wallboard(tx, params["key"]), room_number(params, "queue_id")
    if found is None or (found.queues is not None and queue_id not in found.queues):
        raise NotFound
    return await _one(tx, queue_id)


async def _one(tx: Tx, queue_id: int) -> WallQueue:
    found = await wall_store.queues(tx, [queue_id], await tx.now())
    if not found:
        raise NotFound
    return found[0]


# addresses


async def wallboards(database: Database, actor: Actor) -> list[Wallboard]:
    """For leads."""
    access_setup(actor)
    async with database.transaction(readonly=True) as tx:
        return await wall_store.wallboards(tx)


async def add_wallboard(database: Database, actor: Actor, name: str, queues: Sequence[int] | None) -> str:
    """The secret of its address, which nobody is told again. Raises `Invalid` for `name` and `queues`."""
    access_setup(actor)
    words = helpdesk_rules.one_line(name)
    faults = {}
    if fault := helpdesk_rules.NEEDED if not words else helpdesk_rules.too_long(words, 80):
        faults["name"] = fault
    secret = secrets.token_urlsafe(24)
    async with database.transaction() as tx:
        if queues is not None and not set(queues) <= set(await wall_store.queue_ids(tx)):
            faults["queues"] = _("One of these queues is not there any more")
        if faults:
            raise Invalid(fields=faults)
        made = await wall_store.add_wallboard(tx, words, wallboard_key(secret), queues, actor.account_id)
        await tx.audit(actor, "wallboard.add", f"helpdesk-wallboard/{made}", name=words)
    return secret


async def revoke_wallboard(database: Database, actor: Actor, wallboard_id: int) -> None:
    """Its address shows nothing from now on; a screen that is on it goes dark at once."""
    access_setup(actor)
    async with database.transaction() as tx:
        key = await wall_store.revoke_wallboard(tx, wallboard_id)
        if key is None:
            raise NotFound
        await tx.audit(actor, "wallboard.revoke", f"helpdesk-wallboard/{wallboard_id}")
        for queue_id in await wall_store.queue_ids(tx):
            tx.publish(wall_room(queue_id, key), WallEnded())


# keeping screens up to date


class Watch:
    """What one process has seen of queues while somebody looks at a wall. `clock`: monotonic seconds."""

    def __init__(self, database: Database, hub: Hub, clock: Callable[[], float]) -> None:
        self._database = database
        self._hub = hub
        self._clock = clock
        self._stops: dict[int, list[Callable[[], None]]] = {}
        self._stale: set[int] = set()
        self._counted_s: dict[int, float] = {}
        self._listed_s = -QUEUES_S

    async def run(self) -> None:
        """Body of a supervised task."""
        try:
            while True:
                with contextlib.suppress(Unavailable):
                    await self.turn()
                await asyncio.sleep(BUSY_S / 2)
        finally:
            for stop in [one for found in self._stops.values() for one in found]:
                stop()
            self._stops.clear()

    async def turn(self) -> None:
        """Counts what is due and tells it; nothing where nobody looks."""
        rooms = self._rooms()
        if not rooms:
            return
        await self._list_queues()
        now = self._clock()
        due = [one for one in rooms if now - self._counted_s.get(one, -CALM_S) >= self._pause_s(one)]
        if not due:
            return
        self._stale -= set(due)
        self._counted_s.update(dict.fromkeys(due, now))
        async with self._database.transaction(readonly=True) as tx:
            view, keys = await wall_view(tx, due), await wall_store.keys(tx)
        for queue in view.queues:
            for name in rooms.get(queue.id, ()):
                key = name.removeprefix(wall_room(queue.id)).lstrip("/")
                if not key or key in keys:  # whoever stays in the room of an address that was taken back hears nothing
                    self._hub.deliver(happening(Publication(name, WallChanged(queue))))

    def _pause_s(self, queue_id: int) -> float:
        return BUSY_S if queue_id in self._stale else CALM_S

    def _rooms(self) -> dict[int, list[str]]:
        """Rooms of walls with somebody in them, by queue."""
        found: dict[int, list[str]] = {}
        for name, room in self._hub.rooms.items():
            if not name.startswith("helpdesk/wall/") or room.empty_since_s is not None:
                continue
            number = name.split("/")[2]
            # a name that is refused stands here for a moment too
            if number.isascii() and number.isdigit() and len(number) <= 18:
                found.setdefault(int(number), []).append(name)
        return found

    async def _list_queues(self) -> None:
        if self._clock() - self._listed_s < QUEUES_S:
            return
        self._listed_s = self._clock()
        async with self._database.transaction(readonly=True) as tx:
            ids = await wall_store.queue_ids(tx)
        for one in set(ids) - self._stops.keys():
            rooms = (queue_room(one), clocks_room(one))
            self._stops[one] = [self._hub.watch(room, self._noting(one)) for room in rooms]

    def _noting(self, queue_id: int) -> Callable[[Happening], None]:
        def note(_what: Happening) -> None:
            self._stale.add(queue_id)

        return note


async def watch_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: walls, and what is told by Web Push."""
    database, zone = app[DATABASE], app[CITY].time_zone
    watch = Watch(database, app[HUB], asyncio.get_running_loop().time)
    tasks = [
        app[SUPERVISOR].run("walls of the helpdesk", watch.run),
        app[SUPERVISOR].run("bells without a page", lambda: _push(database, zone)),
    ]
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _push(database: Database, time_zone: str) -> None:
    """Every few seconds: marks are a few rows, and there are none while nobody wants to be told."""
    while True:
        try:
            while await actions.push_waiting(database, time_zone):
                pass
        except Unavailable:
            log.warning("bells wait for the database")
        await asyncio.sleep(PUSH_S)
