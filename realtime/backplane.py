"""How committed events reach the sockets: within this process, and from another one through the outbox table.

A NOTIFY carries nothing: it only wakes the reader, which asks the table. It may be lost (the connection was down) or be
late; a look every two seconds fills in.

Rows commit in another order than their ids were given out, so «everything after the last id» would skip the late ones.
The reader keeps the snapshot (`pg_current_snapshot()`) of its last look instead and takes the rows whose transaction
was not visible in it: exactly those that committed since, however long their transaction was open, each once.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import asyncpg
import structlog

from app.database import Database, Publication, Tx
from app.errors import Unavailable
from app.feature import Probe, Room
from realtime import store
from realtime.bell import Bell
from realtime.directory import Directory
from realtime.hub import Happening, Hub, happening
from realtime.kept import Numbering

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 2.0
CLEAN_EVERY_S: Final = 60.0
ANSWER_WITHIN_S: Final = 10.0
LONGEST_PAUSE_S: Final = 10.0
MAX_ANNOUNCEMENTS: Final = 1_000

Doubt = Callable[[Sequence[str]], None]
"""Told of rooms whose events may have been committed without being told here."""


class Announcements:
    """Writes announcements in transactions of their own, soon. They may be lost, and are counted."""

    def __init__(self, database: Database) -> None:
        self.lost = 0
        """Not written: the database was away, or there were too many at once."""
        self._database = database
        self._writing: set[asyncio.Task[None]] = set()

    def write(self, body: Callable[[Tx], Awaitable[None]], count: int) -> None:
        """Calls `body` in a transaction; returns at once."""
        if len(self._writing) >= MAX_ANNOUNCEMENTS:
            self.lost += count
            return
        task = asyncio.create_task(self._write(body, count), name="announce")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, body: Callable[[Tx], Awaitable[None]], count: int) -> None:
        try:
            async with self._database.transaction() as tx:
                await body(tx)
        except Unavailable:
            self.lost += count
            log.warning("an announcement was lost: the database is away", events=count)


class InProcess:
    """For the process that holds the sockets: its own events go straight to its hub."""

    def __init__(self, hub: Hub, numbering: Numbering, announcements: Announcements, doubt: Doubt) -> None:
        self._hub = hub
        self._numbering = numbering
        self._announcements = announcements
        self._doubt = doubt

    async def stage(self, tx: Tx, publications: list[Publication]) -> None:
        """Of kept rooms alone: in the others everybody gets a snapshot after a restart."""
        await self._numbering.apply(tx, publications)

    def dispatch(self, publications: list[Publication]) -> None:
        self._hub.dispatch(publications)

    def doubt(self, publications: list[Publication]) -> None:
        self._doubt([one.room for one in publications])

    def announce(self, publications: list[Publication]) -> None:
        loose, kept = self._numbering.split(publications)
        self._hub.dispatch(loose)
        if kept:

            async def publish(tx: Tx) -> None:
                tx.outbox += kept

            self._announcements.write(publish, len(kept))


class PostgresOutbox:
    """For a process without sockets (the worker): events become rows of the same transaction.

    With a `bell` that is connected it rings for the readers; else NOTIFY wakes them.
    """

    def __init__(self, numbering: Numbering, announcements: Announcements, bell: Bell | None = None) -> None:
        self.origin = secrets.token_urlsafe(9)
        self._numbering = numbering
        self._announcements = announcements
        self._bell = bell

    @property
    def lost(self) -> int:
        """Announcements that were not written."""
        return self._announcements.lost

    async def stage(self, tx: Tx, publications: list[Publication]) -> None:
        await self._numbering.apply(tx, publications)
        await store.insert_happenings(tx, self.origin, [happening(each) for each in publications])
        if self._bell is None or not self._bell.connected:
            await store.wake_readers(tx)
        else:
            tx.after_commit(self._bell.ring)

    def dispatch(self, publications: list[Publication]) -> None:
        """Nothing: the NOTIFY of the transaction has left with its COMMIT, or the bell rings."""

    def doubt(self, publications: list[Publication]) -> None:
        """Nothing: if they are there the others read them."""

    def announce(self, publications: list[Publication]) -> None:
        """Writes in a transaction of its own, soon. What is no fact of the database may be lost, and is counted."""

        async def write(tx: Tx) -> None:
            await self.stage(tx, publications)  # past `tx.outbox`: whoever has a hub told it already

        self._announcements.write(write, len(publications))


class Shared:
    """For one of several processes that hold sockets: its own hub at once, rows for the others' hubs."""

    def __init__(self, own: InProcess, outbox: PostgresOutbox, numbering: Numbering) -> None:
        self._own = own
        self._outbox = outbox
        self._numbering = numbering

    async def stage(self, tx: Tx, publications: list[Publication]) -> None:
        await self._outbox.stage(tx, publications)

    def dispatch(self, publications: list[Publication]) -> None:
        self._own.dispatch(publications)
        self._outbox.dispatch(publications)

    def doubt(self, publications: list[Publication]) -> None:
        self._own.doubt(publications)

    def announce(self, publications: list[Publication]) -> None:
        self._own.announce(publications)  # what is kept goes to the others from there
        loose, _kept = self._numbering.split(publications)
        if loose:
            self._outbox.announce(loose)


def worker_backplane(database: Database, rooms: Iterable[Room] = ()) -> PostgresOutbox:
    """The backplane of the worker process: set it as `database.backplane`. `rooms`: all that are declared."""
    return PostgresOutbox(Numbering(Directory(rooms).is_kept), Announcements(database))


class OutboxReader:
    """Brings rows of other processes to the hub. One connection: it listens, and it reads.

    `resync` is called when rows may have been deleted unread (the database was away for longer than they are kept):
    every socket must then start from a snapshot.
    """

    def __init__(self, database: Database, hub: Hub, *, origin: str, keep_s: float, resync: Callable[[], None]) -> None:
        self.connected = False
        self._database = database
        self._hub = hub
        self._origin = origin
        self._keep_s = keep_s
        self._resync = resync
        self._seen: store.View | None = None
        self._looked_at_s = float("-inf")
        self._newest = 0
        self._wake = asyncio.Event()
        self._began = asyncio.Event()

    async def run(self) -> None:
        """Follows the outbox for ever; comes back by itself when the connection is lost."""
        pause_s = 0.1
        while True:
            try:
                await self._follow()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
                log.warning("the outbox is out of reach", problem=str(problem) or type(problem).__name__)
            if self.connected:
                pause_s = 0.1
            self.connected = False
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 (spreads work, hides nothing)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def first_look(self, within_s: float) -> None:
        """Waits until the reader follows, so that the first sockets miss nothing; not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._began.wait()

    def wake(self) -> None:
        """There may be something to read."""
        self._wake.set()

    async def probe(self) -> Probe:
        """For /readyz."""
        return Probe(self.connected, "" if self.connected else "events of the worker arrive late: no database")

    async def _follow(self) -> None:
        """One life of the connection."""
        pool = self._database.pool
        connection = await pool.acquire(timeout=5)
        try:
            connection.add_termination_listener(self._on_lost)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await connection.add_listener(store.CHANNEL, self._on_notify)
            cleaned_at_s = float("-inf")
            while not connection.is_closed():
                self._wake.clear()
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self._look(connection)
                    if time.monotonic() - cleaned_at_s > CLEAN_EVERY_S:
                        await store.delete_older(Tx(connection), self._keep_s)
                        cleaned_at_s = time.monotonic()
                self.connected = True
                self._began.set()
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        except BaseException:
            connection.terminate()  # in an unknown state, or about to be cancelled: never back into the pool as it is
            raise
        finally:
            await pool.release(connection)

    async def _look(self, connection: Any) -> None:
        tx = Tx(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            now = await store.view(tx)
            seen, found, oldest_s = self._seen, list[Happening](), 0.0
            if seen is not None:
                after_id = None if now.started == seen.started else self._newest
                found, oldest_s = await store.happenings_since(tx, seen.snapshot, self._origin, after_id)
        late_s = time.monotonic() - self._looked_at_s
        if seen is not None and (0 < now.newest < self._newest or late_s > self._keep_s / 2):
            log.warning("events may have been missed; every socket starts again", late_s=round(late_s))
            self._resync()
        elif seen is None and self._hub.rooms:
            self._resync()  # sockets that came before the first look
        self._seen, self._looked_at_s = now, time.monotonic()
        self._newest = max(self._newest, now.newest)
        for what in found:
            self._hub.deliver(what)
        self._hub.figures.outbox.inc(len(found))
        if found:
            self._hub.figures.backplane_lag.observe(max(0.0, oldest_s))

    def _on_notify(self, *_details: object) -> None:
        self._wake.set()

    def _on_lost(self, _connection: object) -> None:
        self._wake.set()
