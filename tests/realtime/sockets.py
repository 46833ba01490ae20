"""Real connections of which both ends stand here."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.actor import ANONYMOUS
from realtime.outlet import Outlet
from realtime.ring import Ring


class End(asyncio.Protocol):
    """Ours: tells the outlet when something waits in its transport, as sockets of /live do."""

    outlet: Outlet

    def pause_writing(self) -> None:
        self.outlet.fill(full=True)

    def resume_writing(self) -> None:
        self.outlet.fill(full=False)


class Pair:
    """An outlet, and the client's end of its connection."""

    def __init__(self, outlet: Outlet, transport: asyncio.Transport, client: socket.socket) -> None:
        self.outlet = outlet
        self.transport = transport
        self.client = client

    def read(self, limit: int = 1 << 20) -> bytes:
        """What has arrived."""
        found = b""
        while len(found) < limit:
            try:
                part = self.client.recv(limit - len(found))
            except BlockingIOError:
                break
            if not part:
                break
            found += part
        return found


Connect = Callable[..., Awaitable[list[Pair]]]


@asynccontextmanager
async def connecting(ring: Ring | None) -> AsyncIterator[Connect]:
    """Gives `connect(count, buffer_bytes=0)`; all is closed afterwards."""
    made: list[Pair] = []
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.settimeout(0)

    async def connect(count: int, buffer_bytes: int = 0) -> list[Pair]:
        for _ in range(count):
            client = socket.socket()
            if buffer_bytes:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            client.settimeout(0)
            await loop.sock_connect(client, listener.getsockname())
            taken, _ = await loop.sock_accept(listener)
            if buffer_bytes:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
            transport, end = await loop.connect_accepted_socket(End, taken)
            transport.set_write_buffer_limits(high=0)
            end.outlet = outlet = Outlet(transport, ANONYMOUS, lambda _code, _why: None)
            outlet.fill(full=False)
            outlet.entry = b"" if ring is None else ring.entry(transport)
            made.append(Pair(outlet, transport, client))
        return made[-count:]

    try:
        yield connect
    finally:
        for pair in made:
            pair.transport.abort()
            pair.client.close()
        listener.close()
