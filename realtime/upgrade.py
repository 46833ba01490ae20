"""From a request of aiohttp to a WebSocket of ours: aiohttp answers the handshake, then lets go of the connection.

Its own WebSocket would keep a task, a request, a parser and timers for every socket.
"""

import asyncio
import base64
import binascii
import hashlib
from typing import Any, Final

from aiohttp import web

MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION: Final = "13"


class EarlyBytes:
    """Stands where aiohttp expects a parser, and keeps what a client sends before its handshake is answered."""

    def __init__(self) -> None:
        self.received = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.received += data
        return False, b""

    def feed_eof(self) -> None:
        """Nothing: the transport tells it as well."""


class Switched(web.StreamResponse):
    """The answer 101. Afterwards the connection is no longer aiohttp's."""

    _length_check = False  # 101 has no body and no length

    def __init__(self, key: str) -> None:
        super().__init__(status=101)
        accept = base64.b64encode(hashlib.sha1(key.encode() + MAGIC, usedforsecurity=False).digest()).decode()
        self.headers.update({"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept})
        self.force_close()

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: the last thing that aiohttp asks of an answer."""


def handshake_key(request: web.Request) -> str:
    """The client's key (RFC 6455 §4.2.1). Raises 426 for what is no WebSocket handshake of a version we speak."""
    headers = request.headers
    key = headers.get("Sec-WebSocket-Key", "")
    try:
        good = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        good = False
    asks = headers.get("Upgrade", "").strip().lower() == "websocket" and "upgrade" in _tokens(headers, "Connection")
    if not good or not asks or request.method != "GET" or headers.get("Sec-WebSocket-Version", "").strip() != VERSION:
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket", "Sec-WebSocket-Version": VERSION})
    return key


async def switch(request: web.Request, key: str) -> tuple[Switched, asyncio.Transport, bytes]:
    """Answers the handshake and takes the transport from aiohttp; also returns what the client has sent already.

    The caller gives the transport its protocol before it waits for anything. Raises `ConnectionError` where the client
    is gone.
    """
    handler: Any = request.protocol
    early = EarlyBytes()
    handler.set_parser(early)
    response = Switched(key)
    await response.prepare(request)
    transport: asyncio.Transport | None = handler.transport  # uvloop's is none by its class
    if transport is None or transport.is_closing():
        raise ConnectionResetError
    # as if it were lost: aiohttp forgets it, and has nothing left to close
    handler.transport = None
    handler.connection_lost(None)
    return response, transport, early.received


def _tokens(headers: Any, name: str) -> set[str]:
    """Words of a header that is a list."""
    return {token.strip().lower() for line in headers.getall(name, []) for token in line.split(",")}
