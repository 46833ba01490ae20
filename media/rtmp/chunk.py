"""The chunk stream (RTMP specification §5.3): bytes to messages and back. Knows nothing of what a message says."""

import struct
from typing import Final

import msgspec

from media.rtmp.errors import RtmpError

DEFAULT_CHUNK_BYTES: Final = 128
MAX_CHUNK_BYTES: Final = 0xFFFFFF
"""A message has at most 24 bits of length, so larger chunk sizes mean the same."""

EXTENDED: Final = 0xFFFFFF
PART_COST: Final = 64
"""Bytes counted for holding a part besides its own: many tiny chunks must not cost more memory than the limit says."""

LONGEST_DELTA_MS: Final = 16_384
HEADER_BYTES: Final = (11, 7, 3, 0)
"""Bytes of the message header by `fmt`."""


class Message(msgspec.Struct, gc=False):
    """One RTMP message. `time_ms` is the absolute 32-bit time stamp as it stands on the wire, not unwrapped."""

    kind: int
    stream: int
    time_ms: int
    body: bytes


class Limits(msgspec.Struct):
    """What a peer may make us hold. `ChunkReader.limits` may be replaced when the peer has shown who it is."""

    message_bytes: int = 64 * 1024
    buffered_bytes: int = 128 * 1024
    """All unfinished messages together."""
    chunk_streams: int = 64


class _Lane:
    """The state of one chunk stream."""

    __slots__ = ("delta_ms", "extended", "field", "filled", "held", "kind", "length", "parts", "stream", "time_ms")

    def __init__(self) -> None:
        self.time_ms = 0
        self.delta_ms = 0
        self.field = 0
        """The time stamp or delta as last sent: what an extended time stamp repeats in chunks without header."""
        self.extended = False
        self.held = 0
        self.length = 0
        self.kind = 0
        self.stream = 0
        self.parts: list[bytes] = []
        self.filled = 0


class ChunkReader:
    """Feed bytes, take whole messages. Payload is taken as it comes, so what waits is never more than a header.

    A message may change how the next one is to be read (chunk size, limits), so they are taken one by one.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.chunk_bytes = DEFAULT_CHUNK_BYTES
        self.buffered_bytes = 0
        """Bytes of unfinished messages."""
        self._lanes: dict[int, _Lane] = {}
        self._data = b""
        self._at = 0
        self._lane: _Lane | None = None
        self._missing = 0
        """Bytes that the open chunk still lacks."""

    @property
    def waiting_bytes(self) -> int:
        """Bytes fed and not yet looked at."""
        return len(self._data) - self._at

    def feed(self, data: bytes) -> None:
        """Adds bytes; take the messages with `next_message`."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    def next_message(self) -> Message | None:
        """The next whole message, or None until more bytes come. Raises `RtmpError`."""
        while True:
            lane = self._lane
            if lane is None:
                lane = self._open_chunk()
                if lane is None:
                    return None
            taken = self._data[self._at : self._at + self._missing]
            count = len(taken)
            self._at += count
            lane.filled += count
            if lane.filled == lane.length:
                self._lane = None
                return self._finish(lane, taken)
            if count:
                lane.parts.append(taken)
                lane.held += count + PART_COST
                self.buffered_bytes += count + PART_COST
                if self.buffered_bytes > self.limits.buffered_bytes:
                    raise RtmpError("too many bytes in unfinished messages")
            self._missing -= count
            if self._missing:
                return None
            self._lane = None

    def abort(self, chunk_stream: int) -> None:
        """Forgets the unfinished message of a chunk stream (Abort Message, §5.4.2)."""
        lane = self._lanes.get(chunk_stream)
        if lane is not None:
            self._discard(lane)

    def set_chunk_bytes(self, value: int) -> None:
        """The peer's Set Chunk Size (§5.4.1)."""
        if not 1 <= value <= 0x7FFFFFFF:
            raise RtmpError(f"chunk size {value}")
        self.chunk_bytes = min(value, MAX_CHUNK_BYTES)

    def _discard(self, lane: _Lane) -> None:
        self.buffered_bytes -= lane.held
        lane.held = lane.filled = 0
        lane.parts = []

    def _finish(self, lane: _Lane, last: bytes) -> Message:
        body = last
        if lane.parts:
            lane.parts.append(last)
            body = b"".join(lane.parts)
            self._discard(lane)
        lane.filled = 0
        return Message(lane.kind, lane.stream, lane.time_ms, body)

    def _open_chunk(self) -> _Lane | None:
        """Reads one chunk's header. None, and nothing taken, while it is not there whole."""
        data, at = self._data, self._at
        have = len(data) - at
        if have < 1:
            return None
        first = data[at]
        fmt, number = first >> 6, first & 0x3F
        at += 1
        if number < 2:
            if have < 2 + number:
                return None
            number, at = (64 + data[at], at + 1) if number == 0 else (64 + data[at] + 256 * data[at + 1], at + 2)
        lane = self._lanes.get(number)
        if lane is None:
            lane = self._new_lane(number, fmt)
        if fmt == 3:
            return self._continue(lane, at)
        end = at + HEADER_BYTES[fmt]
        if len(data) < end:
            return None
        field = int.from_bytes(data[at : at + 3], "big")
        extended = field == EXTENDED
        if extended:
            if len(data) < end + 4:
                return None
            field = int.from_bytes(data[end : end + 4], "big")
        self._apply(lane, fmt, field, data[at:end])
        lane.extended = extended
        self._at = end + 4 if extended else end
        return self._start_payload(lane)

    def _new_lane(self, number: int, fmt: int) -> _Lane:
        if fmt >= 2 or len(self._lanes) >= self.limits.chunk_streams:
            raise RtmpError("chunk stream begins without a header" if fmt >= 2 else "too many chunk streams")
        # fmt 1 as the first of a chunk stream has no message stream id; librtmp does it for audio, with stream 0.
        lane = self._lanes[number] = _Lane()
        return lane

    def _apply(self, lane: _Lane, fmt: int, field: int, header: bytes) -> None:
        if lane.filled:
            # A full header inside a message: the peer gave the earlier message up.
            self._discard(lane)
        if fmt < 2:
            length = int.from_bytes(header[3:6], "big")
            if length > self.limits.message_bytes:
                raise RtmpError(f"message of {length} bytes")
            lane.length = length
            lane.kind = header[6]
        if fmt == 0:
            lane.stream = int.from_bytes(header[7:11], "little")
            lane.time_ms = field
            # A headerless message may repeat an absolute time as its delta (§5.3.1.2.4). Only near the start can that
            # be meant; later it is an encoder that means "the same time again".
            lane.delta_ms = field if field < LONGEST_DELTA_MS else 0
        else:
            lane.time_ms = (lane.time_ms + field) & 0xFFFFFFFF
            lane.delta_ms = field
        lane.field = field

    def _continue(self, lane: _Lane, at: int) -> _Lane | None:
        """A chunk without header: more of the message, or a new message like the last."""
        if lane.extended:
            # The specification repeats the extended time stamp here; some encoders leave it out. Look before taking.
            expected = struct.pack(">I", lane.field)
            seen = self._data[at : at + 4]
            if seen == expected:
                at += 4
            elif len(seen) < 4 and expected.startswith(seen):
                return None
        if not lane.filled:
            if lane.length > self.limits.message_bytes:
                raise RtmpError(f"message of {lane.length} bytes")
            lane.time_ms = (lane.time_ms + lane.delta_ms) & 0xFFFFFFFF
        self._at = at
        return self._start_payload(lane)

    def _start_payload(self, lane: _Lane) -> _Lane:
        self._lane = lane
        self._missing = min(self.chunk_bytes, lane.length - lane.filled)
        return lane


def write_message(
    kind: int, body: bytes, *, chunk_stream: int, stream: int = 0, time_ms: int = 0, chunk_bytes: int
) -> bytes:
    """A message as chunks with a full header. `chunk_stream` is 2 … 63; `time_ms` is absolute and may pass 32 bits."""
    time_ms &= 0xFFFFFFFF
    extended = time_ms.to_bytes(4, "big") if time_ms >= EXTENDED else b""
    field = min(time_ms, EXTENDED)
    length = len(body)
    head = struct.pack(
        ">BBHBHB", chunk_stream, field >> 16, field & 0xFFFF, length >> 16, length & 0xFFFF, kind
    ) + stream.to_bytes(4, "little")
    if length <= chunk_bytes:
        return b"".join((head, extended, body))
    again = bytes((0xC0 | chunk_stream,)) + extended
    out = [head, extended, body[:chunk_bytes]]
    for at in range(chunk_bytes, length, chunk_bytes):
        out += (again, body[at : at + chunk_bytes])
    return b"".join(out)
