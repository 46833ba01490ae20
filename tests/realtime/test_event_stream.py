"""The same frames as server-sent events: text, positions, and a browser whose network lets no WebSocket pass."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from app.errors import Invalid
from realtime import protocol
from realtime.event_stream import EventText, joins
from realtime.web import SOCKETS
from tests.realtime.conftest import Site, SiteMaker, sockets_open
from tests.realtime.test_client_browser import page  # noqa: F401 - a fixture
from tests.realtime.test_socket import until


def test_frames_of_all_lengths_become_events() -> None:
    text = EventText()
    bodies = ["x" * size for size in (1, 60, 125, 126, 65_400, 65_535, 70_000)]
    frames = b"".join(
        protocol.encode(protocol.EventFrame("log/a", number, msgspec.Raw(msgspec.json.encode(body))))
        for number, body in enumerate(bodies, start=1)
    )
    events = text.feed(frames).split(b"\n\n")
    assert events.pop() == b""
    assert [msgspec.json.decode(event.removeprefix(b"data: "))["data"] for event in events] == bodies


def test_an_id_says_where_one_stands_in_every_room() -> None:
    text = EventText()
    joined = protocol.Joined(1, "board/a", "e1", 41, snapshot=msgspec.Raw(b"{}"))
    assert text.feed(protocol.encode(joined)).startswith(b"id: board%2Fa=e1%3A41\ndata: {")
    other = protocol.Joined(2, "board/b", "e:2", 7, snapshot=msgspec.Raw(b"{}"))
    text.feed(protocol.encode(other))
    event = protocol.EventFrame("board/a", 42, msgspec.Raw(b"1"))
    said = text.feed(protocol.encode(event)).decode()
    assert said.splitlines()[0] == "id: board%2Fa=e1%3A42&board%2Fb=e%3A2%3A7"
    again = [protocol.decode(line) for line in joins(["board/b", "board/a"], said.splitlines()[0].removeprefix("id: "))]
    assert again == [
        protocol.Join("board/b", 1, protocol.Since("e:2", 7)),
        protocol.Join("board/a", 2, protocol.Since("e1", 42)),
    ]
    assert text.feed(protocol.encode(protocol.Left("board/a"))).startswith(b"id: board%2Fb=")
    assert text.feed(protocol.encode(protocol.Bye("server-stops", 1.25))).startswith(b"retry: 1250\ndata: ")


@pytest.mark.parametrize("position", ["e1", "e1:-1", "e1:1e3", "e1:", "e:" + "9" * 20, "x" * 40_000])
def test_a_position_that_no_server_gave_is_refused(position: str) -> None:
    with pytest.raises(Invalid):
        joins(["board/a"], f"board/a={position}")


def test_rooms_are_needed_and_joined_once() -> None:
    with pytest.raises(Invalid):
        joins([], "")
    assert len(joins(["a", "b", "a"], "")) == 2


class Stream:
    """An independent reader of an event stream."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.last_id = ""

    async def hear(self, op: str = "", within_s: float = 10) -> dict:
        """The next frame, or the next of one kind."""
        async with asyncio.timeout(within_s):
            while True:
                data = ""
                while (line := (await self.answer.content.readline()).decode()) != "\n":
                    assert line, "the stream has ended"
                    name, _, value = line.rstrip("\n").partition(": ")
                    if name == "id":
                        self.last_id = value
                    elif name == "data":
                        data = value
                frame = msgspec.json.decode(data)
                if not op or frame["op"] == op:
                    return frame


@pytest.fixture
async def client(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(str(site.server.make_url("/"))) as session:
        yield session


async def test_snapshot_then_events_then_on_from_the_last_id(site: Site, client: aiohttp.ClientSession) -> None:
    await site.write(1, "first")
    query = [("room", "board/a"), ("room", "staff/a")]
    async with client.get("/api/live/events", params=query) as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["X-Accel-Buffering"] == "no"
        stream = Stream(answer)
        joined = await stream.hear("joined")
        assert (joined["ref"], joined["snapshot"]) == (1, {"notes": [{"id": 1, "text": "first", "rev": 1}]})
        refused = await stream.hear("refused")
        assert (refused["ref"], refused["status"]) == (2, 401)
        await site.write(2, "second")
        assert (await stream.hear("event"))["data"]["note"]["text"] == "second"
    await until(lambda: sockets_open(site) == 0)
    await site.write(3, "third")
    async with client.get("/api/live/events", params=query, headers={"Last-Event-ID": stream.last_id}) as answer:
        stream = Stream(answer)
        joined = await stream.hear("joined")
        assert joined["resumed"]
        assert "snapshot" not in joined
        assert (await stream.hear("event"))["data"]["note"]["text"] == "third"


async def test_a_stream_counts_as_a_socket_and_beats(make_site: SiteMaker) -> None:
    async with (
        make_site(sockets_per_address=1, heartbeat_s=0.5) as site,
        aiohttp.ClientSession(str(site.server.make_url("/"))) as client,
    ):
        async with client.get("/api/live/events?room=board/a") as answer:
            stream = Stream(answer)
            assert (await stream.hear("joined"))["presence"] == {"sockets": 1, "accounts": 0}
            async with client.get("/api/live/events?room=board/a") as second:
                assert second.status == 429
                assert second.headers["Retry-After"]
            assert await stream.hear("pong") == {"op": "pong", "ref": 0}
        await until(lambda: sockets_open(site) == 0)
        async with client.get("/api/live/events?room=board/a") as answer:
            assert answer.status == 200


async def test_faults_are_told_before_the_stream(site: Site, client: aiohttp.ClientSession) -> None:
    for query, status in (("", 422), ("?room=board/a&since=board/a=x", 422)):
        async with client.get(f"/api/live/events{query}") as answer:
            assert answer.status == status
    async with client.get("/api/live/events?room=board/a", headers={"Origin": "https://elsewhere.example"}) as answer:
        assert answer.status == 403
    async with client.get("/api/live/events?room=no/such/room") as answer:
        assert (await Stream(answer).hear())["status"] == 404


async def test_a_stopping_server_says_when_to_come_back(make_site: SiteMaker) -> None:
    async with make_site() as site, aiohttp.ClientSession(str(site.server.make_url("/"))) as client:
        async with client.get("/api/live/events?room=board/a") as answer:
            stream = Stream(answer)
            await stream.hear("joined")
            closing = asyncio.create_task(site.server.close())
            assert (await stream.hear("bye"))["why"] == "server-stops"
            assert await answer.content.read() == b""
            await closing


async def test_a_browser_without_sockets_falls_back_and_misses_nothing(page) -> None:  # noqa: F811
    opened, site = page
    await opened.evaluate(
        """() => { window.WebSocket = class {
          static OPEN = 1; readyState = 3;
          constructor() { setTimeout(() => this.onclose?.()); }
          send() {} close() {} } }"""
    )
    await site.write(1, "one")
    await opened.wait_for_function("a.events.length === 1")
    for connection in list(site.app[SOCKETS].open):
        connection.transport.abort()
    await opened.wait_for_function("states.at(-1) === 'reconnecting'")
    await site.write(2, "two")
    await opened.wait_for_function("states.at(-1) === 'connected'", timeout=15_000)
    await site.write(3, "three")
    await opened.wait_for_function("a.rows.size === 3", timeout=10_000)
    assert await opened.evaluate("a.snapshots") == 1
    await opened.evaluate("window.b = enter('meter/a')")
    await opened.wait_for_function("b.snapshots === 1", timeout=10_000)
    await site.write(4, "four", room="meter/a")
    await opened.wait_for_function("b.rows.size === 4 && a.rows.size === 3", timeout=10_000)
