"""One stream's way out: packets → parts → the live window, those who wait for it, and the recorder.

A packager outlives its publishers: when one goes and another comes, the same playlist goes on behind a DISCONTINUITY.
"""

import asyncio
import gzip
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import structlog

from media.hls.marks import Marks, mark_lines
from media.hls.muxer import Init, Muxer, Part, Timing
from media.hls.playlist import Report, Segment, Variant, advance_part_limit, report_lines
from media.hls.window import Bounds, Start, Window
from media.packet import CLOCK_HZ, Packet, Tracks

log = structlog.get_logger(__name__)

GZIP_FROM_BYTES: Final = 1024


class Recorder(Protocol):
    """Takes what a muxer makes, on the loop, and returns at once."""

    def begin_take(self, init: Init) -> None: ...

    def add_part(self, part: Part) -> None: ...

    def skip(self, next_msn: int, next_take: int) -> None:
        """Numbers below these were shown and are not recorded."""

    def end_take(self) -> None:
        """The publisher is gone: what is on the disk is whole."""

    def close(self) -> None:
        """The stream has ended."""


class Follower(Protocol):
    """Hears what a packager was given, slates too, each time after the packager has taken it (see `stream.Sink`)."""

    def on_tracks(self, tracks: Tracks) -> None: ...

    def on_packet(self, packet: Packet) -> None: ...

    def on_pause(self) -> None: ...

    def on_end(self) -> None: ...


class Packager:
    """A `Sink` of `media.stream`. `on_packet` costs the same however many watch."""

    def __init__(
        self,
        stream_id: str,
        timing: Timing,
        bounds: Bounds,
        start: Start,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = time.time,
        when_ended: Callable[["Packager"], None] = lambda _: None,
    ) -> None:
        self.id = stream_id
        self.recorder = recorder
        self.window = Window(timing, bounds, start)
        self.muxer = Muxer(timing, start.next_msn, start.next_take)
        self.muxer.ended_at_s = self.window.span_s()[1]
        self.paused = True
        """No publisher feeds this stream now."""
        self.parts_made = 0
        self.renditions: dict[str, Packager] = {}
        """Smaller versions that can be played now, by name."""
        self.follower: Follower | None = None
        self.followers: tuple[Follower, ...] = ()
        """Others that pass on what is shown; see `follow`."""
        self._given: Tracks | None = None
        self.waiting = 0
        """Players whose reload of the playlist is held now."""
        self.ends_at_s = 0.0
        """Unix time at which the last part ends; 0 before the first."""
        self._stands_in = False
        """What comes now is a slate: shown, not recorded."""
        self._unrecorded: set[int] = set()
        """Takes that viewers got and the recorder did not."""
        self._clock = clock
        self._when_ended = when_ended
        self._limit = advance_part_limit(timing)
        self._waiters: set[asyncio.Future[None]] = set()
        self.marks = Marks()
        """Those of the source stand in the playlists of its renditions too."""
        self.changes = 0
        """Grows whenever the playlist does, or ends."""
        self.asked = False
        """Somebody read the playlist since this was last set to False."""
        self._playlists: dict[bool, tuple[bytes, bytes | None]] = {}
        self._noted: tuple[object, ...] = ()
        """What the kept playlists say of marks and other renditions was true when all this was so."""

    @property
    def tracks(self) -> Tracks | None:
        """What was shown last; None before anything was."""
        return self.window.tracks

    def on_tracks(self, tracks: Tracks) -> None:
        self._begin(tracks)
        self._stands_in = False

    def begin_stand_in(self, tracks: Tracks) -> None:
        """What follows stands in for the source: viewers get it, the recorder does not, until `on_tracks`."""
        self._begin(tracks)
        self._stands_in = True

    def on_packet(self, packet: Packet) -> None:
        self.on_packet_at(packet, self._clock())

    def on_packet_at(self, packet: Packet, at_s: float) -> None:
        """A packet that counts as arrived at `at_s`, Unix time in seconds."""
        made = self.muxer.push(packet, at_s)
        if made:
            self._take(made)
        if self.follower is not None or self.followers:
            self._tell("on_packet", packet)

    def on_pause(self) -> None:
        self._take(self.muxer.pause())
        self._leave_segment()
        self.paused = True
        self._announce()
        self._given = None
        self._tell("on_pause")

    def on_end(self) -> None:
        self._take(self.muxer.pause())
        self.window.end()
        self.paused = True
        if self.recorder is not None:
            self.recorder.close()
        self._announce()
        self._tell("on_end")
        self._when_ended(self)

    def successor(self) -> Start:
        """Where another packager of the same stream goes on."""
        window = self.window
        window.close_segment()
        return Start(
            next_msn=max(window.next_msn, self.muxer.next_msn),
            next_take=self.muxer.next_take,
            segments=self._on_disk() if self.recorder is not None else (),
            tracks=window.tracks,
        )

    def playlist(self, *, skip: bool = False, source: "Packager | None" = None) -> tuple[bytes, bytes | None]:
        """The media playlist as it is now, and the same in gzip where that pays; made once a change for all who ask.

        `source` has the marks and the other renditions, where this is a rendition itself.
        """
        source = source if source is not None else self
        source.asked = True
        others = ((name, one.changes) for name, one in source.renditions.items())
        noted = source.marks.version, source.changes, *others
        if noted != self._noted:
            self._playlists.clear()
            self._noted = noted
        known = self._playlists.get(skip)
        if known is None:
            notes = mark_lines(source.marks.touching(*self.window.span_s()))
            if source.renditions:
                notes += report_lines(source.reports_to(self))
            text = self.window.playlist(skip=skip, notes=notes).encode()
            # mtime 0 keeps equal playlists equal bytes.
            packed = gzip.compress(text, 1, mtime=0) if len(text) >= GZIP_FROM_BYTES else None
            known = self._playlists[skip] = (text, packed)
        return known

    def variant(self) -> Variant | None:
        return self.window.variant()

    def playable_renditions(self) -> dict[str, "Packager"]:
        """Those that a player can begin with now."""
        return {
            name: one
            for name, one in self.renditions.items()
            if not one.window.is_empty and one.window.ended == self.window.ended
        }

    def reports_to(self, asking: "Packager") -> tuple[Report, ...]:
        """How far this stream's others are, with addresses as seen from the playlist of `asking`."""
        up = "" if asking is self else "../"
        others = {"": self, **{f"{name}/": one for name, one in self.playable_renditions().items()}}
        places = ((folder, one.window.last_listed()) for folder, one in others.items() if one is not asking)
        return tuple(Report(f"{up}{folder}live.m3u8", *place) for folder, place in places if place is not None)

    def is_far(self, msn: int, part: int | None) -> bool:
        """Whether a reload asks for more than may be waited for."""
        return self.window.is_far(msn, part, self._limit)

    async def wait_for_playlist(self, msn: int, part: int | None, timeout_s: float) -> None:
        """Returns when the playlist holds this segment or part, at the end of the stream, or after `timeout_s`."""
        window = self.window
        self.waiting += 1
        try:
            await self._wait(lambda: window.ended or window.holds(msn, part), timeout_s)
        finally:
            self.waiting -= 1

    async def wait_for_picture(self, timeout_s: float) -> None:
        """Returns when a player can begin, or after `timeout_s`."""
        window = self.window
        await self._wait(lambda: not window.is_empty or window.ended, timeout_s)

    async def part(self, msn: int, index: int, timeout_s: float) -> bytes | memoryview | None:
        """A part's bytes; the hinted one is waited for. None where it does not exist, or did not come in time."""
        window = self.window
        data = window.part(msn, index)
        if data is None and window.may_come(msn, index):
            await self._wait(lambda: not window.may_come(msn, index), timeout_s)
            data = window.part(msn, index)
        return data

    def follow(self, follower: Follower) -> None:
        """From now on it hears all that is shown, the tracks at once; it has to wait for a key frame."""
        self.followers = (*self.followers, follower)
        if self._given is not None:
            follower.on_tracks(self._given)

    def leave(self, follower: Follower) -> None:
        """Ends what `follow` began; one that does not follow is no error."""
        self.followers = tuple(known for known in self.followers if known is not follower)

    def _begin(self, tracks: Tracks) -> None:
        self._take(self.muxer.begin(tracks))
        self._leave_segment()
        self.paused = False
        self._given = tracks
        self._tell("on_tracks", tracks)

    def _tell(self, call: str, *arguments: object) -> None:
        for follower in (*self.followers, self.follower):
            if follower is None:
                continue
            try:
                getattr(follower, call)(*arguments)
            except Exception:
                log.exception("follower failed and is left out", stream=self.id)
                self.leave(follower)
                if self.follower is follower:
                    self.follower = None

    def _on_disk(self) -> tuple[Segment, ...]:
        """The listed segments as a successor finds them: whole, without parts, and a gap where nothing was recorded."""
        return tuple(
            msgspec.structs.replace(segment, parts=(), gap=segment.gap or segment.take in self._unrecorded)
            for segment in self.window.listed()
        )

    def _take(self, made: tuple[Init | Part, ...]) -> None:
        for item in made:
            if isinstance(item, Part):
                self.window.add_part(item)
                self.parts_made += 1
                self.ends_at_s = item.began_at_s + item.duration_90k / CLOCK_HZ
            else:
                self.window.add_init(item)
        if self.recorder is not None and made:
            self._record(self.recorder, made)
        if made:
            self._announce()

    def _record(self, recorder: Recorder, made: tuple[Init | Part, ...]) -> None:
        for item in made:
            if self._stands_in:
                if isinstance(item, Init):
                    self._unrecorded.add(item.take)
                elif item.index == 0:
                    # A number ahead: what a killed process had shown must not be given out again.
                    recorder.skip(item.msn + 2, item.take + 1)
            elif isinstance(item, Part):
                recorder.add_part(item)
            else:
                recorder.begin_take(item)

    def _leave_segment(self) -> None:
        self.window.close_segment()
        if self.recorder is not None:
            self.recorder.end_take()

    def _announce(self) -> None:
        self._playlists.clear()
        self.changes += 1
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            _wake(waiter)

    async def _wait(self, ready: Callable[[], bool], timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not ready():
            left_s = deadline - loop.time()
            if left_s <= 0:
                return
            waiter = loop.create_future()
            self._waiters.add(waiter)
            timer = loop.call_later(left_s, _wake, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                self._waiters.discard(waiter)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
