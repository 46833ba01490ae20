"""Records a stream's source while the public sees a slate: its own muxer, its own thread, encrypted before the disk.

It stands beside the programme, not behind it: no playlist, no window, no index, no product knows of it.
"""

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec
import structlog
from aiohttp import web

from media.hls.muxer import Init, Muxer, Part, Timing
from media.packet import Packet, Tracks
from media.record.model import utc
from media.sealed.envelope import Sealer
from media.sealed.files import About, context_of, next_number, part_folder
from media.stream import Stream

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 128 * 1024 * 1024
"""Bytes that wait for the disk; what comes beyond them is lost, counted and said."""

STOP_S: Final = 10.0


class SealedState(msgspec.Struct, frozen=True):
    """How a sealed recording fares: written so far, parts that were lost, what the disk said (in English)."""

    running: bool = False
    bytes: int = 0
    lost_parts: int = 0
    problem: str = ""


class SealedRecorder:
    """A `Sink` of one stream, for one closed part."""

    def __init__(self, stream: Stream, folder: Path, key: bytes, part: str, wall: Callable[[], float]) -> None:
        self.stream = stream
        self.part = part
        self.lost_parts = 0
        self._writer = _Writer(part_folder(folder, stream.id, part), key, stream.id, part)
        self._muxer = Muxer(Timing())
        self._wall = wall
        self._torn = False
        stream.attach(self)

    @property
    def state(self) -> SealedState:
        return SealedState(self.stream.carries(self), self._writer.written, self.lost_parts, self._writer.problem)

    def on_tracks(self, tracks: Tracks) -> None:
        self._put(self._muxer.begin(tracks))

    def on_packet(self, packet: Packet) -> None:
        self._put(self._muxer.push(packet, self._wall() - self.stream.replayed_s))

    def on_pause(self) -> None:
        self._put(self._muxer.pause())
        self._writer.end_file()

    def on_end(self) -> None:
        self.on_pause()

    async def close(self) -> None:
        """What was taken is written; the stream goes on without it."""
        if self.stream.carries(self):
            self.stream.detach(self)
            self.on_pause()
        await self._writer.close()

    def _put(self, made: tuple[Init | Part, ...]) -> None:
        for item in made:
            if isinstance(item, Init):
                self._torn = False
            if self._torn or not self._writer.put(item):
                # What follows a hole belongs into another file, which begins with the next take.
                self._torn = True
                self.lost_parts += isinstance(item, Part)


class _Mark(Enum):
    FILE_ENDS = 1
    ALL_ENDS = 2


class _Writer:
    """A thread that owns the files. It starts with the first piece."""

    def __init__(self, folder: Path, key: bytes, stream_id: str, part: str) -> None:
        self.written = 0
        """Only the thread writes it."""
        self.problem = ""
        self._folder = folder
        self._key = key
        self._stream_id = stream_id
        self._part = part
        self._orders: queue.SimpleQueue[Init | Part | _Mark] = queue.SimpleQueue()
        self._accepted = self._done = 0
        self._thread: threading.Thread | None = None
        self._fd = -1
        self._sealer: Sealer | None = None

    def put(self, item: Init | Part) -> bool:
        """False where too much waits already."""
        if self._accepted - self._done + len(item.data) > MOST_WAITING:
            return False
        self._accepted += len(item.data)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sealed writer", daemon=True)
            self._thread.start()
        self._orders.put(item)
        return True

    def end_file(self) -> None:
        """What comes next belongs into another file."""
        self._orders.put(_Mark.FILE_ENDS)

    async def close(self) -> None:
        if self._thread is None:
            return
        self._orders.put(_Mark.ALL_ENDS)
        await asyncio.to_thread(self._thread.join, STOP_S)

    def _run(self) -> None:
        while (item := self._orders.get()) is not _Mark.ALL_ENDS:
            try:
                self._execute(item)
            except OSError as problem:
                self.problem = problem.strerror or str(problem)
                log.exception("a sealed recording cannot be written", stream=self._stream_id, part=self._part)
                self._abandon()
            finally:
                self._done += len(item.data) if isinstance(item, Init | Part) else 0
        try:
            self._finish()
        except OSError as problem:
            self.problem = problem.strerror or str(problem)

    def _execute(self, item: Init | Part | _Mark) -> None:
        if not isinstance(item, Part):
            self._finish()
        if isinstance(item, Init):
            self._open(item)
        elif isinstance(item, Part) and self._sealer is not None:
            self._append(item.data)
            os.fdatasync(self._fd)

    def _open(self, init: Init) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = next_number(self._folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._fd = os.open(self._folder / f"{number}.sealed", flags, 0o600)
        self._sealer = Sealer(self._key, context_of(self._stream_id, self._part, number))
        self._write(self._sealer.header)
        self._append(msgspec.json.encode(About(utc(init.began_at_s), init.tracks)))
        self._append(init.data)
        self.problem = ""

    def _append(self, data: bytes, *, last: bool = False) -> None:
        assert self._sealer is not None
        self._write(self._sealer.piece(data, last=last))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = os.write(self._fd, view)
            self.written += count
            view = view[count:]

    def _finish(self) -> None:
        if self._sealer is not None:
            self._append(b"", last=True)
            os.fsync(self._fd)
        self._abandon()

    def _abandon(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._sealer = -1, None


class SealedRecordings:
    """The sealed recordings of this process, by stream. Lives on the loop."""

    def __init__(self, folder: Path, key: Callable[[], bytes], wall: Callable[[], float] = time.time) -> None:
        """`key` may block: it is called once, in a thread, by `load`."""
        self.folder = folder
        self._read_key = key
        self._key = b""
        self._wall = wall
        self._recorders: dict[str, SealedRecorder] = {}

    async def load(self) -> None:
        """Reads or makes the key: before the first closed part, so that nothing can fail at its beginning."""
        self._key = await asyncio.to_thread(self._read_key)

    @property
    def key(self) -> bytes:
        return self._key

    def begin(self, stream: Stream, part: str) -> None:
        """Records from now on. The same part twice is no error."""
        known = self._recorders.get(stream.id)
        if known is not None and known.part == part and known.stream is stream and stream.carries(known):
            return
        self._recorders[stream.id] = SealedRecorder(stream, self.folder, self._key, part, self._wall)
        if known is not None:
            asyncio.get_running_loop().create_task(known.close(), name="sealed: close")

    async def end(self, stream_id: str) -> None:
        """What was taken is written. A stream that is not recorded is no error."""
        recorder = self._recorders.pop(stream_id, None)
        if recorder is not None:
            await recorder.close()

    def state(self, stream_id: str) -> SealedState:
        recorder = self._recorders.get(stream_id)
        return recorder.state if recorder is not None else SealedState()

    async def close(self) -> None:
        for stream_id in list(self._recorders):
            await self.end(stream_id)


SEALED: web.AppKey[SealedRecordings] = web.AppKey("sealed_recordings", SealedRecordings)
