"""What the server and the mixing process say to each other: msgpack messages, each behind its length in four bytes.

Server to worker: `Setup` and `Gone` of a source, `Feed` after `Feed`. Worker to server: `Ready` once, `Began` with the
first picture, `Made` after `Made`. Pure.
"""

from typing import Final

import msgspec

from media.framing import Messages
from media.packet import AudioTrack, Kind, VideoTrack

HOST: Final = 0
GUEST: Final = 1


class Setup(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """What a source sends from now on. `source`: `HOST` or `GUEST`."""

    source: int
    video: VideoTrack | None
    audio: AudioTrack | None


class Gone(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """A source sends no more: the other one has the picture."""

    source: int


class Feed(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """One coded packet (see `packet.Packet`). `at`: when it came, monotonic time in 1/90000 s, of this machine."""

    source: int
    kind: Kind
    at: int
    dts: int
    pts: int
    key: bool
    data: bytes


class Ready(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """The worker takes orders."""


class Began(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """What is made from now on. `base`: the `Feed.at` that its time 0 shows."""

    base: int
    video: VideoTrack
    audio: AudioTrack


class Made(msgspec.Struct, frozen=True, gc=False, tag=True, array_like=True):
    """One coded picture, or sound, of both. There are no B-frames."""

    kind: Kind
    pts: int
    key: bool
    data: bytes


Order = Setup | Gone | Feed
News = Ready | Began | Made


def orders() -> Messages[Order]:
    """For the worker."""
    return Messages(msgspec.msgpack.Decoder(Order))


def news() -> Messages[News]:
    """For the server."""
    return Messages(msgspec.msgpack.Decoder(News))
