"""Makes the packager of each stream and keeps them by their public ids."""

import asyncio
from collections.abc import Callable
from typing import Final

from media.hls.muxer import Timing
from media.hls.web import Packagers
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Tracks
from media.record.recordings import Recordings
from media.stream import Sink, Stream

KEPT_AFTER_END_S: Final = 60.0
"""A stream that ended is still answered from memory for so long: players fetch the last segments."""


class Packaging:
    """The factory that `Streams` calls. `preview_id` names a rehearsal's public id."""

    def __init__(
        self,
        packagers: Packagers,
        recordings: Recordings,
        timing: Timing,
        bounds: Bounds,
        preview_id: Callable[[str], str | None],
        present: Callable[[Stream, Packager], Sink] = lambda _, packager: packager,
    ) -> None:
        """`present` puts what chooses between source and slate before the packager of a stream on air."""
        self._packagers = packagers
        self._recordings = recordings
        self._timing = timing
        self._bounds = bounds
        self._preview_id = preview_id
        self._present = present
        self._sinks: dict[str, tuple[Stream, Packager, Sink]] = {}

    def make(self, stream: Stream, on_air: bool) -> Sink:
        """On air: recorded, under the stream's id. Else a rehearsal: not recorded, under its own id."""
        public_id = stream.id if on_air else self._preview_id(stream.id) or stream.id
        earlier = self._packagers.get(public_id)
        timing, start = self._timing, Start()
        if earlier is not None:
            timing, start = earlier.window.timing, earlier.successor()
        elif on_air and (known := self._recordings.start_of(public_id)) is not None:
            timing, start = known
        recorder = self._recordings.record(public_id, timing) if on_air else None
        packager = Packager(public_id, timing, self._bounds, start, recorder, when_ended=self._forget_later)
        self._packagers[public_id] = packager
        sink = self._present(stream, packager) if on_air else packager
        self._sinks[public_id] = (stream, packager, sink)
        return sink

    def suspend(self) -> None:
        """The process stops, the streams do not end: what waits is written, and a restart goes on with it."""
        for stream, packager, sink in self._sinks.values():
            if not packager.window.ended:
                stream.detach(sink)
                packager.on_pause()

    def tracks(self, public_id: str) -> Tracks:
        """What a stream carries; no tracks before it was heard."""
        packager = self._packagers.get(public_id)
        return (packager.window.tracks if packager is not None else None) or Tracks()

    def _forget_later(self, packager: Packager) -> None:
        if packager.recorder is not None:
            self._recordings.remember(packager.id, packager.window.timing, packager.successor())
        asyncio.get_running_loop().call_later(KEPT_AFTER_END_S, self._forget, packager)

    def _forget(self, packager: Packager) -> None:
        if self._packagers.get(packager.id) is packager:
            del self._packagers[packager.id]
            del self._sinks[packager.id]
