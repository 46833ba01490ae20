"""SQL of targets."""

from app.database import Tx
from media.out.model import Target

_COLUMNS = "id, stream_id, name, url, key_sealed, enabled, rev"


async def targets(tx: Tx, stream_id: str) -> list[Target]:
    """In the order in which they were added."""
    return await tx.all(Target, f"SELECT {_COLUMNS} FROM media_target WHERE stream_id = $1 ORDER BY id", stream_id)


async def target(tx: Tx, stream_id: str, target_id: int) -> Target | None:
    """Held until the transaction ends."""
    return await tx.maybe(
        Target,
        f"SELECT {_COLUMNS} FROM media_target WHERE stream_id = $1 AND id = $2 FOR UPDATE",
        stream_id,
        target_id,
    )


async def count_targets(tx: Tx, stream_id: str) -> int:
    return int(await tx.value("SELECT count(*) FROM media_target WHERE stream_id = $1", stream_id))


async def add_target(tx: Tx, stream_id: str, name: str, url: str, key_sealed: bytes) -> Target:
    return await tx.one(
        Target,
        f"INSERT INTO media_target (stream_id, name, url, key_sealed) VALUES ($1, $2, $3, $4) RETURNING {_COLUMNS}",
        stream_id,
        name,
        url,
        key_sealed,
    )


async def set_enabled(tx: Tx, target_id: int, *, enabled: bool) -> Target:
    return await tx.one(
        Target,
        f"UPDATE media_target SET enabled = $2, rev = rev + 1 WHERE id = $1 RETURNING {_COLUMNS}",
        target_id,
        enabled,
    )


async def delete_target(tx: Tx, target_id: int) -> None:
    await tx.execute("DELETE FROM media_target WHERE id = $1", target_id)
