"""The thread that owns the files of all recordings.

The loop gives orders through a queue bounded in bytes; news come back in batches. A part is appended as it comes, so a
killed process loses at most the part it was writing. What the disk refuses is cut off again and reported, the
segment is given up, and the next one is tried: the live stream never notices.
"""

import asyncio
import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from media.hls.muxer import Init, Part
from media.record.files import take_path, tracks_path
from media.record.model import (
    Fsync,
    HealthChanged,
    News,
    RecordedSegment,
    RecordingFinished,
    SegmentWritten,
    Take,
    TakeOpened,
    utc,
)

log = structlog.get_logger(__name__)

SPACE_CHECK_S: Final = 5.0
MIB: Final = 1024 * 1024


class OpenTake(msgspec.Struct, frozen=True, gc=False):
    stream_id: str
    init: Init


class AppendPart(msgspec.Struct, frozen=True, gc=False):
    stream_id: str
    part: Part


class CloseTake(msgspec.Struct, frozen=True, gc=False):
    """`final`: the stream has ended, and a `RecordingFinished` is wanted."""

    stream_id: str
    final: bool


Order = OpenTake | AppendPart | CloseTake


class WriterOptions(msgspec.Struct, frozen=True):
    """`folder` holds a folder for each stream. Below `min_free_mib` of free space nothing is written."""

    folder: Path
    fsync: Fsync = Fsync.SEGMENT
    queue_mib: int = 256
    min_free_mib: int = 512


class RecordingWriter:
    """Starts with `start`, ends with `stop`, which writes out what waits."""

    def __init__(self, options: WriterOptions, deliver: Callable[[list[News]], None]) -> None:
        """`deliver` is called on the loop that called `start`."""
        self.options = options
        self._deliver = deliver
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._accepted_bytes = 0
        """Only the loop writes it."""
        self._done_bytes = 0
        """Only the thread writes it."""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._takes: dict[str, _TakeFile] = {}
        self._space = _Space(options)

    @property
    def backlog_bytes(self) -> int:
        return self._accepted_bytes - self._done_bytes

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="recording writer", daemon=True)
        self._thread.start()

    async def stop(self, timeout_s: float = 20.0) -> None:
        """Waits until everything accepted is on the disk, at most `timeout_s`."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._orders.put(None)
        await asyncio.to_thread(thread.join, timeout_s)
        if thread.is_alive():
            log.error("the disk is too slow to finish recordings in time", backlog_bytes=self.backlog_bytes)
        # News that the thread sent before it ended.
        await asyncio.sleep(0)

    def submit(self, order: Order) -> bool:
        """Queues an order; False for a part when the disk is too far behind."""
        if isinstance(order, AppendPart):
            size = len(order.part.data)
            if self.backlog_bytes + size > self.options.queue_mib * MIB:
                return False
            self._accepted_bytes += size
        self._orders.put(order)
        return True

    def _run(self) -> None:
        orders = self._orders
        while True:
            batch = [orders.get()]
            while len(batch) < 256:
                try:
                    batch.append(orders.get_nowait())
                except queue.Empty:
                    break
            news: list[News] = []
            for order in batch:
                if order is not None:
                    self._execute(order, news)
            ending = None in batch
            if ending:
                for take in self._takes.values():
                    take.close(news)
            if news:
                self._send(news)
            if ending:
                return

    def _execute(self, order: Order, news: list[News]) -> None:
        try:
            take = self._takes.get(order.stream_id)
            if isinstance(order, AppendPart):
                if take is not None:
                    take.append(order.part, news)
            else:
                if take is not None:
                    take.close(news)
                    del self._takes[order.stream_id]
                if isinstance(order, CloseTake) and order.final:
                    news.append(RecordingFinished(order.stream_id))
                if isinstance(order, OpenTake):
                    self._takes[order.stream_id] = _TakeFile(order.stream_id, order.init, self.options, self._space)
        except Exception as problem:  # the thread serves all streams: one order may not end it
            log.exception("writing a recording failed", stream=order.stream_id)
            news.append(HealthChanged(order.stream_id, str(problem)))
        finally:
            if isinstance(order, AppendPart):
                self._done_bytes += len(order.part.data)

    def _send(self, news: list[News]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, news)


class _Space:
    """Free space of the recordings' disk, looked at now and then."""

    def __init__(self, options: WriterOptions) -> None:
        self._folder = options.folder
        self._min_mib = options.min_free_mib
        self._checked_at = float("-inf")
        self._problem = ""

    def problem(self) -> str:
        """Why nothing may be written now; empty while there is room."""
        now = time.monotonic()
        if now - self._checked_at >= SPACE_CHECK_S or self._problem:
            self._checked_at = now
            stat = os.statvfs(self._folder)
            free = stat.f_bavail * stat.f_frsize // MIB
            self._problem = (
                f"only {free} MiB are free on the recordings' disk, {self._min_mib} MiB must stay free"
                if free < self._min_mib
                else ""
            )
        return self._problem


class _TakeFile:
    """One take's file. Opened with its first part, so that a full disk is nothing but a later start."""

    def __init__(self, stream_id: str, init: Init, options: WriterOptions, space: _Space) -> None:
        self._stream_id = stream_id
        self._init = init
        self._options = options
        self._space = space
        self._path = take_path(options.folder, stream_id, init.take)
        self._fd = -1
        self._size = 0
        self._first: Part | None = None
        """The first part of the segment being written; None while a segment is given up or none began."""
        self._last: Part | None = None
        self._offset = 0
        self._sha256 = hashlib.sha256()
        self._problem = ""

    def append(self, part: Part, news: list[News]) -> None:
        last = self._last
        follows = last is not None and part.msn == last.msn and part.index == last.index + 1
        if not follows:
            self._finish_segment(news)
            if part.index != 0:
                return
        try:
            if not follows:
                self._begin_segment(part, news)
            self._write(part.data)
            if self._options.fsync is Fsync.PART or (part.last and self._options.fsync is Fsync.SEGMENT):
                os.fdatasync(self._fd)
        except OSError as problem:
            self._give_up(problem, news)
            return
        self._sha256.update(part.data)
        self._last = part
        if part.last:
            self._finish_segment(news)
        if self._problem:
            self._problem = ""
            news.append(HealthChanged(self._stream_id, ""))

    def close(self, news: list[News]) -> None:
        self._finish_segment(news)
        if self._fd >= 0:
            try:
                if self._options.fsync is not Fsync.NEVER:
                    os.fdatasync(self._fd)
            except OSError as problem:
                news.append(HealthChanged(self._stream_id, _reason(problem)))
            os.close(self._fd)
            self._fd = -1

    def _begin_segment(self, part: Part, news: list[News]) -> None:
        problem = self._space.problem()
        if problem:
            raise OSError(problem)
        if self._fd < 0:
            self._open(news)
        self._first, self._last = part, None
        self._offset = self._size
        self._sha256 = hashlib.sha256()

    def _open(self, news: list[News]) -> None:
        init, path = self._init, self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        tracks_path(path).write_bytes(msgspec.json.encode(init.tracks))
        # Never over something recorded: numbers of takes are not given out twice.
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        try:
            self._write(init.data)
            if self._options.fsync is not Fsync.NEVER:
                os.fsync(self._fd)
                _sync_folder(path.parent)
        except OSError:
            os.close(self._fd)
            self._fd, self._size = -1, 0
            path.unlink(missing_ok=True)
            raise
        take = Take(self._stream_id, init.take, utc(init.began_at_s), init.tracks, len(init.data))
        news.append(TakeOpened(take))

    def _write(self, data: bytes) -> None:
        view, at = memoryview(data), self._size
        while view:
            written = os.pwrite(self._fd, view, at)
            view, at = view[written:], at + written
        self._size = at

    def _give_up(self, problem: OSError, news: list[News]) -> None:
        """Cuts off what was written in part, keeps the whole parts, and waits for the next segment."""
        if self._fd >= 0:
            try:
                os.ftruncate(self._fd, self._size)
            except OSError:
                log.warning("a torn part could not be cut off; recovery will", stream=self._stream_id)
        self._finish_segment(news)
        reason = _reason(problem)
        if reason != self._problem:
            self._problem = reason
            news.append(HealthChanged(self._stream_id, reason))

    def _finish_segment(self, news: list[News]) -> None:
        first, last = self._first, self._last
        self._first = self._last = None
        if first is None or last is None:
            return
        news.append(
            SegmentWritten(
                RecordedSegment(
                    stream_id=self._stream_id,
                    msn=first.msn,
                    take=first.take,
                    byte_offset=self._offset,
                    byte_length=self._size - self._offset,
                    began_at=utc(first.began_at_s),
                    position_90k=0,
                    dts_90k=first.dts_90k,
                    duration_90k=last.dts_90k + last.duration_90k - first.dts_90k,
                    independent=first.independent,
                    sha256=self._sha256.digest(),
                )
            )
        )


def _reason(problem: OSError) -> str:
    return problem.strerror or str(problem)


def _sync_folder(folder: Path) -> None:
    """A new file's name is only safe once its folder is."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
