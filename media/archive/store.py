"""SQL of the archive."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.database import Tx
from media.archive.model import Asset, AssetFile, AssetState, Removal

_ASSET = "kind, state, progress, reason, files, details, rev, changed_at"
_REMOVAL = (
    "stream_id, title, began_at, ended_at, duration_s, bytes, decided_by, decided_as, reason, manifest_sha256,"
    " decided_at, removed_at"
)


class ClipRow(msgspec.Struct, frozen=True):
    token: str
    stream_id: str
    title: str
    begin_90k: int
    end_90k: int


def _asset(row: Any) -> Asset:
    return msgspec.convert(dict(row), Asset)


async def assets(tx: Tx, stream_id: str) -> list[Asset]:
    rows = await tx.records(f"SELECT {_ASSET} FROM recording_asset WHERE stream_id = $1 ORDER BY kind", stream_id)
    return [_asset(row) for row in rows]


async def asset(tx: Tx, stream_id: str, kind: str) -> Asset | None:
    row = await tx.record(f"SELECT {_ASSET} FROM recording_asset WHERE stream_id = $1 AND kind = $2", stream_id, kind)
    return None if row is None else _asset(row)


async def made_for(tx: Tx, stream_id: str) -> dict[str, str]:
    """What the products that are ready were made from, by kind."""
    rows = await tx.records(
        "SELECT kind, made_for FROM recording_asset WHERE stream_id = $1 AND state = 'ready'", stream_id
    )
    return {row["kind"]: row["made_for"] for row in rows}


async def set_asset_state(
    tx: Tx, stream_id: str, kind: str, state: AssetState, progress: float = 0.0, reason: str = ""
) -> Asset:
    """Makes the row where there is none; the files of before stay."""
    row = await tx.record(
        "INSERT INTO recording_asset (stream_id, kind, state, progress, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (stream_id, kind) DO UPDATE SET state = $3, progress = $4, reason = $5,"
        f" rev = recording_asset.rev + 1, changed_at = now() RETURNING {_ASSET}",
        stream_id,
        kind,
        state,
        progress,
        reason,
    )
    return _asset(row)


async def set_asset_progress(tx: Tx, stream_id: str, kind: str, share: float) -> Asset | None:
    """None where nobody wants it any more."""
    row = await tx.record(
        "UPDATE recording_asset SET state = 'running', progress = $3, rev = rev + 1, changed_at = now()"
        f" WHERE stream_id = $1 AND kind = $2 RETURNING {_ASSET}",
        stream_id,
        kind,
        share,
    )
    return None if row is None else _asset(row)


async def finish_asset(
    tx: Tx, stream_id: str, kind: str, made_for: str, files: Sequence[AssetFile], details: dict[str, Any]
) -> Asset:
    row = await tx.record(
        "UPDATE recording_asset SET state = 'ready', progress = 1, reason = '', made_for = $3, files = $4,"
        f" details = $5, rev = rev + 1, changed_at = now() WHERE stream_id = $1 AND kind = $2 RETURNING {_ASSET}",
        stream_id,
        kind,
        made_for,
        msgspec.to_builtins(list(files)),
        details,
    )
    return _asset(row)


async def drop_asset(tx: Tx, stream_id: str, kind: str) -> None:
    await tx.execute("DELETE FROM recording_asset WHERE stream_id = $1 AND kind = $2", stream_id, kind)


async def withdraw_assets(tx: Tx, stream_id: str, kept_kinds: Sequence[str]) -> list[str]:
    """Products are to be made anew and not to be had until then; returns the names of their files."""
    rows = await tx.records(
        "UPDATE recording_asset AS a SET files = '[]', details = '{}', made_for = '', state = 'queued', progress = 0,"
        " rev = a.rev + 1, changed_at = now()"
        " FROM recording_asset AS before"
        " WHERE a.stream_id = $1 AND a.kind <> ALL($2::text[])"
        " AND before.stream_id = a.stream_id AND before.kind = a.kind RETURNING before.files",
        stream_id,
        list(kept_kinds),
    )
    return [file["name"] for row in rows for file in row["files"]]


async def lock_recording(tx: Tx, stream_id: str) -> bool:
    """Whether it exists; until the transaction ends nobody else changes it."""
    return bool(await tx.value("SELECT true FROM recording WHERE stream_id = $1 FOR UPDATE", stream_id))


async def unfinished_streams(tx: Tx) -> list[str]:
    """Ended recordings of which nothing was made, or of which something has been waiting for ten minutes."""
    rows = await tx.records(
        "SELECT r.stream_id FROM recording r"
        " WHERE r.ended_at < now() - interval '1 minute'"
        " AND EXISTS (SELECT 1 FROM recording_segment s WHERE s.stream_id = r.stream_id)"
        " AND (NOT EXISTS (SELECT 1 FROM recording_asset a WHERE a.stream_id = r.stream_id)"
        "   OR EXISTS (SELECT 1 FROM recording_asset a WHERE a.stream_id = r.stream_id"
        "     AND a.state IN ('queued', 'running') AND a.changed_at < now() - interval '10 minutes'))"
        " ORDER BY r.ended_at"
    )
    return [str(row["stream_id"]) for row in rows]


async def abandoned_streams(tx: Tx, silent_hours: int) -> list[str]:
    """Ends recordings to which nothing was added for so long, where their last segment ends; returns whose.

    A stream that goes on after all opens its recording again.
    """
    rows = await tx.records(
        "UPDATE recording AS r SET ended_at = last.ended_at FROM ("
        "   SELECT stream_id, max(began_at + duration_90k / 90000.0 * interval '1 second') AS ended_at"
        "   FROM recording_segment GROUP BY stream_id) AS last"
        " WHERE r.ended_at IS NULL AND last.stream_id = r.stream_id"
        " AND last.ended_at < now() - make_interval(hours => $1) RETURNING r.stream_id",
        silent_hours,
    )
    return [str(row["stream_id"]) for row in rows]


async def set_trim(tx: Tx, stream_id: str, begin_90k: int, end_90k: int | None) -> None:
    await tx.execute(
        "UPDATE recording SET trim_begin_90k = $2, trim_end_90k = $3 WHERE stream_id = $1",
        stream_id,
        begin_90k,
        end_90k,
    )


async def set_keep_days(tx: Tx, stream_id: str, days: int | None) -> None:
    """Another rule takes an announcement back."""
    await tx.execute("UPDATE recording SET keep_days = $2, removal_at = NULL WHERE stream_id = $1", stream_id, days)


async def announce_removals(tx: Tx, keep_days: int, notice_days: int) -> list[str]:
    """Recordings whose time is over within the notice get their date; returns whose. 0 days: for ever."""
    rows = await tx.records(
        "UPDATE recording SET removal_at = greatest("
        "   ended_at + make_interval(days => coalesce(keep_days, $1)), now() + make_interval(days => $2))"
        " WHERE ended_at IS NOT NULL AND removal_at IS NULL AND coalesce(keep_days, $1) > 0"
        " AND ended_at + make_interval(days => coalesce(keep_days, $1)) <= now() + make_interval(days => $2)"
        " RETURNING stream_id",
        keep_days,
        notice_days,
    )
    return [str(row["stream_id"]) for row in rows]


async def withdraw_announcements(tx: Tx, keep_days: int) -> list[str]:
    """Where recordings are kept for ever now, an announced removal is taken back; returns whose."""
    rows = await tx.records(
        "UPDATE recording SET removal_at = NULL WHERE removal_at IS NOT NULL AND coalesce(keep_days, $1) = 0"
        " RETURNING stream_id",
        keep_days,
    )
    return [str(row["stream_id"]) for row in rows]


async def due_removals(tx: Tx) -> list[str]:
    rows = await tx.records(
        "SELECT stream_id FROM recording WHERE removal_at <= now() AND ended_at IS NOT NULL ORDER BY removal_at"
    )
    return [str(row["stream_id"]) for row in rows]


async def add_removal(tx: Tx, removal: Removal) -> None:
    """The entry of the public log; one that is there already stays."""
    await tx.execute(
        f"INSERT INTO recording_removal ({_REMOVAL}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        " ON CONFLICT (stream_id) DO NOTHING",
        *msgspec.structs.astuple(removal),
    )


async def removal(tx: Tx, stream_id: str) -> Removal | None:
    return await tx.maybe(Removal, f"SELECT {_REMOVAL} FROM recording_removal WHERE stream_id = $1", stream_id)


async def removals(tx: Tx, limit: int) -> list[Removal]:
    """Newest first."""
    return await tx.all(Removal, f"SELECT {_REMOVAL} FROM recording_removal ORDER BY decided_at DESC LIMIT $1", limit)


async def unfinished_removals(tx: Tx) -> list[str]:
    rows = await tx.records("SELECT stream_id FROM recording_removal WHERE removed_at IS NULL ORDER BY id")
    return [str(row["stream_id"]) for row in rows]


async def delete_recording(tx: Tx, stream_id: str) -> None:
    """With its index, products and clips."""
    await tx.execute("DELETE FROM recording WHERE stream_id = $1", stream_id)


async def finish_removal(tx: Tx, stream_id: str) -> None:
    """Its files are gone."""
    await tx.execute(
        "UPDATE recording_removal SET removed_at = now() WHERE stream_id = $1 AND removed_at IS NULL", stream_id
    )


async def add_clip(tx: Tx, clip: ClipRow) -> None:
    await tx.execute(
        "INSERT INTO recording_clip (token, stream_id, title, begin_90k, end_90k) VALUES ($1, $2, $3, $4, $5)",
        *msgspec.structs.astuple(clip),
    )


async def clips(tx: Tx, stream_id: str) -> list[ClipRow]:
    return await tx.all(
        ClipRow,
        "SELECT token, stream_id, title, begin_90k, end_90k FROM recording_clip WHERE stream_id = $1"
        " ORDER BY begin_90k, token",
        stream_id,
    )


async def clip(tx: Tx, token: str) -> ClipRow | None:
    return await tx.maybe(
        ClipRow,
        "SELECT token, stream_id, title, begin_90k, end_90k FROM recording_clip WHERE token = $1",
        token,
    )


async def drop_clip(tx: Tx, token: str) -> None:
    await tx.execute("DELETE FROM recording_clip WHERE token = $1", token)


class StoredCopy(msgspec.Struct, frozen=True):
    """A file's copy in the S3 store; `name` below the recording's folder."""

    name: str
    bytes: int
    sha256: str


async def stored_copies(tx: Tx, stream_id: str) -> dict[str, StoredCopy]:
    """By name."""
    found = await tx.all(
        StoredCopy, "SELECT name, bytes, sha256 FROM recording_stored WHERE stream_id = $1 ORDER BY name", stream_id
    )
    return {copy.name: copy for copy in found}


async def save_copy(tx: Tx, stream_id: str, copy: StoredCopy) -> None:
    await tx.execute(
        "INSERT INTO recording_stored (stream_id, name, bytes, sha256) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (stream_id, name) DO UPDATE SET bytes = $3, sha256 = $4, stored_at = now()",
        stream_id,
        copy.name,
        copy.bytes,
        copy.sha256,
    )


async def forget_copy(tx: Tx, stream_id: str, name: str) -> None:
    await tx.execute("DELETE FROM recording_stored WHERE stream_id = $1 AND name = $2", stream_id, name)


async def streams_to_store(tx: Tx) -> list[str]:
    """Ended recordings of which a take has no copy, and removed ones of which a copy is left."""
    rows = await tx.records(
        "SELECT stream_id FROM recording r WHERE r.ended_at < now() - interval '1 minute'"
        " AND EXISTS (SELECT 1 FROM recording_take t WHERE t.stream_id = r.stream_id AND NOT EXISTS ("
        "   SELECT 1 FROM recording_stored s WHERE s.stream_id = t.stream_id AND s.name = t.number || '.mp4'))"
        " UNION SELECT s.stream_id FROM recording_stored s"
        " WHERE NOT EXISTS (SELECT 1 FROM recording r WHERE r.stream_id = s.stream_id)"
    )
    return [str(row["stream_id"]) for row in rows]


async def streams_to_release(tx: Tx, local_days: int) -> list[str]:
    """Recordings that ended so long ago."""
    rows = await tx.records(
        "SELECT stream_id FROM recording WHERE ended_at < now() - make_interval(days => $1) ORDER BY ended_at",
        local_days,
    )
    return [str(row["stream_id"]) for row in rows]
