"""What the server and a worker say to each other: msgpack messages, each behind its length in four bytes. Pure.

Server to worker: `Setup`, then `Feed` after `Feed`, `Flush` when the source pauses. Worker to server: `Ready` once,
`Began` with the first picture of a run, `Coded` after `Coded`, `Ended` when a flush is through. Every message names its
run, so that what belongs to one that was given up is known and left out.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from media.ladder.rungs import Rung
from media.packet import VideoTrack

MAX_MESSAGE: Final = 16 * 1024 * 1024
"""A message longer than this is a fault."""

_HEAD: Final = 4


class Setup(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """A run begins: what comes, and what is wanted of it."""

    run: int
    track: VideoTrack
    rungs: tuple[Rung, ...]


class Feed(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """One coded picture of the source (see `packet.Packet`), with its position on the take's timeline in 1/90000 s.

    `every`: of how many pictures one is to be made, key frames apart. More than 1 for a worker that is late.
    """

    run: int
    dts: int
    pts: int
    key: bool
    data: bytes
    every: int = 1


class Flush(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Nothing more comes in this run."""

    run: int


class Ready(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """The worker takes orders."""


class Began(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """The tracks of a run's rungs, in the order of its `Setup`."""

    run: int
    tracks: tuple[VideoTrack, ...]


class Coded(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """One coded picture of the rung with that index. It is shown when it is decoded: there are no B-frames."""

    run: int
    rung: int
    pts: int
    key: bool
    data: bytes


class Ended(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """A `Flush` is through."""

    run: int


Order = Setup | Feed | Flush
News = Ready | Began | Coded | Ended


class ProtocolError(Exception):
    """The other side does not speak this protocol."""


def encode(message: Order | News) -> bytes:
    """A message as it travels."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(_HEAD, "big") + body


class _Frames:
    """Cuts bytes as they come into message bodies."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= _HEAD:
                length = int.from_bytes(buffer[at : at + _HEAD], "big")
                if length > MAX_MESSAGE:
                    raise ProtocolError(f"a message of {length} bytes")
                if len(buffer) - at - _HEAD < length:
                    return
                body = bytes(buffer[at + _HEAD : at + _HEAD + length])
                at += _HEAD + length
                yield body
        finally:
            del buffer[:at]


class OrderReader:
    """Bytes of the server in, orders out."""

    def __init__(self) -> None:
        self._frames = _Frames()
        self._decoder = msgspec.msgpack.Decoder(Order)

    def feed(self, data: bytes) -> Iterator[Order]:
        """Raises ProtocolError."""
        for body in self._frames.feed(data):
            try:
                yield self._decoder.decode(body)
            except (msgspec.DecodeError, msgspec.ValidationError) as problem:
                raise ProtocolError(str(problem)) from problem


class NewsReader:
    """Bytes of a worker in, news out."""

    def __init__(self) -> None:
        self._frames = _Frames()
        self._decoder = msgspec.msgpack.Decoder(News)

    def feed(self, data: bytes) -> Iterator[News]:
        """Raises ProtocolError."""
        for body in self._frames.feed(data):
            try:
                yield self._decoder.decode(body)
            except (msgspec.DecodeError, msgspec.ValidationError) as problem:
                raise ProtocolError(str(problem)) from problem
