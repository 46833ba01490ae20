"""Byte ranges of RFC 9110, section 14. No I/O."""

import re

import msgspec

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class ByteRange(msgspec.Struct, frozen=True):
    """From `start` up to and without `end`."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """Nothing of the range lies in the file: 416."""


def requested_range(header: str, size_bytes: int) -> ByteRange | None:
    """The single range that was asked for; None where the whole is the answer (no range, several, or not understood).

    Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(header)
    if not match or match[1] == match[2] == "":
        return None
    if not match[1]:
        length = int(match[2])
        if length == 0 or size_bytes == 0:
            raise Unsatisfiable
        return ByteRange(max(0, size_bytes - length), size_bytes)
    start = int(match[1])
    end = int(match[2]) + 1 if match[2] else size_bytes
    if match[2] and end <= start:
        return None
    if start >= size_bytes:
        raise Unsatisfiable
    return ByteRange(start, min(end, size_bytes))
