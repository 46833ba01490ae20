"""What viewers can ask for now: the last segments of a stream in memory, within bounds. Pure."""

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from media.hls.muxer import Init, Part, Timing
from media.hls.playlist import ListedPart, Segment, SegmentLines, Variant, media_playlist, segment_lines
from media.packet import CLOCK_HZ, Tracks

GRACE: Final = 3
"""Segments kept after they left the playlist, for players that read it just before."""

INITS_KEPT: Final = 16


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """How much is kept: seconds in the playlist (never less than three target durations), bytes in memory."""

    window_s: int = 24
    max_bytes: int = 64 * 1024 * 1024


class Start(msgspec.Struct, frozen=True, gc=False):
    """Where a stream goes on: after a restart its numbers continue and its last segments are still listed."""

    next_msn: int = 1
    next_take: int = 0
    segments: tuple[Segment, ...] = ()
    tracks: Tracks | None = None
    ended: bool = False


class _Kept:
    """A segment's bytes, part by part. Most players ask for parts alone: a whole is made when one asks for it."""

    __slots__ = ("_whole", "lines", "parts", "size")

    def __init__(self, lines: SegmentLines, parts: Sequence[bytes] = ()) -> None:
        self.lines = lines
        self.parts: Sequence[bytes | memoryview] = parts
        self.size = sum(map(len, parts))
        self._whole: bytes | None = None

    def whole(self) -> bytes | None:
        """None where the bytes were never in memory. The first call makes one block; parts are views of it then."""
        if self._whole is None and self.parts:
            self._whole = b"".join(self.parts)
            view, at = memoryview(self._whole), 0
            views = []
            for part in self.parts:
                views.append(view[at : at + len(part)])
                at += len(part)
            self.parts = views
        return self._whole


class Window:
    """Segments of one stream: closed ones in order, and the one that grows."""

    def __init__(self, timing: Timing, bounds: Bounds, start: Start) -> None:
        self.timing = timing
        self.ended = False
        self.next_msn = start.next_msn
        """Number of the segment after the last closed one."""
        self.tracks = start.tracks
        self._bounds = bounds
        self._discontinuity = start.next_take - 1
        self._take = -1
        self._inits: dict[int, bytes] = {}
        self._closed: deque[_Kept] = deque(_Kept(segment_lines(segment)) for segment in start.segments)
        self._gone: deque[_Kept] = deque()
        self._duration_90k = sum(segment.duration_90k for segment in start.segments)
        self._bytes = 0
        self._opened: Segment | None = None
        self._open_parts: list[bytes] = []
        self._open_frames = 0
        self._peak_bps = 0
        self._total_bits = 0
        self._total_90k = 0
        self._frames_per_s = 0.0

    @property
    def opened(self) -> Segment | None:
        return self._opened

    @property
    def bytes_kept(self) -> int:
        return self._bytes

    @property
    def is_empty(self) -> bool:
        """No whole segment is listed yet: players refuse a playlist of parts alone."""
        return not self._closed

    def add_init(self, init: Init) -> None:
        self._inits[init.take] = init.data
        self.tracks = init.tracks
        while len(self._inits) > INITS_KEPT:
            del self._inits[next(iter(self._inits))]

    def add_part(self, part: Part) -> None:
        opened = self._opened
        if opened is not None and opened.msn != part.msn:
            self.close_segment()
            opened = None
        listed = ListedPart(part.duration_90k, part.independent)
        if opened is None:
            opens_take = part.take != self._take
            self._discontinuity += opens_take
            self._take = part.take
            self._opened = Segment(
                msn=part.msn,
                take=part.take,
                discontinuity=self._discontinuity,
                opens_take=opens_take,
                began_at_s=part.began_at_s,
                duration_90k=part.duration_90k,
                parts=(listed,),
                dts_90k=part.dts_90k,
            )
        else:
            self._opened = msgspec.structs.replace(
                opened, duration_90k=opened.duration_90k + part.duration_90k, parts=(*opened.parts, listed)
            )
        self._open_parts.append(part.data)
        self._open_frames += part.frames
        self._bytes += len(part.data)
        if part.last:
            self.close_segment()

    def close_segment(self) -> None:
        """The open segment ends as it stands; no open segment is no error."""
        segment = self._opened
        if segment is None:
            return
        kept = _Kept(segment_lines(segment), self._open_parts)
        self._closed.append(kept)
        self._measure(segment, kept.size)
        self._duration_90k += segment.duration_90k
        self.next_msn = segment.msn + 1
        self._opened, self._open_parts, self._open_frames = None, [], 0
        self._evict()

    def end(self) -> None:
        self.close_segment()
        self.ended = True

    def listed(self) -> tuple[Segment, ...]:
        """The closed segments of the playlist."""
        return tuple(kept.lines.segment for kept in self._closed)

    def span_s(self) -> tuple[float, float]:
        """Unix time at which the listed begins and ends; zeros while nothing is listed."""
        listed = [*(kept.lines.segment for kept in self._closed), *([self._opened] if self._opened else [])]
        if not listed:
            return 0.0, 0.0
        return listed[0].began_at_s, listed[-1].began_at_s + listed[-1].duration_90k / CLOCK_HZ

    def last_listed(self) -> tuple[int, int] | None:
        """Number and part of the last that the playlist has; None while it has nothing."""
        if self._opened is not None:
            return self._opened.msn, len(self._opened.parts) - 1
        if not self._closed:
            return None
        last = self._closed[-1].lines.segment
        return last.msn, max(len(last.parts) - 1, 0)

    def playlist(self, *, skip: bool = False, notes: str = "") -> str:
        lines = [kept.lines for kept in self._closed]
        return media_playlist(self.timing, lines, self._opened, self.next_msn, ended=self.ended, skip=skip, notes=notes)

    def variant(self) -> Variant | None:
        """None before any track is known."""
        if self.tracks is None:
            return None
        peak, average = self._peak_bps, self._total_bits * CLOCK_HZ // max(self._total_90k, 1)
        if not peak and self._opened is not None:
            peak = average = sum(map(len, self._open_parts)) * 8 * CLOCK_HZ // max(self._opened.duration_90k, 1)
        # Before anything is measured: a guess that no player refuses.
        peak, average = max(peak, 64_000), max(average, 64_000)
        return Variant(self.tracks, _rounded(max(peak, average)), _rounded(average), self._frames_per_s)

    def holds(self, msn: int, part: int | None) -> bool:
        """Whether the playlist has this segment whole (`part` None), or this part or a later one (§6.2.5.2)."""
        if msn < self.next_msn:
            if part is None or msn < self.next_msn - 1 or self._opened is not None:
                return True
            last = self._closed[-1].lines.segment if self._closed else None
            return last is None or not last.parts or part < len(last.parts)
        opened = self._opened
        return part is not None and opened is not None and msn == opened.msn and part < len(opened.parts)

    def is_far(self, msn: int, part: int | None, limit: int) -> bool:
        """Whether this is more than may be waited for: two segments, or `limit` parts, ahead."""
        last = self._opened.msn if self._opened is not None else self.next_msn - 1
        if msn > last + 2:
            return True
        have = len(self._opened.parts) if self._opened is not None and msn == last else 0
        return part is not None and msn >= last and part >= have + limit and not self.holds(msn, part)

    def init(self, take: int) -> bytes | None:
        return self._inits.get(take)

    def segment(self, msn: int) -> bytes | None:
        """A closed segment's bytes while they are in memory."""
        kept = self._find(msn)
        return kept.whole() if kept is not None else None

    def described(self, msn: int) -> Segment | None:
        """What is known of a segment while it is in memory; of the one that grows too."""
        if self._opened is not None and self._opened.msn == msn:
            return self._opened
        kept = self._find(msn)
        return kept.lines.segment if kept is not None else None

    def part(self, msn: int, index: int) -> bytes | memoryview | None:
        parts: Sequence[bytes | memoryview]
        if self._opened is not None and msn == self._opened.msn:
            parts = self._open_parts
        else:
            kept = self._find(msn)
            parts = kept.parts if kept is not None else ()
        return parts[index] if 0 <= index < len(parts) else None

    def may_come(self, msn: int, index: int) -> bool:
        """Whether a part that is not there yet is the hinted one, so that a request for it is held."""
        if self.ended:
            return False
        if self._opened is not None:
            return msn == self._opened.msn and index == len(self._opened.parts)
        return msn == self.next_msn and index == 0

    def _find(self, msn: int) -> _Kept | None:
        for kept in (*reversed(self._closed), *self._gone):
            if kept.lines.segment.msn == msn:
                return kept
        return None

    def _measure(self, segment: Segment, size: int) -> None:
        if segment.duration_90k >= CLOCK_HZ // 2:
            self._peak_bps = max(self._peak_bps, size * 8 * CLOCK_HZ // segment.duration_90k)
            self._frames_per_s = round(self._open_frames * CLOCK_HZ / segment.duration_90k, 3)
        self._total_bits += size * 8
        self._total_90k += segment.duration_90k

    def _evict(self) -> None:
        least = max(self._bounds.window_s, 3 * self.timing.target_s) * CLOCK_HZ
        while len(self._closed) > 1 and self._duration_90k - self._closed[0].lines.segment.duration_90k >= least:
            self._unlist()
        while len(self._gone) > GRACE:
            self._forget()
        # Memory goes before the rule of three target durations: a feed this heavy is not worth the process.
        while self._bytes > self._bounds.max_bytes and (self._gone or len(self._closed) > 1):
            if not self._gone:
                self._unlist()
            self._forget()

    def _unlist(self) -> None:
        kept = self._closed.popleft()
        self._duration_90k -= kept.lines.segment.duration_90k
        self._gone.append(kept)

    def _forget(self) -> None:
        self._bytes -= self._gone.popleft().size


def _rounded(bps: int) -> int:
    return -(-bps // 1000) * 1000
