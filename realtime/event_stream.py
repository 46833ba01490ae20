"""`/live` for networks that let no WebSocket pass: the same frames as server-sent events (WHATWG HTML §9.2).

A stream is a socket that says its joins at once, in its query, and nothing afterwards. `id` of an event holds where the
client stands in all its rooms, so that a browser that comes back with `Last-Event-ID` goes on from there.
"""

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from app.errors import Invalid
from realtime import protocol

PATH: Final = "/api/live/events"
LOOK_S: Final = 1.0
"""How often a stream looks whether its client is still there: nothing tells it."""

MAX_POSITIONS_CHARS: Final = 32 * 1024


class _Head(msgspec.Struct, frozen=True):
    """What a stream reads of a server's frame."""

    op: str
    room: str = ""
    epoch: str = ""
    seq: int = 0
    retry_after_s: float = 0


_head: Final = msgspec.json.Decoder(_Head)


def joins(rooms: list[str], positions: str) -> list[bytes]:
    """The joins that a query stands for, `ref` counting from 1. Raises `Invalid` for none, or a false position."""
    if not rooms:
        raise Invalid("Name at least one room")
    if len(positions) > MAX_POSITIONS_CHARS:
        raise Invalid("This is no position that the server gave")
    known: dict[str, protocol.Since] = {}
    for room, position in parse_qsl(positions):
        epoch, _, seq = position.rpartition(":")
        if not (seq.isascii() and seq.isdecimal() and len(seq) < 16):
            raise Invalid("This is no position that the server gave")
        known[room] = protocol.Since(epoch, int(seq))
    return [
        protocol.encode_value(protocol.Join(room, number, known.get(room)))
        for number, room in enumerate(dict.fromkeys(rooms), start=1)
    ]


class EventText:
    """WebSocket frames → text of an event stream. Pure; keeps where the client stands."""

    def __init__(self) -> None:
        self._positions: dict[str, tuple[str, int]] = {}

    def feed(self, frames: bytes) -> bytes:
        """`frames`: whole frames of `protocol.text_frame`, one after another."""
        text, at = [], 0
        while at < len(frames):
            length, at = frames[at + 1], at + 2
            if length >= 126:
                size = 2 if length == 126 else 8
                length, at = int.from_bytes(frames[at : at + size], "big"), at + size
            text.append(self._event(frames[at : at + length]))
            at += length
        return b"".join(text)

    def _event(self, payload: bytes) -> bytes:
        head = _head.decode(payload)
        if head.op == "bye":
            return b"retry: %d\ndata: %s\n\n" % (round(head.retry_after_s * 1000), payload)
        if head.op == "joined":
            self._positions[head.room] = (head.epoch, head.seq)
        elif head.op == "event" and head.room in self._positions:
            self._positions[head.room] = (self._positions[head.room][0], head.seq)
        elif head.op == "left":
            self._positions.pop(head.room, None)
        else:
            return b"data: %s\n\n" % payload
        places = urlencode({room: f"{epoch}:{seq}" for room, (epoch, seq) in self._positions.items()})
        return b"id: %s\ndata: %s\n\n" % (places.encode(), payload)


class StreamTransport:
    """What rooms write to: frames become events in chunks (RFC 9112 §7.1) on the transport of the request."""

    def __init__(self, transport: asyncio.Transport, *, chunked: bool) -> None:
        self._transport = transport
        self._chunked = chunked
        self._text = EventText()

    def write(self, data: bytes) -> None:
        text = self._text.feed(data)
        self._transport.write(b"%x\r\n%s\r\n" % (len(text), text) if self._chunked else text)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        self._transport.abort()


class StreamSocket:
    """The reading side of a stream, in the form of a WebSocket: its joins, then silence until one side ends it."""

    def __init__(self, transport: StreamTransport, joins: list[bytes], heartbeat_s: float) -> None:
        self.closed = False
        self._transport = transport
        self._joins = list(reversed(joins))
        self._heartbeat_s = heartbeat_s
        self._ended = asyncio.Event()

    async def receive(self) -> WSMessage:
        if self._joins:
            return WSMessage(WSMsgType.TEXT, self._joins.pop().decode(), "")
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + self._heartbeat_s
        while not self.closed and not self._transport.is_closing():
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._ended.wait()
            except TimeoutError:
                if loop.time() >= beat_at:
                    beat_at += self._heartbeat_s
                    # a sign of life that pages can see: they are not shown comments
                    self._transport.write(protocol.encode(protocol.Pong(0)))
        self.closed = True
        return WSMessage(WSMsgType.CLOSED, None, "")

    def close(self, code: int, why: str) -> None:
        """Codes have no place in a stream: the client knows them from `bye`."""
        del code, why
        self.closed = True
        self._ended.set()

    def pause(self) -> None:
        """Nothing: all it ever says was in its query."""

    def resume(self) -> None:
        """Nothing either."""


async def open_stream(request: web.Request) -> tuple[web.StreamResponse, StreamTransport]:
    """Sends the head of the answer. Raises `ConnectionError` where the client is gone."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # nginx would keep events until a buffer is full
        }
    )
    chunked = request.version >= (1, 1)
    if chunked:
        response.enable_chunked_encoding()
    else:
        response.force_close()
    await response.prepare(request)
    if request.transport is None:
        raise ConnectionResetError
    return response, StreamTransport(request.transport, chunked=chunked)
