"""Reads a take's boxes back into an index (ISO/IEC 14496-12). Pure: bytes come through a function.

All that the index holds stands in the file: `mfhd` numbers segment and part, `prft` says when it began on the wall and
where on the take's timeline, `trun` how long its samples are.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from media.hls.boxes import AUDIO_ID, VIDEO_ID
from media.hls.fragment import KEY_FLAGS, NTP_EPOCH_S, PARTS_IN_SEGMENT, PRFT
from media.packet import CLOCK_HZ

ReadAt = Callable[[int, int], bytes]
"""(offset, length) → at most that many bytes."""

_BOX: Final = struct.Struct(">I4s")
MAX_MOOF_BYTES: Final = 1024 * 1024
_TAIL: Final = 16
_SAMPLE_FIELDS: Final = {0x100: 4, 0x200: 4, 0x400: 4, 0x800: 4}


class ScannedPart(msgspec.Struct, frozen=True, gc=False):
    """A whole part as it lies in the file. `samples_90k` is how long its own samples last."""

    offset: int
    length: int
    sequence: int
    began_at_s: float
    dts_90k: int
    samples_90k: int
    independent: bool

    @property
    def msn(self) -> int:
        return self.sequence // PARTS_IN_SEGMENT


class ScannedSegment(msgspec.Struct, frozen=True, gc=False):
    """Whole parts of one segment. Its end is where the next part begins, or what its last samples say."""

    msn: int
    offset: int
    length: int
    began_at_s: float
    dts_90k: int
    duration_90k: int
    independent: bool


class Init(msgspec.Struct, frozen=True, gc=False):
    """The initialisation section: its length, and the timescale of sound (0 without sound)."""

    length: int
    audio_hz: int
    has_video: bool


def scan_init(read: ReadAt) -> Init | None:
    """None where the file does not begin with a whole `ftyp` and `moov`."""
    at = 0
    for name in (b"ftyp", b"moov"):
        header = read(at, 8)
        if len(header) < 8 or header[4:] != name:
            return None
        size = _BOX.unpack(header)[0]
        if size < 8 or size > MAX_MOOF_BYTES:
            return None
        body = read(at, size)
        if len(body) < size:
            return None
        at += size
    scales = {}
    for trak_at, trak_end in _children(body, 8, size, b"trak"):
        (tkhd, _), (mdia, mdia_end) = (
            next(_children(body, trak_at, trak_end, b"tkhd")),
            next(_children(body, trak_at, trak_end, b"mdia")),
        )
        mdhd, _ = next(_children(body, mdia, mdia_end, b"mdhd"))
        scales[int.from_bytes(body[tkhd + 12 : tkhd + 16], "big")] = int.from_bytes(body[mdhd + 12 : mdhd + 16], "big")
    return Init(at, scales.get(AUDIO_ID, 0), VIDEO_ID in scales)


def scan_parts(read: ReadAt, begin: int, init: Init) -> Iterator[ScannedPart]:
    """Whole parts from byte `begin` on; stops before the first that is torn or is no part."""
    at = begin
    while True:
        head = read(at, PRFT.size + 8)
        if len(head) < PRFT.size + 8 or head[4:8] != b"prft" or head[PRFT.size + 4 :] != b"moof":
            return
        _, _, _, _, ntp, dts = PRFT.unpack(head[: PRFT.size])
        moof_at = at + PRFT.size
        moof_size = _BOX.unpack(head[PRFT.size :])[0]
        if not 8 <= moof_size <= MAX_MOOF_BYTES:
            return
        moof = read(moof_at, moof_size + 8)
        if len(moof) < moof_size + 8 or moof[moof_size + 4 :] != b"mdat":
            return
        mdat_size = _BOX.unpack(moof[moof_size:])[0]
        end = moof_at + moof_size + mdat_size
        if mdat_size < 8 or not _is_written(read, end - min(mdat_size - 8, _TAIL), end):
            return
        try:
            sequence, samples_90k, independent = _read_moof(moof, moof_size, init)
        except (struct.error, StopIteration):
            return
        yield ScannedPart(at, end - at, sequence, ntp / 4294967296 - NTP_EPOCH_S, dts, samples_90k, independent)
        at = end


def _is_written(read: ReadAt, begin: int, end: int) -> bool:
    """After a power cut a file may have its length and zeros where its end should be; no frame ends in that many."""
    tail = read(begin, end - begin)
    return len(tail) == end - begin and (len(tail) < _TAIL or any(tail))


def gather_segments(parts: Iterator[ScannedPart]) -> Iterator[ScannedSegment]:
    """Parts that follow one another with the same number, as segments."""
    group: list[ScannedPart] = []
    for part in parts:
        if group and part.msn != group[0].msn:
            # Parts that were never written leave a hole; the segment before it is as long as its samples.
            follows = part.msn == group[0].msn + 1
            yield _segment(group, part.dts_90k if follows else None)
            group = []
        group.append(part)
    if group:
        yield _segment(group, None)


def _segment(group: list[ScannedPart], next_dts: int | None) -> ScannedSegment:
    first, last = group[0], group[-1]
    end = next_dts if next_dts is not None else last.dts_90k + last.samples_90k
    return ScannedSegment(
        msn=first.msn,
        offset=first.offset,
        length=last.offset + last.length - first.offset,
        began_at_s=first.began_at_s,
        dts_90k=first.dts_90k,
        duration_90k=max(end - first.dts_90k, 1),
        independent=first.independent,
    )


def _read_moof(moof: bytes, size: int, init: Init) -> tuple[int, int, bool]:
    """`mfhd` sequence number, length of the leading track's samples, whether it begins with an IDR."""
    sequence = 0
    lengths = {VIDEO_ID: 0, AUDIO_ID: 0}
    independent = not init.has_video
    for name, at, end in boxes(moof, 8, size):
        if name == b"mfhd":
            sequence = int.from_bytes(moof[at + 4 : at + 8], "big")
        elif name == b"traf":
            track_id, length, first_flags = _read_traf(moof, at, end)
            lengths[track_id] = length
            if track_id == VIDEO_ID:
                independent = first_flags == KEY_FLAGS
    if init.has_video:
        return sequence, lengths[VIDEO_ID], independent
    return sequence, lengths[AUDIO_ID] * CLOCK_HZ // max(init.audio_hz, 1), independent


def _read_traf(moof: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Track id, sum of durations in its timescale, flags of the first sample."""
    track_id = default_duration = length = first_flags = 0
    for name, body, _ in boxes(moof, at, end):
        flags = int.from_bytes(moof[body + 1 : body + 4], "big")
        if name == b"tfhd":
            track_id = int.from_bytes(moof[body + 4 : body + 8], "big")
            if flags & 0x08:
                default_duration = int.from_bytes(moof[body + 8 : body + 12], "big")
        elif name == b"trun":
            count = int.from_bytes(moof[body + 4 : body + 8], "big")
            if not flags & 0x100:
                length += count * default_duration
                continue
            step = sum(width for bit, width in _SAMPLE_FIELDS.items() if flags & bit)
            samples = body + 12
            if count:
                first_flags = int.from_bytes(moof[samples + 8 : samples + 12], "big")
            length += sum(
                int.from_bytes(moof[samples + n * step : samples + n * step + 4], "big") for n in range(count)
            )
    return track_id, length, first_flags


def _children(data: bytes, begin: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    return ((at, stop) for name, at, stop in boxes(data, begin, end) if name == wanted)


def boxes(data: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin and end of each body between `begin` and `end`. Raises struct.error for a box that cannot be."""
    at = begin
    while at + 8 <= end:
        size, name = _BOX.unpack_from(data, at)
        if size < 8 or at + size > end:
            raise struct.error("a box is larger than what holds it")
        yield name, at + 8, at + size
        at += size
