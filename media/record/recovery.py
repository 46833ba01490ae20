"""After a crash: the files are cut to whole parts, and what the index lacks is read back from them."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.database import Database
from media.hls.muxer import Timing
from media.record import store
from media.record.files import STREAM_ID, read_tracks, takes_on_disk
from media.record.model import RecordedSegment, Take, utc
from media.record.scan import gather_segments, scan_init, scan_parts

log = structlog.get_logger(__name__)

_BLOCK: Final = 1024 * 1024


class RecoveredTake(msgspec.Struct, frozen=True):
    """What a file holds beyond the index, and how many torn bytes were cut off."""

    take: Take
    segments: tuple[RecordedSegment, ...]
    cut_bytes: int


async def recover_all(database: Database, root: Path, timing: Timing) -> list[str]:
    """Recovers every recording that was not ended, and every folder without a recording. Returns the stream ids."""
    async with database.transaction(readonly=True) as tx:
        known = {recording.stream_id: recording for recording in await store.recordings(tx)}
    folders = {path.name for path in root.iterdir() if path.is_dir() and STREAM_ID.fullmatch(path.name)}
    wanted = {stream_id for stream_id, recording in known.items() if recording.ended_at is None}
    recovered = sorted(wanted | (folders - set(known)))
    for stream_id in recovered:
        await recover(database, root, stream_id, timing, cut=True)
    return recovered


async def recover(database: Database, root: Path, stream_id: str, timing: Timing, *, cut: bool) -> int:
    """Reads one stream's files back into the index; returns how many segments were missing.

    `cut` removes torn tails: only while nobody writes these files.
    """
    async with database.transaction(readonly=True) as tx:
        indexed = await store.indexed_bytes(tx, stream_id) if cut else {}
    found: list[RecoveredTake] = []
    for number, path in takes_on_disk(root, stream_id).items():
        take = await asyncio.to_thread(recover_take, path, stream_id, number, indexed.get(number, 0), cut=cut)
        if take is None:
            log.warning("a recording's file has no beginning and is left as it is", stream=stream_id, take=number)
        else:
            found.append(take)
    if not found:
        return 0
    segments = [segment for take in found for segment in take.segments]
    async with database.transaction() as tx:
        if await store.recording(tx, stream_id) is None:
            await store.open_recording(tx, stream_id, found[0].take.began_at, timing)
        await store.add_takes(tx, [take.take for take in found])
        if segments:
            await store.add_segments(tx, segments)
            await store.renumber_positions(tx, stream_id)
        next_msn = max((segment.msn for segment in segments), default=0) + 1
        await store.raise_numbers(tx, stream_id, next_msn, found[-1].take.number + 1)
    for take in found:
        if take.segments or take.cut_bytes:
            log.info(
                "recording recovered",
                stream=stream_id,
                take=take.take.number,
                segments=len(take.segments),
                cut_bytes=take.cut_bytes,
            )
    return len(segments)


def recover_take(path: Path, stream_id: str, number: int, indexed: int, *, cut: bool) -> RecoveredTake | None:
    """Runs in a thread. None where not even the initialisation section is whole."""
    fd = os.open(path, os.O_RDWR if cut else os.O_RDONLY)
    try:
        init = scan_init(lambda offset, length: os.pread(fd, length, offset))
        if init is None:
            return None
        begin = max(indexed, init.length)
        parts = list(scan_parts(lambda offset, length: os.pread(fd, length, offset), begin, init))
        end = parts[-1].offset + parts[-1].length if parts else begin
        size = os.fstat(fd).st_size
        if cut and size > end:
            os.ftruncate(fd, end)
            os.fsync(fd)
        segments = tuple(
            RecordedSegment(
                stream_id=stream_id,
                msn=segment.msn,
                take=number,
                byte_offset=segment.offset,
                byte_length=segment.length,
                began_at=utc(segment.began_at_s),
                position_90k=0,
                dts_90k=segment.dts_90k,
                duration_90k=segment.duration_90k,
                independent=segment.independent,
                sha256=_sha256(fd, segment.offset, segment.length),
            )
            for segment in gather_segments(iter(parts))
        )
        began_at = segments[0].began_at if segments else utc(os.fstat(fd).st_mtime)
        take = Take(stream_id, number, began_at, read_tracks(path), init.length)
        return RecoveredTake(take, segments, max(size - end, 0) if cut else 0)
    finally:
        os.close(fd)


def _sha256(fd: int, offset: int, length: int) -> bytes:
    digest = hashlib.sha256()
    end = offset + length
    while offset < end:
        block = os.pread(fd, min(_BLOCK, end - offset), offset)
        if not block:
            break
        digest.update(block)
        offset += len(block)
    return digest.digest()
