"""What was recorded, as it can be read: the index of a recording, and the bytes of its files."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app.database import Database, Tx
from app.errors import Unavailable
from media.hls.muxer import Timing
from media.hls.playlist import Segment
from media.hls.window import Start
from media.record import store
from media.record.files import FIRST_PATCH, STREAM_ID, take_path
from media.record.model import RecordedSegment, Recording
from media.record.timeline import RecordingIndex, is_trimmed, shown

KEPT: Final = 64
"""Indexes kept in memory."""

KEPT_S: Final = 2.0
"""How old an index may be before the database is asked whether it changed."""

SEEDS: Final = 16
"""Segments from before a restart that a playlist still lists."""


class _Known(msgspec.Struct, frozen=True):
    """What is shown of a recording, until the database is asked again.

    `bounds`: the stretches of each take that are shown, where that is not all.
    """

    index: RecordingIndex
    until_s: float
    bounds: dict[int, list[tuple[int, int]]] | None


class Library:
    """Reads the index and the files. Ids that are no tokens, and streams that are not there, are None."""

    def __init__(
        self, database: Database, folder: Path, settle: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        """`settle` returns once the index of a recording that was just closed is whole."""
        self.folder = folder
        self._database = database
        self._settle = settle
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def find(self, stream_id: str) -> RecordingIndex | None:
        """What is shown of a recording; it may be two seconds old."""
        known = await self._find(stream_id)
        return known.index if known is not None else None

    async def shows(self, stream_id: str, take: int, begin: int, end: int) -> bool:
        """Whether these bytes of a take are among what is shown: what is out of sight is not sent either."""
        known = await self._find(stream_id)
        if known is None or known.bounds is None:
            return known is not None and take < FIRST_PATCH
        if take not in known.bounds:
            return False
        init_bytes = next(one.init_bytes for one in known.index.takes if one.number == take)
        inside = any(first <= begin and end <= last for first, last in known.bounds[take])
        return inside or end <= init_bytes

    async def _find(self, stream_id: str) -> _Known | None:
        if self._settle is not None:
            await self._settle(stream_id)
        known = self._known.get(stream_id)
        if known is not None and time.monotonic() < known.until_s:
            self._known.move_to_end(stream_id)
            return known
        if not STREAM_ID.fullmatch(stream_id):
            return None
        try:
            index = await self._read_shown(stream_id, known.index if known is not None else None)
        except Unavailable:
            # What is on the disk plays on while the database is away.
            if known is None:
                raise
            index = known.index
        if index is None:
            self.forget(stream_id)
            return None
        found = self._known[stream_id] = _Known(index, time.monotonic() + KEPT_S, _bounds(index))
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found

    async def _read_shown(self, stream_id: str, known: RecordingIndex | None) -> RecordingIndex | None:
        async with self._database.transaction(readonly=True, isolation="repeatable_read") as tx:
            recording = await store.recording(tx, stream_id)
            if recording is None:
                return None
            if known is not None and recording.ended_at is not None and recording == known.recording:
                # Ended recordings only change with their row: another process may have trimmed or removed it.
                return known
            return shown(await read_index(tx, recording))

    def forget(self, stream_id: str) -> None:
        """The recording changed (it goes on, or was removed)."""
        self._known.pop(stream_id, None)

    async def start_of(self, stream_id: str) -> tuple[Timing, Start] | None:
        """A stream's last segments, for a playlist without a packager."""
        if not STREAM_ID.fullmatch(stream_id):
            return None
        async with self._database.transaction(readonly=True) as tx:
            recording = await store.recording(tx, stream_id)
            if recording is None:
                return None
            segments = await store.last_segments(tx, stream_id, SEEDS)
            takes = await store.takes(tx, stream_id)
        timing = Timing(recording.part_ms, recording.segment_s, recording.target_s)
        return timing, Start(
            next_msn=recording.next_msn,
            next_take=recording.next_take,
            # Numbers of slates are not in the index; a stream that ended behind one ends with what was recorded.
            segments=seeds(segments, segments[-1].msn + 1 if segments and recording.ended_at else recording.next_msn),
            tracks=takes[-1].tracks if takes else None,
            ended=recording.ended_at is not None,
        )

    async def init_bytes(self, stream_id: str, number: int) -> bytes | None:
        """A take's initialisation section, from its file."""
        index = await self.find(stream_id)
        take = next((take for take in index.takes if take.number == number), None) if index is not None else None
        if take is None:
            return None
        return await asyncio.to_thread(_read, take_path(self.folder, stream_id, number), 0, take.init_bytes)

    async def segment_bytes(self, stream_id: str, msn: int) -> bytes | None:
        """A segment's bytes, from its take's file."""
        if not STREAM_ID.fullmatch(stream_id) or msn >= 2**63:
            return None
        async with self._database.transaction(readonly=True) as tx:
            segment = await store.segment(tx, stream_id, msn)
        if segment is None:
            return None
        end = segment.byte_offset + segment.byte_length
        if not await self.shows(stream_id, segment.take, segment.byte_offset, end):
            return None
        path = take_path(self.folder, stream_id, segment.take)
        return await asyncio.to_thread(_read, path, segment.byte_offset, segment.byte_length)


def _bounds(index: RecordingIndex) -> dict[int, list[tuple[int, int]]] | None:
    if not is_trimmed(index.recording) and not index.patches:
        return None
    found: dict[int, list[tuple[int, int]]] = {}
    for segment in index.segments:
        stretches = found.setdefault(segment.take, [])
        end = segment.byte_offset + segment.byte_length
        if stretches and stretches[-1][1] == segment.byte_offset:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((segment.byte_offset, end))
    return found


async def read_index(tx: Tx, recording: Recording) -> RecordingIndex:
    """The whole of a recording, whatever is shown of it."""
    stream_id = recording.stream_id
    return RecordingIndex(
        recording,
        tuple(await store.takes(tx, stream_id)),
        tuple(await store.segments(tx, stream_id)),
        tuple(await store.patches(tx, stream_id)),
    )


def _read(path: Path, offset: int, length: int) -> bytes | None:
    """None where the file is gone or shorter than the index says."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(length)
    except OSError:
        return None
    return data if len(data) == length else None


def seeds(segments: list[RecordedSegment], next_msn: int) -> tuple[Segment, ...]:
    """The last run of segments without a hole that reaches the next number."""
    found: list[Segment] = []
    expected = next_msn - 1
    for position in range(len(segments) - 1, -1, -1):
        segment = segments[position]
        if segment.msn != expected:
            break
        earlier = segments[position - 1] if position else None
        opens = earlier is not None and earlier.take != segment.take
        found.append(
            Segment(
                msn=segment.msn,
                take=segment.take,
                discontinuity=segment.take,
                opens_take=opens,
                began_at_s=segment.began_at.timestamp(),
                duration_90k=segment.duration_90k,
            )
        )
        expected -= 1
    return tuple(reversed(found))


LIBRARY: web.AppKey[Library] = web.AppKey("library", Library)
