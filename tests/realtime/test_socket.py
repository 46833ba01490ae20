"""Hostile and unlucky clients: floods, wrong frames, never reading, never answering, too many."""

import asyncio
import contextlib
import socket as sockets
import struct
from typing import Any

import pytest
import websockets

from tests.realtime.conftest import Client, Note, NoteWritten, Site, SiteMaker, sockets_open


async def until(condition: Any, within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"op":"shout"}',
        '{"op":"join","room":5,"ref":1}',
        '{"op":"join","room":"' + "x" * 500 + '"}',
    ],
)
async def test_wrong_frames_are_refused_and_the_socket_lives(site: Site, text: str) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await socket.send(text)
        refused = await client.hear("refused")
        assert refused["ref"] is None
        assert (refused["status"], refused["code"]) == (422, "invalid")
        assert (await client.join("board/a"))["op"] == "joined"


async def test_binary_is_refused(site: Site) -> None:
    async with site.connect() as socket:
        await socket.send(b'{"op":"ping"}')
        assert (await Client(socket).hear())["op"] == "refused"


@pytest.mark.parametrize("length", [125, 126, 65_535])
async def test_frames_of_every_length(site: Site, length: int) -> None:
    """Padded with blanks to the byte: JSON does not mind."""
    async with site.connect() as socket:
        await socket.send('{"op":"ping","ref":1}'.ljust(length))
        assert await Client(socket).hear() == {"op": "pong", "ref": 1}


async def test_a_frame_that_is_too_long_closes(site: Site) -> None:
    async with site.connect() as socket:
        await socket.send('{"op":"ping","ref":1}'.ljust(70_000))
        assert await Client(socket).close_code() == 1009
    await until(lambda: sockets_open(site) == 0)


async def test_fragments_are_put_together(site: Site) -> None:
    async with site.connect() as socket:
        await socket.send(['{"op":"pi', 'ng","re', "", 'f":8}'])
        assert await Client(socket).hear() == {"op": "pong", "ref": 8}


async def test_a_flood_is_closed(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        with contextlib.suppress(websockets.ConnectionClosed):
            for number in range(10_000):
                await client.say(op="ping", ref=number)
        assert await client.close_code() == 1008
    await until(lambda: sockets_open(site) == 0)
    assert site.figure("gryf_live_closed_total", why="too-many-messages") == 1


async def test_a_million_rooms_are_not_joined(make_site: SiteMaker) -> None:
    async with make_site(rooms_per_socket=5) as site, site.connect() as socket:
        client = Client(socket)
        answers = [await client.join(f"board/{number}", number) for number in range(8)]
        assert [answer["op"] for answer in answers] == ["joined"] * 5 + ["refused"] * 3
        assert (answers[-1]["status"], answers[-1]["code"]) == (429, "too-many")
        assert len(site.hub.rooms) == 5


class RawClient:
    """A WebSocket client of bare bytes: it reads only when it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, site: Site, receive_buffer: int = 0) -> "RawClient":
        raw = sockets.socket()
        if receive_buffer:
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
        raw.settimeout(0)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", site.server.port))
        reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
        writer.write(
            b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b"101 Switching" in await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer)

    def say(self, text: str) -> None:
        payload = text.encode()
        assert len(payload) < 126
        self.writer.write(struct.pack("!BBI", 0x81, 0x80 | len(payload), 0) + payload)


@pytest.mark.usefixtures("quick_cut")
async def test_who_never_reads_is_cut_and_holds_nobody_up(make_site: SiteMaker) -> None:
    async with make_site(unsent_bytes=16_384, held_bytes=65_536) as site, site.connect() as socket:
        quick = Client(socket)
        slow = await RawClient.open(site, receive_buffer=4096)
        slow.say('{"op":"join","room":"board/a","ref":1}')
        await quick.join("board/a")
        await until(lambda: site.hub.rooms["board/a"].presence().sockets == 2)
        heard = 0
        # kernel buffers on the way take some megabytes
        for number in range(40_000):
            site.database.announce("board/a", NoteWritten(Note(number, "x" * 1000, 1)))
            if number % 20 == 19:
                while heard < number + 1:
                    if (await quick.hear())["op"] == "event":
                        heard += 1
                if site.figure("gryf_live_closed_total", why="too-slow"):
                    break
        assert site.figure("gryf_live_drops_total", rule="log-full") == 1
        await until(lambda: sockets_open(site) == 1)
        assert site.hub.rooms["board/a"].presence().sockets == 1
        slow.writer.close()


@pytest.mark.usefixtures("quick_cut")
async def test_who_asks_and_never_reads_is_cut(make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.connection.UNREAD_WAIT_S", 0.3)
    async with make_site(messages_at_once=1000) as site:
        greedy = await RawClient.open(site, receive_buffer=4096)
        for ref in range(100):
            greedy.say(f'{{"op":"join","room":"board/huge","ref":{ref}}}')
        await until(lambda: site.figure("gryf_live_closed_total", why="too-slow") == 1)
        await until(lambda: sockets_open(site) == 0)
        greedy.writer.close()


async def test_who_does_not_answer_pings_is_closed(make_site: SiteMaker) -> None:
    async with make_site(heartbeat_s=0.2) as site:
        silent = await RawClient.open(site)
        silent.say('{"op":"join","room":"board/a","ref":1}')
        await until(lambda: sockets_open(site) == 1)
        await until(lambda: sockets_open(site) == 0)
        assert site.hub.rooms == {}
        silent.writer.close()


async def test_who_answers_pings_stays(make_site: SiteMaker) -> None:
    async with make_site(heartbeat_s=0.2) as site, site.connect(ping_interval=None) as socket:
        client = Client(socket)
        await client.join("board/a")
        with pytest.raises(TimeoutError):
            await client.hear("event", within_s=1)
        await site.write(1)
        assert (await client.hear("event"))["seq"] == 1


async def test_a_client_that_vanishes_leaves_nothing(site: Site) -> None:
    raw = await RawClient.open(site)
    raw.say('{"op":"join","room":"board/slow","ref":1}')
    await until(lambda: "board/slow" in site.hub.rooms)
    raw.writer.transport.abort()
    await until(lambda: sockets_open(site) == 0)
    assert site.hub.rooms == {}
    assert await site.database.pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") == 0


async def test_unmasked_frames_are_against_the_protocol(site: Site) -> None:
    raw = await RawClient.open(site)
    raw.writer.write(b"\xf1\x05hello")
    async with asyncio.timeout(10):
        answer = await raw.reader.read(100)
    assert answer[:1] == b"\x88"
    assert int.from_bytes(answer[2:4], "big") == 1002
    raw.writer.close()
    await until(lambda: sockets_open(site) == 0)


async def test_caps_of_address_and_account(make_site: SiteMaker) -> None:
    async with make_site(sockets_per_address=3, sockets_per_account=2) as site, contextlib.AsyncExitStack() as stack:
        for who in ("7 a", "7 b"):
            await stack.enter_async_context(site.connect(who))
        with pytest.raises(websockets.InvalidStatus) as refused:
            await site.connect("7 c")
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "30"
        await stack.enter_async_context(site.connect("8 d"))
        with pytest.raises(websockets.InvalidStatus):
            await site.connect("9 e")


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_pages_of_other_sites_are_refused(site: Site, origin: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await site.connect(headers={"Origin": origin})
    assert refused.value.response.status_code == 403
    assert site.figure("gryf_live_handshakes_refused_total", why="forbidden") == 1


async def test_our_own_pages_are_let_in(site: Site) -> None:
    for origin in (f"http://127.0.0.1:{site.server.port}", "https://sesje.example.pl"):
        async with site.connect(headers={"Origin": origin}) as socket:
            assert (await Client(socket).join("board/a"))["op"] == "joined"


async def test_plain_http_is_told_to_upgrade(site: Site) -> None:
    from aiohttp import ClientSession

    async with ClientSession() as http, http.get(site.server.make_url("/live")) as answer:
        assert answer.status == 426


async def test_no_database_no_snapshot_but_the_socket_lives(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.errors import Unavailable

    def away(**_options: object) -> None:
        raise Unavailable("The database does not answer")

    async with site.connect() as socket:
        client = Client(socket)
        with monkeypatch.context() as patched:
            patched.setattr(site.database, "transaction", away)
            refused = await client.join("board/a")
        assert (refused["status"], refused["retry_after_s"]) == (503, 5)
        assert (await client.join("board/a"))["op"] == "joined"
