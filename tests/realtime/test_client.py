"""The client in Python: the same promises as the page's."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from realtime.client import Began, Counted, Happened, LiveClient, News, Turned, _asked_s
from realtime.door import RETRY_FULL_S
from realtime.web import SOCKETS
from tests.realtime.conftest import Site, SiteMaker, sockets_open
from tests.realtime.test_socket import until

ROOT = Path(__file__).parents[2]


async def take(feed: AsyncIterator[News], kind: type, within_s: float = 15) -> News:
    """The next news of a kind."""
    async with asyncio.timeout(within_s):
        async for news in feed:
            if isinstance(news, kind):
                return news
    raise AssertionError("the feed has ended")


async def test_snapshot_events_and_counts_of_two_rooms_on_one_socket(site: Site) -> None:
    await site.write(1, "one")
    async with LiveClient(site.url) as live:
        board, meter = live.follow("board/a"), live.follow("meter/a")
        began = await take(board, Began)
        assert began == Began("board/a", 0, {"notes": [{"id": 1, "text": "one", "rev": 1}]})
        assert await take(board, Counted) == Counted("board/a", 1, 0)
        assert isinstance(await take(meter, Began), Began)
        await site.write(2, "two", "meter/a")
        await site.write(3, "three", "board/a")
        happened = await take(board, Happened)
        assert happened == Happened("board/a", 1, {"type": "NoteWritten", "note": {"id": 3, "text": "three", "rev": 1}})
        assert (await take(meter, Happened)).data["note"]["id"] == 2
        assert sockets_open(site) == 1
        with pytest.raises(ValueError, match="followed already"):
            await anext(live.follow("board/a"))
    await until(lambda: sockets_open(site) == 0)


async def test_after_a_cut_it_goes_on_where_it_was(site: Site) -> None:
    async with LiveClient(site.url) as live:
        board = live.follow("board/a")
        await take(board, Began)
        for number in range(1, 4):
            await site.write(number)
            assert (await take(board, Happened)).seq == number
        for connection in list(site.app[SOCKETS].open):
            connection.transport.abort()
        await until(lambda: not live.connected.is_set())
        await site.write(4)
        async with asyncio.timeout(15):
            news = await anext(board)
            while isinstance(news, Counted):
                news = await anext(board)
        assert news == Happened("board/a", 4, {"type": "NoteWritten", "note": {"id": 4, "text": "note 4", "rev": 1}})


async def test_a_room_that_is_not_ours_is_told_and_another_goes_on(site: Site) -> None:
    async with LiveClient(site.url, headers={"Authorization": "2 s2"}) as live:
        turned = await take(live.follow("staff/a"), Turned)
        assert (turned.room, turned.status, turned.code) == ("staff/a", 403, "forbidden")
        assert isinstance(await take(live.follow("board/a"), Began), Began)


async def test_a_busy_server_is_asked_again(make_site: SiteMaker) -> None:
    async with make_site(snapshot_timeout_s=0.05) as site, LiveClient(site.url) as live:
        feed = live.follow("board/slow")
        for _ in range(2):
            assert (await take(feed, Turned, within_s=30)).status == 503


async def test_a_server_that_is_full_says_when_to_come_back(
    make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, pauses = list[str](), list[float]()

    def asked_s(header: str) -> float:
        asked.append(header)
        return 0.3

    def at_once(_away_s: float) -> float:
        pauses.append(asyncio.get_running_loop().time())
        return 0.0

    monkeypatch.setattr("realtime.client._asked_s", asked_s)
    monkeypatch.setattr("realtime.client.pause_after_s", at_once)
    async with make_site(sockets=1) as site, site.connect() as first, LiveClient(site.url) as live:
        await until(lambda: len(pauses) == 2)
        assert pauses[1] - pauses[0] >= 0.3
        await first.close()
        async with asyncio.timeout(10):
            await live.connected.wait()
    assert set(asked) == {str(RETRY_FULL_S)}


def test_how_long_a_header_asks_for() -> None:
    assert [_asked_s(header) for header in ("", "soon", "Sun, 29 Nov 2026 12:00:00 GMT")] == [0, 0, 0]
    assert 30 <= _asked_s("30") <= 45


async def test_leaving_ends_the_membership(site: Site) -> None:
    async with LiveClient(site.url) as live:
        feed = live.follow("board/a")
        await take(feed, Began)
        assert site.hub.rooms["board/a"].presence().sockets == 1
        await feed.aclose()
        await until(lambda: "board/a" not in site.hub.rooms)
        assert sockets_open(site) == 1


async def test_the_command_prints_json_lines(site: Site) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "realtime.client", site.url, "board/a", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert msgspec.json.decode(await process.stdout.readline())["news"] == "began"
            assert msgspec.json.decode(await process.stdout.readline())["news"] == "counted"
            await site.write(7)
            assert msgspec.json.decode(await process.stdout.readline())["data"]["note"]["id"] == 7
    finally:
        process.terminate()
        await process.wait()
