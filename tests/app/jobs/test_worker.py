import asyncio
import signal
import sys
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.database import Database, open_pool
from app.feature import Job
from app.jobs import (
    JOBS,
    GiveUp,
    Pace,
    drop_failed,
    enqueue,
    failed_jobs,
    progress_of,
    queue_state,
    retry_failed,
    run_worker,
    running_job_id,
)
from app.jobs.worker import next_run
from tests.app.jobs.conftest import FAST, Working, until
from tests.app.jobs.doomed_worker import Nothing


class Number(msgspec.Struct, frozen=True):
    value: int = 0


class Recorder:
    """A job that records its runs, and fails the first `failures` times."""

    def __init__(self, failures: int = 0, error: Exception | None = None, **options: object) -> None:
        self.runs: list[tuple[int, int]] = []
        self.failures = failures
        self.error = error or OSError("printer on fire")
        self.job = Job(name="test.record", payload=Number, run=self.run, **options)

    async def run(self, _database: Database, payload: Number) -> None:
        self.runs.append((running_job_id(), payload.value))
        if len(self.runs) <= self.failures:
            raise self.error


async def queue(database: Database, job: Job, *values: int) -> list[int]:
    async with database.transaction() as tx:
        return [await enqueue(tx, job, Number(value)) for value in values]


async def finished(database: Database) -> bool:
    return await database.pool.fetchval("SELECT count(*) = 0 FROM pgqueuer")


async def test_jobs_run_with_their_payload_and_id(database: Database, working: Working) -> None:
    recorder = Recorder()
    ids = await queue(database, recorder.job, 3, 4, 5)
    async with working(database, [recorder.job]):
        await until(lambda: finished(database))
    assert sorted(recorder.runs) == list(zip(ids, (3, 4, 5), strict=True))


async def test_a_job_queued_while_the_worker_waits_starts_by_notification(database: Database, working: Working) -> None:
    recorder = Recorder()
    async with working(database, [recorder.job], msgspec.structs.replace(FAST, tick_s=1000)):

        async def ready() -> bool:
            async with database.transaction() as tx:
                return (await queue_state(tx)).workers == 1

        await until(ready)
        await asyncio.sleep(0.1)
        await queue(database, recorder.job, 1)
        await until(lambda: finished(database), within_s=60)
    assert len(recorder.runs) == 1


async def test_a_failure_is_tried_again(database: Database, working: Working) -> None:
    recorder = Recorder(failures=2)
    (job_id,) = await queue(database, recorder.job, 9)
    async with working(database, [recorder.job]):
        await until(lambda: finished(database))
    assert recorder.runs == [(job_id, 9)] * 3
    statuses = await database.pool.fetch("SELECT status FROM pgqueuer_log WHERE job_id = $1 ORDER BY id", job_id)
    assert [row["status"] for row in statuses] == ["queued", "picked"] * 3 + ["successful"]


async def test_after_its_attempts_a_job_stands_as_failed_and_can_be_revived(
    database: Database, working: Working
) -> None:
    recorder = Recorder(failures=3, attempts=3)
    (job_id,) = await queue(database, recorder.job, 1)
    async with working(database, [recorder.job]):

        async def failed() -> list[object]:
            async with database.transaction() as tx:
                return list(await failed_jobs(tx))

        await until(failed)
        assert len(recorder.runs) == 3
        async with database.transaction() as tx:
            (row,) = await failed_jobs(tx)
            assert (row.id, row.name, row.reason) == (job_id, "test.record", "printer on fire")
            assert (await queue_state(tx)).failed == 1
            await retry_failed(tx, [job_id])
        await until(lambda: finished(database))
    assert len(recorder.runs) == 4


async def test_giving_up_takes_one_attempt_and_a_failed_job_can_be_dropped(
    database: Database, working: Working
) -> None:
    recorder = Recorder(failures=99, error=GiveUp("no such mailbox"), attempts=5)
    (job_id,) = await queue(database, recorder.job, 1)
    async with working(database, [recorder.job]):

        async def dropped() -> int:
            async with database.transaction() as tx:
                reasons = [row.reason for row in await failed_jobs(tx)]
                assert reasons in ([], ["no such mailbox"])
                return await drop_failed(tx, [job_id])

        await until(dropped)
    assert len(recorder.runs) == 1
    assert await finished(database)


async def test_a_payload_that_cannot_be_read_fails_at_once(database: Database, working: Working) -> None:
    recorder = Recorder()
    await database.pool.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, payload) VALUES (0, 'queued', 'test.record', '{\"value\": \"x\"}')"
    )
    async with working(database, [recorder.job]):

        async def failed() -> bool:
            async with database.transaction() as tx:
                rows = await failed_jobs(tx)
                return bool(rows) and "the payload cannot be read" in rows[0].reason

        await until(failed)
    assert recorder.runs == []


async def test_two_workers_share_and_never_double(database: Database, working: Working) -> None:
    recorder = Recorder()
    await queue(database, recorder.job, *range(60))
    async with working(database, [recorder.job]), working(database, [recorder.job]):
        await until(lambda: finished(database))
    assert sorted(value for _, value in recorder.runs) == list(range(60))


async def test_cron_starts_once_with_two_workers(database: Database, working: Working) -> None:
    recorder = Recorder(cron="0 3 * * *")
    async with working(database, [recorder.job]), working(database, [recorder.job]):
        await until(lambda: database.pool.fetchval("SELECT count(*) FROM pgqueuer_schedules"))
        await asyncio.sleep(0.3)
        assert recorder.runs == []
        await database.pool.execute("UPDATE pgqueuer_schedules SET next_run = now() - interval '1 s'")

        async def done() -> bool:
            return bool(recorder.runs) and await finished(database)

        await until(done)
        await asyncio.sleep(0.5)
    assert len(recorder.runs) == 1
    line = await database.pool.fetchrow("SELECT next_run, last_run FROM pgqueuer_schedules")
    assert line["next_run"] == next_run("0 3 * * *", line["last_run"])


def test_the_next_run_of_a_cron_line_is_later_than_now() -> None:
    midnight = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert next_run("*/15 * * * *", midnight) == midnight + timedelta(minutes=15)
    assert next_run("17 2 * * *", midnight) == datetime(2026, 3, 29, 2, 17, tzinfo=UTC)


async def test_a_stopping_worker_cancels_and_gives_back_without_an_attempt_lost(
    database: Database, working: Working
) -> None:
    begun, cleaned = asyncio.Event(), asyncio.Event()

    async def long(_database: Database, _payload: Number) -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            cleaned.set()

    job = Job(name="test.long", payload=Number, run=long, attempts=1)
    await queue(database, job, 1)
    async with working(database, [job]):
        await asyncio.wait_for(begun.wait(), 20)
    assert cleaned.is_set()
    row = await database.pool.fetchrow("SELECT status, attempts, queue_manager_id FROM pgqueuer")
    assert tuple(row) == ("queued", 0, None)
    assert await database.pool.fetchval("SELECT count(*) FROM job_worker") == 0


def test_the_default_pace_stops_in_less_than_eight_seconds() -> None:
    pace = Pace()
    assert pace.finish_s + pace.cancel_s + 1.5 < 8


def test_the_pause_grows_to_its_limit() -> None:
    pace = Pace()
    assert [pace.retry_delay(n).total_seconds() for n in (0, 1, 2, 3, 50, 5000)] == [10, 30, 90, 270, 3600, 3600]


async def kill_doomed_worker(database: Database, url: str, job_id: int) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.app.jobs.doomed_worker", url)
    try:

        async def begun() -> object:
            async with database.transaction() as tx:
                return await progress_of(tx, job_id)

        await until(begun, within_s=60)
    finally:
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL


async def test_a_job_of_a_killed_worker_is_taken_over(database: Database, database_url: str, working: Working) -> None:
    runs: list[int] = []

    async def end(_database: Database, _payload: Nothing) -> None:
        runs.append(running_job_id())

    job = Job(name="test.hang", payload=Nothing, run=end, attempts=2)
    async with database.transaction() as tx:
        job_id = await enqueue(tx, job, Nothing())
    await kill_doomed_worker(database, database_url, job_id)
    assert await database.pool.fetchval("SELECT status FROM pgqueuer") == "picked"
    async with working(database, [job], msgspec.structs.replace(FAST, dead_after_s=0.5)):
        await until(lambda: finished(database))
    assert runs == [job_id]


async def test_a_job_that_kills_each_worker_ends_as_failed(
    database: Database, database_url: str, working: Working
) -> None:
    runs: list[int] = []

    async def end(_database: Database, _payload: Nothing) -> None:
        runs.append(running_job_id())

    job = Job(name="test.hang", payload=Nothing, run=end, attempts=1)
    async with database.transaction() as tx:
        job_id = await enqueue(tx, job, Nothing())
    await kill_doomed_worker(database, database_url, job_id)
    async with working(database, [job], msgspec.structs.replace(FAST, dead_after_s=0.5)):

        async def reason() -> bool:
            async with database.transaction() as tx:
                return [row.reason for row in await failed_jobs(tx)] == [
                    "each attempt ended with the death of its worker"
                ]

        await until(reason)
    assert runs == []


async def test_cut_connections_lose_nothing_and_run_nothing_twice(database: Database, working: Working) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    runs: list[int] = []

    async def slow(_database: Database, payload: Number) -> None:
        runs.append(payload.value)
        begun.set()
        await may_end.wait()

    job = Job(name="test.slow", payload=Number, run=slow)
    await queue(database, job, 1)
    async with working(database, [job]):
        await asyncio.wait_for(begun.wait(), 20)
        async with database.pool.acquire() as connection:
            await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        may_end.set()
        await until(lambda: finished(database))
        await queue(database, job, 2)
        await until(lambda: finished(database))
    assert runs == [1, 2]


async def test_a_worker_without_its_tables_waits_for_them_and_still_stops(postgres_url: str) -> None:
    database = Database(await open_pool(postgres_url, 3))
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(database, JOBS, stop, FAST))
    await asyncio.sleep(0.3)
    assert not task.done()
    stop.set()
    await asyncio.wait_for(task, 8)
    await database.pool.close()


async def test_two_jobs_of_one_name_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="same name"):
        await run_worker(database, [*JOBS, *JOBS], asyncio.Event())


async def test_old_log_lines_go_and_those_of_waiting_jobs_stay(database: Database, working: Working) -> None:
    (purge,) = JOBS
    other = Recorder()
    await queue(database, other.job, 1)
    await database.pool.execute(
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) VALUES (999, 'successful', 0, 'x')"
    )
    await database.pool.execute("UPDATE pgqueuer_log SET created = now() - interval '31 days'")
    async with database.transaction() as tx:
        await enqueue(tx, purge, purge.payload())
    async with working(database, [purge]):
        await until(lambda: database.pool.fetchval("SELECT count(*) = 1 FROM pgqueuer"))
    rows = await database.pool.fetch("SELECT DISTINCT entrypoint FROM pgqueuer_log ORDER BY 1")
    assert [row["entrypoint"] for row in rows] == ["jobs.purge", "test.record"]


async def test_stopping_is_quick_when_nothing_runs(database: Database, working: Working) -> None:
    async with working(database, [], Pace()) as stop:
        await asyncio.sleep(0.2)
        began = time.monotonic()
        stop.set()
    assert time.monotonic() - began < 8
