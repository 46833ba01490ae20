"""What a stream's viewers get: its source, or a slate where the source is away or must not be seen.

It stands between a stream on air and its packager. The packager never learns that an encoder stopped: a slate begins
where the picture ended, on the same timeline, and the source begins again behind it with an IDR. The recorder gets the
source alone.
"""

import math
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from media.continuity.model import SlateKind
from media.continuity.settings import ContinuitySettings
from media.continuity.slate_loop import SlateLoop, slate_tracks
from media.continuity.slates import Slates
from media.packet import CLOCK_HZ, Kind, Packet, Tracks
from media.stream import Stream

log = structlog.get_logger(__name__)

SETTLE_S: Final = 0.25
"""An encoder that comes back brings what it could not send in one rush: its last IDR is taken when that is over."""

FRESH_S: Final = 0.6
"""A source that was heard within this time is there."""

MOST_FILLED_S: Final = 6.0
"""A slate is never dated back further than this."""

FIRST_FILLED_S: Final = 2.0
"""Where nothing was shown before, a slate begins so long ago: a player needs a whole segment to begin."""

_ASKED_FOR: Final = frozenset({SlateKind.BREAK, SlateKind.CLOSED})


class Output(Protocol):
    """Where the programme goes (`media.packager.Packager`). Times in Unix seconds."""

    @property
    def ends_at_s(self) -> float:
        """Where on the wall clock the last part ends; 0 before the first."""

    @property
    def tracks(self) -> Tracks | None:
        """What was shown last, before a restart too."""

    def on_tracks(self, tracks: Tracks) -> None: ...

    def on_packet(self, packet: Packet) -> None: ...

    def on_packet_at(self, packet: Packet, at_s: float) -> None: ...

    def on_pause(self) -> None: ...

    def on_end(self) -> None: ...

    def begin_stand_in(self, tracks: Tracks) -> None:
        """What follows is shown and not recorded, until `on_tracks`."""


class Programme:
    """A `Sink` of a stream on air. `tick` several times a second."""

    def __init__(
        self,
        stream: Stream,
        output: Output,
        slates: Slates,
        settings: ContinuitySettings,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.slate: SlateKind | None = None
        """What is shown instead of the source."""
        self.output = output
        self._stream = stream
        self._slates = slates
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._source: Tracks | None = None
        """What the stream sends; None while it has no source."""
        self._shown: Tracks | None = output.tracks
        """What was shown last: a slate has its size."""
        self._held: SlateKind | None = None
        """The slate that somebody asked for …"""
        self._held_text = ""
        """… and the line below its sentence."""
        self._open_from = -math.inf
        """What came before this moment is never shown: it may belong to a closed part."""
        self._key_at: float | None = None
        """When an IDR came that may be shown instead of the slate."""
        self._key_dts = 0
        self._loop: _Showing | None = None
        self._began_at = self._ticked_at = clock()

    def show(self, kind: SlateKind, text: str = "") -> None:
        """From this moment nothing of the source is seen or recorded; the slate follows as soon as it is drawn."""
        if self.slate is None and self._source is not None:
            self.output.on_pause()
        self.slate = self._held = kind
        self._held_text = text
        self._key_at = None
        self._feed_slate()

    def hide(self) -> None:
        """Back to the source, with an IDR that it sends from now on.

        After a closed part it waits: an encoder is late, and what it sends now may have been said before.
        """
        if self._held is SlateKind.CLOSED:
            self._open_from = self._clock() + self._settings.reopen_after_s
        self._held = None
        self._held_text = ""
        self._key_at = None

    # --- Sink ----------------------------------------------------------------------------------------------------

    def on_tracks(self, tracks: Tracks) -> None:
        self._source = tracks
        self._key_at = None
        if self._settings.slate:
            self._slates.get(SlateKind.BACK_SOON, tracks)
        if self.slate is None:
            self._shown = tracks
            self.output.on_tracks(tracks)

    def on_packet(self, packet: Packet) -> None:
        if self.slate is None:
            if self._stream.replayed_s:
                self.output.on_packet_at(packet, self._dated_back(self._stream.replayed_s))
            else:
                self.output.on_packet(packet)
        elif self._key_at is None and self._held is None and self._starts_with(packet):
            came_at = self._clock() - self._stream.replayed_s
            if came_at >= self._open_from:
                self._key_at, self._key_dts = self._clock(), packet.dts

    def on_pause(self) -> None:
        self._source = None
        self._key_at = None
        if self.slate is None:
            self.output.on_pause()

    def on_end(self) -> None:
        self.output.on_end()

    # --- time ----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Begins, feeds and ends slates."""
        now = self._clock()
        held_up = now - self._ticked_at > FRESH_S
        self._ticked_at = now
        if self._source is None and self._settings.slate:
            self._slates.get(self._kind_of_silence(), self._shown)
        if self.slate is not None and self._is_back(now):
            self._show_source()
        elif self._held is None and not held_up:
            # A loop that was held up reads what came meanwhile first; then it is seen who is silent.
            self._judge(now)
        if self.slate is not None:
            self._feed_slate()

    def _judge(self, now: float) -> None:
        """Begins the slate that must be shown now, ends one that nobody asks for any more."""
        due = self._due(now)
        if due is None:
            if self.slate in _ASKED_FOR and self._source is None:
                self._show_nothing()
        elif self._slates.get(due, self._shown) is not None and (self.slate is None or self.slate in _ASKED_FOR):
            self.slate = due
            self._key_at = None

    def _due(self, now: float) -> SlateKind | None:
        """The slate for a source that is away; None while it is there, or where no slate is wanted."""
        settings = self._settings
        if not settings.slate:
            return None
        kind = self._kind_of_silence()
        patience_s = settings.starts_after_s if kind is SlateKind.STARTS_SOON else settings.lost_after_s
        return kind if now - max(self._stream.heard_at, self._began_at) >= patience_s else None

    def _kind_of_silence(self) -> SlateKind:
        nothing_yet = self._source is None and self._shown is None
        return SlateKind.STARTS_SOON if nothing_yet else SlateKind.BACK_SOON

    def _is_back(self, now: float) -> bool:
        """The source has been there again for a moment, and nobody asks for a slate."""
        key_at = self._key_at
        return key_at is not None and now - key_at >= SETTLE_S and now - self._stream.heard_at < FRESH_S

    def _show_source(self) -> None:
        recent = self._stream.recent()
        if self._source is not None and self._source.video is None:
            # Sound alone has no IDR that parts what may be heard from what may not.
            recent = tuple(packet for packet in recent if packet.dts >= self._key_dts)
        if self._source is None or not recent:
            return
        self.slate = self._key_at = self._loop = None
        self._shown = self._source
        self.output.on_tracks(self._source)
        for packet in recent:
            self.output.on_packet_at(packet, self._dated_back((recent[-1].dts - packet.dts) / CLOCK_HZ))
        log.info("the source is shown", stream=self._stream.id)

    def _show_nothing(self) -> None:
        self.slate = self._loop = None
        self.output.on_pause()

    def _feed_slate(self) -> None:
        """Sends what is due of the slate."""
        assert self.slate is not None
        now_s, now = self._wall(), self._clock()
        loop, text = self._loop, self._held_text if self.slate is self._held else ""
        if loop is None or loop.kind is not self.slate or loop.text != text:
            slate = self._slates.get(self.slate, self._shown, text)
            if slate is not None:
                began_s = self._slate_begins_at(now_s)
                packets = SlateLoop(slate_tracks(self._shown, slate), slate)
                loop = self._loop = _Showing(self.slate, text, packets, began_s, now - (now_s - began_s))
                self.output.begin_stand_in(packets.tracks)
                log.info("a slate is shown", stream=self._stream.id, kind=self.slate.value)
        if loop is not None:
            for packet in loop.packets.packets_before(int((now - loop.began) * CLOCK_HZ)):
                self.output.on_packet_at(packet, loop.began_s + packet.dts / CLOCK_HZ)

    def _slate_begins_at(self, now_s: float) -> float:
        """Where the last part ended: the time in which silence was noticed is filled."""
        ends_at_s = self.output.ends_at_s
        if not ends_at_s:
            return now_s - FIRST_FILLED_S
        return min(max(ends_at_s, now_s - MOST_FILLED_S), now_s)

    def _dated_back(self, ago_s: float) -> float:
        """When a packet came, but never before the end of what viewers have already."""
        now_s = self._wall()
        return min(max(now_s - max(ago_s, 0.0), self.output.ends_at_s), now_s)

    def _starts_with(self, packet: Packet) -> bool:
        """Whether the source can be shown from this packet on."""
        has_video = self._source is not None and self._source.video is not None
        return packet.key and (packet.kind is Kind.VIDEO or not has_video)


class _Showing:
    """A slate that is shown: since when, on the wall and on the monotonic clock."""

    def __init__(self, kind: SlateKind, text: str, packets: SlateLoop, began_s: float, began: float) -> None:
        self.kind = kind
        self.text = text
        self.packets = packets
        self.began_s = began_s
        self.began = began
