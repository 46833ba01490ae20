"""What the server and a worker say to each other: msgpack messages, each behind its length in four bytes. Pure.

Server to worker: `Setup`, then `Feed` after `Feed`, `Flush` when the source pauses. Worker to server: `Ready` once,
`Began` with the first picture of a run, `Coded` after `Coded`, `Ended` when a flush is through. Every message names its
run, so that what belongs to one that was given up is known and left out.
"""

import msgspec

from media.framing import Messages
from media.ladder.rungs import Rung
from media.packet import VideoTrack


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


def orders() -> Messages[Order]:
    """For the worker."""
    return Messages(msgspec.msgpack.Decoder(Order))


def news() -> Messages[News]:
    """For the server."""
    return Messages(msgspec.msgpack.Decoder(News))
