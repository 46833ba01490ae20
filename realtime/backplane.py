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
from collections.abc import Callable
from typing import Any, Final

import asyncpg
import structlog

from app.database import Database, Publication, Tx
from app.errors import Unavailable
from app.feature import Probe
from realtime import store
from realtime.bell import Bell
from realtime.hub import Hub, happening

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 2.0
CLEAN_EVERY_S: Final = 60.0
ANSWER_WITHIN_S: Final = 10.0
LONGEST_PAUSE_S: Final = 10.0
MAX_ANNOUNCEMENTS: Final = 1_000


class InProcess:
    """For the process that holds the sockets: its own events go straight to its hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def stage(self, tx: Tx, publications: list[Publication]) -> None:
        """Nothing: after a restart everybody gets a snapshot anyway."""

    def dispatch(self, publications: list[Publication]) -> None:
        self._hub.dispatch(publications)

    def announce(self, publications: list[Publication]) -> None:
        self._hub.dispatch(publications)


class PostgresOutbox:
    """For a process without sockets (the worker): events become rows of the same transaction.

    With a `bell` that is connected it rings for the readers; else NOTIFY wakes them.
    """

    def __init__(self, database: Database, origin: str = "", bell: Bell | None = None) -> None:
        self.origin = origin or secrets.token_urlsafe(9)
        self.lost = 0
        """Announcements that were not written: the database was away, or there were too many at once."""
        self._database = database
        self._bell = bell
        self._announcing: set[asyncio.Task[None]] = set()

    async def stage(self, tx: Tx, publications: list[Publication]) -> None:
        await store.insert_happenings(tx, self.origin, [happening(each) for each in publications])
        if self._bell is None or not self._bell.connected:
            await store.wake_readers(tx)
        else:
            tx.after_commit(self._bell.ring)

    def dispatch(self, publications: list[Publication]) -> None:
        """Nothing: the NOTIFY of the transaction has left with its COMMIT, or the bell rings."""

    def announce(self, publications: list[Publication]) -> None:
        """Writes in a transaction of its own, soon. What is no fact of the database may be lost, and is counted."""
        if len(self._announcing) >= MAX_ANNOUNCEMENTS:
            self.lost += len(publications)
            return
        task = asyncio.create_task(self._write(publications), name="announce")
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    async def _write(self, publications: list[Publication]) -> None:
        try:
            async with self._database.transaction() as tx:
                await self.stage(tx, publications)
        except Unavailable:
            self.lost += len(publications)
            log.warning("an announcement was lost: the database is away", rooms=len(publications))


class Shared:
    """For one of several processes that hold sockets: its own hub at once, rows for the others' hubs."""

    def __init__(self, hub: Hub, outbox: PostgresOutbox) -> None:
        self._hub = hub
        self._outbox = outbox

    async def stage(self, tx: Tx, publications: list[Publication]) -> None:
        await self._outbox.stage(tx, publications)

    def dispatch(self, publications: list[Publication]) -> None:
        self._hub.dispatch(publications)
        self._outbox.dispatch(publications)

    def announce(self, publications: list[Publication]) -> None:
        self._hub.dispatch(publications)
        self._outbox.announce(publications)


def worker_backplane(database: Database) -> PostgresOutbox:
    """The backplane of the worker process: set it as `database.backplane`."""
    return PostgresOutbox(database)


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
            seen, found = self._seen, []
            if seen is not None and now.xmax >= seen.xmax:
                found = await store.happenings_since(tx, seen.snapshot, self._origin)
        late_s = time.monotonic() - self._looked_at_s
        if seen is not None and (now.xmax < seen.xmax or late_s > self._keep_s / 2):
            log.warning("events may have been missed; every socket starts again", late_s=round(late_s))
            self._resync()
        elif seen is None and self._hub.rooms:
            self._resync()  # sockets that came before the first look
        self._seen, self._looked_at_s = now, time.monotonic()
        for what in found:
            self._hub.deliver(what)
        self._hub.figures.outbox.inc(len(found))

    def _on_notify(self, *_details: object) -> None:
        self._wake.set()

    def _on_lost(self, _connection: object) -> None:
        self._wake.set()
