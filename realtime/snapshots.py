"""Snapshots of rooms, read once for all who ask at the same time."""

import asyncio
from typing import NamedTuple

import msgspec
import structlog

from app.actor import Actor
from app.database import Database
from app.errors import AppError, Unavailable
from app.feature import Params, Room
from realtime import kept_store, protocol
from realtime.figures import Figures
from realtime.kept_store import Place
from realtime.settings import RealtimeSettings

log = structlog.get_logger(__name__)


class Reading(NamedTuple):
    """A room's snapshot as JSON; of a kept room also where it stood in the same view of the database."""

    snapshot: bytes
    place: Place | None = None


class _Key(NamedTuple):
    """Who asks for what. People whom no loader can tell apart share: an address is told to no loader."""

    room: str
    actor: Actor


class _Reader:
    """Reads one key while somebody asks for it. `next` is the reading that has not begun."""

    def __init__(self) -> None:
        self.next: asyncio.Future[Reading | AppError] | None = None


class Snapshots:
    """Reads snapshots, which is the access check of a join as well.

    Who asks gets a reading that begins after they asked: what happened before is in it, and what happens later waits
    in the room for them. So a reading that is under way is of no use to who comes now; but all who come meanwhile share
    the next one, and a crowd that comes back costs a few readings a room. At most `snapshots_at_once` run at once.
    """

    def __init__(self, database: Database, settings: RealtimeSettings, figures: Figures) -> None:
        self._database = database
        self._timeout_s = settings.snapshot_timeout_s
        self._figures = figures
        self._gate = asyncio.Semaphore(settings.snapshots_at_once)
        self._readers: dict[_Key, _Reader] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, room: Room, name: str, actor: Actor, params: Params) -> Reading:
        """A room's snapshot, from one consistent view of the database.

        Raises what the room's loader raises, `Unavailable` when it takes too long, `AppError` for a faulty loader.
        """
        key = _Key(name, msgspec.structs.replace(actor, address=""))
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = _Reader()
            task = asyncio.create_task(self._serve(key, reader, room, params), name="read snapshots")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if reader.next is None:
            reader.next = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout_s):
                outcome = await asyncio.shield(reader.next)  # the others still wait for it when this one leaves
        except TimeoutError:
            raise Unavailable from None
        if isinstance(outcome, AppError):
            raise outcome.with_traceback(None)  # many raise the same one
        return outcome

    async def _serve(self, key: _Key, reader: _Reader, room: Room, params: Params) -> None:
        try:
            while reader.next is not None:
                outcome: Reading | AppError = Unavailable()
                waiting = reader.next
                try:
                    async with asyncio.timeout(self._timeout_s), self._gate:
                        waiting, reader.next = reader.next, None  # whoever comes from here on needs another one
                        outcome = await self._load(key, room, params)
                except TimeoutError:
                    reader.next = None if reader.next is waiting else reader.next
                waiting.set_result(outcome)
        finally:
            del self._readers[key]

    async def _load(self, key: _Key, room: Room, params: Params) -> Reading | AppError:
        self._figures.snapshots.inc()
        try:
            async with self._database.transaction(readonly=True, isolation="repeatable_read") as tx:
                view = await room.snapshot(tx, key.actor, params)
                place = await kept_store.place(tx, key.room) if room.kept else None
                return Reading(protocol.encode_value(view), place)
        except AppError as problem:
            return problem
        except TimeoutError:
            raise
        except Exception:
            # the loop of all sockets: a fault in one room's loader must not take the others with it
            log.exception("a room's snapshot failed", room=key.room)
            return AppError()
