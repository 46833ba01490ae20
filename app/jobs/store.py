"""SQL of background jobs: what pgqueuer's own queries do not cover, or not inside a transaction of ours."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from app.database import Tx


class JobCount(msgspec.Struct, frozen=True):
    """How many of one kind wait, run and have failed. `oldest_age_s`: how long the first one has been due."""

    name: str
    waiting: int
    running: int
    failed: int
    oldest_age_s: float


class FailedJob(msgspec.Struct, frozen=True):
    """A job that was given up. `reason` is the last failure's message, for operators."""

    id: int
    name: str
    attempts: int
    created_at: datetime
    failed_at: datetime
    reason: str


class JobProgress(msgspec.Struct, frozen=True):
    """How far a job is. `total` 0 means unknown."""

    job_id: int
    done: int
    total: int
    note: str
    updated_at: datetime


async def queued_job_id(tx: Tx, name: str, payload: bytes, delay_s: float, dedupe_key: str | None) -> int | None:
    """Queues a job; None where one with the same key waits or runs.

    pgqueuer's own statement passes JSON as text, which this connection's codec would quote once more.
    """
    job_id: int | None = await tx.value(
        "WITH job AS ("
        " INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)"
        " VALUES (0, $1, $2, now() + $3::interval, $4, 'queued')"
        " ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING"
        " RETURNING id, entrypoint, priority"
        "), logged AS ("
        " INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)"
        " SELECT id, 'queued', entrypoint, priority FROM job"
        ") SELECT id FROM job",
        name,
        payload,
        timedelta(seconds=delay_s),
        dedupe_key,
    )
    return job_id


async def abandoned_job_names(tx: Tx, dead_after_s: float) -> list[str]:
    """Gives jobs of workers that have gone silent back to the queue, as one failed attempt; returns their names."""
    rows = await tx.records(
        "WITH silent AS ("
        " SELECT id FROM pgqueuer WHERE status = 'picked' AND heartbeat < now() - $1::interval FOR UPDATE SKIP LOCKED"
        "), job AS ("
        " UPDATE pgqueuer SET status = 'queued', attempts = attempts + 1, execute_after = now(), updated = now(),"
        " queue_manager_id = NULL WHERE id IN (SELECT id FROM silent) RETURNING id, entrypoint, priority"
        "), logged AS ("
        " INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, traceback)"
        " SELECT id, 'queued', entrypoint, priority,"
        " jsonb_build_object('exception_message', 'the worker died or lost the database while it ran') FROM job"
        ") SELECT entrypoint AS name FROM job ORDER BY id",
        timedelta(seconds=dead_after_s),
    )
    return [str(row["name"]) for row in rows]


async def returned_job_count(tx: Tx, worker_id: UUID, ids: Sequence[int]) -> int:
    """Gives jobs back untouched, as if they had never been taken: the worker stops."""
    return int(
        await tx.value(
            "WITH job AS ("
            " UPDATE pgqueuer SET status = 'queued', updated = now(), queue_manager_id = NULL"
            " WHERE id = ANY($2::bigint[]) AND status = 'picked' AND queue_manager_id = $1"
            " RETURNING id, entrypoint, priority"
            "), logged AS ("
            " INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)"
            " SELECT id, 'queued', entrypoint, priority FROM job"
            ") SELECT count(*) FROM job",
            worker_id,
            list(ids),
        )
    )


async def seconds_until_due(tx: Tx, names: Sequence[str]) -> float | None:
    """Seconds until the next job that waits for its time; negative when it is late, None where nothing waits."""
    seconds = await tx.value(
        "SELECT extract(epoch FROM min(execute_after) - now()) FROM pgqueuer"
        " WHERE status = 'queued' AND entrypoint = ANY($1::text[])",
        list(names),
    )
    return None if seconds is None else float(seconds)


async def mark_worker_seen(tx: Tx, worker_id: UUID, host: str, pid: int) -> None:
    await tx.execute(
        "INSERT INTO job_worker (id, host, pid) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET seen_at = now()",
        worker_id,
        host,
        pid,
    )


async def remove_worker(tx: Tx, worker_id: UUID) -> None:
    await tx.execute("DELETE FROM job_worker WHERE id = $1", worker_id)


async def live_worker_count(tx: Tx, within_s: float) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM job_worker WHERE seen_at > now() - $1::interval", timedelta(seconds=within_s)
        )
    )


async def job_counts(tx: Tx) -> list[JobCount]:
    return await tx.all(
        JobCount,
        "SELECT entrypoint AS name,"
        " count(*) FILTER (WHERE status = 'queued') AS waiting,"
        " count(*) FILTER (WHERE status = 'picked') AS running,"
        " count(*) FILTER (WHERE status = 'failed') AS failed,"
        " greatest(0, coalesce(extract(epoch FROM now() - min(execute_after) FILTER (WHERE status = 'queued')), 0))"
        "::float8 AS oldest_age_s"
        " FROM pgqueuer GROUP BY entrypoint ORDER BY entrypoint",
    )


async def failed_jobs(tx: Tx, limit: int) -> list[FailedJob]:
    return await tx.all(
        FailedJob,
        "SELECT id, name, attempts, created_at, failed_at, reason FROM job_failure ORDER BY failed_at DESC LIMIT $1",
        limit,
    )


async def dropped_failure_count(tx: Tx, ids: Sequence[int]) -> int:
    """Deletes jobs that were given up."""
    return int(
        await tx.value(
            "WITH job AS (DELETE FROM pgqueuer WHERE id = ANY($1::bigint[]) AND status = 'failed'"
            " RETURNING id, entrypoint, priority), logged AS ("
            " INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)"
            " SELECT id, 'deleted', entrypoint, priority FROM job) SELECT count(*) FROM job",
            list(ids),
        )
    )


async def save_progress(tx: Tx, job_id: int, done: int, total: int, note: str) -> None:
    await tx.execute(
        "INSERT INTO job_progress (job_id, done, total, note) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (job_id) DO UPDATE SET done = $2, total = $3, note = $4, updated_at = now()",
        job_id,
        done,
        total,
        note,
    )


async def job_progress(tx: Tx, job_id: int) -> JobProgress | None:
    return await tx.maybe(
        JobProgress, "SELECT job_id, done, total, note, updated_at FROM job_progress WHERE job_id = $1", job_id
    )


class Schedule(msgspec.Struct, frozen=True):
    """A cron line that is due; `now` is the server's clock, which decides for all workers."""

    id: int
    name: str
    expression: str
    now: datetime


async def server_time(tx: Tx) -> datetime:
    moment = await tx.value("SELECT now()")
    assert isinstance(moment, datetime)
    return moment


async def save_schedule(tx: Tx, name: str, expression: str, next_run: datetime) -> None:
    """Keeps the time of a line that is known; a line whose expression changed replaces the old one."""
    await tx.execute("DELETE FROM pgqueuer_schedules WHERE entrypoint = $1 AND expression <> $2", name, expression)
    await tx.execute(
        "INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run) VALUES ($2, $1, $3) ON CONFLICT DO NOTHING",
        name,
        expression,
        next_run,
    )


async def due_schedules(tx: Tx, names: Sequence[str]) -> list[Schedule]:
    """Locks what is due; another worker skips it and sees the new time after our commit."""
    return await tx.all(
        Schedule,
        "SELECT id, entrypoint AS name, expression, now() AS now FROM pgqueuer_schedules"
        " WHERE next_run <= now() AND entrypoint = ANY($1::text[]) ORDER BY id FOR UPDATE SKIP LOCKED",
        list(names),
    )


async def move_schedule(tx: Tx, schedule_id: int, next_run: datetime) -> None:
    await tx.execute(
        "UPDATE pgqueuer_schedules SET next_run = $2, last_run = now(), updated = now() WHERE id = $1",
        schedule_id,
        next_run,
    )


async def purge_log(tx: Tx, older_than: timedelta) -> int:
    """Deletes old lines of jobs that have left the queue, old progress and workers; returns the number of lines."""
    deleted = await tx.value(
        "WITH gone AS (DELETE FROM pgqueuer_log AS line WHERE created < now() - $1::interval"
        " AND NOT EXISTS (SELECT FROM pgqueuer WHERE id = line.job_id) RETURNING 1) SELECT count(*) FROM gone",
        older_than,
    )
    await tx.execute(
        "DELETE FROM job_progress AS row WHERE updated_at < now() - $1::interval"
        " AND NOT EXISTS (SELECT FROM pgqueuer WHERE id = row.job_id)",
        older_than,
    )
    await tx.execute("DELETE FROM pgqueuer_statistics WHERE created < now() - $1::interval", older_than)
    await tx.execute("DELETE FROM job_worker WHERE seen_at < now() - interval '1 day'")
    return int(deleted)
