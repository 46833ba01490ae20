"""Kept rooms: one numbering for all processes, over restarts, without a gap or a repetition."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.errors import ConfigurationError, Unavailable
from app.feature import ANYONE, SIGNED_IN, RoomKind
from realtime import kept_store
from realtime.directory import Directory
from realtime.feature import BACKPLANES
from realtime.web import SOCKETS
from tests.realtime.conftest import Client, Note, NoteErased, NoteWritten, Site, SiteMaker, room
from tests.realtime.test_socket import until

ROOM = "ledger/a"


def where(joined: dict[str, Any]) -> dict[str, Any]:
    return {"epoch": joined["epoch"], "seq": joined["seq"]}


async def hear(client: Client, count: int) -> list[tuple[int, int]]:
    """(seq, note) of the next events."""
    heard = [await client.hear("event") for _ in range(count)]
    return [(one["seq"], one["data"]["note"]["id"]) for one in heard]


async def test_a_restart_is_no_gap(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        joined = await client.join(ROOM)
        assert joined["snapshot"] == {"notes": []}
        await site.write(1, room=ROOM)
        await site.write(2, room=ROOM)
        assert await hear(client, 2) == [(1, 1), (2, 2)]
    async with make_site() as site:
        await site.write(3, room=ROOM)  # nobody is there
        await site.write(4, room=ROOM)
        async with site.connect() as socket:
            client = Client(socket)
            again = await client.join(ROOM, since={"epoch": joined["epoch"], "seq": 2})
            assert again["resumed"] is True
            assert "snapshot" not in again
            assert again["epoch"] == joined["epoch"]
            assert await hear(client, 2) == [(3, 3), (4, 4)]
            await site.write(5, room=ROOM)
            assert await hear(client, 1) == [(5, 5)]
        async with site.connect() as socket:  # from what the room itself remembers
            client = Client(socket)
            assert (await client.join(ROOM, since={"epoch": joined["epoch"], "seq": 4}))["resumed"] is True
            assert await hear(client, 1) == [(5, 5)]


async def test_a_snapshot_is_exact(make_site: SiteMaker) -> None:
    """What it holds does not come again, even if this process hears of it later."""
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        for number in range(1, 4):
            await site.write(number, room=ROOM)
        joined = await client.join(ROOM)
        assert joined["seq"] == 3
        assert [note["id"] for note in joined["snapshot"]["notes"]] == [1, 2, 3]
        await site.write(4, room=ROOM)
        assert await hear(client, 1) == [(4, 4)]


@pytest.mark.parametrize("since", [{"epoch": "another", "seq": 1}, {"seq": 99}, {"seq": 0}])
async def test_who_stands_nowhere_gets_a_snapshot(make_site: SiteMaker, since: dict[str, Any]) -> None:
    async with make_site() as site, site.connect() as socket:
        await site.write(1, room=ROOM)
        first = await Client(socket).join(ROOM)
        await site.write(2, room=ROOM)
        if since["seq"] == 0:  # the log has forgotten it
            await site.database.pool.execute("DELETE FROM realtime_log WHERE seq = 1")
        async with site.connect() as other:
            joined = await Client(other).join(ROOM, since={"epoch": first["epoch"], **since})
        assert "resumed" not in joined
        assert joined["seq"] == 2


async def test_too_much_was_missed(make_site: SiteMaker) -> None:
    async with make_site() as site:
        async with site.connect() as socket:
            first = await Client(socket).join(ROOM)
        async with site.database.transaction() as tx:
            for number in range(501):
                tx.publish(ROOM, NoteWritten(Note(number, "", 1)))
        for seq, resumed in ((0, None), (1, True)):
            async with make_site() as fresh, fresh.connect() as socket:
                joined = await Client(socket).join(ROOM, since={"epoch": first["epoch"], "seq": seq})
                assert joined.get("resumed") is resumed


async def test_a_rollback_uses_no_number(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        await client.join(ROOM)
        with pytest.raises(ZeroDivisionError):
            async with site.database.transaction() as tx:
                tx.publish(ROOM, NoteWritten(Note(1, "", 1)))
                await site.database.backplane.stage(tx, tx.outbox)
                raise ZeroDivisionError
        await site.write(2, room=ROOM)
        assert await hear(client, 1) == [(1, 2)]


async def test_two_processes_tell_the_same_in_the_same_order(make_site: SiteMaker) -> None:
    async with make_site(backplane="postgres") as one, make_site(backplane="postgres") as other:
        sites = one, other
        planes = [site.app[BACKPLANES].own for site in sites]
        async with one.connect() as here, other.connect() as there:
            clients = Client(here), Client(there)
            for client in clients:
                await client.join(ROOM)

            async def write(start: int) -> None:
                for number in range(start, start + 20):
                    one.database.backplane = planes[number % 2]
                    await one.write(number, room=ROOM)

            await asyncio.gather(*(write(start) for start in (0, 100, 200)))
            heard = [await hear(client, 60) for client in clients]
        assert heard[0] == heard[1]
        assert [seq for seq, _ in heard[0]] == list(range(1, 61))
        # from one process to the other
        async with other.connect() as moved:
            client = Client(moved)
            rooms = one.hub.rooms[ROOM], other.hub.rooms[ROOM]
            assert rooms[0].epoch == rooms[1].epoch
            assert (await client.join(ROOM, since={"epoch": rooms[0].epoch, "seq": 55}))["resumed"] is True
            assert await hear(client, 5) == heard[0][55:]


async def test_what_its_process_did_not_tell_is_read_from_the_log(make_site: SiteMaker) -> None:
    """It died between COMMIT and telling; the next event shows the gap."""
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        await client.join(ROOM)
        async with site.database.transaction() as tx:
            tx.publish(ROOM, NoteWritten(Note(1, "", 1)))
            await site.database.backplane.stage(tx, tx.outbox)
            tx.outbox.clear()
        await site.write(2, room=ROOM)
        assert await hear(client, 2) == [(1, 1), (2, 2)]
        assert site.figure("gryf_live_filled_events_total") >= 1


async def test_a_commit_without_an_answer(make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has committed and the connection is gone: its events come from the log, or with a snapshot."""

    async def commit_and_vanish(self: asyncpg.transaction.Transaction) -> None:
        await commit(self)
        raise asyncpg.ConnectionDoesNotExistError("cut")

    commit = asyncpg.transaction.Transaction._Transaction__commit  # type: ignore[attr-defined]
    async with make_site() as site, site.connect() as kept, site.connect() as loose:
        clients = Client(kept), Client(loose)
        await clients[0].join(ROOM)
        await clients[1].join("board/a")
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.transaction.Transaction, "_Transaction__commit", commit_and_vanish)
            with pytest.raises(Unavailable):
                async with site.database.transaction() as tx:
                    await tx.execute("INSERT INTO note VALUES (1, 'a', 1)")
                    tx.publish(ROOM, NoteWritten(Note(1, "a", 1)))
                    tx.publish("board/a", NoteWritten(Note(1, "a", 1)))
        assert await hear(clients[0], 1) == [(1, 1)]
        assert await clients[1].close_code() == 1013
        async with site.connect() as again:
            assert (await Client(again).join("board/a"))["snapshot"]["notes"] == [{"id": 1, "text": "a", "rev": 1}]


async def test_a_handler_that_is_cancelled_after_its_commit(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        await client.join(ROOM)
        await client.join("board/a", 2)
        reached = asyncio.Event()

        async def act() -> None:
            async with site.database.transaction() as tx:
                tx.publish(ROOM, NoteWritten(Note(1, "", 1)))
                tx.publish("board/a", NoteWritten(Note(1, "", 1)))
                reached.set()
                await asyncio.sleep(0)

        task = asyncio.create_task(act())
        await reached.wait()
        for _ in range(400):  # wherever it is by now, it is cancelled after its COMMIT or before all of it
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        written = await site.database.pool.fetchval("SELECT count(*) FROM realtime_log")
        if written:
            assert await hear(client, 1) == [(1, 1)]


async def test_a_hole_in_the_log_sends_for_a_snapshot(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        await client.join(ROOM)
        async with site.database.transaction() as tx:
            tx.publish(ROOM, NoteWritten(Note(1, "", 1)))
            await site.database.backplane.stage(tx, tx.outbox)
            await tx.execute("DELETE FROM realtime_log")
            tx.outbox.clear()
        await site.write(2, room=ROOM)
        assert await client.close_code() == 1013
        async with site.connect() as again:
            client = Client(again)
            joined = await client.join(ROOM)
            assert joined["seq"] == 2
            await site.write(3, room=ROOM)
            assert await hear(client, 1) == [(3, 3)]


async def test_without_the_database_a_gap_waits(make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_options: object) -> None:
        raise Unavailable

    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        await client.join(ROOM)
        async with site.database.transaction() as tx:
            for number in (1, 2):
                tx.publish(ROOM, NoteWritten(Note(number, "", 1)))
            await site.database.backplane.stage(tx, tx.outbox)
            late = tx.outbox[1]
            tx.outbox.clear()
        with monkeypatch.context() as patched:
            patched.setattr(site.database, "transaction", away)
            site.hub.dispatch([late])
            with pytest.raises(TimeoutError):
                await client.hear("event", within_s=0.5)
        assert await hear(client, 2) == [(1, 1), (2, 2)]


async def test_announcements_are_kept_as_well(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect() as socket:
        client = Client(socket)
        await client.join(ROOM)
        site.database.announce(ROOM, NoteWritten(Note(1, "", 1)))
        assert await hear(client, 1) == [(1, 1)]
        assert await site.database.pool.fetchval("SELECT count(*) FROM realtime_log") == 1


async def test_a_refused_join_leaves_nothing(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect("2 s2") as socket:
        assert (await Client(socket).join("ledger/secret"))["status"] == 404
        assert site.hub.rooms == {}
        assert await site.database.pool.fetchval("SELECT count(*) FROM realtime_room") == 0


async def test_old_entries_go(make_site: SiteMaker) -> None:
    async with make_site() as site:
        await site.write(1, room=ROOM)
        await site.database.pool.execute("UPDATE realtime_log SET written_at = now() - interval '2 h'")
        await site.write(2, room=ROOM)
        async with site.database.transaction() as tx:
            await kept_store.forget_entries(tx, 3600)
        assert await site.database.pool.fetchval("SELECT array_agg(seq) FROM realtime_log") == [2]


async def test_many_at_once_come_back_to_a_kept_room(make_site: SiteMaker) -> None:
    """While others write: everybody's numbers are whole."""
    async with make_site() as site:
        async with site.connect() as socket:
            first = await Client(socket).join(ROOM)
        stop = asyncio.Event()

        async def write() -> int:
            count = 0
            while not stop.is_set():
                count += 1
                await site.write(count % 5, room=ROOM)
            return count

        async def follow(number: int) -> list[int]:
            await asyncio.sleep(number * 0.03)
            async with site.connect() as socket:
                client = Client(socket)
                joined = await client.join(ROOM, since=where(first) if number % 2 else None)
                seqs = [joined["seq"]]
                while len(seqs) < 40:
                    seqs.append((await client.hear("event"))["seq"])
            return seqs

        writer = asyncio.create_task(write())
        found = await asyncio.gather(*(follow(number) for number in range(10)))
        stop.set()
        assert await writer >= 40
        for seqs in found:
            assert seqs == list(range(seqs[0], seqs[0] + 40))


def test_only_logs_are_kept_and_only_for_people_we_know() -> None:
    with pytest.raises(ConfigurationError, match="only a log"):
        Directory([room("meter/{board}", RoomKind.LATEST, kept=True)])
    for wrong in ({"kept": False, "allow": SIGNED_IN}, {"kept": True, "allow": ANYONE}):
        with pytest.raises(ConfigurationError, match="signed-in"):
            Directory([room("alerts/{board}", RoomKind.LOG, acks=True, **wrong)])


async def test_a_resync_leaves_kept_rooms_their_numbers(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        joined = await client.join(ROOM)
        await site.write(1, room=ROOM)
        await hear(client, 1)
        site.hub.forget()
        site.app[SOCKETS].end_all("events-missed")
        await until(lambda: not site.app[SOCKETS].open)
    async with site.connect() as socket:
        client = Client(socket)
        assert (await client.join(ROOM, since={"epoch": joined["epoch"], "seq": 1}))["resumed"] is True


async def test_what_was_taken_away_is_not_told_to_who_comes_back(make_site: SiteMaker) -> None:
    async with make_site() as site:
        async with site.connect() as socket:
            client = Client(socket)
            first = await client.join(ROOM)
            await site.write(1, "tajne", room=ROOM)
            await site.write(2, "jawne", room=ROOM)
            async with site.database.transaction() as tx:
                tx.publish(ROOM, NoteErased(Note(1, "", 9)))
            assert [(await client.hear("event"))["data"]["note"]["text"] for _ in range(3)] == ["tajne", "jawne", ""]
        async with site.connect() as socket:
            client = Client(socket)
            assert (await client.join(ROOM, since=where(first)))["resumed"] is True
            heard = [await client.hear("event") for _ in range(3)]
        assert [(one["seq"], one["data"]["note"]["text"]) for one in heard] == [(1, ""), (2, "jawne"), (3, "")]
