"""SQL of a meeting's stream: whose it is, and which keys may feed it."""

from typing import Final

from app.database import Tx
from portals.dialog.meeting.model import Key, KeyOwner, Meeting

_MEETING: Final = "block_id, stream_id, state, started_at, ended_at, rev"
_KEY = "id, label, hint, hand_id, created_at, last_used_at, revoked_at"


async def by_stream(tx: Tx, stream_id: str) -> Meeting | None:
    return await tx.maybe(Meeting, f"SELECT {_MEETING} FROM meeting WHERE stream_id = $1", stream_id)


async def title_of_stream(tx: Tx, stream_id: str) -> str:
    return str(
        await tx.value(
            "SELECT coalesce(nullif(b.title, ''), c.title) FROM meeting m"
            " JOIN consultation_block b ON b.id = m.block_id JOIN consultation c ON c.id = b.consultation_id"
            " WHERE m.stream_id = $1",
            stream_id,
        )
        or ""
    )


async def live_meetings(tx: Tx) -> list[Meeting]:
    return await tx.all(Meeting, f"SELECT {_MEETING} FROM meeting WHERE state = 'live' ORDER BY block_id")


async def add_key(
    tx: Tx, block_id: int, hand_id: int | None, label: str, key_hash: bytes, hint: str, created_by: int | None
) -> Key:
    return await tx.one(
        Key,
        "INSERT INTO meeting_key (block_id, hand_id, label, key_hash, hint, created_by) VALUES ($1, $2, $3, $4, $5, $6)"
        f" RETURNING {_KEY}",
        block_id,
        hand_id,
        label,
        key_hash,
        hint,
        created_by,
    )


async def keys(tx: Tx, block_id: int) -> list[Key]:
    """The host's; guests' live as long as their invitation."""
    return await tx.all(
        Key, f"SELECT {_KEY} FROM meeting_key WHERE block_id = $1 AND hand_id IS NULL ORDER BY id", block_id
    )


async def revoke_key(tx: Tx, block_id: int, key_id: int, hand_id: int | None) -> Key | None:
    """`hand_id`: of this guest; None: the host's."""
    return await tx.maybe(
        Key,
        "UPDATE meeting_key SET revoked_at = now() WHERE block_id = $1 AND id = $2"
        f" AND hand_id IS NOT DISTINCT FROM $3 AND revoked_at IS NULL RETURNING {_KEY}",
        block_id,
        key_id,
        hand_id,
    )


async def owner_of_key(tx: Tx, key_hash: bytes) -> KeyOwner | None:
    """What a key that is not revoked opens; notes that it was used."""
    return await tx.maybe(
        KeyOwner,
        "UPDATE meeting_key k SET last_used_at = now() FROM meeting m WHERE k.key_hash = $1 AND k.revoked_at IS NULL"
        " AND m.block_id = k.block_id RETURNING m.stream_id, m.state, k.label, k.hand_id IS NOT NULL AS guest,"
        " k.hand_id IS NULL OR EXISTS (SELECT FROM meeting_hand h WHERE h.id = k.hand_id"
        " AND h.state IN ('invited', 'on_air')) AS welcome",
        key_hash,
    )
