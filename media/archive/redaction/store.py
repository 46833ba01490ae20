"""SQL of redactions."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.database import Tx
from media.archive.redaction.model import NewRedaction, RedactionLine, RedactionRow, RedactionState
from media.packet import CLOCK_HZ
from media.record.files import FIRST_PATCH
from media.record.model import PatchSegment, Take

_ROW: Final = (
    "id, stream_id, begin_90k, end_90k, mute, picture, area_left, area_top, area_width, area_height, legal_basis,"
    " reason, state, progress, problem, baked, rev, created_at, published_at, withdrawn_at"
)
_LINE: Final = (
    "stream_id, redaction_id, what, version, begin_s, end_s, mute, picture, whole_picture, legal_basis, reason,"
    " decided_as, decided_at"
)


async def redactions(tx: Tx, stream_id: str) -> list[RedactionRow]:
    """In the order of the recording."""
    return await tx.all(
        RedactionRow,
        f"SELECT {_ROW} FROM recording_redaction WHERE stream_id = $1 ORDER BY begin_90k, id",
        stream_id,
    )


async def redaction(tx: Tx, redaction_id: int) -> RedactionRow | None:
    return await tx.maybe(RedactionRow, f"SELECT {_ROW} FROM recording_redaction WHERE id = $1", redaction_id)


async def add_redaction(tx: Tx, stream_id: str, new: NewRedaction) -> RedactionRow:
    area = new.area
    return await tx.one(
        RedactionRow,
        "INSERT INTO recording_redaction (stream_id, begin_90k, end_90k, mute, picture, area_left, area_top,"
        " area_width, area_height, legal_basis, reason, state)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'making') RETURNING {_ROW}",
        stream_id,
        round(new.begin_s * CLOCK_HZ),
        round(new.end_s * CLOCK_HZ),
        new.mute,
        new.picture,
        *(area.left, area.top, area.width, area.height),
        new.legal_basis,
        new.reason,
    )


async def set_progress(tx: Tx, redaction_id: int, share: float) -> RedactionRow | None:
    """None where nobody wants it any more."""
    return await tx.maybe(
        RedactionRow,
        "UPDATE recording_redaction SET progress = $2, rev = rev + 1"
        f" WHERE id = $1 AND state = 'making' RETURNING {_ROW}",
        redaction_id,
        share,
    )


async def set_state(
    tx: Tx, redaction_id: int, state: RedactionState, problem: str = "", baked: Sequence[int] | None = None
) -> RedactionRow:
    return await tx.one(
        RedactionRow,
        "UPDATE recording_redaction SET state = $2, problem = $3, baked = coalesce($4, baked), rev = rev + 1,"
        " progress = CASE WHEN $2 = 'ready' THEN 1 WHEN $2 = 'making' THEN 0 ELSE progress END,"
        " published_at = CASE WHEN $2 = 'published' THEN clock_timestamp() ELSE published_at END,"
        " withdrawn_at = CASE WHEN $2 = 'withdrawn' THEN clock_timestamp() ELSE withdrawn_at END"
        f" WHERE id = $1 RETURNING {_ROW}",
        redaction_id,
        state,
        problem,
        list(baked) if baked is not None else None,
    )


async def drop_redaction(tx: Tx, redaction_id: int) -> None:
    await tx.execute("DELETE FROM recording_redaction WHERE id = $1", redaction_id)


async def raise_version(tx: Tx, stream_id: str) -> int:
    return int(
        await tx.value("UPDATE recording SET version = version + 1 WHERE stream_id = $1 RETURNING version", stream_id)
    )


async def version(tx: Tx, stream_id: str) -> int:
    return int(await tx.value("SELECT version FROM recording WHERE stream_id = $1", stream_id) or 1)


async def patch_numbers(tx: Tx, redaction_id: int) -> list[int]:
    rows = await tx.records("SELECT number FROM recording_patch WHERE redaction_id = $1 ORDER BY number", redaction_id)
    return [row["number"] for row in rows]


async def drop_patches(tx: Tx, redaction_id: int) -> None:
    await tx.execute("DELETE FROM recording_patch WHERE redaction_id = $1", redaction_id)


async def next_patch_number(tx: Tx, stream_id: str, on_disk: int) -> int:
    """One that no file has or had: what players keep of a number stays true. `on_disk`: the highest there."""
    known = await tx.value("SELECT max(number) FROM recording_patch WHERE stream_id = $1", stream_id)
    return max(FIRST_PATCH, int(known or 0) + 1, on_disk + 1)


async def add_patch(tx: Tx, redaction_id: int, take: Take, segments: Sequence[PatchSegment]) -> None:
    await tx.execute(
        "INSERT INTO recording_patch (stream_id, number, redaction_id, began_at, tracks, init_bytes)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        take.stream_id,
        take.number,
        redaction_id,
        take.began_at,
        msgspec.to_builtins(take.tracks),
        take.init_bytes,
    )
    await tx.connection.executemany(
        "INSERT INTO recording_patch_segment (stream_id, number, msn, byte_offset, byte_length, dts_90k, duration_90k,"
        " independent, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [(take.stream_id, take.number, *msgspec.structs.astuple(segment)) for segment in segments],
    )


async def overlapping(tx: Tx, stream_id: str, first_msn: int, last_msn: int, but_id: int) -> list[RedactionRow]:
    """Published ones with files that stand in for segments with these numbers, as they were published."""
    return await tx.all(
        RedactionRow,
        f"SELECT {_ROW} FROM recording_redaction AS r WHERE stream_id = $1 AND state = 'published' AND id <> $4"
        " AND EXISTS (SELECT 1 FROM recording_patch AS p JOIN recording_patch_segment AS s"
        "   ON s.stream_id = p.stream_id AND s.number = p.number"
        "   WHERE p.redaction_id = r.id AND s.msn BETWEEN $2 AND $3) ORDER BY published_at",
        stream_id,
        first_msn,
        last_msn,
        but_id,
    )


async def covered_msns(tx: Tx, redaction_id: int) -> tuple[int, int] | None:
    """First and last number of the segments that its files stand in for."""
    row = await tx.record(
        "SELECT min(s.msn) AS first, max(s.msn) AS last FROM recording_patch AS p JOIN recording_patch_segment AS s"
        " ON s.stream_id = p.stream_id AND s.number = p.number WHERE p.redaction_id = $1",
        redaction_id,
    )
    return (row["first"], row["last"]) if row is not None and row["first"] is not None else None


async def published_over(tx: Tx, stream_id: str, redaction_id: int) -> bool:
    """Whether a published one has this one's work in its files."""
    return bool(
        await tx.value(
            "SELECT true FROM recording_redaction"
            " WHERE stream_id = $1 AND state = 'published' AND $2 = ANY(baked) LIMIT 1",
            stream_id,
            redaction_id,
        )
    )


async def add_line(tx: Tx, line: RedactionLine) -> None:
    await tx.execute(
        f"INSERT INTO recording_redaction_log ({_LINE})"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        *msgspec.structs.astuple(line),
    )


async def lines(tx: Tx, stream_id: str) -> list[RedactionLine]:
    """Newest first."""
    return await tx.all(
        RedactionLine,
        f"SELECT {_LINE} FROM recording_redaction_log WHERE stream_id = $1 ORDER BY id DESC",
        stream_id,
    )


async def newest_lines(tx: Tx, limit: int) -> list[RedactionLine]:
    """Of all recordings, newest first."""
    return await tx.all(RedactionLine, f"SELECT {_LINE} FROM recording_redaction_log ORDER BY id DESC LIMIT $1", limit)
