"""Messages by which the two sides of an RTMP connection keep it going: chunk sizes, windows, pings. Pure.

Source: RTMP specification §5.4 and §7.1.
"""

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from media.rtmp.chunk import ChunkReader
from media.rtmp.errors import RtmpError

PING_REQUEST, PING_RESPONSE, STREAM_BEGIN = 6, 7, 0
SMALLEST_WINDOW: Final = 1024


class Kind(IntEnum):
    """Message types (RTMP specification §5.4, §7.1)."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_SIZE = 5
    PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA = 18
    COMMAND = 20
    AGGREGATE = 22


class Control:
    """Of one side. `send` takes what is to be answered: kind and body.

    `window`: after so many bytes the other side wants to hear that they have come; 0 until it says so.
    `bandwidth`: what this side says to a limit of the other's; 0 takes the limit itself.
    """

    def __init__(self, send: Callable[[Kind, bytes], None], window: int = 0, bandwidth: int = 0) -> None:
        self.bytes_in = 0
        self._send = send
        self._window = window
        self._bandwidth = bandwidth
        self._acknowledged = 0

    def follow(self, kind: int, body: bytes, chunks: ChunkReader) -> None:
        """Does what a message asks for. Raises RtmpError."""
        if len(body) < 4:
            raise RtmpError(f"control message {kind} cut short")
        (value,) = struct.unpack_from(">I", body)
        if kind == Kind.SET_CHUNK_SIZE:
            chunks.set_chunk_bytes(value)
        elif kind == Kind.ABORT:
            chunks.abort(value)
        elif kind == Kind.WINDOW_SIZE:
            self._window = max(value, SMALLEST_WINDOW)
        elif kind == Kind.PEER_BANDWIDTH:
            self._send(Kind.WINDOW_SIZE, struct.pack(">I", self._bandwidth or value))
        elif kind == Kind.USER_CONTROL and value >> 16 == PING_REQUEST and len(body) >= 6:
            self._send(Kind.USER_CONTROL, struct.pack(">H", PING_RESPONSE) + body[2:6])

    def acknowledge(self) -> None:
        """Tells the other side how much has come, where it is time to."""
        if self._window and self.bytes_in - self._acknowledged >= self._window:
            self._acknowledged = self.bytes_in
            self._send(Kind.ACKNOWLEDGEMENT, struct.pack(">I", self.bytes_in & 0xFFFFFFFF))
