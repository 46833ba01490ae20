"""Where segments end, and what the wall clock says there. Pure.

A stream's own muxer decides by its target duration. A rendition follows: it cuts where its source was cut, on the same
timeline, with the same numbers and dates, so that a player changes between them at any segment.
"""

from collections import deque
from typing import Final, Protocol

import msgspec

from media.packet import CLOCK_HZ

RE_ANCHOR_S: Final = 0.5
"""The wall clock of a take is set anew, at a segment, when the encoder's clock has moved this far from it."""

LED_SLACK: Final = CLOCK_HZ // 100
"""A frame this little before its source's cut belongs after it: clocks of sound and picture round differently."""


class Lead(msgspec.Struct, frozen=True, gc=False):
    """A segment of a leading muxer: its numbers, where on the take's timeline it begins, and the Unix time there."""

    take: int
    msn: int
    at_90k: int
    began_at_s: float


class Cuts(Protocol):
    """What a take asks when it may end a segment."""

    segment_at: int
    """Where the open segment began, in 1/90000 s."""
    anchor_s: float
    """Unix time at 0 of the take's timeline."""

    def begins(self, at: int, *, key: bool) -> bool:
        """Whether a segment begins with the frame at `at`."""

    def is_due(self, at: int) -> bool:
        """Whether a segment must begin at `at`, however short its last part."""

    def is_full(self, at: int) -> bool:
        """Whether the segment must end at `at` though no key frame begins there."""

    def part_end(self, part_at: int, length: int) -> int:
        """Where a part that began at `part_at` and should be `length` long ends."""

    def notice(self, at: int, now_s: float) -> None:
        """A packet that belongs at `at` arrived at `now_s`."""

    def begin_segment(self, at: int) -> None:
        """A segment begins."""


class OwnCuts:
    """Segments end at a key frame once they are long enough, and never grow beyond the target duration."""

    __slots__ = (
        "_first_lag_s",
        "_has_lag",
        "_last_lag_s",
        "_least_lag_s",
        "_limit",
        "_segment",
        "anchor_s",
        "segment_at",
    )

    def __init__(self, segment_s: float, target_s: int, longest_part_90k: int, now_s: float) -> None:
        self.segment_at = 0
        self.anchor_s = now_s
        # An encoder's second is a millisecond short now and then.
        self._segment = round((segment_s - 0.01) * CLOCK_HZ)
        # EXTINF is compared with the target after rounding to a whole second.
        self._limit = target_s * CLOCK_HZ + CLOCK_HZ * 45 // 100 - longest_part_90k
        self._first_lag_s = self._last_lag_s = self._least_lag_s = 0.0
        self._has_lag = False

    def begins(self, at: int, *, key: bool) -> bool:
        return key and at - self.segment_at >= self._segment

    def is_due(self, at: int) -> bool:
        del at
        return False

    def is_full(self, at: int) -> bool:
        """Whether one more part after `at` could make the segment longer than the target duration."""
        return at - self.segment_at > self._limit

    def part_end(self, part_at: int, length: int) -> int:
        return part_at + length

    def notice(self, at: int, now_s: float) -> None:
        """Keeps the least of arrival minus position since the segment began: lateness on the way only adds to it."""
        lag = self._last_lag_s = now_s - at / CLOCK_HZ
        if not self._has_lag:
            self._first_lag_s = self._least_lag_s = lag
            self._has_lag = True
        elif lag < self._least_lag_s:
            self._least_lag_s = lag

    def begin_segment(self, at: int) -> None:
        length_s = (at - self.segment_at) / CLOCK_HZ
        self.segment_at = at
        if not self._has_lag:
            return
        off_s = self._least_lag_s - self.anchor_s
        if off_s > RE_ANCHOR_S and self._first_lag_s - self._last_lag_s < RE_ANCHOR_S:
            # Not while a stalled connection makes up for it: what comes in a rush is late, not recorded later.
            self.anchor_s += off_s
        elif off_s < -RE_ANCHOR_S:
            # Step by step: a segment must not begin before the one that it follows.
            self.anchor_s -= min(-off_s, RE_ANCHOR_S, length_s / 3)
        self._has_lag = False


class LedCuts:
    """Segments begin where the leads say; `leads` grows as the source goes on; this begins at the first."""

    __slots__ = ("_leads", "anchor_s", "segment_at")

    def __init__(self, leads: deque[Lead]) -> None:
        self._leads = leads
        self.segment_at = 0
        self.anchor_s = 0.0
        self._take_over(leads.popleft())

    def begins(self, at: int, *, key: bool) -> bool:
        del key
        return self.is_due(at)

    def is_due(self, at: int) -> bool:
        return bool(self._leads) and at >= self._leads[0].at_90k - LED_SLACK

    def is_full(self, at: int) -> bool:
        return self.is_due(at)

    def part_end(self, part_at: int, length: int) -> int:
        end = part_at + length
        return min(max(self._leads[0].at_90k, part_at + 1), end) if self._leads else end

    def notice(self, at: int, now_s: float) -> None:
        """The dates are the leading muxer's."""

    def begin_segment(self, at: int) -> None:
        if self.is_due(at):
            self._take_over(self._leads.popleft())
        self.segment_at = at

    def _take_over(self, lead: Lead) -> None:
        self.segment_at = lead.at_90k
        self.anchor_s = lead.began_at_s - lead.at_90k / CLOCK_HZ
