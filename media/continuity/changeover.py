"""Two encoders, one stream: which of them feeds it."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import structlog

from media.continuity.mixing import MakeMixer, Mixing
from media.continuity.model import Slot
from media.continuity.settings import ContinuitySettings
from media.packet import CLOCK_HZ
from media.stream import Stream

log = structlog.get_logger(__name__)

UNSTEADY_S: Final = 1.0
"""An encoder that was silent for so long is not steady."""

YOUNG_GOP_S: Final = 0.35
"""A change that can wait is made where a picture has just begun: nothing is shown twice."""


class Condition(msgspec.Struct, frozen=True, gc=False):
    """How an encoder fares. `silent_s`: since its last packet, infinite without one; `steady_s`: since it began or was
    last silent; `gop_s`: how much of its present group of pictures is known, None without an IDR.
    """

    silent_s: float = math.inf
    steady_s: float = 0.0
    gop_s: float | None = None


def choose(
    feeding: Slot, pinned: Slot | None, conditions: Mapping[Slot, Condition], settings: ContinuitySettings
) -> Slot:
    """The encoder that feeds from now on.

    The other one takes over at once when the feeding one is lost. The preferred one (the pinned, else the primary)
    comes back at its next IDR after it was steady for a while; a pinned one as soon as it can.
    """
    other = Slot.BACKUP if feeding is Slot.PRIMARY else Slot.PRIMARY
    now, then = conditions[feeding], conditions[other]
    usable = then.gop_s is not None and then.silent_s < UNSTEADY_S
    if not usable:
        return feeding
    if now.silent_s >= settings.lost_after_s:
        return other
    steady = then.steady_s >= (0 if other is pinned else settings.return_after_s)
    if other is (pinned or Slot.PRIMARY) and steady and (then.gop_s or 0.0) <= YOUNG_GOP_S:
        return other
    return feeding


class Changeover:
    """The encoders of one stream: the primary's packets are the stream's own, the backup's are followed."""

    def __init__(
        self,
        stream: Stream,
        settings: ContinuitySettings,
        clock: Callable[[], float] = time.monotonic,
        make_mixer: MakeMixer | None = None,
    ) -> None:
        self.pinned: Slot | None = None
        self.mixing = Mixing(stream, make_mixer, clock)
        self._settings = settings
        self._clock = clock
        self._streams = {Slot.PRIMARY: stream}
        self._steady_since: dict[Slot, float] = {}

    @property
    def feeding(self) -> Slot:
        followed = self._streams[Slot.PRIMARY].followed
        return Slot.BACKUP if followed is not None and followed is self._streams.get(Slot.BACKUP) else Slot.PRIMARY

    @property
    def encoders(self) -> tuple[Stream, ...]:
        """What encoders feed: the stream, and the backup's once there was one."""
        return tuple(self._streams.values())

    def stream_for(self, slot: Slot) -> Stream:
        """Where an encoder of this slot puts its packets."""
        stream = self._streams.get(slot)
        if stream is None:
            stream = self._streams[slot] = Stream(self._streams[Slot.PRIMARY].id, clock=self._clock)
        return stream

    def known(self, slot: Slot) -> Stream | None:
        """The same where there was an encoder of this slot."""
        return self._streams.get(slot)

    def tick(self) -> None:
        """Changes over where it must."""
        if len(self._streams) == 1:
            return
        now = self._clock()
        conditions = {slot: self._condition(slot, stream, now) for slot, stream in self._streams.items()}
        wanted = choose(self.feeding, self.pinned, conditions, self._settings)
        stream, backup = self._streams[Slot.PRIMARY], self._streams[Slot.BACKUP]
        lost = any(one.silent_s >= self._settings.lost_after_s for one in conditions.values())
        begins = (conditions[Slot.PRIMARY].gop_s or 0.0) <= YOUNG_GOP_S
        followed = self.mixing.tick(backup, lost=lost, begins=begins)
        if followed is None and wanted is Slot.BACKUP:
            followed = backup
        if followed is not stream.followed:
            stream.follow(followed)
            log.info("another encoder feeds", stream=stream.id, feeds=wanted.value, mixed=self.mixing.feeds)

    def end(self) -> None:
        """Ends the stream, and what the backup encoder feeds."""
        self.mixing.close()
        for stream in self.encoders:
            stream.end()

    def _condition(self, slot: Slot, stream: Stream, now: float) -> Condition:
        silent_s = now - stream.last_packet_at
        if not stream.live:
            self._steady_since.pop(slot, None)
            # One that has just connected gets its chance.
            return Condition(silent_s if stream.publisher is not None else math.inf)
        if silent_s >= UNSTEADY_S:
            self._steady_since[slot] = now
        since = self._steady_since.setdefault(slot, now)
        own = stream.own_recent()
        gop_s = (own[-1].dts - own[0].dts) / CLOCK_HZ if own else None
        return Condition(silent_s, now - since, gop_s)
