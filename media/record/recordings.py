"""All recordings of this process: who records what, how it fares, and where a stream goes on after a restart."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app.database import Database
from app.errors import Unavailable
from media.hls.muxer import Init, Part, Timing
from media.hls.window import Start
from media.record import store
from media.record.index import Index, NumbersUsed, RecordingEnded, RecordingOpened, WhenEnded
from media.record.library import SEEDS, Library, seeds
from media.record.model import (
    HealthChanged,
    News,
    RecorderState,
    RecordingFinished,
    SegmentWritten,
    TakeOpened,
    utc,
)
from media.record.recovery import recover, recover_all
from media.record.timeline import Gap, Stretch, duration_s, gaps, position_at, stretches, wall_clock_at
from media.record.writer import AppendPart, CloseTake, OpenTake, RecordingWriter, WriterOptions

log = structlog.get_logger(__name__)

SETTLE_S: Final = 5.0
"""How long a reader waits for the last parts of a recording that was closed this moment."""


class StreamRecorder:
    """One stream's recorder (a `media.packager.Recorder`). Lives on the loop."""

    def __init__(self, stream_id: str, writer: RecordingWriter, index: Index, position_90k: int) -> None:
        self.stream_id = stream_id
        self.state = RecorderState.WAITING
        self.reason = ""
        """Why it is failing, in English."""
        self.position_90k = position_90k
        """How much is recorded, in 1/90000 s."""
        self.lost_parts = 0
        self.finished = asyncio.Event()
        """Closed, and its last part is on the disk and in the index's queue."""
        self.settled = False
        """The index in the database is complete too."""
        self._writer = writer
        self._index = index
        self._skipping = False

    def begin_take(self, init: Init) -> None:
        self._skipping = False
        self._writer.submit(OpenTake(self.stream_id, init))
        self._index.add(NumbersUsed(self.stream_id, 1, init.take + 1))

    def add_part(self, part: Part) -> None:
        if part.index == 0:
            self._skipping = False
            self._index.add(NumbersUsed(self.stream_id, part.msn + 1, part.take + 1))
        if self._skipping:
            self.lost_parts += 1
            return
        if not self._writer.submit(AppendPart(self.stream_id, part)):
            self._skipping = True
            self.lost_parts += 1
            self._fail("the disk is too slow: part of the recording is left out")

    def skip(self, next_msn: int, next_take: int) -> None:
        """Numbers below these were shown and are not recorded: a slate."""
        self._index.add(NumbersUsed(self.stream_id, next_msn, next_take))

    def end_take(self) -> None:
        self._writer.submit(CloseTake(self.stream_id, final=False))
        if self.state is RecorderState.RECORDING:
            self.state = RecorderState.WAITING

    def close(self) -> None:
        """The stream has ended: its row says so once the last segment is written."""
        self._writer.submit(CloseTake(self.stream_id, final=True))
        self.state = RecorderState.CLOSED

    def hear(self, news: News, now_s: float) -> None:
        """What the writer has to say of this stream."""
        match news:
            case RecordingFinished():
                if self.state is RecorderState.CLOSED:
                    self._index.add(RecordingEnded(self.stream_id, now_s))
                    self.finished.set()
            case TakeOpened(take=take):
                self._index.add(take)
            case SegmentWritten(segment=segment):
                self._index.add(msgspec.structs.replace(segment, position_90k=self.position_90k))
                self.position_90k += segment.duration_90k
                if self.state is not RecorderState.CLOSED and not self._skipping:
                    self.state, self.reason = RecorderState.RECORDING, ""
            case HealthChanged(reason=reason):
                if reason:
                    self._fail(reason)
                elif self.state is RecorderState.FAILING:
                    log.info("recording works again", stream=self.stream_id)
                    self.state, self.reason = RecorderState.RECORDING, ""

    def _fail(self, reason: str) -> None:
        if self.reason != reason:
            log.error("recording fails; the live stream goes on", stream=self.stream_id, reason=reason)
        if self.state is not RecorderState.CLOSED:
            self.state, self.reason = RecorderState.FAILING, reason


class RecordingSummary(msgspec.Struct, frozen=True):
    """What a page says of a recording."""

    duration_s: float
    began_at: datetime
    gaps: list[Gap]
    takes: int
    stretches: list[Stretch]


class Recordings:
    """Owns the writer and the index. `start` before the first stream, `stop` after the last."""

    def __init__(
        self,
        database: Database,
        options: WriterOptions,
        clock: Callable[[], float] = time.time,
        when_ended: WhenEnded | None = None,
    ) -> None:
        self.folder: Path = options.folder
        self.writer = RecordingWriter(options, self._hear)
        self.index = Index(database, self._rebuild, when_ended)
        self.library = Library(database, options.folder, self.settle)
        self._database = database
        self._clock = clock
        self._recorders: dict[str, StreamRecorder] = {}
        self._starts: dict[str, tuple[Timing, Start, int]] = {}
        self._timing = Timing()

    async def start(self, timing: Timing) -> list[str]:
        """Recovers what a crash left, learns where streams go on, starts the writer. Returns what was recovered."""
        self._timing = timing
        self.folder.mkdir(parents=True, exist_ok=True)
        recovered = await recover_all(self._database, self.folder, timing)
        async with self._database.transaction(readonly=True) as tx:
            for row in await store.recordings(tx):
                segments = await store.last_segments(tx, row.stream_id, SEEDS)
                takes = await store.takes(tx, row.stream_id) if row.ended_at is None else []
                own = Timing(row.part_ms, row.segment_s, row.target_s)
                position = segments[-1].end_90k if segments else 0
                start = Start(
                    next_msn=row.next_msn,
                    next_take=row.next_take,
                    segments=seeds(segments, row.next_msn) if row.ended_at is None else (),
                    tracks=takes[-1].tracks if takes else None,
                )
                self._starts[row.stream_id] = (own, start, position)
        self.writer.start()
        return recovered

    async def stop(self) -> None:
        """Writes out what waits, files first. Raises `Unavailable` without a database: recovery does the rest."""
        await self.writer.stop()
        await self.index.flush()

    async def settle(self, stream_id: str) -> None:
        """Whoever reads a recording that was closed this moment waits here until its index is whole.

        After `SETTLE_S`, or without a database, it reads what there is.
        """
        recorder = self._recorders.get(stream_id)
        if recorder is None or recorder.settled or recorder.state is not RecorderState.CLOSED:
            return
        with contextlib.suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(SETTLE_S):
                await recorder.finished.wait()
            await self.index.flush()
            recorder.settled = True
        self.library.forget(stream_id)

    def start_of(self, stream_id: str) -> tuple[Timing, Start] | None:
        """Where a stream that was recorded before goes on; None for one that is new."""
        known = self._starts.get(stream_id)
        return None if known is None else known[:2]

    def record(self, stream_id: str, timing: Timing) -> StreamRecorder:
        """Begins or resumes a stream's recording."""
        recorder = self._recorders.get(stream_id)
        if recorder is None or recorder.state is RecorderState.CLOSED:
            known = self._starts.get(stream_id)
            position = recorder.position_90k if recorder is not None else known[2] if known is not None else 0
            recorder = self._recorders[stream_id] = StreamRecorder(stream_id, self.writer, self.index, position)
            self.index.add(RecordingOpened(stream_id, self._clock(), timing))
            self.library.forget(stream_id)
        return recorder

    def recorder(self, stream_id: str) -> StreamRecorder | None:
        return self._recorders.get(stream_id)

    def remember(self, stream_id: str, timing: Timing, start: Start) -> None:
        """Where a stream that ended here would go on."""
        recorder = self._recorders.get(stream_id)
        self._starts[stream_id] = (timing, start, recorder.position_90k if recorder is not None else 0)

    async def summary(self, stream_id: str) -> "RecordingSummary | None":
        """None where nothing was recorded."""
        index = await self.library.find(stream_id)
        if index is None or not index.segments:
            return None
        began_at = index.segments[0].began_at
        return RecordingSummary(duration_s(index), began_at, gaps(index), len(index.takes), stretches(index))

    async def position_at(self, stream_id: str, moment: datetime) -> float | None:
        """Seconds of the recording at a moment (in a gap: where it goes on); None where nothing was recorded."""
        index = await self.library.find(stream_id)
        return position_at(index, moment.timestamp()) if index is not None and index.segments else None

    async def moment_at(self, stream_id: str, position_s: float) -> datetime | None:
        """The moment on the wall at a second of the recording; None where nothing was recorded."""
        index = await self.library.find(stream_id)
        return utc(wall_clock_at(index, position_s)) if index is not None and index.segments else None

    def failing(self) -> dict[str, str]:
        """Streams whose recording fails now, with the reason."""
        return {
            stream_id: recorder.reason
            for stream_id, recorder in self._recorders.items()
            if recorder.state is RecorderState.FAILING
        }

    def _hear(self, news: list[News]) -> None:
        for item in news:
            match item:
                case TakeOpened(take=row) | SegmentWritten(segment=row):
                    stream_id = row.stream_id
                case _:
                    stream_id = item.stream_id
            recorder = self._recorders.get(stream_id)
            if recorder is not None:
                recorder.hear(item, self._clock())

    async def _rebuild(self, stream_id: str) -> None:
        await recover(self._database, self.folder, stream_id, self._timing, cut=False)


RECORDINGS: web.AppKey[Recordings] = web.AppKey("recordings", Recordings)
