"""A way past router and middleware for what thousands of players ask for several times a second.

A shortcut answers public addresses alone, from memory, with the same headers as the route that stands beside it: the
route answers whatever the shortcut leaves (it returned None), and everything where no shortcut is installed.
"""

import time
from collections.abc import Mapping
from email.utils import formatdate

from aiohttp import ClientConnectionResetError, HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from prometheus_client import Counter

from app.feature import Shortcut
from app.metrics import HTTP_FIGURES
from app.wire import FEATURES, SERVER, is_always_secure, plain_headers


def add_shortcuts(app: web.Application, server: web.Server) -> None:
    """Puts the features' shortcuts before the application; `server` takes its connections."""
    shortcuts: dict[str, Shortcut] = {
        prefix: make(app) for feature in app[FEATURES] for prefix, make in feature.shortcuts.items()
    }
    if not shortcuts:
        return
    application = server.request_handler

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path
        shortcut = shortcuts.get(path[: path.find("/", 1) + 1] or path)
        # An older client, or one that leaves, needs a head of another kind.
        if shortcut is not None and request.method == "GET" and request.keep_alive and request.version == HttpVersion11:
            answer = await shortcut(request)
            if answer is not None:
                return answer
        return await application(request)

    server.request_handler = handle


class ReadyAnswer(web.StreamResponse):
    """An answer that is sent as it stands: the bytes of its head and of its body."""

    def __init__(self, head: bytes, body: bytes | memoryview) -> None:
        super().__init__()
        self._chunks = (head, body)

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ClientConnectionResetError("the connection is gone")
        transport.writelines(self._chunks)
        # Whoever does not read what was sent is not sent more.
        await request.writer.drain()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """All was sent."""


class Heads:
    """Heads of one application's ready answers; made once, but for length and date."""

    def __init__(self, app: web.Application) -> None:
        self._figures = app[HTTP_FIGURES]
        self._counters: dict[str, Counter] = {}
        self._known: dict[tuple[tuple[tuple[str, str], ...], bool], str] = {}
        self._date = ("", 0)
        self._secure = is_always_secure(app[SERVER])

    def head(
        self,
        request: web.BaseRequest,
        headers: tuple[tuple[str, str], ...],
        length: int,
        *,
        status: str = "200 OK",
        more: str = "",
    ) -> bytes:
        """Of an answer with a body of so many bytes. `headers` come again and again, the lines of `more` do not."""
        # A client that claims https over http gets a header that browsers then ignore (RFC 6797 §8.1).
        secure = self._secure or request.headers.get("X-Forwarded-Proto") == "https"
        fixed = self._known.get((headers, secure))
        if fixed is None:
            fixed = self._known[headers, secure] = _lines({**plain_headers(secure=secure), **dict(headers)})
        now = int(time.time())
        if self._date[1] != now:
            self._date = (formatdate(now, usegmt=True), now)
        last = f"Content-Length: {length}\r\nDate: {self._date[0]}\r\n\r\n"
        return f"HTTP/1.1 {status}\r\n{fixed}{more}{last}".encode()

    def count(self, route: str, status: int = 200) -> None:
        """One more answer, in the figures of that route."""
        counter = self._counters.get(route)
        if counter is None:
            counter = self._counters[route] = self._figures.requests.labels("GET", route, status)
        counter.inc()


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
