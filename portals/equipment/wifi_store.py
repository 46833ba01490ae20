"""SQL of access points that are seen, and of keys."""

from collections.abc import Sequence

from app.database import Tx
from portals.equipment.model import Device, WifiKey
from portals.equipment.store import devices


async def use_key(tx: Tx, key_sha256: bytes) -> str | None:
    """Its label, where it is known and holds."""
    found: str | None = await tx.value(
        "UPDATE wifi_key SET used_at = clock_timestamp() WHERE key_sha256 = $1 AND revoked_at IS NULL RETURNING label",
        key_sha256,
    )
    return found


async def mark_seen(tx: Tx, macs: Sequence[str]) -> list[Device]:
    """Access points with these addresses, seen now."""
    rows = await tx.records(
        "UPDATE device AS d SET seen_at = clock_timestamp() FROM device_model m"
        " WHERE m.id = d.model_id AND m.kind = 'access_point' AND d.mac = ANY($1) RETURNING d.id",
        list(macs),
    )
    return await devices(tx, [row["id"] for row in rows])


async def keys(tx: Tx) -> list[WifiKey]:
    """Newest first; revoked ones too."""
    return await tx.all(
        WifiKey, "SELECT id, label, made_at, used_at, revoked_at FROM wifi_key ORDER BY revoked_at IS NOT NULL, id DESC"
    )


async def add_key(tx: Tx, label: str, key_sha256: bytes, made_by: int | None) -> int:
    return int(
        await tx.value(
            "INSERT INTO wifi_key (label, key_sha256, made_by) VALUES ($1, $2, $3) RETURNING id",
            label,
            key_sha256,
            made_by,
        )
    )


async def revoke_key(tx: Tx, key_id: int) -> bool:
    """Whether there was one that held."""
    found = await tx.value(
        "UPDATE wifi_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING 1", key_id
    )
    return found is not None
