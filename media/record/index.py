"""Brings the writer's news into the database, in batches, off the hot path.

While the database is away the news waits. What no longer fits is forgotten: the file says the same, and the stream is
read back from it once the database answers.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog

from app.database import Database, Tx
from app.errors import Unavailable
from media.hls.muxer import Timing
from media.record import store
from media.record.model import RecordedSegment, Take, utc

log = structlog.get_logger(__name__)

MAX_ENTRIES: Final = 20_000
"""About a quarter of an hour of 40 streams."""

BATCH: Final = 2_000
GATHER_S: Final = 0.5
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0


class RecordingOpened(msgspec.Struct, frozen=True, gc=False):
    stream_id: str
    began_at_s: float
    timing: Timing


class NumbersUsed(msgspec.Struct, frozen=True, gc=False):
    """Numbers that viewers have seen, whether or not they were recorded."""

    stream_id: str
    next_msn: int
    next_take: int


class RecordingEnded(msgspec.Struct, frozen=True, gc=False):
    stream_id: str
    ended_at_s: float


Entry = RecordingOpened | Take | RecordedSegment | NumbersUsed | RecordingEnded


WhenEnded = Callable[[Tx, str], Awaitable[None]]
"""(transaction, stream id): in the transaction that says that a recording has ended."""


class Index:
    """A bounded queue in front of the database."""

    def __init__(
        self, database: Database, rebuild: Callable[[str], Awaitable[None]], when_ended: WhenEnded | None = None
    ) -> None:
        """`rebuild` reads a stream's files back into the database."""
        self._database = database
        self._rebuild = rebuild
        self._when_ended = when_ended
        self._entries: deque[Entry] = deque()
        self._wake = asyncio.Event()
        self._busy = asyncio.Lock()
        self.forgotten: set[str] = set()
        """Streams whose index must be read back from the files."""
        self.failures = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        if len(self._entries) >= MAX_ENTRIES:
            self._make_room()
        self._entries.append(entry)
        self._wake.set()

    async def run(self) -> None:
        """Writes what comes, for ever. Body of a supervised task."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            try:
                await self.flush()
                pause_s = FIRST_PAUSE_S
            except Unavailable:
                self.failures += 1
                log.warning("the index of recordings waits for the database", waiting=len(self._entries))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def flush(self) -> None:
        """Writes all that waits. Raises `Unavailable` and keeps it while the database is away."""
        async with self._busy:
            self._wake.clear()
            try:
                while self._entries:
                    batch = [self._entries[n] for n in range(min(BATCH, len(self._entries)))]
                    await self._write(batch)
                    for _ in batch:
                        self._entries.popleft()
                while self.forgotten:
                    stream_id = next(iter(self.forgotten))
                    await self._rebuild(stream_id)
                    self.forgotten.discard(stream_id)
            except BaseException:
                self._wake.set()
                raise

    async def _write(self, batch: list[Entry]) -> None:
        async with self._database.transaction() as tx:
            for opened in (entry for entry in batch if isinstance(entry, RecordingOpened)):
                await store.open_recording(tx, opened.stream_id, utc(opened.began_at_s), opened.timing)
            takes = [entry for entry in batch if isinstance(entry, Take)]
            if takes:
                await store.add_takes(tx, takes)
            segments = [entry for entry in batch if isinstance(entry, RecordedSegment)]
            if segments:
                await store.add_segments(tx, segments)
            used: dict[str, tuple[int, int]] = {}
            for entry in (entry for entry in batch if isinstance(entry, NumbersUsed)):
                msn, take = used.get(entry.stream_id, (1, 0))
                used[entry.stream_id] = (max(msn, entry.next_msn), max(take, entry.next_take))
            for stream_id, (msn, take) in used.items():
                await store.raise_numbers(tx, stream_id, msn, take)
            for ended in (entry for entry in batch if isinstance(entry, RecordingEnded)):
                await store.end_recording(tx, ended.stream_id, utc(ended.ended_at_s))
                if self._when_ended is not None:
                    await self._when_ended(tx, ended.stream_id)

    def _make_room(self) -> None:
        """Forgets the oldest segment: of all news it alone can be read back. One is always there: the rest is rare."""
        for position, entry in enumerate(self._entries):
            if isinstance(entry, RecordedSegment):
                self.forgotten.add(entry.stream_id)
                del self._entries[position]
                return
