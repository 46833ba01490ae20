import importlib.metadata
import re
from pathlib import Path

import msgspec
import pytest

from app.database import Database
from app.feature import Job
from app.jobs import enqueue, enqueue_once, progress, progress_of, queue_state
from app.jobs.queue import pgqueuer_queries

ROOT = Path(__file__).resolve().parents[3]


class Greeting(msgspec.Struct, frozen=True):
    to: str


class Other(msgspec.Struct, frozen=True):
    to: str


async def never(_database: Database, _payload: Greeting) -> None:
    raise AssertionError


GREET = Job(name="test.greet", payload=Greeting, run=never)


async def test_commit_queues_and_rollback_does_not(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.enqueue(GREET, Greeting("Łucja"))
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.enqueue(GREET, Greeting("Zbyszek"))
            raise ZeroDivisionError
    rows = await database.pool.fetch("SELECT entrypoint, payload, status FROM pgqueuer")
    assert [tuple(row) for row in rows] == [("test.greet", '{"to":"Łucja"}'.encode(), "queued")]


async def test_a_payload_of_another_kind_is_a_mistake(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(TypeError, match=r"test\.greet takes Greeting, not Other"):
            await enqueue(tx, GREET, Other("x"))


async def test_a_job_with_a_key_waits_once(database: Database) -> None:
    async with database.transaction() as tx:
        first = await enqueue_once(tx, GREET, Greeting("a"), "session/1")
        second = await enqueue_once(tx, GREET, Greeting("b"), "session/1")
        third = await enqueue_once(tx, GREET, Greeting("c"), "session/2")
    assert first is not None
    assert second is None
    assert third is not None


async def test_state_counts_and_tells_how_long_the_first_one_is_due(database: Database) -> None:
    async with database.transaction() as tx:
        await enqueue(tx, GREET, Greeting("now"))
        await enqueue(tx, GREET, Greeting("later"), delay_s=3600)
        await tx.execute("UPDATE pgqueuer SET execute_after = now() - interval '90 s' WHERE execute_after <= now()")
        state = await queue_state(tx)
    assert (state.waiting, state.running, state.failed, state.workers) == (2, 0, 0, 0)
    assert state.jobs[0].name == "test.greet"
    assert state.oldest_age_s == pytest.approx(90, abs=0.001)


async def test_an_empty_queue_has_no_age(database: Database) -> None:
    async with database.transaction() as tx:
        await enqueue(tx, GREET, Greeting("later"), delay_s=3600)
        assert (await queue_state(tx)).oldest_age_s == 0


async def test_progress_is_seen_at_once_outside_and_with_the_commit_inside(database: Database) -> None:
    async with database.transaction() as tx:
        await progress(database, 7, 1, 10, "Reading")
        assert (await progress_of(tx, 7)) is not None
        await progress(tx, 8, 1)
        async with database.transaction() as other:
            assert await progress_of(other, 8) is None
    async with database.transaction() as tx:
        await progress(tx, 7, 10, 10, "Done")
        told = await progress_of(tx, 7)
    assert told is not None
    assert (told.done, told.total, told.note) == (10, 10, "Done")


async def test_the_installed_pgqueuer_expects_the_schema_of_our_migration(database: Database) -> None:
    async with database.pool.acquire() as connection:
        plan = await pgqueuer_queries(connection).plan_upgrade()
    assert list(plan.statements) == []


def test_the_locked_pgqueuer_is_the_one_the_migration_names() -> None:
    locked = re.search(r"^pgqueuer==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert locked is not None
    named = re.search(r"pgqueuer (\d[\d.]*\d)", (ROOT / "migrations/0003_jobs.sql").read_text())
    assert named is not None
    assert locked[1] == named[1] == importlib.metadata.version("pgqueuer")
