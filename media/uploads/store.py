"""SQL of uploads, and of the recordings they become."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from app.database import Tx
from media.record import store as recordings
from media.record.model import utc
from media.uploads.model import CaptionsTrack, Upload, UploadState
from media.uploads.take import UPLOAD_TIMING, Packaged

_UPLOAD = (
    "id, file_id, stream_id, name, state, failure, percent, duration_90k, width, height, has_sound, encoded, language,"
    " rev, created_by, created_at, updated_at"
)


def _upload(**row: object) -> Upload:
    return Upload(**{**row, "state": UploadState(row["state"])})  # type: ignore[arg-type]  # the columns of the row


async def add_upload(
    tx: Tx, *, file_id: UUID, stream_id: str, name: str, language: str, created_by: int | None
) -> Upload:
    row = await tx.record(
        "INSERT INTO media_upload (file_id, stream_id, name, state, language, created_by)"
        f" VALUES ($1, $2, $3, 'waiting', $4, $5) RETURNING {_UPLOAD}",
        file_id,
        stream_id,
        name,
        language,
        created_by,
    )
    assert row is not None
    return _upload(**row)


async def upload(tx: Tx, upload_id: int, *, lock: bool = False) -> Upload | None:
    suffix = " FOR UPDATE" if lock else ""
    row = await tx.record(f"SELECT {_UPLOAD} FROM media_upload WHERE id = $1{suffix}", upload_id)
    return None if row is None else _upload(**row)


async def upload_of_stream(tx: Tx, stream_id: str) -> Upload | None:
    row = await tx.record(f"SELECT {_UPLOAD} FROM media_upload WHERE stream_id = $1", stream_id)
    return None if row is None else _upload(**row)


async def uploads_of(tx: Tx, account_id: int, limit: int) -> list[Upload]:
    """Newest first."""
    rows = await tx.records(
        f"SELECT {_UPLOAD} FROM media_upload WHERE created_by = $1 ORDER BY id DESC LIMIT $2", account_id, limit
    )
    return [_upload(**row) for row in rows]


async def first_waiting(tx: Tx) -> int | None:
    """The oldest upload whose turn has not come."""
    found: int | None = await tx.value("SELECT min(id) FROM media_upload WHERE state = 'waiting'")
    return found


async def abandoned(tx: Tx, silent_s: float) -> list[int]:
    """Conversions of which nothing was heard for so long."""
    rows = await tx.records(
        "SELECT id FROM media_upload WHERE state IN ('looking', 'converting') AND updated_at < now() - $1::interval",
        timedelta(seconds=silent_s),
    )
    return [row["id"] for row in rows]


class Known(msgspec.Struct, frozen=True):
    """What a conversion has found out so far."""

    duration_90k: int = 0
    width: int = 0
    height: int = 0
    has_sound: bool = False
    encoded: bool = False


NOTHING_KNOWN: Final = Known()


async def change_upload(
    tx: Tx, upload_id: int, *, state: UploadState, percent: int, failure: str = "", known: Known = NOTHING_KNOWN
) -> Upload | None:
    """Sets where a conversion stands, unless the upload is final already or gone: then None."""
    row = await tx.record(
        "UPDATE media_upload SET state = $2, failure = $3, percent = $4, duration_90k = $5, width = $6, height = $7,"
        " has_sound = $8, encoded = $9, rev = rev + 1, updated_at = now()"
        f" WHERE id = $1 AND state IN ('waiting', 'looking', 'converting') RETURNING {_UPLOAD}",
        upload_id,
        state.value,
        failure,
        percent,
        *msgspec.structs.astuple(known),
    )
    return None if row is None else _upload(**row)


async def raise_rev(tx: Tx, upload_id: int) -> Upload:
    """Something that belongs to it changed."""
    row = await tx.record(
        f"UPDATE media_upload SET rev = rev + 1, updated_at = now() WHERE id = $1 RETURNING {_UPLOAD}", upload_id
    )
    assert row is not None
    return _upload(**row)


async def delete_upload(tx: Tx, upload_id: int) -> None:
    await tx.execute("DELETE FROM media_upload WHERE id = $1", upload_id)


async def captions_of(tx: Tx, upload_id: int) -> list[CaptionsTrack]:
    return await tx.all(
        CaptionsTrack,
        "SELECT number, language, label, embedded FROM media_upload_captions WHERE upload_id = $1 ORDER BY number",
        upload_id,
    )


async def captions_text(tx: Tx, stream_id: str, number: int) -> str | None:
    text: str | None = await tx.value(
        "SELECT c.vtt FROM media_upload_captions AS c JOIN media_upload AS u ON u.id = c.upload_id"
        " WHERE u.stream_id = $1 AND c.number = $2",
        stream_id,
        number,
    )
    return text


async def add_captions(tx: Tx, upload_id: int, *, language: str, label: str, embedded: bool, vtt: str) -> int:
    """Returns its number: numbers are not given out twice while later captions stand."""
    number: int = await tx.value(
        "INSERT INTO media_upload_captions (upload_id, number, language, label, embedded, vtt)"
        " SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM media_upload_captions WHERE upload_id = $1"
        " RETURNING number",
        upload_id,
        language,
        label,
        embedded,
        vtt,
    )
    return number


async def delete_captions(tx: Tx, upload_id: int, number: int) -> bool:
    done = await tx.execute("DELETE FROM media_upload_captions WHERE upload_id = $1 AND number = $2", upload_id, number)
    return done == "DELETE 1"


async def delete_embedded_captions(tx: Tx, upload_id: int) -> None:
    await tx.execute("DELETE FROM media_upload_captions WHERE upload_id = $1 AND embedded", upload_id)


async def add_recording(tx: Tx, stream_id: str, packaged: Packaged) -> None:
    """An ended recording of these takes; in place of what an earlier attempt left."""
    await delete_recordings(tx, [stream_id])
    await recordings.open_recording(tx, stream_id, packaged.takes[0].began_at, UPLOAD_TIMING)
    await recordings.add_takes(tx, packaged.takes)
    await recordings.add_segments(tx, packaged.segments)
    await recordings.raise_numbers(tx, stream_id, packaged.next_msn, packaged.takes[-1].number + 1)
    await recordings.end_recording(tx, stream_id, utc(packaged.segments[-1].ended_at_s))


async def delete_recordings(tx: Tx, stream_ids: Sequence[str]) -> None:
    await tx.execute("DELETE FROM recording WHERE stream_id = ANY($1::text[])", list(stream_ids))
