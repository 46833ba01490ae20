"""What features and pages do with jobs: queue them, tell how far one is, see and revive what failed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import asyncpg
import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel, JobId
from pgqueuer.queries import Queries

from app.database import Database, Tx
from app.errors import ConfigurationError, Conflict
from app.feature import Job
from app.jobs import store
from app.jobs.store import FailedJob, JobCount, JobProgress

WORKER_SEEN_WITHIN_S = 45.0
"""A worker that has not been seen for longer counts as gone."""

Part = TypeVar("Part")


class _Running(msgspec.Struct, frozen=True):
    job_id: int
    parts: tuple[object, ...]


_running: Final[ContextVar[_Running]] = ContextVar("running_job")


class GiveUp(Exception):
    """Raised by a job that would fail each time: no further attempt; the message is the reason that operators see."""


class QueueState(msgspec.Struct, frozen=True):
    """The queue at a glance: for /readyz, /metrics and the administrators' page."""

    jobs: tuple[JobCount, ...]
    waiting: int
    running: int
    failed: int
    oldest_age_s: float
    """How long the first job that is due has been waiting."""
    workers: int
    """Worker processes seen in the last 45 s."""


def pgqueuer_queries(connection: Any) -> Queries:
    """Queries of pgqueuer over a connection.

    The names are the migration's, whatever `PGQUEUER_…` (or plain `CHANNEL`, `TRIGGER`) the environment holds.
    """
    settings = DBSettings(
        prefix="",
        db_schema=None,
        channel=Channel("ch_pgqueuer"),
        function="fn_pgqueuer_changed",
        trigger="tg_pgqueuer_changed",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        queue_status_type="pgqueuer_status",
        statistics_table="pgqueuer_statistics",
        schedules_table="pgqueuer_schedules",
    )
    return Queries(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


async def enqueue(tx: Tx, job: Job, payload: msgspec.Struct, delay_s: float = 0) -> int:
    """Queues a job in the caller's transaction and returns its id.

    It starts after COMMIT, `delay_s` later at the earliest.
    Raises TypeError where the payload is not of the job's kind: that is a mistake in code.
    """
    if not isinstance(payload, job.payload):
        raise TypeError(f"job {job.name} takes {job.payload.__name__}, not {type(payload).__name__}")
    job_id = await store.queued_job_id(tx, job.name, msgspec.json.encode(payload), max(0.0, delay_s), None)
    assert job_id is not None
    return job_id


async def enqueue_once(tx: Tx, job: Job, payload: msgspec.Struct, key: str) -> int | None:
    """The same, unless a job of this name and key waits or runs: then None."""
    return await store.queued_job_id(tx, job.name, msgspec.json.encode(payload), 0.0, f"{job.name} {key}")


def running_job_id() -> int:
    """Id of the job that runs here; LookupError outside of one."""
    return _running.get().job_id


def part(kind: type[Part]) -> Part:
    """The object of this class that the worker was started with (`run_worker(…, parts=…)`): a mailer, the file store.

    Raises ConfigurationError where there is none, LookupError outside of a job.
    """
    for candidate in _running.get().parts:
        if isinstance(candidate, kind):
            return candidate
    raise ConfigurationError(f"the worker was started without {kind.__name__}")


@contextmanager
def running(job_id: int, parts: Sequence[object] = ()) -> Iterator[None]:
    """For the worker: inside the block, `running_job_id()` and `part()` answer."""
    token = _running.set(_Running(job_id, tuple(parts)))
    try:
        yield
    finally:
        _running.reset(token)


async def progress(where: Database | Tx, job_id: int, done: int, total: int = 0, note: str = "") -> None:
    """Tells how far a job is: with a Database it is seen at once, with a Tx when that commits.

    `note` is a message id.
    """
    if isinstance(where, Tx):
        await store.save_progress(where, job_id, done, total, note)
        return
    async with where.transaction() as tx:
        await store.save_progress(tx, job_id, done, total, note)


async def progress_of(tx: Tx, job_id: int) -> JobProgress | None:
    """Last report of a job, kept for a month after its end; None where it never told."""
    return await store.job_progress(tx, job_id)


async def queue_state(tx: Tx) -> QueueState:
    counts = await store.job_counts(tx)
    return QueueState(
        jobs=tuple(counts),
        waiting=sum(count.waiting for count in counts),
        running=sum(count.running for count in counts),
        failed=sum(count.failed for count in counts),
        oldest_age_s=max((count.oldest_age_s for count in counts), default=0.0),
        workers=await store.live_worker_count(tx, WORKER_SEEN_WITHIN_S),
    )


async def failed_jobs(tx: Tx, limit: int = 100) -> list[FailedJob]:
    """Those that were given up, newest first."""
    return await store.failed_jobs(tx, limit)


async def retry_failed(tx: Tx, ids: Sequence[int]) -> None:
    """Queues failed jobs again, with all their attempts. Access is the caller's to check."""
    try:
        await pgqueuer_queries(tx.connection).requeue_jobs([JobId(id_) for id_ in ids])
    except asyncpg.UniqueViolationError:
        raise Conflict("The same job is already waiting or running") from None


async def drop_failed(tx: Tx, ids: Sequence[int]) -> int:
    """Deletes failed jobs for good and returns how many. Access is the caller's to check."""
    return await store.dropped_failure_count(tx, ids)
