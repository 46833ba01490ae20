"""Long sound in pieces that a recogniser can take: cut where it is quiet, so that no word is cut. Pure."""

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

RATE_HZ: Final = 16_000
BYTES_PER_S: Final = RATE_HZ * 2
LOOK_S: Final = 20
"""A cut is looked for in the last seconds of a piece."""
WINDOW: Final = RATE_HZ // 5
"""Samples of which the sum tells how loud it is: a fifth of a second."""
STEP: Final = WINDOW // 2
EVERY: Final = 8
"""Every eighth sample is enough to tell loud from quiet."""


class Piece(msgspec.Struct, frozen=True):
    """`pcm`: 16 kHz, one channel, 16 bits; it begins at `begin_ms` of the recording."""

    begin_ms: int
    pcm: bytes


def pieces(blocks: Iterable[bytes], length_s: int) -> Iterator[Piece]:
    """Pieces of at most `length_s` that together are the whole."""
    held = bytearray()
    begin = 0
    for block in blocks:
        held += block
        while len(held) >= length_s * BYTES_PER_S:
            cut = quietest(bytes(held[: length_s * BYTES_PER_S]))
            yield Piece(begin * 1000 // BYTES_PER_S, bytes(held[:cut]))
            del held[:cut]
            begin += cut
    if held:
        yield Piece(begin * 1000 // BYTES_PER_S, bytes(held))


def quietest(pcm: bytes) -> int:
    """The byte in the middle of the quietest fifth of a second near the end."""
    begin = max(len(pcm) - LOOK_S * BYTES_PER_S, len(pcm) // 2) & ~1
    samples = array("h", pcm[begin : len(pcm) & ~1])
    starts = range(0, max(len(samples) - WINDOW, 1), STEP)
    best = min(starts, key=lambda start: sum(map(abs, samples[start : start + WINDOW : EVERY])))
    return begin + 2 * min(best + WINDOW // 2, len(samples))


def is_silent(pcm: bytes) -> bool:
    """Nothing that could be speech: recognisers invent words where there are none."""
    return max(map(abs, array("h", pcm[: len(pcm) & ~1])[::EVERY]), default=0) < 200
