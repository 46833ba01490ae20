"""What a take's boxes say of its samples (ISO/IEC 14496-12 §8.8). Pure: bytes in, columns of numbers out."""

import struct
import sys
from array import array
from typing import Final

import msgspec

from media.record.scan import boxes

NON_SYNC: Final = 0x00010000
"""`sample_is_non_sync_sample` (§8.8.3.1)."""

_U32: Final = "I"
_TRUN_COLUMNS: Final = (0x100, 0x200, 0x400, 0x800)
"""Duration, size, flags, composition offset, in this order where they are present (§8.8.8)."""


class TrackInit(msgspec.Struct, frozen=True):
    """A track as its initialisation section declares it. `hdlr`, `media_header`, `dinf`, `stsd` are whole boxes."""

    track_id: int
    timescale: int
    size: bytes
    """Width and height as `tkhd` has them (16.16 each)."""
    delay: int
    """What the edit list takes off the first composition time, in `timescale`."""
    hdlr: bytes
    media_header: bytes
    dinf: bytes
    stsd: bytes

    @property
    def is_video(self) -> bool:
        return self.hdlr[16:20] == b"vide"


class Run(msgspec.Struct, frozen=True):
    """Samples of one track in a part, as columns. `data_offset` counts from the first byte of `moof`."""

    track_id: int
    decode_time: int
    durations: "array[int]"
    sizes: "array[int]"
    flags: "array[int]"
    offsets: "array[int]"
    data_offset: int


def read_init(data: bytes) -> tuple[TrackInit, ...]:
    """The tracks of `ftyp` + `moov`. Raises ValueError for bytes that are no initialisation section."""
    try:
        (moov,) = [(at, end) for name, at, end in boxes(data, 0, len(data)) if name == b"moov"]
        return tuple(_read_trak(data, at, end) for name, at, end in boxes(data, *moov) if name == b"trak")
    except (ValueError, KeyError, IndexError, StopIteration, struct.error) as problem:
        raise ValueError("not an initialisation section") from problem


def read_moof(moof: bytes) -> list[Run]:
    """The samples of a whole `moof` box, a run for each `trun`."""
    found: list[Run] = []
    for name, at, end in boxes(moof, 8, len(moof)):
        if name == b"traf":
            found += _read_traf(moof, at, end)
    return found


def _read_trak(data: bytes, at: int, end: int) -> TrackInit:
    parts = {name: (begin, stop) for name, begin, stop in boxes(data, at, end)}
    tkhd = parts[b"tkhd"][0]
    mdia = {name: (begin, stop) for name, begin, stop in boxes(data, *parts[b"mdia"])}
    minf = {name: (begin, stop) for name, begin, stop in boxes(data, *mdia[b"minf"])}
    stbl = {name: (begin, stop) for name, begin, stop in boxes(data, *minf[b"stbl"])}
    header = next(name for name in minf if name in {b"vmhd", b"smhd", b"nmhd"})

    def whole(place: tuple[int, int]) -> bytes:
        return data[place[0] - 8 : place[1]]

    return TrackInit(
        track_id=_number(data, tkhd + 12),
        timescale=_number(data, mdia[b"mdhd"][0] + 12),
        size=data[parts[b"tkhd"][1] - 8 : parts[b"tkhd"][1]],
        delay=_edit_delay(data, parts.get(b"edts")),
        hdlr=whole(mdia[b"hdlr"]),
        media_header=whole(minf[header]),
        dinf=whole(minf[b"dinf"]),
        stsd=whole(stbl[b"stsd"]),
    )


def _edit_delay(data: bytes, edts: tuple[int, int] | None) -> int:
    if edts is None:
        return 0
    for name, at, _end in boxes(data, *edts):
        if name == b"elst" and _number(data, at + 4) > 0 and data[at] == 0:
            return max(0, int.from_bytes(data[at + 12 : at + 16], "big", signed=True))
    return 0


def _read_traf(moof: bytes, at: int, end: int) -> list[Run]:
    track_id = decode_time = 0
    defaults = {0x100: 0, 0x200: 0, 0x400: 0, 0x800: 0}
    found: list[Run] = []
    for name, body, stop in boxes(moof, at, end):
        flags = _number(moof, body) & 0xFFFFFF
        if name == b"tfhd":
            track_id = _number(moof, body + 4)
            place = body + 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0)
            for present, column in ((0x08, 0x100), (0x10, 0x200), (0x20, 0x400)):
                if flags & present:
                    defaults[column] = _number(moof, place)
                    place += 4
        elif name == b"tfdt":
            decode_time = int.from_bytes(moof[body + 4 : body + (12 if moof[body] else 8)], "big")
        elif name == b"trun":
            run = _read_trun(moof[body:stop], flags, track_id, decode_time, defaults)
            decode_time += sum(run.durations)
            found.append(run)
    return found


def _read_trun(body: bytes, flags: int, track_id: int, decode_time: int, defaults: dict[int, int]) -> Run:
    count, at, data_offset = _number(body, 4), 8, 0
    if flags & 0x01:
        data_offset = int.from_bytes(body[at : at + 4], "big", signed=True)
        at += 4
    first_flags = _number(body, at) if flags & 0x04 else None
    at += 4 if flags & 0x04 else 0
    present = [column for column in _TRUN_COLUMNS if flags & column]
    table = array(_U32)
    table.frombytes(body[at : at + 4 * len(present) * count])
    if sys.byteorder == "little":
        table.byteswap()
    columns = {
        column: table[present.index(column) :: len(present)]
        if column in present
        else array(_U32, [defaults[column]]) * count
        for column in _TRUN_COLUMNS
    }
    if first_flags is not None and count:
        columns[0x400][0] = first_flags
    return Run(
        track_id=track_id,
        decode_time=decode_time,
        durations=columns[0x100],
        sizes=columns[0x200],
        flags=columns[0x400],
        offsets=array("i", columns[0x800].tobytes()),
        data_offset=data_offset,
    )


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
