"""Acknowledgements: stored by account, sent again where they are missing, told to the feature."""

import asyncio
from typing import Any

import aiohttp
import pytest

from app.errors import Unavailable
from realtime.acks import accounts_that_have
from realtime.client import Began, Happened, LiveClient
from realtime.web import SOCKETS
from tests.realtime.conftest import Client, Site, SiteMaker
from tests.realtime.test_client import take
from tests.realtime.test_socket import until

ROOM = "alerts/a"


@pytest.fixture(autouse=True)
async def accounts(board: Any) -> None:
    await board.pool.execute(
        "INSERT INTO account (id, login, name, folded) OVERRIDING SYSTEM VALUE"
        " SELECT n, 'p' || n, 'Person', '' FROM generate_series(1, 3) AS n"
    )


async def stored(site: Site) -> dict[int, int]:
    await site.app[SOCKETS].parts.acks.store()
    rows = await site.database.pool.fetch("SELECT account_id, seq FROM realtime_ack WHERE room = $1", ROOM)
    return {row["account_id"]: row["seq"] for row in rows}


async def hear(client: Client, count: int) -> list[int]:
    return [(await client.hear("event"))["data"]["note"]["id"] for _ in range(count)]


async def test_what_was_not_acknowledged_comes_again(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect("1 s1") as socket:
        client = Client(socket)
        await site.write(1, room=ROOM)
        joined = await client.join(ROOM)
        assert (joined["acks"], joined["seq"]) == (True, 1), "the first time begins now"
        for number in (2, 3, 4):
            await site.write(number, room=ROOM)
        assert await hear(client, 3) == [2, 3, 4]
        await client.say(op="ack", room=ROOM, seq=2)
        await client.say(op="ping", ref=1)
        await client.hear("pong")
        assert await stored(site) == {1: 2}
    async with make_site() as site:  # another process, another day
        async with site.connect("1 s9") as socket:
            client = Client(socket)
            joined = await client.join(ROOM)
            assert joined["seq"] == 2
            assert [note["id"] for note in joined["snapshot"]["notes"]] == [1, 2, 3, 4]
            assert await hear(client, 2) == [3, 4]
            await site.write(5, room=ROOM)
            assert await hear(client, 1) == [5]
            await client.say(op="ack", room=ROOM, seq=5)
            await client.say(op="ack", room=ROOM, seq=3)
            await client.say(op="ping", ref=1)
            await client.hear("pong")
            assert await stored(site) == {1: 5}, "it never goes back"
            joined = await client.join(ROOM, 3)
            assert joined["seq"] == 5
        async with site.connect("2 s2") as socket:
            assert (await Client(socket).join(ROOM))["seq"] == 5
        assert await stored(site) == {1: 5, 2: 5}


async def test_the_feature_learns_who_has_what(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect("1 s1") as receiver, site.connect("2 s2") as sender:
        clients = Client(receiver), Client(sender)
        await clients[0].join(ROOM)
        await clients[1].join("delivered/a")
        await site.write(7, room=ROOM)
        await site.write(8, room=ROOM)
        await hear(clients[0], 2)
        await clients[0].say(op="ack", room=ROOM, seq=2)
        told = {"account_id": 0, "keys": []}
        while told["keys"] != ["7", "8"]:
            told = (await clients[1].hear("event"))["data"]
        assert told["account_id"] == 1
        async with site.database.transaction() as tx:
            assert await accounts_that_have(tx, ROOM, 2) == [1]
            assert await accounts_that_have(tx, ROOM, 3) == []


@pytest.mark.parametrize(
    ("room", "seq", "status"), [("alerts/never", 1, 404), (ROOM, 99, 422), ("ledger/a", 0, 422), (ROOM, -1, 422)]
)
async def test_wrong_words_are_refused(make_site: SiteMaker, room: str, seq: int, status: int) -> None:
    async with make_site() as site, site.connect("1 s1") as socket:
        client = Client(socket)
        await client.join(ROOM)
        await client.join("ledger/a", 2)
        await client.say(op="ack", room=room, seq=seq, ref=9)
        refused = await client.hear("refused")
        assert refused["status"] == status
        assert await stored(site) == {1: 0}


async def test_an_account_that_is_gone_harms_nobody(make_site: SiteMaker) -> None:
    async with make_site() as site, site.connect("1 s1") as first, site.connect("2 s2") as second:
        for socket in (first, second):
            await Client(socket).join(ROOM)
        await site.database.pool.execute("DELETE FROM account WHERE id = 1")
        assert await stored(site) == {2: 0}


async def test_without_the_database_they_wait(make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_options: object) -> None:
        raise Unavailable

    async with make_site() as site, site.connect("1 s1") as socket:
        await Client(socket).join(ROOM)
        with monkeypatch.context() as patched:
            patched.setattr(site.database, "transaction", away)
            await site.app[SOCKETS].parts.acks.store()
        assert await stored(site) == {1: 0}


async def test_the_python_client_acknowledges_what_its_program_is_done_with(make_site: SiteMaker) -> None:
    async with make_site() as site:
        async with LiveClient(site.url, headers={"Authorization": "1 s1"}) as live:
            feed = live.follow(ROOM)
            await take(feed, Began)
            await site.write(1, room=ROOM)
            await site.write(2, room=ROOM)
            assert (await take(feed, Happened)).seq == 1
            assert (await take(feed, Happened)).seq == 2
            waiting = asyncio.create_task(anext(feed))  # asking for more says that these are done with
            async with asyncio.timeout(10):
                while (await stored(site)).get(1, 0) < 2:
                    await asyncio.sleep(0.05)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with LiveClient(site.url, headers={"Authorization": "1 s1"}) as live:
            feed = live.follow(ROOM)
            assert (await take(feed, Began)).seq == 2


async def test_streams_acknowledge_by_a_request(make_site: SiteMaker) -> None:
    async with make_site() as site, aiohttp.ClientSession(headers={"Authorization": "1 s1"}) as http:
        url = site.server.make_url("/api/live/ack")
        async with http.post(url, json={"room": ROOM, "seq": 0}) as answer:
            assert answer.status == 404, "never been there"
        async with http.get(site.server.make_url("/api/live/events"), params={"room": ROOM}) as stream:
            await stream.content.readuntil(b"\n\n")
            await until(lambda: site.hub.rooms[ROOM].seq == 0)
            await site.write(1, room=ROOM)
            assert b'"seq":1' in await stream.content.readuntil(b"\n\n")
            assert await stored(site) == {1: 0}
            async with http.post(url, json={"room": ROOM, "seq": 50}) as answer:
                assert answer.status == 204
            assert await stored(site) == {1: 1}, "no further than the room itself"
        async with http.post(url, json={"room": "ledger/a", "seq": 0}) as answer:
            assert answer.status == 422
        async with http.post(url, json={"room": ROOM, "seq": "x"}) as answer:
            assert answer.status == 422
