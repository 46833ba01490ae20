"""A wall clock that a program can read from a picture: a row of black and white blocks along the top edge.

64 blocks of equal width: the mark 1010, 48 bits of Unix time in milliseconds, a 12-bit check. It survives scaling and
compression, so a screenshot of a player tells how far behind the encoder it is.
"""

import zlib
from collections.abc import Sequence
from typing import Final

MARK: Final = (True, False, True, False)
TIME_BITS: Final = 48
CHECK_BITS: Final = 12
BLOCKS: Final = len(MARK) + TIME_BITS + CHECK_BITS

MIN_CONTRAST: Final = 60
"""Least difference between black and white, of 255."""


def encode(unix_ms: int) -> tuple[bool, ...]:
    """The blocks from left to right; True is white."""
    if not 0 <= unix_ms < 1 << TIME_BITS:
        raise ValueError("time does not fit")
    number = unix_ms << CHECK_BITS | _check(unix_ms)
    count = TIME_BITS + CHECK_BITS
    return (*MARK, *(bool(number >> shift & 1) for shift in range(count - 1, -1, -1)))


def decode(blocks: Sequence[bool]) -> int | None:
    """Unix time in milliseconds; None if the mark or the check is wrong."""
    if len(blocks) != BLOCKS or tuple(blocks[: len(MARK)]) != MARK:
        return None
    number = 0
    for block in blocks[len(MARK) :]:
        number = number << 1 | block
    unix_ms = number >> CHECK_BITS
    return unix_ms if number & ((1 << CHECK_BITS) - 1) == _check(unix_ms) else None


def read_row(luma: Sequence[int]) -> int | None:
    """Unix time in ms from one row of brightness values (0 … 255) across the whole picture; None if unreadable."""
    width = len(luma)
    if width < BLOCKS * 2:
        return None
    samples = [luma[(2 * index + 1) * width // (2 * BLOCKS)] for index in range(BLOCKS)]
    dark, bright = min(samples), max(samples)
    if bright - dark < MIN_CONTRAST:
        return None
    middle = (dark + bright) / 2
    return decode([sample > middle for sample in samples])


def _check(unix_ms: int) -> int:
    return zlib.crc32(unix_ms.to_bytes(6, "big")) & ((1 << CHECK_BITS) - 1)
