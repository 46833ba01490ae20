"""A real receiver on this machine that behaves as it is told."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

Behaviour = Callable[["Receiver", asyncio.StreamWriter], Awaitable[None]]


def answers(status: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    """`Retry_After="30"` becomes a header."""

    async def behave(_receiver: "Receiver", writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        await writer.drain()

    return behave


async def hangs(receiver: "Receiver", _writer: asyncio.StreamWriter) -> None:
    """Reads and says nothing."""
    await receiver.released.wait()


async def closes(_receiver: "Receiver", _writer: asyncio.StreamWriter) -> None:
    """Hangs up without a word."""


async def huge(_receiver: "Receiver", writer: asyncio.StreamWriter) -> None:
    """Fifty megabytes."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        for _part in range(50):
            writer.write(b"x" * 1_000_000)
            await writer.drain()


async def endless_headers(_receiver: "Receiver", writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    with contextlib.suppress(ConnectionError):
        for number in range(2000):
            writer.write(f"X-{number}: {'y' * 1000}\r\n".encode())
            await writer.drain()


async def drips(receiver: "Receiver", writer: asyncio.StreamWriter) -> None:
    """The status at once, then a byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while not receiver.released.is_set():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)


async def no_http(_receiver: "Receiver", writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x01 not a web server\r\n\r\n")
    await writer.drain()


class Receiver:
    """`got`: headers and body of each request, in order; `then`: what it does next, the last one for all that follow."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.then: list[Behaviour] = [answers(200)]
        self.released = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls):
        found = cls()
        found._server = await asyncio.start_server(found._serve, "127.0.0.1", 0)
        found.port = found._server.sockets[0].getsockname()[1]
        try:
            yield found
        finally:
            found.released.set()
            found._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")[1:]
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append((headers, body))
            behave = self.then.pop(0) if len(self.then) > 1 else self.then[0]
            await behave(self, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
