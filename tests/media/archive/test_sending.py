"""Bytes past the transport, on uvloop as in production."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import uvloop
from aiohttp import web

from app.config import Server
from app.feature import Feature
from app.metrics import HTTP_FIGURES, METRICS, HttpFigures, new_registry
from app.shortcuts import add_shortcuts
from app.wire import FEATURES, SERVER, set_headers
from media.archive import web as archive
from media.archive.sending import OPEN_TAKES, OpenFiles, in_memory
from media.archive.shortcut import recordings_shortcut
from media.hls.web import MAY_WATCH, anyone_may_watch
from media.record.library import LIBRARY

DATA = os.urandom(3_000_001)
TAKE = "/recordings/s/0.mp4"


class Shelf:
    """A library without an index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hidden_from = 1 << 62

    async def shows(self, _stream_id: str, _take: int, _begin: int, end: int) -> bool:
        return end <= self.hidden_from


@asynccontextmanager
async def serving(folder: Path, *, shortcut: bool = True) -> AsyncIterator[tuple[web.Application, str, int]]:
    (folder / "s").mkdir(exist_ok=True)
    (folder / "s" / "0.mp4").write_bytes(DATA)
    app = web.Application()
    shortcuts = {"/recordings/": recordings_shortcut} if shortcut else {}
    app[FEATURES] = (Feature(name="media", folder=folder, shortcuts=shortcuts),)
    app[SERVER] = Server()
    app[METRICS] = new_registry()
    app[HTTP_FIGURES] = HttpFigures(app[METRICS])
    app[LIBRARY] = Shelf(folder)  # type: ignore[misc]  # it has what takes need
    app[OPEN_TAKES] = OpenFiles(most=2)
    app[MAY_WATCH] = anyone_may_watch
    app[archive.ACCEL_PREFIX] = archive.AccelPrefix()
    app.router.add_get("/recordings/{stream_id}/{take}.mp4", archive.send_take)
    app.on_response_prepare.append(set_headers)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    add_shortcuts(app, runner.server)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield app, f"http://127.0.0.1:{port}", port
    finally:
        app[OPEN_TAKES].close()
        await runner.cleanup()


def on_uvloop(body: Callable[[], Awaitable[None]]) -> None:
    async def call() -> None:
        await asyncio.wait_for(body(), 30)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(call())


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("shortcut", [True, False])
def test_every_byte_of_every_range(tmp_path: Path, shortcut: bool):
    async def body() -> None:
        async with serving(tmp_path, shortcut=shortcut) as (_, url, _), aiohttp.ClientSession() as http:
            for begin, end in ((0, 1), (0, len(DATA)), (7, 1_500_000), (2_999_000, 9_999_999_999), (65_535, 65_537)):
                async with http.get(url + TAKE, headers={"Range": f"bytes={begin}-{end - 1}"}) as answer:
                    assert answer.status == 206
                    last = min(end, len(DATA))
                    assert answer.headers["Content-Range"] == f"bytes {begin}-{last - 1}/{len(DATA)}"
                    assert await answer.read() == DATA[begin:last]
            async with http.get(url + TAKE) as answer:
                assert (answer.status, await answer.read()) == (200, DATA)

    on_uvloop(body)


def test_the_shortcut_sends_the_headers_of_the_route(tmp_path: Path):
    async def body() -> None:
        seen: list[dict[str, str]] = []
        for shortcut in (True, False):
            async with serving(tmp_path, shortcut=shortcut) as (_, url, _), aiohttp.ClientSession() as http:
                os.utime(tmp_path / "s" / "0.mp4", (1_700_000_000, 1_700_000_000))
                async with http.get(url + TAKE, headers={"Range": "bytes=0-99"}) as answer:
                    seen.append(
                        {name: value for name, value in answer.headers.items() if name not in {"Date", "Server"}}
                    )
        assert seen[0] == seen[1]
        assert seen[0]["X-Content-Type-Options"] == "nosniff"
        assert seen[0]["Cache-Control"] == "public, max-age=31536000, immutable"

    on_uvloop(body)


def test_a_slow_reader_gets_it_all_and_holds_nobody_up(tmp_path: Path):
    async def body() -> None:
        async with serving(tmp_path) as (_, url, port), aiohttp.ClientSession() as http:
            loop = asyncio.get_running_loop()
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            await loop.sock_connect(slow, ("127.0.0.1", port))
            request = f"GET {TAKE} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-{len(DATA) - 1}\r\n\r\n"
            await loop.sock_sendall(slow, request.encode())
            async with http.get(url + TAKE, headers={"Range": "bytes=0-999999"}) as answer:
                assert await answer.read() == DATA[:1_000_000]
            got = b""
            while b"\r\n\r\n" not in got or len(got) - got.index(b"\r\n\r\n") - 4 < len(DATA):
                got += await loop.sock_recv(slow, 65_536)
            assert got.partition(b"\r\n\r\n")[2] == DATA
            slow.close()

    on_uvloop(body)


def test_who_leaves_midway_leaves_nothing_open(tmp_path: Path):
    async def body() -> None:
        async with serving(tmp_path) as (_, url, port), aiohttp.ClientSession() as http:
            async with http.get(url + TAKE, headers={"Range": "bytes=0-9"}) as answer:
                await answer.read()
            await asyncio.sleep(0.05)
            before = descriptors()
            for _ in range(8):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
                writer.write(f"GET {TAKE} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-{len(DATA) - 1}\r\n\r\n".encode())
                await reader.readexactly(100)
                writer.transport.abort()
            async with asyncio.timeout(10):
                while descriptors() > before:
                    await asyncio.sleep(0.02)

    on_uvloop(body)


def test_what_is_hidden_removed_or_cut(tmp_path: Path):
    async def body() -> None:
        async with serving(tmp_path) as (app, url, _), aiohttp.ClientSession() as http:
            first = {"Range": "bytes=0-99"}
            async with http.get(url + TAKE, headers=first) as answer:
                assert answer.status == 206
            app[LIBRARY].hidden_from = 50  # type: ignore[attr-defined]
            async with http.get(url + TAKE, headers=first) as answer:
                assert answer.status == 404
            app[LIBRARY].hidden_from = 1 << 62  # type: ignore[attr-defined]
            async with http.get(url + TAKE, headers={"Range": f"bytes={len(DATA)}-{len(DATA) + 9}"}) as answer:
                assert answer.status == 416
            (tmp_path / "s" / "0.mp4").unlink()
            async with http.get(url + TAKE, headers=first) as answer:
                assert answer.status == 404, "an open descriptor does not keep a removed recording"
            async with http.get(f"{url}/metrics-are-counted") as answer:
                assert answer.status == 404
            count = app[METRICS].get_sample_value(
                "gryf_http_requests_total",
                {"method": "GET", "route": "/recordings/{stream_id}/{take}.mp4", "status": "206"},
            )
            assert count == 1

    on_uvloop(body)


async def test_files_are_kept_open_within_bounds(tmp_path: Path):
    files = OpenFiles(most=2)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(path.name.encode())
        fd, stat = await files.open(path)
        assert (os.pread(fd, 9, 0), stat.st_size) == (path.name.encode(), 1)
        os.close(fd)
    assert files.find(paths[0]) is None, "the oldest was closed"
    known = files.find(paths[2])
    assert known is not None
    assert in_memory(known[0], 0, 1) in {True, False}
    os.close(known[0])
    files.close()
    assert files.find(paths[2]) is None
    with pytest.raises(FileNotFoundError):
        await files.open(tmp_path / "d")
