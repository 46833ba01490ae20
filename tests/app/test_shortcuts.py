"""What stands before the application: shortcuts, and taking in a crowd."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import uvloop
from aiohttp import web

from app.config import Server
from app.feature import Feature, Shortcut
from app.process import ACCEPTED_A_TURN, listen
from app.wire import FEATURES

SEEN = web.RequestKey("seen", str)


@contextlib.asynccontextmanager
async def listening(shortcuts: dict[str, object], host: str = "127.0.0.1") -> AsyncIterator[tuple[web.AppRunner, int]]:
    async def show(request: web.Request) -> web.Response:
        return web.Response(text=request.get(SEEN, "nobody"))

    app = web.Application()
    app[FEATURES] = (Feature(name="some", folder=Path(__file__).parent, shortcuts=shortcuts),)
    app.router.add_get("/{path:.*}", show)
    runner, port = await listen(app, Server(host=host, port=0))
    try:
        yield runner, port
    finally:
        await runner.cleanup()


def marking(word: str, answers: bool = False) -> object:
    def make(_app: web.Application) -> Shortcut:
        async def look(request: web.BaseRequest) -> web.StreamResponse | None:
            request[SEEN] = word
            return web.Response(text=f"{word} itself") if answers else None

        return look

    return make


async def test_a_shortcut_has_a_first_folder_or_one_path():
    expected = {
        "/live": "live",
        "/live?a=1": "nobody",
        "/live/": "nobody",
        "/lively": "nobody",
        "/hls/a/b": "hls itself",
        "/hls/": "hls itself",
        "/hls": "nobody",
        "/": "nobody",
    }
    async with (
        listening({"/live": marking("live"), "/hls/": marking("hls", answers=True)}) as (_, port),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        for path, word in expected.items():
            async with http.get(path) as answer:
                assert await answer.text() == word, path


def test_a_crowd_is_taken_in_several_at_a_turn():
    """libuv takes one: a page would stand behind everybody who came before it, a turn each."""
    crowd = 10 * ACCEPTED_A_TURN

    async def body() -> None:
        async with listening({}) as (runner, port):
            assert runner.server is not None
            with contextlib.ExitStack() as open_sockets:
                for _ in range(crowd):
                    open_sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
                turns = 0
                while len(runner.server.connections) < crowd:
                    await asyncio.sleep(0)
                    turns += 1
                assert turns < crowd / 2

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(body())


async def test_every_address_of_a_host_is_listened_on():
    async with listening({}, host="localhost") as (runner, port):
        hosts = {address[0] for address in runner.addresses}
        assert hosts <= {"127.0.0.1", "::1"}
        async with aiohttp.ClientSession() as http, http.get(f"http://{min(hosts)}:{port}/") as answer:
            assert answer.status == 200
