"""One stream's way out: packets → parts → the live window, those who wait for it, and the recorder.

A packager outlives its publishers: when one goes and another comes, the same playlist goes on behind a DISCONTINUITY.
"""

import asyncio
import gzip
import time
from collections.abc import Callable
from typing import Final, Protocol

from media.hls.muxer import Init, Muxer, Part, Timing
from media.hls.playlist import Variant, advance_part_limit
from media.hls.window import Bounds, Start, Window
from media.packet import Packet, Tracks

GZIP_FROM_BYTES: Final = 1024


class Recorder(Protocol):
    """Takes what a muxer makes, on the loop, and returns at once."""

    def begin_take(self, init: Init) -> None: ...

    def add_part(self, part: Part) -> None: ...

    def end_take(self) -> None:
        """The publisher is gone: what is on the disk is whole."""

    def close(self) -> None:
        """The stream has ended."""


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
        self.paused = True
        """No publisher feeds this stream now."""
        self.parts_made = 0
        self._clock = clock
        self._when_ended = when_ended
        self._limit = advance_part_limit(timing)
        self._change: asyncio.Future[None] | None = None
        self._playlists: dict[bool, tuple[bytes, bytes | None]] = {}

    def on_tracks(self, tracks: Tracks) -> None:
        self._take(self.muxer.begin(tracks))
        self._leave_segment()
        self.paused = False

    def on_packet(self, packet: Packet) -> None:
        made = self.muxer.push(packet, self._clock())
        if made:
            self._take(made)

    def on_pause(self) -> None:
        self._take(self.muxer.pause())
        self._leave_segment()
        self.paused = True
        self._announce()

    def on_end(self) -> None:
        self._take(self.muxer.pause())
        self.window.end()
        self.paused = True
        if self.recorder is not None:
            self.recorder.close()
        self._announce()
        self._when_ended(self)

    def successor(self) -> Start:
        """Where another packager of the same stream goes on."""
        window = self.window
        window.close_segment()
        return Start(
            next_msn=max(window.next_msn, self.muxer.next_msn),
            next_take=self.muxer.next_take,
            segments=window.listed() if self.recorder is not None else (),
            tracks=window.tracks,
        )

    def playlist(self, *, skip: bool = False) -> tuple[bytes, bytes | None]:
        """The media playlist as it is now, and the same in gzip where that pays; made once a change for all who ask."""
        known = self._playlists.get(skip)
        if known is None:
            text = self.window.playlist(skip=skip).encode()
            # mtime 0 keeps equal playlists equal bytes.
            packed = gzip.compress(text, 1, mtime=0) if len(text) >= GZIP_FROM_BYTES else None
            known = self._playlists[skip] = (text, packed)
        return known

    def variant(self) -> Variant | None:
        return self.window.variant()

    def is_far(self, msn: int, part: int | None) -> bool:
        """Whether a reload asks for more than may be waited for."""
        return self.window.is_far(msn, part, self._limit)

    async def wait_for_playlist(self, msn: int, part: int | None, timeout_s: float) -> None:
        """Returns when the playlist holds this segment or part, at the end of the stream, or after `timeout_s`."""
        window = self.window
        await self._wait(lambda: window.ended or window.holds(msn, part), timeout_s)

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

    def _take(self, made: tuple[Init | Part, ...]) -> None:
        recorder = self.recorder
        for item in made:
            if isinstance(item, Part):
                self.window.add_part(item)
                self.parts_made += 1
                if recorder is not None:
                    recorder.add_part(item)
            else:
                self.window.add_init(item)
                if recorder is not None:
                    recorder.begin_take(item)
        if made:
            self._announce()

    def _leave_segment(self) -> None:
        self.window.close_segment()
        if self.recorder is not None:
            self.recorder.end_take()

    def _announce(self) -> None:
        self._playlists.clear()
        change, self._change = self._change, None
        if change is not None and not change.done():
            change.set_result(None)

    async def _wait(self, ready: Callable[[], bool], timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not ready():
            left_s = deadline - loop.time()
            if left_s <= 0:
                return
            if self._change is None:
                self._change = loop.create_future()
            # One future for all who wait; `wait` does not cancel it when a viewer leaves.
            await asyncio.wait((self._change,), timeout=left_s)
