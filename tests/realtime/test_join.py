"""Joining: snapshot then events, without gap or duplicate; refusals; resuming."""

import asyncio

import pytest

from tests.realtime.conftest import Client, Note, NoteWritten, Site, SiteMaker, all_notes


async def test_join_gives_snapshot_then_events(site: Site) -> None:
    await site.write(1, "first")
    async with site.connect() as socket:
        client = Client(socket)
        joined = await client.join("board/a", ref=7)
        assert joined["ref"] == 7
        assert joined["seq"] == 0
        assert joined["snapshot"] == {"notes": [{"id": 1, "text": "first", "rev": 1}]}
        assert joined["presence"] == {"sockets": 1, "accounts": 0}
        await site.write(2, "second")
        event = await client.hear("event")
        assert event == {
            "op": "event",
            "room": "board/a",
            "seq": 1,
            "data": {"type": "NoteWritten", "note": {"id": 2, "text": "second", "rev": 1}},
        }


async def test_rollback_publishes_nothing(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        with pytest.raises(ZeroDivisionError):
            async with site.database.transaction() as tx:
                tx.publish("board/a", NoteWritten(None))  # type: ignore[arg-type]
                raise ZeroDivisionError
        note = await site.write(5)
        event = await client.hear("event")
        assert event["seq"] == 1
        assert event["data"]["note"]["id"] == note.id


async def test_no_gap_and_no_duplicate_beside_what_rev_tells(site: Site) -> None:
    """Writers go on while clients join: what each client makes of snapshot and events equals the table."""
    stop = asyncio.Event()

    async def write(worker: int) -> int:
        count = 0
        while not stop.is_set():
            await site.write(worker * 1000 + count % 7, f"{worker}/{count}")
            count += 1
        return count

    async def follow(delay_s: float, room: str) -> tuple[dict[int, tuple[int, str]], list[int]]:
        await asyncio.sleep(delay_s)
        async with site.connect() as socket:
            client = Client(socket)
            joined = await client.join(room)
            rows = {row["id"]: (row["rev"], row["text"]) for row in joined["snapshot"]["notes"]}
            seqs = [joined["seq"]]
            while True:
                frame = await client.hear()
                if frame["op"] != "event":
                    continue
                seqs.append(frame["seq"])
                row = frame["data"]["note"]
                if row["id"] == -1:
                    return rows, seqs
                if row["rev"] > rows.get(row["id"], (0, ""))[0]:
                    rows[row["id"]] = (row["rev"], row["text"])

    writers = [asyncio.create_task(write(worker)) for worker in range(4)]
    readers = [asyncio.create_task(follow(number * 0.02, "board/a")) for number in range(12)]
    await asyncio.sleep(0.6)
    stop.set()
    assert sum(await asyncio.gather(*writers)) > 20
    async with asyncio.timeout(20):
        while site.hub.rooms["board/a"].presence().sockets < len(readers):
            await asyncio.sleep(0.01)
        async with site.database.transaction() as tx:
            tx.publish("board/a", NoteWritten(Note(-1, "end", 1)))
            table = {row.id: (row.rev, row.text) for row in await all_notes(tx)}
        for reader in readers:
            rows, seqs = await reader
            assert rows == table
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_an_event_during_a_slow_snapshot_is_not_lost(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.say(op="join", room="board/slow", ref=1)
        async with asyncio.timeout(10):
            while "board/slow" not in site.hub.rooms:
                await asyncio.sleep(0.005)
        await site.write(1, room="board/slow")
        joined = await client.hear("joined")
        event = await client.hear("event")
        assert joined["seq"] == 0
        assert event["seq"] == 1


@pytest.mark.parametrize(
    ("room", "who", "status", "code"),
    [
        ("nowhere/a", "", 404, "not-found"),
        ("session/s1", "1 s1", 404, "not-found"),
        ("board/secret", "2 s2", 404, "not-found"),
        ("board/locked", "1 s1", 403, "forbidden"),
        ("board/broken", "1 s1", 500, "failed"),
        ("staff/a", "", 401, "sign-in-needed"),
        ("staff/a", "2 s2", 403, "forbidden"),
        ("staff/a", "2 s2 pupil", 403, "forbidden"),
    ],
)
async def test_refusals(site: Site, room: str, who: str, status: int, code: str) -> None:
    async with site.connect(who) as socket:
        client = Client(socket)
        refused = await client.join(room, ref=5)
        assert refused["op"] == "refused"
        assert (refused["ref"], refused["room"], refused["status"], refused["code"]) == (5, room, status, code)
        assert refused["title"]
        assert site.hub.rooms == {}
        assert (await client.join("board/a", ref=6))["op"] == "joined", "a refusal harms nothing else"


async def test_those_who_may_are_in(site: Site) -> None:
    async with site.connect("1 s1 clerk") as socket:
        client = Client(socket)
        assert (await client.join("board/secret"))["op"] == "joined"
        assert (await client.join("staff/a"))["op"] == "joined"


async def test_a_snapshot_that_takes_too_long_is_refused(make_site: SiteMaker) -> None:
    async with make_site(snapshot_timeout_s=0.2) as site, site.connect() as socket:
        client = Client(socket)
        refused = await client.join("board/endless")
        assert (refused["status"], refused["code"]) == (503, "unavailable")
        assert refused["retry_after_s"] > 0
        assert site.hub.rooms == {}
        open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        async with asyncio.timeout(5):  # what else runs in the background has one now and then
            while await site.database.pool.fetchval(open_ones):
                await asyncio.sleep(0.01)


async def test_leave(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        await client.say(op="leave", room="board/a", ref=2)
        assert await client.hear("left") == {"op": "left", "room": "board/a", "ref": 2}
        await site.write(1)
        await client.say(op="leave", room="board/never", ref=3)
        await client.say(op="ping", ref=4)
        assert [(await client.hear())["op"] for _ in range(2)] == ["left", "pong"]


async def test_several_rooms_on_one_socket(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        for ref, name in enumerate(["board/a", "meter/a", "typing/a"], 1):
            assert (await client.join(name, ref))["room"] == name
        for name in ["board/a", "meter/a", "typing/a"]:
            await site.write(1, room=name)
            assert (await client.hear("event"))["room"] == name


async def test_resume_over_a_cut(site: Site) -> None:
    async with site.connect() as socket:
        joined = await Client(socket).join("board/a")
        await site.write(1)
    await site.write(2)
    async with site.connect() as socket:
        client = Client(socket)
        resumed = await client.join("board/a", since={"epoch": joined["epoch"], "seq": 1})
        assert resumed["resumed"] is True
        assert "snapshot" not in resumed
        assert (await client.hear("event"))["data"]["note"]["id"] == 2
    for number in range(510):
        site.database.announce("board/a", NoteWritten(Note(number, "", 1)))
    async with site.connect() as socket:
        again = await Client(socket).join("board/a", since={"epoch": joined["epoch"], "seq": 1})
        assert "resumed" not in again
        assert again["seq"] == 512


async def test_resuming_needs_permission_as_well(site: Site) -> None:
    async with site.connect("1 s1") as socket:
        joined = await Client(socket).join("board/secret")
        await site.write(1, room="board/secret")
    async with site.connect("2 s2") as socket:
        refused = await Client(socket).join("board/secret", since={"epoch": joined["epoch"], "seq": 0})
        assert refused["status"] == 404


async def test_joining_twice_starts_again(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a", 1)
        joined = await client.join("board/a", 2)
        assert joined["presence"] == {"sockets": 1, "accounts": 0}
        await site.write(1)
        await client.hear("event")
        await client.say(op="ping", ref=3)
        assert (await client.hear())["op"] == "pong", "each event once"


async def test_plain_snapshot(site: Site) -> None:
    from aiohttp import ClientSession

    await site.write(1)
    base = str(site.server.make_url("/api/live/snapshot"))
    async with ClientSession() as http:
        async with http.get(base, params={"room": "board/a"}) as answer:
            assert answer.status == 200
            assert await answer.json() == {
                "room": "board/a",
                "epoch": "",
                "seq": 0,
                "snapshot": {"notes": [{"id": 1, "text": "note 1", "rev": 1}]},
            }
        for name, status in [("nowhere", 404), ("board/secret", 404), ("staff/a", 401), ("x" * 300, 404)]:
            async with http.get(base, params={"room": name}) as answer:
                assert answer.status == status
        async with http.get(base) as answer:
            assert answer.status == 422
        async with http.get(base, params={"room": "staff/a"}, headers={"Authorization": "1 s clerk"}) as answer:
            assert answer.status == 200
