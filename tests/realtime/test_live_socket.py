"""Sockets on the loop that the product runs on: aiohttp lets go of them, and nobody keeps what is closed."""

import asyncio
import gc
from typing import Any
from unittest.mock import Mock

import pytest
import uvloop
import websockets
from aiohttp.test_utils import make_mocked_request

from realtime.connection import Connection
from realtime.live_socket import LiveSocket
from realtime.web import QUEUED, SOCKETS, queue_up
from tests.realtime.conftest import Client, Site, SiteMaker, sockets_open
from tests.realtime.test_socket import RawClient, until

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.fixture
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    return uvloop.EventLoopPolicy()


async def shake(
    site: Site, *lines: bytes, then: bytes = b""
) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
    writer.write(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(lines) + b"\r\n" + then)
    return await reader.readuntil(b"\r\n\r\n"), reader, writer


async def test_a_crowd_queues_before_the_application(site: Site) -> None:
    """Before router and session; who has left meanwhile costs nothing more."""
    turnstile, wait = site.app[SOCKETS].parts.turnstile, queue_up(site.app)
    links = [Mock(**{"is_closing.return_value": False}) for _ in range(12)]
    requests = [make_mocked_request("GET", "/live", transport=link) for link in links]
    crowd = [asyncio.create_task(wait(request)) for request in requests]
    await asyncio.sleep(0)
    assert [QUEUED in request for request in requests] == [True] * 4 + [False] * 8
    assert len(turnstile) == 8
    links[-1].is_closing.return_value = True
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert answers[:-1] == [None] * 11
    assert isinstance(answers[-1], asyncio.CancelledError)
    assert [QUEUED in request for request in requests] == [True] * 11 + [False]


GOOD = (b"Upgrade: WebSocket\r\n", b"Connection: keep-alive, Upgrade\r\n", KEY, b"Sec-WebSocket-Version: 13\r\n")


async def test_the_handshake_of_the_specification(site: Site) -> None:
    """RFC 6455 §1.3 gives the key and its answer."""
    head, _, writer = await shake(site, *GOOD)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    assert b"Content-Length" not in head
    assert b"Transfer-Encoding" not in head
    writer.close()


@pytest.mark.parametrize("left_out", range(4))
async def test_every_line_of_the_handshake_is_needed(site: Site, left_out: int) -> None:
    head, _, writer = await shake(site, *(line for index, line in enumerate(GOOD) if index != left_out))
    assert head.startswith(b"HTTP/1.1 426 ")
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in head
    writer.close()
    assert sockets_open(site) == 0


@pytest.mark.parametrize(
    "wrong", [b"Sec-WebSocket-Key: short\r\n", b"Sec-WebSocket-Key: \xc5\xbc\r\n", b"Sec-WebSocket-Key: AAAA\r\n"]
)
async def test_a_wrong_key_is_refused(site: Site, wrong: bytes) -> None:
    head, _, writer = await shake(site, GOOD[0], GOOD[1], wrong, GOOD[3])
    assert head.startswith(b"HTTP/1.1 426 ")
    writer.close()


async def test_another_version_is_refused(site: Site) -> None:
    head, _, writer = await shake(site, *GOOD[:3], b"Sec-WebSocket-Version: 8\r\n")
    assert head.startswith(b"HTTP/1.1 426 ")
    writer.close()


async def test_what_comes_with_the_handshake_is_not_lost(site: Site) -> None:
    text = b'{"op":"ping","ref":7}'
    early = bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
    _, reader, writer = await shake(site, *GOOD, then=early + early[:5])
    writer.write(early[5:])
    answer = await reader.readexactly(2 * (2 + len(b'{"op":"pong","ref":7}')))
    assert answer.count(b'{"op":"pong","ref":7}') == 2
    writer.close()


async def test_aiohttp_lets_go_of_a_socket(site: Site) -> None:
    tasks = len(asyncio.all_tasks())
    sockets = [await RawClient.open(site) for _ in range(20)]
    await until(lambda: sockets_open(site) == 20)
    server = site.server.runner.server
    assert server is not None
    await until(lambda: server.connections == [])
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    for socket in sockets:
        socket.writer.close()
    await until(lambda: sockets_open(site) == 0)


async def test_nobody_keeps_a_closed_socket(site: Site) -> None:
    """Without the collector: it comes seldom, and thousands of sockets come and go."""

    def kept(kind: type[Any]) -> int:
        return sum(type(one) is kind for one in gc.get_objects())

    async def visit(who: str) -> None:
        async with site.connect(who) as socket:
            client = Client(socket)
            assert (await client.join("board/a"))["op"] == "joined"
            await site.write(1)
            await client.hear("event")

    gc.collect()
    gc.disable()
    try:
        for who in ("", "1 s1"):
            await visit(who)
        raw = await RawClient.open(site)
        raw.say('{"op":"join","room":"board/slow","ref":1}')
        await until(lambda: "board/slow" in site.hub.rooms)
        raw.writer.transport.abort()
        await until(lambda: sockets_open(site) == 0)
        await asyncio.sleep(0.3)  # the reading that it asked for ends
        assert kept(LiveSocket) == 0
        assert kept(Connection) == 0
    finally:
        gc.enable()


async def test_lengths_and_fragments_on_this_loop(site: Site) -> None:
    async with site.connect() as socket:
        for length in (125, 126, 65_535, 65_536):
            await socket.send('{"op":"ping","ref":1}'.ljust(length))
            assert await Client(socket).hear() == {"op": "pong", "ref": 1}
        await socket.send(['{"op":"pi', 'ng","re', "", 'f":8}'])
        assert await Client(socket).hear() == {"op": "pong", "ref": 8}
        pong = await socket.ping(b"there?")
        async with asyncio.timeout(10):
            await pong


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x05hello", 1002),
        (b"\xc1\x80" + bytes(4), 1002),
        (b"\x83\x80" + bytes(4), 1002),
        (b"\x81\x81" + bytes(4) + b"\xff", 1007),
        (b"\x81\xff" + (70_000).to_bytes(8, "big") + bytes(4) + b"x" * 70_000, 1009),
    ],
)
async def test_a_violation_is_told_before_the_end(site: Site, data: bytes, code: int) -> None:
    raw = await RawClient.open(site)
    raw.writer.write(data)
    async with asyncio.timeout(10):
        answer = await raw.reader.read()
    assert answer[0] == 0x88
    assert int.from_bytes(answer[2:4], "big") == code
    raw.writer.close()
    await until(lambda: sockets_open(site) == 0)


@pytest.mark.usefixtures("quick_cut")
async def test_who_does_not_answer_our_close_is_cut(site: Site) -> None:
    raw = await RawClient.open(site)
    await until(lambda: sockets_open(site) == 1)
    site.app[SOCKETS].end_all("events-missed")
    async with asyncio.timeout(10):
        while await raw.reader.read(100):
            pass
    await until(lambda: sockets_open(site) == 0)
    raw.writer.close()


@pytest.mark.usefixtures("quick_cut")
async def test_a_flood_of_pings_is_closed(site: Site) -> None:
    raw = await RawClient.open(site)
    raw.writer.write(b"\x89\x80\x00\x00\x00\x00" * 1000)
    await until(lambda: site.figure("gryf_live_closed_total", why="too-many-messages") == 1)
    await until(lambda: sockets_open(site) == 0)
    assert site.figure("gryf_live_closed_total", why="too-many-messages") == 1
    raw.writer.close()


async def test_silence_ends_a_socket(make_site: SiteMaker) -> None:
    async with make_site(heartbeat_s=0.4) as site:
        raw = await RawClient.open(site)
        async with site.connect(ping_interval=None) as healthy:
            await until(lambda: site.figure("gryf_live_closed_total", why="silent") == 1)
            assert (await Client(healthy).join("board/a"))["op"] == "joined"
            assert sockets_open(site) == 1
        raw.writer.close()


async def test_the_door_counts_what_is_open(make_site: SiteMaker) -> None:
    async with make_site(sockets=2) as site:
        for _ in range(3):
            async with site.connect() as one, site.connect() as two:
                with pytest.raises(websockets.InvalidStatus) as refused:
                    await site.connect()
                assert refused.value.response.status_code == 503
                assert [await Client(socket).join("board/a") for socket in (one, two)]
            await until(lambda: sockets_open(site) == 0)
