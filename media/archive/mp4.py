"""A progressive MP4 with its index first (fast start), from the samples of recorded parts. Pure: no I/O.

Nothing is encoded again: sample tables point at the very bytes of the parts. Takes that are joined keep sound and
picture together by this rule: each take begins at its own position on the recording's timeline, in each track; the last
sample before it is made as long, or as short, as that needs.
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from media.archive.fragments import NON_SYNC, Run, TrackInit
from media.hls.boxes import box, full_box
from media.packet import CLOCK_HZ

MOVIE_HZ: Final = 1000
"""Timescale of the movie header and of edit lists."""

_U32: Final = struct.Struct(">I")
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MOST_U32: Final = 0xFFFFFFFF
_SLACK: Final = 2
"""Rounding between timescales: so many ticks are no gap."""


class Movie:
    """The tables of one file. Spans and their parts are added in order; `header` then says what precedes the bytes."""

    def __init__(self, tracks: Sequence[TrackInit]) -> None:
        self._tracks = {track.track_id: _Table(track) for track in tracks}

    @property
    def seconds(self) -> float:
        """Length of the longest track."""
        return max((table.shown_until / table.init.timescale for table in self._tracks.values()), default=0.0)

    def begin_span(self, dts_90k: int, position_90k: int, delays: Mapping[int, int]) -> None:
        """What follows began at `dts_90k` of its take and stands at `position_90k` here.

        `delays`: what the take's edit lists take off, by track.
        """
        for track_id, table in self._tracks.items():
            table.begin_span(dts_90k, position_90k, delays.get(track_id, 0))

    def add(self, run: Run, at: int) -> None:
        """A run of samples whose bytes lie at `at`, counted from the first byte of media data."""
        self._tracks[run.track_id].add(run, at)

    def header(self, media_bytes: int, brand: bytes = b"isom") -> bytes:
        """`ftyp`, `moov` and the head of `mdat`; `media_bytes` follow it."""
        ftyp = box(b"ftyp", brand, _U32.pack(512), b"isomiso2mp41" + (brand if brand != b"isom" else b""))
        large = media_bytes + 16 > _MOST_U32
        head = (
            struct.pack(">I4sQ", 1, b"mdat", media_bytes + 16)
            if large
            else struct.pack(">I4s", media_bytes + 8, b"mdat")
        )
        wide = large or media_bytes + 64 * 1024 * 1024 > _MOST_U32
        first_byte = len(ftyp) + len(self._moov(0, wide=wide)) + len(head)
        return ftyp + self._moov(first_byte, wide=wide) + head

    def _moov(self, first_byte: int, *, wide: bool) -> bytes:
        traks = [table.trak(first_byte, wide=wide) for table in self._tracks.values() if table.sizes]
        duration = max((table.movie_duration for table in self._tracks.values()), default=0)
        fixed = struct.pack(">IHH", 0x00010000, 0x0100, 0) + bytes(8) + _MATRIX + bytes(24)
        next_id = _U32.pack(max(self._tracks, default=0) + 1)
        mvhd = full_box(b"mvhd", 0, 0, struct.pack(">IIII", 0, 0, MOVIE_HZ, duration), fixed, next_id)
        return box(b"moov", mvhd, *traks)


class _Table:
    """The samples of one track, in columns of four bytes a number: three hours take some ten megabytes."""

    def __init__(self, init: TrackInit) -> None:
        self.init = init
        self.sizes = array("I")
        self._durations = array("I")
        self._offsets = array("i")
        self._syncs = array("I")
        self._chunks = array("Q")
        self._counts = array("I")
        self._chunk_end = -1
        self._start = 0
        self._end = 0
        self._shift = 0
        self._delay_shift = 0
        self._delay: int | None = None

    @property
    def shown_until(self) -> int:
        """Where the last sample ends, in the track's timescale."""
        return self._end

    @property
    def movie_duration(self) -> int:
        return -(-self._end * MOVIE_HZ // self.init.timescale)

    def begin_span(self, dts_90k: int, position_90k: int, delay: int) -> None:
        if self._delay is None:
            self._delay = delay
        self._delay_shift = self._delay - delay
        scale = self.init.timescale
        self._shift = round(position_90k * scale / CLOCK_HZ) - round(dts_90k * scale / CLOCK_HZ)

    def add(self, run: Run, at: int) -> None:
        if not run.sizes:
            return
        self._meet(max(run.decode_time + self._shift, 0))
        first = len(self.sizes) + 1
        self.sizes += run.sizes
        self._durations += run.durations
        shift = self._delay_shift
        self._offsets += run.offsets if not shift else array("i", [offset + shift for offset in run.offsets])
        self._syncs += array("I", [first + n for n, flags in enumerate(run.flags) if not flags & NON_SYNC])
        self._end += sum(run.durations)
        if self._chunks and at == self._chunk_end:
            self._counts[-1] += len(run.sizes)
        else:
            self._chunks.append(at)
            self._counts.append(len(run.sizes))
        self._chunk_end = at + sum(run.sizes)

    def trak(self, first_byte: int, *, wide: bool) -> bytes:
        init, volume = self.init, 0 if self.init.is_video else 0x0100
        media_duration = self._end - self._start
        tkhd = (
            struct.pack(">5I8xHHHH", 0, 0, init.track_id, 0, self.movie_duration, 0, 0, volume, 0) + _MATRIX + init.size
        )
        if media_duration > _MOST_U32:
            mdhd = full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, init.timescale, media_duration, 0x55C4, 0))
        else:
            mdhd = full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, init.timescale, media_duration, 0x55C4, 0))
        minf = box(b"minf", init.media_header, init.dinf, self._stbl(first_byte, wide=wide))
        mdia = box(b"mdia", mdhd, init.hdlr, minf)
        return box(b"trak", full_box(b"tkhd", 0, 3, tkhd), self._edits(), mdia)

    def _meet(self, at: int) -> None:
        """Makes the track reach exactly to `at`, where the next samples begin."""
        if not self.sizes:
            self._start = self._end = at
            return
        while len(self.sizes) > 1 and not self.init.is_video and self._end - self._durations[-1] >= at:
            self._drop_last()
        away = at - self._end
        if not away or (self.init.is_video and abs(away) <= _SLACK):
            return
        length = max(self._durations[-1] + away, 1)
        self._end += length - self._durations[-1]
        self._durations[-1] = length

    def _drop_last(self) -> None:
        """Sound that goes on under the beginning of the next take."""
        self._end -= self._durations.pop()
        if self._syncs and self._syncs[-1] == len(self.sizes):
            self._syncs.pop()
        self.sizes.pop()
        self._offsets.pop()
        self._counts[-1] -= 1
        self._chunk_end = -1
        if not self._counts[-1]:
            self._counts.pop()
            self._chunks.pop()

    def _edits(self) -> bytes:
        scale, entries = self.init.timescale, list[bytes]()
        if self._start * MOVIE_HZ >= scale:  # less than a millisecond cannot be said, nor heard
            entries.append(struct.pack(">IiI", self._start * MOVIE_HZ // scale, -1, 0x10000))
        length = -(-(self._end - self._start) * MOVIE_HZ // scale)
        entries.append(struct.pack(">IiI", length, self._delay or 0, 0x10000))
        return box(b"edts", full_box(b"elst", 0, 0, _U32.pack(len(entries)), *entries))

    def _stbl(self, first_byte: int, *, wide: bool) -> bytes:
        parts = [self.init.stsd, full_box(b"stts", 0, 0, _pairs(self._durations, "II"))]
        if any(self._offsets):
            version = 1 if min(self._offsets) < 0 else 0
            parts.append(full_box(b"ctts", version, 0, _pairs(self._offsets, "Ii")))
        if len(self._syncs) < len(self.sizes):
            parts.append(full_box(b"stss", 0, 0, _U32.pack(len(self._syncs)), _big_endian(self._syncs)))
        parts.append(full_box(b"stsc", 0, 0, _chunk_runs(self._counts)))
        parts.append(full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(self.sizes)), _big_endian(self.sizes)))
        placed = array("Q" if wide else "I", [chunk + first_byte for chunk in self._chunks])
        parts.append(full_box(b"co64" if wide else b"stco", 0, 0, _U32.pack(len(placed)), _big_endian(placed)))
        return box(b"stbl", *parts)


def _pairs(column: Iterable[int], form: str) -> bytes:
    """Runs of equal values as `count`, (how often, value) …"""
    packed = struct.Struct(f">{form}")
    runs = [packed.pack(sum(1 for _ in group), value) for value, group in groupby(column)]
    return _U32.pack(len(runs)) + b"".join(runs)


def _chunk_runs(counts: Sequence[int]) -> bytes:
    runs, before = list[bytes](), -1
    for number, count in enumerate(counts, start=1):
        if count != before:
            runs.append(struct.pack(">III", number, count, 1))
            before = count
    return _U32.pack(len(runs)) + b"".join(runs)


def _big_endian(column: "array[int]") -> bytes:
    if sys.byteorder == "big":
        return column.tobytes()
    swapped = column[:]
    swapped.byteswap()
    return swapped.tobytes()
