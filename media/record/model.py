"""What a recording consists of, as rows and as news from the writer."""

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from media.packet import CLOCK_HZ, Tracks


class Fsync(StrEnum):
    """When the writer waits until the disk has it: after a power cut the rest may be missing."""

    NEVER = "never"
    SEGMENT = "segment"
    PART = "part"


class RecorderState(StrEnum):
    """How a stream's recording fares."""

    WAITING = "waiting"
    RECORDING = "recording"
    FAILING = "failing"
    """Nothing is written now; the live stream goes on, and the recorder tries again with every segment."""
    CLOSED = "closed"


class Recording(msgspec.Struct, frozen=True):
    """A stream's recording. `ended_at` None: the stream may go on."""

    stream_id: str
    began_at: datetime
    ended_at: datetime | None
    part_ms: int
    segment_s: float
    target_s: int
    next_msn: int
    next_take: int
    trim_begin_90k: int = 0
    """Shown from here …"""
    trim_end_90k: int | None = None
    """… to here, on the whole recording's timeline; None: to its end."""
    keep_days: int | None = None
    removal_at: datetime | None = None
    version: int = 1
    """Grows with each version that is published: something was taken out of sight, or put back."""


class Take(msgspec.Struct, frozen=True):
    """A file of the recording: `tracks` as JSON for the database, `init_bytes` its initialisation section's length."""

    stream_id: str
    number: int
    began_at: datetime
    tracks: Tracks
    init_bytes: int


class RecordedSegment(msgspec.Struct, frozen=True, gc=False):
    """A segment on the disk. Positions and durations in 1/90000 s; see the migration for each column."""

    stream_id: str
    msn: int
    take: int
    byte_offset: int
    byte_length: int
    began_at: datetime
    position_90k: int
    dts_90k: int
    duration_90k: int
    independent: bool
    sha256: bytes

    @property
    def end_90k(self) -> int:
        """Where it ends on the recording's timeline."""
        return self.position_90k + self.duration_90k

    @property
    def ended_at_s(self) -> float:
        """Unix time at which it ended."""
        return self.began_at.timestamp() + self.duration_90k / CLOCK_HZ


class PatchSegment(msgspec.Struct, frozen=True, gc=False):
    """Bytes of a patch that stand in for the segment with this number; they last as long."""

    msn: int
    byte_offset: int
    byte_length: int
    dts_90k: int
    duration_90k: int
    independent: bool
    sha256: bytes


class Patch(msgspec.Struct, frozen=True):
    """A file that stands in for a span of a take in the published copy: what may not be shown is not in it."""

    take: Take
    segments: tuple[PatchSegment, ...]


class TakeOpened(msgspec.Struct, frozen=True, gc=False):
    """The writer made a take's file."""

    take: Take


class SegmentWritten(msgspec.Struct, frozen=True, gc=False):
    """The writer finished a segment. Its position is filled in by the recorder, who knows the order."""

    segment: RecordedSegment


class HealthChanged(msgspec.Struct, frozen=True, gc=False):
    """Writing failed (`reason` says why, in English) or works again (empty)."""

    stream_id: str
    reason: str


class RecordingFinished(msgspec.Struct, frozen=True, gc=False):
    """All that was accepted of an ended stream is written."""

    stream_id: str


News = TakeOpened | SegmentWritten | HealthChanged | RecordingFinished


def utc(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
