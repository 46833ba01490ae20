"""Time of a recording: its own, from which gaps are left out, and the clock on the wall. Pure."""

from bisect import bisect_right
from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

from media.packet import CLOCK_HZ
from media.record.model import Patch, RecordedSegment, Recording, Take, utc

LEAST_STEP_S: Final = 0.1
"""A step of the clock between two segments that moments are placed by; less is rounding."""

LEAST_GAP_S: Final = 1.0
"""Less than this between two segments is the encoder's clock settling."""


class Gap(msgspec.Struct, frozen=True):
    """Time that is missing: at `position_s` of the recording, `seconds` from `began_at` on."""

    position_s: float
    began_at: datetime
    seconds: float


class Stretch(msgspec.Struct, frozen=True):
    """From `position_s` on the recording shows what happened from `began_at` on, second by second."""

    position_s: float
    began_at: datetime
    duration_s: float


class RecordingIndex(msgspec.Struct, frozen=True):
    """A recording with everything that lies on the disk of it, or with what is shown of that (`shown`).

    `patches` stand in for segments once `redacted` has put them in; twice is the same as once.
    """

    recording: Recording
    takes: tuple[Take, ...]
    segments: tuple[RecordedSegment, ...]
    patches: tuple[Patch, ...] = ()


def cut(index: RecordingIndex, begin_90k: int, end_90k: int) -> RecordingIndex:
    """From the segment that holds `begin` to the one that holds `end`, on a timeline that starts at 0 there.

    It begins with a segment that can be decoded alone, so a little earlier where it must.
    """
    first, last = _bounds(index.segments, begin_90k, end_90k)
    kept = index.segments[first:last]
    shift = kept[0].position_90k if kept else 0
    numbers = {segment.take for segment in kept}
    return msgspec.structs.replace(
        index,
        takes=tuple(take for take in index.takes if take.number in numbers),
        segments=tuple(msgspec.structs.replace(segment, position_90k=segment.position_90k - shift) for segment in kept),
    )


def snapped(index: RecordingIndex, begin_90k: int, end_90k: int) -> tuple[int, int]:
    """Where a cut really begins and ends: at boundaries of segments, so that nothing asked for is lost."""
    first, last = _bounds(index.segments, begin_90k, end_90k)
    if first >= last:
        return 0, 0
    return index.segments[first].position_90k, index.segments[last - 1].end_90k


def is_trimmed(recording: Recording) -> bool:
    """A recording that goes on is shown whole."""
    return recording.ended_at is not None and bool(recording.trim_begin_90k or recording.trim_end_90k is not None)


def redacted(index: RecordingIndex) -> RecordingIndex:
    """The published copy: where a patch stands in for a segment, nothing leads to the segment's own bytes."""
    if not index.patches:
        return index
    stand_ins = {one.msn: (patch.take.number, one) for patch in index.patches for one in patch.segments}
    segments = []
    for segment in index.segments:
        number, one = stand_ins.get(segment.msn, (segment.take, None))
        if one is not None:
            segment = msgspec.structs.replace(
                segment,
                take=number,
                byte_offset=one.byte_offset,
                byte_length=one.byte_length,
                dts_90k=one.dts_90k,
                independent=one.independent,
                sha256=one.sha256,
            )
        segments.append(segment)
    used = {segment.take for segment in segments}
    takes = {take.number: take for take in (*(patch.take for patch in index.patches), *index.takes)}
    return msgspec.structs.replace(
        index,
        takes=tuple(take for take in takes.values() if take.number in used),
        segments=tuple(segments),
    )


def shown(index: RecordingIndex) -> RecordingIndex:
    """What is left of the whole recording once its redactions and its trim are applied."""
    index = redacted(index)
    recording = index.recording
    if not is_trimmed(recording) or not index.segments:
        return index
    end = recording.trim_end_90k
    return cut(index, recording.trim_begin_90k, index.segments[-1].end_90k if end is None else end)


def _bounds(segments: tuple[RecordedSegment, ...], begin_90k: int, end_90k: int) -> tuple[int, int]:
    first = last = 0
    for number, segment in enumerate(segments):
        if segment.independent and segment.position_90k <= begin_90k:
            first = number
        if segment.position_90k < end_90k:
            last = number + 1
    return first, last


def duration_s(index: RecordingIndex) -> float:
    return index.segments[-1].end_90k / CLOCK_HZ if index.segments else 0.0


def position_at(index: RecordingIndex, unix_s: float) -> float:
    """Seconds of the recording shown at this moment. In a gap: where it goes on. Clamped to the recording."""
    segments = index.segments
    place = bisect_right(segments, unix_s, key=lambda segment: segment.began_at.timestamp()) - 1
    if place < 0:
        return 0.0
    segment = segments[place]
    inside_s = min(unix_s - segment.began_at.timestamp(), segment.duration_90k / CLOCK_HZ)
    return segment.position_90k / CLOCK_HZ + inside_s


def wall_clock_at(index: RecordingIndex, position_s: float) -> float:
    """Unix time at which this second of the recording was recorded. Clamped; 0 for an empty recording."""
    segments = index.segments
    if not segments:
        return 0.0
    position = round(max(position_s, 0.0) * CLOCK_HZ)
    segment = segments[max(bisect_right(segments, position, key=lambda segment: segment.position_90k) - 1, 0)]
    inside = min(position - segment.position_90k, segment.duration_90k)
    return segment.began_at.timestamp() + inside / CLOCK_HZ


def gaps(index: RecordingIndex) -> list[Gap]:
    """Where the encoder was away, or the disk refused."""
    return [
        Gap(later.position_90k / CLOCK_HZ, utc(earlier.ended_at_s), later.began_at.timestamp() - earlier.ended_at_s)
        for earlier, later in pairwise(index.segments)
        if later.began_at.timestamp() - earlier.ended_at_s >= LEAST_GAP_S
    ]


def stretches(index: RecordingIndex) -> list[Stretch]:
    """The recording in pieces in which its time and the clock run alike. Another begins at each gap, and where the
    clock of an encoder has settled: what it sent first was late.
    """
    found: list[Stretch] = []
    first: RecordedSegment | None = None
    for earlier, later in pairwise((None, *index.segments, None)):
        if first is not None and earlier is not None:
            runs = later is not None and abs(later.began_at.timestamp() - earlier.ended_at_s) < LEAST_STEP_S
            # steps too small to be seen add up
            if runs and later is not None and abs(_drift_s(first, later)) < LEAST_STEP_S:
                continue
            length = (earlier.end_90k - first.position_90k) / CLOCK_HZ
            found.append(Stretch(first.position_90k / CLOCK_HZ, first.began_at, length))
        first = later
    return found


def _drift_s(first: RecordedSegment, later: RecordedSegment) -> float:
    passed_s = later.began_at.timestamp() - first.began_at.timestamp()
    return passed_s - (later.position_90k - first.position_90k) / CLOCK_HZ
