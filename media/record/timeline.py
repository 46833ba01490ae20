"""Time of a recording: its own, from which gaps are left out, and the clock on the wall. Pure."""

from bisect import bisect_right
from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

from media.packet import CLOCK_HZ
from media.record.model import RecordedSegment, Recording, Take, utc

LEAST_GAP_S: Final = 1.0
"""Less than this between two segments is the encoder's clock settling."""


class Gap(msgspec.Struct, frozen=True):
    """Time that is missing: at `position_s` of the recording, `seconds` from `began_at` on."""

    position_s: float
    began_at: datetime
    seconds: float


class RecordingIndex(msgspec.Struct, frozen=True):
    """A recording with everything that lies on the disk of it."""

    recording: Recording
    takes: tuple[Take, ...]
    segments: tuple[RecordedSegment, ...]


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
