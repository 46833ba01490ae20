"""The end of a session, changed roles, and the end of the server, seen from an open socket."""

import asyncio
import time

import pytest
import websockets
from aiohttp import web

from app.actor import Actor, Grant
from app.feature import SessionEnded
from tests.realtime.conftest import Client, Site, SiteMaker, sockets_open
from tests.realtime.test_socket import until


async def test_the_end_of_a_session_closes_its_sockets_alone(site: Site) -> None:
    async with site.connect("1 s1") as ended, site.connect("1 s1") as tab, site.connect("2 s2") as other:
        clients = [Client(socket) for socket in (ended, tab, other)]
        for client in clients:
            await client.join("board/a")
        async with site.database.transaction() as tx:
            tx.publish("session/s1", SessionEnded())
        for client in clients[:2]:
            assert await client.hear("bye") == {"op": "bye", "why": "session-ended", "retry_after_s": 0.0}
            assert await client.close_code() == 4401
        await site.write(1)
        assert (await clients[2].hear("event"))["seq"] == 1


async def test_nothing_is_told_after_the_end(site: Site) -> None:
    async with site.connect("1 s1") as socket:
        client = Client(socket)
        await client.join("board/secret")
        async with site.database.transaction() as tx:
            tx.publish("session/s1", SessionEnded())
        await site.write(1, room="board/secret")
        with pytest.raises(websockets.ConnectionClosed):
            await client.hear("event")


async def test_watching_ends_with_the_socket(site: Site) -> None:
    async with site.connect("1 s1") as socket:
        await Client(socket).join("board/a")
    await until(lambda: sockets_open(site) == 0)
    assert [room for room in site.hub._watchers if room.startswith("session/")] == []


async def test_a_session_that_ended_unheard_is_found_by_the_next_look(make_site: SiteMaker) -> None:
    async with make_site(recheck_s=1) as site, site.connect("1 s1") as socket:
        client = Client(socket)
        await client.join("board/a")
        site.current = lambda request: Actor(address=request.remote or "")
        assert await client.close_code() == 4401


async def test_a_lost_role_closes_the_rooms_it_opened(make_site: SiteMaker) -> None:
    async with make_site(recheck_s=1) as site, site.connect("1 s1 clerk") as socket:
        client = Client(socket)
        for ref, name in enumerate(["staff/a", "board/granted", "board/a"], 1):
            assert (await client.join(name, ref))["op"] == "joined"

        def demoted(request: web.Request) -> Actor:
            return Actor(1, "Person 1", "p1", "en", (), "s1", request.remote or "")

        site.current = demoted
        left = [await client.hear("left"), await client.hear("left")]
        assert [(frame["room"], frame["status"]) for frame in left] == [("staff/a", 403), ("board/granted", 403)]
        await site.write(1, room="staff/a")
        await site.write(2, room="board/a")
        assert (await client.hear("event"))["room"] == "board/a"


async def test_a_new_role_opens_rooms_without_a_new_socket(make_site: SiteMaker) -> None:
    async with make_site(recheck_s=1) as site, site.connect("1 s1 pupil") as socket:
        client = Client(socket)
        assert (await client.join("staff/a"))["op"] == "refused"
        site.current = lambda request: Actor(1, "", "", "en", (Grant("clerk", "1"),), "s1", request.remote or "")
        async with asyncio.timeout(10):
            while (await client.join("staff/a"))["op"] == "refused":
                await asyncio.sleep(0.1)


async def test_the_server_says_goodbye_and_stops_soon(make_site: SiteMaker) -> None:
    sockets: list[websockets.ClientConnection] = []
    byes: list[dict[str, object]] = []
    async with make_site(drain_s=2) as site:
        for _ in range(60):
            socket = await site.connect()
            sockets.append(socket)
            assert (await Client(socket).join("board/a"))["op"] == "joined"
        began = time.monotonic()

        async def listen(socket: websockets.ClientConnection) -> None:
            client = Client(socket)
            byes.append(await client.hear("bye"))
            assert await client.close_code() == 1001

        listeners = [asyncio.create_task(listen(socket)) for socket in sockets]
        await asyncio.sleep(0)
    assert time.monotonic() - began < 10
    await asyncio.gather(*listeners)
    assert len({bye["retry_after_s"] for bye in byes}) > 10, "spread out"
    assert {bye["why"] for bye in byes} == {"server-stops"}


async def test_a_stopping_server_is_not_held_up_by_who_does_not_answer(make_site: SiteMaker) -> None:
    from tests.realtime.test_socket import RawClient

    async with make_site(drain_s=0.4) as site:
        dead = await RawClient.open(site)
        dead.say('{"op":"join","room":"board/a","ref":1}')
        await until(lambda: "board/a" in site.hub.rooms)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    dead.writer.close()
