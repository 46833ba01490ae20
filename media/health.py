"""How each stream fares, for the clerk's page: once a second into the room `media/stream/{stream_id}`.

With a watchdog every stream on air is measured, sparingly while nobody looks; without one, those that somebody looked
at.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec

from app.database import Database
from app.feature import Event
from media.codec.level import LevelTap, SoundLevels
from media.continuity.model import Feeding, SlateKind
from media.meter import StreamHealth, StreamMeter
from media.record.model import RecorderState
from media.record.recordings import Recordings
from media.stream import Stream
from media.streams import Problem, Streams
from media.watchdog.finding import Finding
from media.watchdog.watchdog import Circumstances, Watch, Watchdog

INTERVAL_S: Final = 1.0
LOOKED_S: Final = 6 * 3600.0
"""So long after somebody opened its room a stream is measured whole: decoding sound costs more than all the rest."""

Sentence = Callable[[Problem], str]
"""A problem in the city's first language."""


class StreamView(msgspec.Struct, frozen=True):
    """One second of a stream. Numbers are 0 and names empty where there is nothing to measure.

    `recording`: `recording`, `failing` or `off`. `level_peak_dbfs` None: not measured. `silent_s`: how long there has
    been next to no sound in a track that is there.
    """

    live: bool = False
    live_s: float = 0.0
    on_air: bool = False
    video_name: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    video_kbit_s: float = 0.0
    key_interval_s: float = 0.0
    audio_name: str = ""
    audio_kbit_s: float = 0.0
    level_peak_dbfs: float | None = None
    silent_s: float = 0.0
    recording: str = "off"
    recording_problem: str = ""
    problem: str = ""
    feeding: Feeding = Feeding.NOTHING
    """What viewers get: an encoder's picture, or a slate."""
    slate: SlateKind | None = None
    findings: tuple[Finding, ...] = ()
    """What is wrong and what to do, the worst first."""


class StreamHealthChanged(Event, frozen=True, tag=True):
    """The newest second."""

    health: StreamView


class _Watched:
    """A stream with what measures it."""

    def __init__(self, stream: Stream, levels: SoundLevels | None, watch: Watch | None) -> None:
        self.stream = stream
        self.watch = watch
        self.tap: LevelTap | None = None
        self.meter = StreamMeter(lambda: self.tap.level if self.tap is not None else None)
        self.silent_s = 0.0
        stream.attach(self.meter)
        if levels is not None:
            self.listen(levels)

    def listen(self, levels: SoundLevels) -> None:
        """Begins to measure the sound, if it is not measured."""
        if self.tap is None:
            self.tap = levels.follow(self.stream, sparing=True)

    def attend(self, *, looked_at: bool) -> None:
        """Measures often and everything, or sparingly."""
        if self.tap is not None:
            self.tap.sparing = not looked_at
        if self.watch is not None:
            self.watch.look_often(often=looked_at)

    def stop(self) -> None:
        if self.tap is not None:
            self.tap.stop()
        self.stream.detach(self.meter)


class HealthWatch:
    """Measures streams and tells their rooms."""

    def __init__(self, streams: Streams, recordings: Recordings, database: Database, sentence: Sentence) -> None:
        self.watchdog: Watchdog | None = None
        """Set by the watchdog's feature once it runs."""
        self._streams = streams
        self._recordings = recordings
        self._database = database
        self._sentence = sentence
        self._levels = SoundLevels()
        self._watched: dict[str, _Watched] = {}
        self._looked: dict[str, float] = {}

    def look(self, stream_id: str) -> StreamView:
        """Somebody wants to know: measures it whole from now on, and says what is known."""
        self._looked[stream_id] = time.monotonic() + LOOKED_S
        self._follow(stream_id)
        return self.view(stream_id)

    async def run(self) -> None:
        """Body of a supervised task."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            self.tick()

    def tick(self) -> None:
        now = time.monotonic()
        for stream_id in [stream_id for stream_id, until in self._looked.items() if now > until]:
            del self._looked[stream_id]
        wanted = set(self._looked)
        if self.watchdog is not None:
            wanted.update(filter(self._streams.is_on_air, self._streams.ids()))
        for stream_id in self._watched.keys() - wanted:
            self._leave(stream_id)
        for stream_id in wanted:
            self._follow(stream_id)
            changed = self._judge(stream_id)
            if changed or stream_id in self._looked:
                self._tell(stream_id, self.view(stream_id))

    def _judge(self, stream_id: str) -> bool:
        """One second of a stream; whether there is news that cannot wait until somebody looks."""
        watched = self._watched.get(stream_id)
        if watched is None:
            return False
        health = watched.meter.reading()
        watched.silent_s = watched.silent_s + INTERVAL_S if health.silent else 0.0
        if self.watchdog is None or watched.watch is None:
            return False
        recorder = self._recordings.recorder(stream_id)
        failing = recorder is not None and recorder.state is RecorderState.FAILING
        now = Circumstances(
            on_air=self._streams.is_on_air(stream_id),
            recording_problem=recorder.reason if recorder is not None and failing else "",
            problem=self._streams.problem(stream_id),
            interlude=self._streams.slate(stream_id) in (SlateKind.BREAK, SlateKind.CLOSED),
        )
        level = watched.tap.level if watched.tap is not None else None
        return self.watchdog.judge(watched.watch, health, level, now)

    def _follow(self, stream_id: str) -> None:
        """Attaches to the stream of that id, which may be another one than before, or none."""
        stream = self._streams.get(stream_id)
        watched = self._watched.get(stream_id)
        if watched is not None and watched.stream is not stream:
            self._leave(stream_id)
            watched = None
        looked_at, dog = stream_id in self._looked, self.watchdog
        if watched is None and stream is not None:
            levels = self._levels if dog is not None and dog.sound else None
            watched = _Watched(stream, levels, dog.begin(stream) if dog is not None else None)
            self._watched[stream_id] = watched
        if watched is not None:
            if watched.watch is None and dog is not None:
                watched.watch = dog.begin(watched.stream)
            if looked_at:
                watched.listen(self._levels)
            watched.attend(looked_at=looked_at)

    def _leave(self, stream_id: str) -> None:
        watched = self._watched.pop(stream_id, None)
        if watched is None:
            return
        watched.stop()
        if watched.watch is not None and self.watchdog is not None:
            self.watchdog.leave(watched.watch)

    def view(self, stream_id: str) -> StreamView:
        """The newest second of a stream; an empty one where there is no such stream."""
        watched = self._watched.get(stream_id)
        recorder = self._recordings.recorder(stream_id)
        on_air = self._streams.is_on_air(stream_id)
        problem = self._streams.problem(stream_id)
        state, reason = ("off", "") if recorder is None or not on_air else _recording(recorder.state, recorder.reason)
        words = self._sentence(problem) if problem is not None else ""
        reading = watched.meter.reading() if watched is not None else StreamHealth()
        return StreamView(
            live=reading.live,
            live_s=reading.live_s,
            on_air=on_air,
            video_name=reading.video,
            width=reading.width_px,
            height=reading.height_px,
            fps=reading.fps,
            video_kbit_s=reading.video_kbit_s,
            key_interval_s=reading.key_interval_s,
            audio_name=reading.audio,
            audio_kbit_s=reading.audio_kbit_s,
            level_peak_dbfs=reading.peak_dbfs,
            silent_s=watched.silent_s if watched is not None else 0.0,
            recording=state,
            recording_problem=reason,
            problem=words,
            feeding=self._streams.feeding(stream_id),
            slate=self._streams.slate(stream_id),
            findings=watched.watch.findings if watched is not None and watched.watch is not None else (),
        )

    def close(self) -> None:
        for watched in self._watched.values():
            watched.stop()
        self._watched.clear()
        self._levels.close()

    def _tell(self, stream_id: str, view: StreamView) -> None:
        self._database.announce(f"media/stream/{stream_id}", StreamHealthChanged(view))


def _recording(state: RecorderState, reason: str) -> tuple[str, str]:
    if state is RecorderState.FAILING:
        return "failing", reason
    return ("recording", "") if state is RecorderState.RECORDING else ("off", "")
