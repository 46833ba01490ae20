"""SQL of the recordings' index."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.database import Tx
from media.hls.muxer import Timing
from media.packet import Tracks
from media.record.model import Patch, PatchSegment, RecordedSegment, Recording, Take

_RECORDING = (
    "stream_id, began_at, ended_at, part_ms, segment_s, target_s, next_msn, next_take,"
    " trim_begin_90k, trim_end_90k, keep_days, removal_at, version"
)
_SEGMENT = (
    "stream_id, msn, take, byte_offset, byte_length, began_at, position_90k, dts_90k, duration_90k, independent, sha256"
)


async def recordings(tx: Tx) -> list[Recording]:
    """All, oldest first."""
    return await tx.all(Recording, f"SELECT {_RECORDING} FROM recording ORDER BY began_at")


async def recording(tx: Tx, stream_id: str) -> Recording | None:
    return await tx.maybe(
        Recording,
        f"SELECT {_RECORDING} FROM recording WHERE stream_id = $1",
        stream_id,
    )


async def open_recording(tx: Tx, stream_id: str, began_at: datetime, timing: Timing) -> None:
    """Makes the row, or opens an ended recording again."""
    await tx.execute(
        "INSERT INTO recording (stream_id, began_at, part_ms, segment_s, target_s) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (stream_id) DO UPDATE SET ended_at = NULL",
        stream_id,
        began_at,
        timing.part_ms,
        timing.segment_s,
        timing.target_s,
    )


async def raise_numbers(tx: Tx, stream_id: str, next_msn: int, next_take: int) -> None:
    """Numbers below these are never given out again."""
    await tx.execute(
        "UPDATE recording SET next_msn = greatest(next_msn, $2), next_take = greatest(next_take, $3)"
        " WHERE stream_id = $1",
        stream_id,
        next_msn,
        next_take,
    )


async def end_recording(tx: Tx, stream_id: str, ended_at: datetime) -> None:
    await tx.execute(
        "UPDATE recording SET ended_at = $2 WHERE stream_id = $1 AND ended_at IS NULL", stream_id, ended_at
    )


async def add_takes(tx: Tx, takes: Sequence[Take]) -> None:
    await tx.connection.executemany(
        "INSERT INTO recording_take (stream_id, number, began_at, tracks, init_bytes) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (stream_id, number) DO NOTHING",
        [(t.stream_id, t.number, t.began_at, msgspec.to_builtins(t.tracks), t.init_bytes) for t in takes],
    )


async def add_segments(tx: Tx, segments: Sequence[RecordedSegment]) -> None:
    await tx.connection.executemany(
        f"INSERT INTO recording_segment ({_SEGMENT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (stream_id, msn) DO NOTHING",
        [msgspec.structs.astuple(segment) for segment in segments],
    )


async def renumber_positions(tx: Tx, stream_id: str) -> None:
    """Positions anew from the durations, for segments that came into the index out of order."""
    await tx.execute(
        "UPDATE recording_segment AS s SET position_90k = sums.position FROM ("
        "  SELECT msn, sum(duration_90k) OVER (ORDER BY msn) - duration_90k AS position"
        "  FROM recording_segment WHERE stream_id = $1) AS sums"
        " WHERE s.stream_id = $1 AND s.msn = sums.msn AND s.position_90k <> sums.position",
        stream_id,
    )


async def takes(tx: Tx, stream_id: str) -> list[Take]:
    """In order."""
    rows = await tx.records(
        "SELECT stream_id, number, began_at, tracks, init_bytes FROM recording_take WHERE stream_id = $1"
        " ORDER BY number",
        stream_id,
    )
    return [Take(**{**dict(row), "tracks": msgspec.convert(row["tracks"], Tracks)}) for row in rows]


async def patches(tx: Tx, stream_id: str) -> list[Patch]:
    """Those that are published, in the order in which they were."""
    files = await tx.records(
        "SELECT p.stream_id, p.number, p.began_at, p.tracks, p.init_bytes FROM recording_patch AS p"
        " JOIN recording_redaction AS r ON r.id = p.redaction_id"
        " WHERE p.stream_id = $1 AND r.state = 'published' ORDER BY r.published_at, p.number",
        stream_id,
    )
    return [
        Patch(
            Take(**{**dict(row), "tracks": msgspec.convert(row["tracks"], Tracks)}),
            tuple(await patch_segments(tx, stream_id, row["number"])),
        )
        for row in files
    ]


async def patch_segments(tx: Tx, stream_id: str, number: int) -> list[PatchSegment]:
    return await tx.all(
        PatchSegment,
        "SELECT msn, byte_offset, byte_length, dts_90k, duration_90k, independent, sha256"
        " FROM recording_patch_segment WHERE stream_id = $1 AND number = $2 ORDER BY msn",
        stream_id,
        number,
    )


async def segments(tx: Tx, stream_id: str) -> list[RecordedSegment]:
    """All of a recording, in order."""
    return await tx.all(
        RecordedSegment,
        f"SELECT {_SEGMENT} FROM recording_segment WHERE stream_id = $1 ORDER BY msn",
        stream_id,
    )


async def last_segments(tx: Tx, stream_id: str, count: int) -> list[RecordedSegment]:
    """The newest `count`, in order."""
    rows = await tx.all(
        RecordedSegment,
        f"SELECT {_SEGMENT} FROM recording_segment WHERE stream_id = $1 ORDER BY msn DESC LIMIT $2",
        stream_id,
        count,
    )
    return rows[::-1]


async def segment(tx: Tx, stream_id: str, msn: int) -> RecordedSegment | None:
    return await tx.maybe(
        RecordedSegment,
        f"SELECT {_SEGMENT} FROM recording_segment WHERE stream_id = $1 AND msn = $2",
        stream_id,
        msn,
    )


async def indexed_bytes(tx: Tx, stream_id: str) -> dict[int, int]:
    """Up to which byte each take is in the index."""
    rows = await tx.records(
        "SELECT take, max(byte_offset + byte_length) AS bytes FROM recording_segment"
        " WHERE stream_id = $1 GROUP BY take",
        stream_id,
    )
    return {row["take"]: row["bytes"] for row in rows}
