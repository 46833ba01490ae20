"""The pool, and the transaction that carries an outbox.

`async with database.transaction() as tx:` is the only way to change anything. What `tx.publish` and `tx.after_commit`
take leaves after COMMIT and never after a rollback.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar

import asyncpg
import msgspec
import structlog
from aiohttp import web

from app import store
from app.actor import Actor
from app.errors import ConfigurationError, NotFound, Unavailable, one_line
from app.feature import Event, Job

log = structlog.get_logger(__name__)
Row = TypeVar("Row", bound=msgspec.Struct)

GATHER_S = 0.1
"""Shortest time between two turns of a background work: fifty changes a second are not fifty turns."""


class Publication(msgspec.Struct, frozen=True):
    """An event on its way to a room."""

    room: str
    event: Event
    seq: int = 0
    """Number in a kept room, given by `stage`."""


class Backplane(Protocol):
    """Brings committed publications to every process that has sockets."""

    async def stage(self, tx: "Tx", publications: list[Publication]) -> None:
        """Before COMMIT, in the transaction: writes what must outlive this process; numbers what is kept."""

    def dispatch(self, publications: list[Publication]) -> None:
        """After COMMIT: hands them to the sockets here, or wakes those who do. Returns at once."""

    def doubt(self, publications: list[Publication]) -> None:
        """COMMIT was asked for and its answer never came: they may have happened. Returns at once."""

    def announce(self, publications: list[Publication]) -> None:
        """Publishes what no transaction carries. Returns at once; it may be lost."""


class SilentBackplane:
    """For commands without sockets or listeners (migrate, user): events are of no use to anyone."""

    async def stage(self, tx: "Tx", publications: list[Publication]) -> None:
        """Nothing outlives."""

    def dispatch(self, publications: list[Publication]) -> None:
        """Nobody listens."""

    def doubt(self, publications: list[Publication]) -> None:
        """Nobody listens."""

    def announce(self, publications: list[Publication]) -> None:
        """Nobody listens."""


class Tx:
    """A transaction: asyncpg's calls with typed rows, an outbox, and jobs that start only if it commits."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[Any]") -> None:
        self.connection = connection
        self.outbox: list[Publication] = []
        self.callbacks: list[Callable[[], None]] = []
        self.wakes: set[str] = set()
        self.complete = False
        """Only COMMIT is left, or was asked for."""
        self.role: tuple[str, ...] = ()
        """What a layer has made of the transaction (role, settings), so that it need not be said twice."""

    async def execute(self, sql: str, *values: object) -> str:
        """Runs a statement and returns its command tag, for instance `UPDATE 1`."""
        return str(await self.connection.execute(sql, *values))

    async def value(self, sql: str, *values: object) -> Any:
        """First column of the first row, or None."""
        return await self.connection.fetchval(sql, *values)

    async def record(self, sql: str, *values: object) -> asyncpg.Record | None:
        """First row as it is, or None."""
        return await self.connection.fetchrow(sql, *values)

    async def records(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """All rows as they are."""
        return list(await self.connection.fetch(sql, *values))

    async def maybe(self, kind: type[Row], sql: str, *values: object) -> Row | None:
        """First row as `kind`, whose fields are the columns' names; None where there is none."""
        record = await self.connection.fetchrow(sql, *values)
        return None if record is None else kind(**record)

    async def one(self, kind: type[Row], sql: str, *values: object) -> Row:
        """First row as `kind`; NotFound where there is none."""
        row = await self.maybe(kind, sql, *values)
        if row is None:
            raise NotFound
        return row

    async def all(self, kind: type[Row], sql: str, *values: object) -> list[Row]:
        """All rows as `kind`."""
        return [kind(**record) for record in await self.connection.fetch(sql, *values)]

    async def now(self) -> datetime:
        """The database's clock at this very moment: the transaction may have waited for a lock since it began."""
        return await store.clock(self.connection)

    def publish(self, room: str, event: Event) -> None:
        """Puts an event for a room into the outbox: it leaves after COMMIT."""
        self.outbox.append(Publication(room, event))

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Calls back once, synchronously, after COMMIT: for state in this process (a stream, a cache)."""
        self.callbacks.append(callback)

    def wake(self, work: str) -> None:
        """After COMMIT, lets the background work of this name in this process go on at once (`Database.woken`)."""
        self.wakes.add(work)

    async def enqueue(self, job: Job, payload: msgspec.Struct, delay_s: float = 0) -> int:
        """Queues background work in this very transaction and returns the job's id."""
        from app.jobs import enqueue

        return await enqueue(self, job, payload, delay_s)

    async def audit(self, actor: Actor, action: str, subject: str, /, **details: object) -> None:
        """Writes who did what to what. `action`: the verb (`session.start`); `subject`: the thing (`session/12`)."""
        from app.audit import record

        await record(self, actor, action, subject, details)


class Database:
    """The pool of one process."""

    def __init__(self, pool: "asyncpg.pool.Pool[Any]", backplane: Backplane | None = None) -> None:
        self.pool = pool
        self.backplane: Backplane = backplane or SilentBackplane()
        self._alarms: dict[str, asyncio.Event] = {}
        self._woken_s: dict[str, float] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def transaction(self, *, readonly: bool = False, isolation: str | None = None) -> AsyncIterator[Tx]:
        """Runs a block in a transaction; commits at its end, rolls back when it raises or is cancelled.

        Raises `Unavailable` when no connection can be had within 5 s or the server is away.
        """
        connection = await self._connection()
        try:
            tx = Tx(connection)
            options: dict[str, Any] = {"readonly": readonly}
            if isolation:
                options["isolation"] = isolation
            async with self._outcome(tx), connection.transaction(**options):
                yield tx
                if tx.outbox:
                    await self.backplane.stage(tx, tx.outbox)
                tx.complete = True
        finally:
            await asyncio.shield(self.pool.release(connection))
        for callback in tx.callbacks:
            callback()
        for work in tx.wakes:
            if work in self._alarms:
                self._alarms[work].set()

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Tx]:
        """For a look that is a single statement: without BEGIN and COMMIT, which would be two thirds of its way.

        Changes nothing: whatever would leave after COMMIT is refused. Raises `Unavailable` as `transaction` does.
        """
        connection = await self._connection()
        try:
            tx = Tx(connection)
            async with self._outcome(tx):
                yield tx
                if tx.outbox or tx.callbacks or tx.wakes:
                    raise RuntimeError("a glance changes nothing")
        finally:
            await asyncio.shield(self.pool.release(connection))

    async def _connection(self) -> "asyncpg.pool.PoolConnectionProxy[Any]":
        try:
            return await self.pool.acquire(timeout=5)
        except (
            TimeoutError,
            OSError,
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.InterfaceError,  # the pool is closed: the process is on its way out
        ) as problem:
            raise Unavailable("The database does not answer") from problem

    @asynccontextmanager
    async def _outcome(self, tx: Tx) -> AsyncIterator[None]:
        """Lets out what a transaction carries, before anything else can be cancelled."""
        try:
            yield
        except (
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,  # what a connection cut in the middle of an operation says
            ConnectionError,
        ) as problem:
            if tx.complete and tx.outbox:
                self.backplane.doubt(tx.outbox)
            raise Unavailable("The database does not answer") from problem
        except asyncio.CancelledError:
            if tx.complete and tx.outbox:
                self.backplane.doubt(tx.outbox)
            raise
        if tx.outbox:
            self.backplane.dispatch(tx.outbox)

    def announce(self, room: str, event: Event) -> None:
        """Publishes what is no fact of the database (a meter, a state of a stream): at once, without a transaction."""
        self.backplane.announce([Publication(room, event)])

    async def woken(self, work: str, within_s: float) -> bool:
        """Sleeps until a transaction here has called `tx.wake(work)` since the last time, or until the time is over.

        Other processes wake nobody here: `within_s` is how late their changes may be found. One sleeper a name. The
        first change wakes at once; what follows within `GATHER_S` is worked on together.
        """
        alarm = self._alarms.setdefault(work, asyncio.Event())
        try:
            async with asyncio.timeout(within_s):
                await alarm.wait()
        except TimeoutError:
            return False
        loop = asyncio.get_running_loop()
        rest_s = self._woken_s.get(work, loop.time() - GATHER_S) + GATHER_S - loop.time()
        if rest_s > 0:
            await asyncio.sleep(rest_s)
        alarm.clear()
        self._woken_s[work] = loop.time()
        return True

    @asynccontextmanager
    async def turn(self, work: str, at_once: int) -> AsyncIterator[None]:
        """Lets so many in at once, the others in order of coming: in a storm they wait here, without a connection and
        without being turned away, and leave connections to everybody else.
        """
        async with self._turns.setdefault(work, asyncio.Semaphore(at_once)):
            yield

    async def reachable(self) -> bool:
        """Whether the server answers within 2 s."""
        try:
            async with asyncio.timeout(2):
                return await store.ping(self.pool)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False


DATABASE: web.AppKey[Database] = web.AppKey("database", Database)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg tells no types
    """Saves each transaction a round trip, a quarter of what a short one costs."""

    def get_reset_query(self) -> str:
        """Nothing: no code of ours leaves state in a session of the pool (`SET`, cursors, session locks); whoever
        listens ends its connection. An open transaction is rolled back without it.
        """
        return ""


async def _prepare(connection: "asyncpg.Connection[Any]") -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
    )


async def open_pool(url: str, size: int) -> "asyncpg.pool.Pool[Any]":
    """Opens a pool. Raises `ConfigurationError` with one clear line where the server cannot be reached."""
    try:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            max_inactive_connection_lifetime=3_600,  # over the 45 minutes from bell to bell: a new one plans all anew
            command_timeout=60,
            timeout=10,
            init=_prepare,
            connection_class=_Connection,
            server_settings={"application_name": "gryf", "timezone": "UTC", "jit": "off"},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as problem:
        raise ConfigurationError(f"the database cannot be reached: {one_line(problem)}") from None
