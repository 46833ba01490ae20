"""The way past router and middleware answers as the routes do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from app.config import Server
from app.feature import Feature
from app.metrics import HTTP_FIGURES, METRICS, HttpFigures, new_registry
from app.shortcuts import add_shortcuts
from app.wire import FEATURES, SERVER, set_headers
from media.feature import media_routes
from media.hls.muxer import Timing
from media.hls.shortcut import PATH, live_shortcut
from media.hls.web import MAY_WATCH, PACKAGERS, Packagers, anyone_may_watch
from media.hls.window import Bounds, Start
from media.packager import Packager
from tests.media.hls import feed, rules

BEGAN = 1_700_000_000.0
ROUTE = {"method": "GET", "status": "200"}


def packager(seconds: float, target_s: int = 6) -> Packager:
    clock = [BEGAN]
    made = Packager("s", Timing(target_s=target_s), Bounds(), Start(), clock=lambda: clock[0])
    made.on_tracks(feed.both(8)[0])
    push(made, 0, seconds, clock)
    return made


def push(made: Packager, begin_s: float, end_s: float, clock: list[float] | None = None) -> None:
    for packet in feed.looped(feed.both(8)[1], 8 * 90_000):
        if packet.dts >= end_s * 90_000:
            break
        if packet.dts >= begin_s * 90_000:
            if clock is not None:
                clock[0] = BEGAN + packet.dts / 90_000
            made.on_packet(packet)


@asynccontextmanager
async def serving(
    made: Packager, *, shortcut: bool = True, server: Server | None = None, may_watch=anyone_may_watch
) -> AsyncIterator[tuple[web.Application, str]]:
    app = web.Application()
    shortcuts = {"/hls/": live_shortcut} if shortcut else {}
    app[FEATURES] = (Feature(name="media", folder=Path(), shortcuts=shortcuts),)
    app[SERVER] = server or Server()
    app[METRICS] = new_registry()
    app[HTTP_FIGURES] = HttpFigures(app[METRICS])
    app[PACKAGERS] = Packagers(s=made)
    app[MAY_WATCH] = may_watch
    for route in media_routes():
        app.router.add_route(route.method, route.path, route.handler)
    app.on_response_prepare.append(set_headers)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    add_shortcuts(app, runner.server)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield app, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def answers(url: str, accept: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    async with aiohttp.ClientSession(auto_decompress=False, headers={"Accept-Encoding": accept}) as http:
        for path in (
            "live.m3u8",
            "live.m3u8?_HLS_msn=20",
            "live.m3u8?_HLS_msn=20&_HLS_part=1",
            "live.m3u8?_HLS_msn=20&_HLS_part=1&_HLS_skip=YES",
            "live.m3u8?_HLS_skip=YES&_HLS_msn=20",
            "live.m3u8?_HLS_msn=99",
            "live.m3u8?_HLS_part=1",
            "live.m3u8?_HLS_msn=x",
            "480p/live.m3u8",
            "20.m4s",
            "20.1.m4s",
            "99.m4s",
            "99.1.m4s",
            "480p/20.1.m4s",
            "240p/20.1.m4s",
            "../s/20.m4s",
        ):
            async with http.get(f"{url}/hls/s/{path}") as answer:
                headers = {name: value for name, value in answer.headers.items() if name not in {"Date", "Server"}}
                found.append((path, answer.status, headers, await answer.read()))
    return found


@pytest.mark.parametrize("accept", ["gzip, br", "identity"])
@pytest.mark.parametrize("server", [Server(), Server(public_url="https://sesje.example.pl")])
async def test_it_answers_as_the_routes_do(accept: str, server: Server):
    made = packager(43)
    made.renditions["480p"] = packager(43)
    async with serving(made, server=server) as (app, url):
        quick = await answers(url, accept)
        route = {**ROUTE, "route": "/hls/{stream_id}/{msn}.{part}.m4s"}
        assert app[METRICS].get_sample_value("gryf_http_requests_total", route) == 1
    async with serving(made, shortcut=False, server=server) as (_, url):
        slow = await answers(url, accept)
    for first, second in zip(quick, slow, strict=True):
        assert first == second
    statuses = {path: status for path, status, _, _ in quick}
    assert [path for path, status in statuses.items() if status != 200] == [
        "live.m3u8?_HLS_msn=99",
        "live.m3u8?_HLS_part=1",
        "live.m3u8?_HLS_msn=x",
        "99.m4s",
        "99.1.m4s",
        "240p/20.1.m4s",
    ]


async def test_what_is_held_comes_when_it_is_there_and_may_be_kept():
    made = packager(5.3)
    async with serving(made) as (_, url), aiohttp.ClientSession() as http:
        reload = asyncio.ensure_future(http.get(f"{url}/hls/s/live.m3u8?_HLS_msn=3&_HLS_part=2"))
        part = asyncio.ensure_future(http.get(f"{url}/hls/s/3.2.m4s"))
        async with asyncio.timeout(10):
            while made.waiting == 0:
                await asyncio.sleep(0.01)
        assert not reload.done()
        assert not part.done()
        push(made, 5.3, 5.7)
        answer = await reload
        assert answer.headers["Cache-Control"] == "public, max-age=36"
        assert rules.check_media(await answer.text()).hint == "3.3.m4s"
        answer = await part
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert await answer.read() == bytes(made.window.part(3, 2) or b"")


async def test_an_answer_without_what_was_asked_is_kept_by_no_cache():
    made = packager(5.3, target_s=2)
    async with serving(made) as (_, url), aiohttp.ClientSession() as http:
        async with http.get(f"{url}/hls/s/live.m3u8?_HLS_msn=3&_HLS_part=2") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        async with http.get(f"{url}/hls/nobody/1.0.m4s") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")


async def test_where_somebody_is_asked_the_routes_answer():
    asked: list[str] = []

    async def may_watch(_request: web.Request, stream_id: str) -> bool:
        asked.append(stream_id)
        return False

    async with serving(packager(5.3), may_watch=may_watch) as (_, url), aiohttp.ClientSession() as http:
        for path in ("live.m3u8", "1.m4s", "1.0.m4s"):
            async with http.get(f"{url}/hls/s/{path}") as answer:
                assert answer.status == 404
    assert asked == ["s"] * 3


async def test_viewers_that_leave_wait_no_longer():
    made = packager(5.3)
    async with serving(made) as (_, url):
        async with aiohttp.ClientSession() as http:
            asking = [asyncio.ensure_future(http.get(f"{url}/hls/s/3.2.m4s")) for _ in range(20)]
            await asyncio.sleep(0.2)
            for one in asking:
                one.cancel()
        push(made, 5.3, 5.7)
        async with aiohttp.ClientSession() as http, http.get(f"{url}/hls/s/3.2.m4s") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/hls/s/live.m3u8?",
        "/hls/s/live.m3u8?_HLS_msn=",
        "/hls/s/live.m3u8?_HLS_msn=1&x=2",
        "/hls/s/index.m3u8",
        "/hls/s/1.m4s?x",
        "/hls/s/1.2.3.m4s",
        "/hls/s/%31.m4s",
        "/hls/../1.m4s",
        "/hls/s/1234567890123456.m4s",
        "/hls/s/\u0661.m4s",
    ],
)
def test_other_spellings_are_left_to_the_routes(path: str):
    assert PATH.fullmatch(path) is None
