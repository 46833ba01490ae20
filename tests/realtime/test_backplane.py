"""Events of a worker process: from its transaction through the outbox table to the sockets of the server."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.database import Database, open_pool
from app.errors import Unavailable
from realtime.backplane import OutboxReader, PostgresOutbox, worker_backplane
from realtime.feature import READER
from tests.realtime.conftest import Client, Note, NoteWritten, Site
from tests.realtime.test_socket import until


@pytest.fixture
async def worker(site: Site, database_url: str) -> AsyncIterator[Database]:
    """Another process's view of the same database."""
    pool = await open_pool(database_url, 5)
    database = Database(pool)
    database.backplane = worker_backplane(database)
    yield database
    pool.terminate()


def event(number: int) -> NoteWritten:
    return NoteWritten(Note(number, f"note {number}", 1))


async def publish(database: Database, *numbers: int, room: str = "board/a") -> None:
    async with database.transaction() as tx:
        for number in numbers:
            tx.publish(room, event(number))


async def hear_notes(client: Client, count: int) -> list[int]:
    return [(await client.hear("event"))["data"]["note"]["id"] for _ in range(count)]


async def test_events_of_a_worker_reach_sockets_in_order(site: Site, worker: Database) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        await publish(worker, 3, 1, 2)
        heard = await client.hear("event")
        assert heard["seq"] == 1
        assert heard["data"] == {"type": "NoteWritten", "note": {"id": 3, "text": "note 3", "rev": 1}}
        assert await hear_notes(client, 2) == [1, 2]


async def test_keys_of_a_latest_room_travel_along(site: Site, worker: Database) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("meter/a")
        await publish(worker, 1, 2, 1, room="meter/a")
        assert await hear_notes(client, 2) == [2, 1]


async def test_rollback_writes_nothing(site: Site, worker: Database) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        with pytest.raises(ZeroDivisionError):
            async with worker.transaction() as tx:
                tx.publish("board/a", event(1))
                await worker.backplane.stage(tx, tx.outbox)
                raise ZeroDivisionError
        await publish(worker, 2)
        assert await hear_notes(client, 1) == [2]


async def test_late_commits_are_neither_missed_nor_repeated(site: Site, worker: Database) -> None:
    """The lower id commits last, after the higher one was read; others go on meanwhile."""
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        async with worker.transaction() as late:
            late.publish("board/a", event(1))
            await worker.backplane.stage(late, late.outbox)
            late.outbox.clear()
            for number in (2, 3, 4):
                await publish(worker, number)
                assert await hear_notes(client, 1) == [number], "an open transaction holds nobody up"
        assert await hear_notes(client, 1) == [1]
        await publish(worker, 5)
        assert await hear_notes(client, 1) == [5]


async def test_many_workers_at_once(site: Site, worker: Database) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")

        async def work(start: int) -> None:
            for number in range(start, start + 25):
                async with worker.transaction() as tx:
                    tx.publish("board/a", event(number))
                    await worker.backplane.stage(tx, tx.outbox)
                    tx.outbox.clear()
                    await asyncio.sleep((number * 7 % 5) / 1000)

        await asyncio.gather(*(work(start) for start in (0, 100, 200, 300)))
        heard = await hear_notes(client, 100)
        assert sorted(heard) == sorted([*range(25), *range(100, 125), *range(200, 225), *range(300, 325)])
        for start in (0, 100, 200, 300):
            mine = [number for number in heard if start <= number < start + 25]
            assert mine == sorted(mine), "each worker's own order"


async def test_own_events_come_once(site: Site, worker: Database) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        await site.write(1)
        await publish(worker, 2)
        assert await hear_notes(client, 2) == [1, 2]
        assert await site.database.pool.fetchval("SELECT count(*) FROM realtime_outbox") == 1


async def test_announcements_of_a_worker(site: Site, worker: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        worker.announce("board/a", event(9))
        assert await hear_notes(client, 1) == [9]
        outbox = worker.backplane
        assert isinstance(outbox, PostgresOutbox)

        def away() -> None:
            raise Unavailable

        monkeypatch.setattr(worker, "transaction", away)
        worker.announce("board/a", event(10))
        await until(lambda: outbox.lost == 1)


async def test_a_lost_connection_loses_nothing(site: Site, worker: Database) -> None:
    reader = site.app[READER]
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        await publish(worker, 1)
        assert await hear_notes(client, 1) == [1]
        cut = await worker.pool.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cut >= 1
        await publish(worker, 2)
        assert await hear_notes(client, 1) == [2]
        await until(lambda: reader.connected)
        await publish(worker, 3)
        assert await hear_notes(client, 1) == [3]
        assert (await reader.probe()).ok


async def test_old_rows_are_deleted(site: Site, worker: Database) -> None:
    await publish(worker, 1)
    await worker.pool.execute("UPDATE realtime_outbox SET written_at = now() - interval '700 s'")
    await publish(worker, 2)
    from realtime import store

    async with site.database.transaction() as tx:
        await store.delete_older(tx, 600)
    assert await worker.pool.fetchval("SELECT count(*) FROM realtime_outbox") == 1


async def test_after_a_long_absence_everybody_starts_again(site: Site, worker: Database) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        joined = await client.join("board/a")
        site.app[READER]._looked_at_s -= 400
        await publish(worker, 1)
        assert (await client.hear("bye"))["why"] == "events-missed"
        assert await client.close_code() == 1013
    async with site.connect() as socket:
        again = await Client(socket).join("board/a", since={"epoch": joined["epoch"], "seq": joined["seq"]})
        assert "snapshot" in again
        assert again["epoch"] != joined["epoch"]


@pytest.mark.parametrize("turns", range(5))
async def test_a_reader_that_is_woken_as_it_is_cancelled_ends(site: Site, turns: int) -> None:
    """`asyncio.wait_for` of Python 3.11 loses such a cancellation, and the server never stops."""
    reader = OutboxReader(site.database, site.hub, origin="another", keep_s=60, resync=lambda: None)
    task = asyncio.create_task(reader.run())
    await until(lambda: reader.connected)
    await asyncio.sleep(0.05)
    reader.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done
    assert task.cancelled()
