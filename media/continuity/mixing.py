"""Primary and backup in one picture: when it is made, when viewers get it, when the primary goes on alone."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

import structlog

from media.stream import Stream

log = structlog.get_logger(__name__)

SILENT_S: Final = 2.0
"""A mixer that made nothing for so long is ended: it is not gone back and forth."""

LATE_S: Final = 2.5
SLOW_AFTER_S: Final = 6.0
"""A mixer that is later than `LATE_S` for so long is too slow for this machine: it is ended."""

START_S: Final = 30.0
AGAIN_AFTER_S: Final = 5.0
MOST_FAILURES: Final = 3
LONGEST_WAIT_S: Final = 3.0
"""The primary comes back where a group of its pictures begins, or after so long."""


class MixState(StrEnum):
    """`FAILED`: asked for and given up."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    FAILED = "failed"


class Mixer(Protocol):
    """A process that makes `stream` of two others (`media.mixer`)."""

    stream: Stream

    @property
    def failed(self) -> bool:
        """It has ended by itself."""

    @property
    def late_s(self) -> float:
        """By how much what it made last is late."""

    def drop_second(self) -> None:
        """From now on the first has the picture alone."""

    def close(self) -> None: ...


MakeMixer = Callable[[Stream, Stream], Mixer]
"""(primary, backup) → a mixer that begins to work."""


class Mixing:
    """Of one stream. `tick` it as often as its change-over."""

    def __init__(self, stream: Stream, make: MakeMixer | None, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._make = make
        self._clock = clock
        self._wanted = False
        self._mixer: Mixer | None = None
        self._failures = 0
        self._began_at = self._ended_at = 0.0
        self._slow_since: float | None = None
        self._leaving_at: float | None = None

    @property
    def feeds(self) -> bool:
        """Viewers get what is mixed."""
        return self._mixer is not None and self._stream.followed is self._mixer.stream

    @property
    def state(self) -> MixState:
        if not self._wanted:
            return MixState.OFF
        if self._make is None or self._failures >= MOST_FAILURES:
            return MixState.FAILED
        return MixState.ON if self.feeds else MixState.STARTING

    def ask(self, *, wanted: bool) -> None:
        """Asked for again, it is tried again."""
        if wanted:
            self._failures = 0
            if not self._wanted and self._mixer is not None:
                self.close()  # it shows the first alone already
        elif self._wanted and self._mixer is not None:
            self._mixer.drop_second()
        self._wanted = wanted
        self._ended_at = self._clock() - AGAIN_AFTER_S
        self._leaving_at = None

    def tick(self, backup: Stream, *, lost: bool, begins: bool) -> Stream | None:
        """The stream that is followed now; None: that of an encoder. `lost`: one of the two sends nothing;
        `begins`: a group of the primary's pictures has just begun.
        """
        now = self._clock()
        both = not lost and bool(self._stream.own_recent()) and bool(backup.own_recent())
        if self._mixer is None:
            if self._wanted and both:
                self._start(backup, now)
            return None
        if not self._wanted:
            return self._leave(now, begins=begins)
        if lost:
            self._mixer_ends(now)
            return None
        if not self._bears(self._mixer, now):
            return None
        made = self._mixer.stream
        return made if made.own_recent() else None

    def close(self) -> None:
        if self._mixer is not None:
            self._mixer_ends(self._clock())

    def _start(self, backup: Stream, now: float) -> None:
        if self._make is None or self._failures >= MOST_FAILURES or now - self._ended_at < AGAIN_AFTER_S:
            return
        self._mixer = self._make(self._stream, backup)
        self._began_at, self._slow_since = now, None

    def _leave(self, now: float, *, begins: bool) -> Stream | None:
        assert self._mixer is not None
        self._leaving_at = self._leaving_at if self._leaving_at is not None else now
        silent = now - self._mixer.stream.last_packet_at >= SILENT_S
        if not self.feeds or begins or silent or self._mixer.failed or now - self._leaving_at >= LONGEST_WAIT_S:
            self._mixer_ends(now)
            return None
        return self._mixer.stream

    def _bears(self, mixer: Mixer, now: float) -> bool:
        """Ends a mixer that died, never began, or is too slow; False then."""
        self._slow_since = (self._slow_since or now) if mixer.late_s >= LATE_S else None
        made = mixer.stream
        if mixer.failed:
            why = "it ended by itself"
        elif not made.own_recent() and now - self._began_at >= START_S:
            why = "it made nothing"
        elif made.own_recent() and now - made.last_packet_at >= SILENT_S:
            why = "it stopped"
        elif self._slow_since is not None and now - self._slow_since >= SLOW_AFTER_S:
            why = "it is too slow"
        else:
            return True
        self._failures += 1
        log.warning("a mixer is given up; the primary goes on alone", stream=self._stream.id, why=why)
        self._mixer_ends(now)
        return False

    def _mixer_ends(self, now: float) -> None:
        assert self._mixer is not None
        self._mixer.close()
        self._mixer, self._ended_at, self._leaving_at = None, now, None
