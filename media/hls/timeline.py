"""The timeline of a take: the publisher's clock, made to start at 0, not to fall, and to skip what is missing. Pure."""

from typing import Final

from media.packet import CLOCK_HZ

AHEAD: Final = 3 * CLOCK_HZ
"""A packet this much later than all before it (in 1/90000 s) is a jump of the publisher's clock, not a pause in it."""

BEHIND: Final = 3 * CLOCK_HZ
"""A packet this much earlier is a clock set back; less is loose interleaving of sound and picture."""


class Lane:
    """One track's place on the timeline."""

    __slots__ = ("last", "offset", "step")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.last = -1
        """Position of the latest packet, in 1/90000 s; -1 before the first."""
        self.step = 0
        """Distance of the latest two: what a new packet follows at after a jump."""


class Timeline:
    """Two lanes on one clock.

    When the clock jumps, the jumping track goes on one step after the newest packet, and the other track takes the same
    shift when its own packets come from beyond the jump: sound and picture stay together, what is missing is left out.
    """

    __slots__ = ("audio", "jumps", "newest", "video")

    def __init__(self, origin: int) -> None:
        """`origin`: the publisher's time that becomes 0."""
        self.video = Lane(-origin)
        self.audio = Lane(-origin)
        self.newest = 0
        self.jumps = 0

    def place_video(self, time: int) -> int:
        """Position of a frame; at least one tick after the one before it."""
        at = self._place(self.video, self.audio, time)
        lane = self.video
        if at <= lane.last:
            at = lane.last + 1
        elif lane.last >= 0:
            lane.step = at - lane.last
        lane.last = at
        self.newest = max(self.newest, at)
        return at

    def place_audio(self, time: int) -> int:
        """Position of a frame as its time says; `Sound` puts it on the sample clock. May fall below 0 at the start."""
        at = self._place(self.audio, self.video, time)
        lane = self.audio
        if at > lane.last:
            lane.step = at - lane.last
            lane.last = at
        self.newest = max(self.newest, at)
        return at

    def _place(self, lane: Lane, other: Lane, time: int) -> int:
        at = time + lane.offset
        newest = self.newest
        # A picture slower still than that is no jump either.
        if newest - BEHIND <= at <= newest + max(AHEAD, 3 * lane.step):
            return at
        if lane.offset != other.offset and newest - BEHIND <= time + other.offset <= newest + AHEAD:
            lane.offset = other.offset
            return time + lane.offset
        self.jumps += 1
        at = newest + min(max(lane.step, 1), AHEAD)
        lane.offset = at - time
        return at


class Placed:
    """A timeline for packets that another one has placed: their times are positions, and nothing is a jump."""

    __slots__ = ("audio", "jumps", "video")

    def __init__(self) -> None:
        self.video = Lane(0)
        self.audio = Lane(0)
        self.jumps = 0

    def place_video(self, time: int) -> int:
        """The frame's own position; at least one tick after the one before it."""
        lane = self.video
        at = max(time, lane.last + 1)
        if lane.last >= 0:
            lane.step = at - lane.last
        lane.last = at
        return at

    def place_audio(self, time: int) -> int:
        """The frame's own position."""
        self.audio.last = max(time, self.audio.last)
        return time
