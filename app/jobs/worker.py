"""The worker's loop. pgqueuer's queries claim, mark and retry; the loop around them is ours for three reasons:

a job that outlives the connection is marked on the next one, a stopping worker gives its jobs back without an attempt
lost, and a job whose worker was killed counts that as an attempt, so one that kills each worker ends as failed.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import uuid4

import asyncpg
import msgspec
import structlog
from croniter import croniter  # type: ignore[import-untyped]  # it ships no types
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries

from app.database import Database
from app.errors import Unavailable
from app.feature import Job
from app.jobs import store
from app.jobs.queue import GiveUp, pgqueuer_queries, running

log = structlog.get_logger(__name__)

LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    Unavailable,
)
"""What a database that is away, restarting or not migrated yet looks like.

InternalClientError: a connection that was cut in the middle of an operation refuses the next one with it.
"""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How many, how often, how long. Stopping takes `finish_s` + `cancel_s` + 1.5 s at most: less than 5 s."""

    at_once: int = 4
    tick_s: float = 10.0
    """Between signs of life; cron lines and jobs of dead workers are looked for as often."""
    dead_after_s: float = 35.0
    """Without a sign of life for this long, a worker's jobs go to another."""
    retry_first_s: float = 10.0
    retry_factor: float = 3.0
    retry_most_s: float = 3600.0
    reconnect_most_s: float = 10.0
    finish_s: float = 1.5
    """What running jobs get to end by themselves when the worker stops."""
    cancel_s: float = 1.5
    """What cancelled jobs get to clean up."""

    def retry_delay(self, failures: int) -> timedelta:
        """Pause after the failure that follows `failures` earlier ones."""
        return timedelta(seconds=min(self.retry_first_s * self.retry_factor ** min(failures, 50), self.retry_most_s))


async def run_worker(
    database: Database,
    jobs: Sequence[Job],
    stop: asyncio.Event,
    pace: Pace | None = None,
    parts: Sequence[object] = (),
) -> None:
    """Runs jobs until `stop` is set; outlives restarts of the database.

    `parts` are the objects that jobs ask for with `app.jobs.part`. Raises ValueError for two jobs of one name.
    """
    worker = _Worker(database, jobs, stop, pace or Pace(), parts)
    try:
        await worker.run()
    finally:
        worker.cancel()


def next_run(expression: str, after: datetime) -> datetime:
    """First time of a cron line (five fields, in the zone of `after`: UTC) that is later than `after`."""
    moment = croniter(expression, after).get_next(datetime)
    assert isinstance(moment, datetime)
    return moment


class _Worker:
    def __init__(
        self, database: Database, jobs: Sequence[Job], stop: asyncio.Event, pace: Pace, parts: Sequence[object]
    ) -> None:
        self.id = uuid4()
        self.database = database
        self.jobs = {job.name: job for job in jobs}
        if len(self.jobs) != len(jobs):
            raise ValueError("two jobs have the same name")
        self.stop = stop
        self.pace = pace
        self.parts = parts
        self.running: dict[int, asyncio.Task[None]] = {}
        self.wake = asyncio.Event()
        self.queries: Queries | None = None
        self.connected = asyncio.Event()
        self.ending = False

    async def run(self) -> None:
        stopping = asyncio.create_task(self._wake_on_stop())
        pause_s = 0.2
        try:
            while not self.stop.is_set():
                try:
                    async with self._session() as queries:
                        log.info("worker ready", worker=str(self.id), jobs=len(self.jobs))
                        pause_s = 0.2
                        await self._serve(queries)
                        await self._finish()
                except LOST as problem:
                    log.warning("worker without database; it tries again", reason=_reason(problem), pause_s=pause_s)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause_s):
                            await self.stop.wait()
                    pause_s = min(pause_s * 2, self.pace.reconnect_most_s)
            if not self.ending:
                await self._finish()
        finally:
            stopping.cancel()

    def cancel(self) -> None:
        """Ends what still runs, at once; the jobs are found silent and taken over later."""
        for task in self.running.values():
            task.cancel()

    async def _wake_on_stop(self) -> None:
        await self.stop.wait()
        self.wake.set()

    @contextlib.asynccontextmanager
    async def _session(self) -> AsyncIterator[Queries]:
        """One connection for LISTEN and for pgqueuer's queries, which write JSON as text: without our codec."""
        connection = await self.database.pool.acquire(timeout=5)
        try:
            await connection.reset_type_codec("jsonb", schema="pg_catalog")
            queries = pgqueuer_queries(connection)
            await connection.add_listener(queries.qbe.settings.channel, lambda *_: self.wake.set())
            await self._register_schedules()
            self.queries = queries
            self.connected.set()
            yield queries
        finally:
            self.queries = None
            self.connected.clear()
            # Never back to the pool: it has lost the codec. The server frees it when the socket closes.
            connection.terminate()
            await self.database.pool.release(connection)

    async def _serve(self, queries: Queries) -> None:
        clock = asyncio.get_running_loop().time
        tick_at = clock()
        while not self.stop.is_set():
            self.wake.clear()
            if clock() >= tick_at:
                async with asyncio.timeout(10):
                    await self._tick(queries)
                tick_at = clock() + self.pace.tick_s
            await self._take(queries)
            pause_s = max(0.05, min(tick_at - clock(), await self._next_due_s()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self.wake.wait()

    async def _next_due_s(self) -> float:
        """Seconds until a job's time comes; a job that is due and was not taken waits for a free hand or a tick."""
        if len(self.running) >= self.pace.at_once:
            return self.pace.tick_s
        async with self.database.transaction() as tx:
            seconds = await store.seconds_until_due(tx, list(self.jobs))
        return self.pace.tick_s if seconds is None else max(0.0, seconds)

    async def _tick(self, queries: Queries) -> None:
        if self.running:
            await queries.update_heartbeat(list(self.running))  # type: ignore[arg-type]  # JobId is an int
        async with self.database.transaction() as tx:
            await store.mark_worker_seen(tx, self.id, socket.gethostname(), os.getpid())
            abandoned = await store.abandoned_job_names(tx, self.pace.dead_after_s)
        if abandoned:
            log.warning("jobs of a silent worker go back to the queue", jobs=abandoned)
        await self._start_due_schedules()

    async def _register_schedules(self) -> None:
        async with self.database.transaction() as tx:
            now = await store.server_time(tx)
            for job in self.jobs.values():
                if job.cron:
                    await store.save_schedule(tx, job.name, job.cron, next_run(job.cron, now))

    async def _start_due_schedules(self) -> None:
        """Queues what is due and moves its line on, in one transaction. A job that still waits is not doubled."""
        names = [job.name for job in self.jobs.values() if job.cron]
        if not names:
            return
        async with self.database.transaction() as tx:
            for line in await store.due_schedules(tx, names):
                await store.queued_job_id(tx, line.name, b"{}", 0.0, f"cron {line.name}")
                await store.move_schedule(tx, line.id, next_run(line.expression, line.now))

    async def _take(self, queries: Queries) -> None:
        free = self.pace.at_once - len(self.running)
        if free <= 0 or not self.jobs:
            return
        taken = await queries.dequeue(
            batch_size=free,
            entrypoints={
                QueueEntrypoint(name): EntrypointExecutionParameter(concurrency_limit=0) for name in self.jobs
            },
            queue_manager_id=QueueManagerId(self.id),
            global_concurrency_limit=None,
            # The tick takes care of silent workers earlier, and counts the attempt.
            heartbeat_timeout=timedelta(seconds=self.pace.dead_after_s * 20),
        )
        for row in taken:
            if row.id in self.running:
                continue  # it was thought dead while the database was away, and still runs here
            task = asyncio.create_task(self._run(row), name=f"job {row.entrypoint} {row.id}")
            self.running[row.id] = task
            task.add_done_callback(partial(self._ended, row.id))

    def _ended(self, job_id: int, _task: asyncio.Task[None]) -> None:
        self.running.pop(job_id, None)
        self.wake.set()

    async def _run(self, row: QueuedJob) -> None:
        job = self.jobs[row.entrypoint]
        failure: BaseException
        try:
            if row.attempts >= job.attempts:
                raise GiveUp("each attempt ended with the death of its worker")
            try:
                payload = msgspec.json.decode(row.payload or b"{}", type=job.payload)
            except (msgspec.ValidationError, msgspec.DecodeError) as problem:
                raise GiveUp(f"the payload cannot be read: {problem}") from None
            with running(row.id, self.parts):
                await job.run(self.database, payload)
        except asyncio.CancelledError as cancelled:
            if self.ending:
                raise
            failure = cancelled
        except Exception as problem:  # noqa: BLE001 - this is the supervisor of jobs
            failure = problem
        else:
            await self._settle(lambda queries: queries.log_jobs([(row, "successful", None)]))
            return
        await self._settle_failure(row, job, failure)

    async def _settle_failure(self, row: QueuedJob, job: Job, failure: BaseException) -> None:
        record = _traceback(row, failure)
        failures = row.attempts + 1
        if failures < job.attempts and not isinstance(failure, GiveUp):
            delay = self.pace.retry_delay(row.attempts)
            log.warning(
                "job failed; it is tried again", job=job.name, id=row.id, reason=_reason(failure), delay=str(delay)
            )
            await self._settle(lambda queries: queries.retry_job(row, delay, record))
            return
        log.error("job given up", job=job.name, id=row.id, failures=failures, reason=_reason(failure), exc_info=failure)
        await self._settle(lambda queries: queries.log_jobs([(row, "failed", record)]))

    async def _settle(self, write: Callable[[Queries], Awaitable[None]]) -> None:
        """Writes a job's outcome, on the next connection where this one is lost."""
        while True:
            await self.connected.wait()
            try:
                if self.queries is not None:
                    await write(self.queries)
                    return
            except LOST:
                await asyncio.sleep(0.2)

    async def _finish(self) -> None:
        """Lets running jobs end, cancels the rest, and gives back what is not done."""
        if self.running:
            await asyncio.wait(self.running.values(), timeout=self.pace.finish_s)
        self.ending = True
        unfinished = list(self.running)
        tasks = list(self.running.values())
        self.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self.pace.cancel_s)
        with contextlib.suppress(*LOST):
            async with asyncio.timeout(1.5), self.database.transaction() as tx:
                if unfinished:
                    returned = await store.returned_job_count(tx, self.id, unfinished)
                    log.info("worker stops; jobs go back to the queue", jobs=returned)
                await store.remove_worker(tx, self.id)


def _reason(failure: BaseException) -> str:
    return str(failure) or type(failure).__name__


def _traceback(row: QueuedJob, failure: BaseException) -> TracebackRecord:
    record = TracebackRecord.from_exception(
        failure if isinstance(failure, Exception) else RuntimeError("it was cancelled from inside"), row.id
    )
    return record.model_copy(update={"exception_message": record.exception_message or record.exception_type})
