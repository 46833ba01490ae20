"""SQL of the demonstration."""

from collections.abc import Sequence
from datetime import datetime

from app.database import Tx


async def has_devices(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM device)"))


async def backdate(tx: Tx, ids: Sequence[int], moments: Sequence[datetime]) -> None:
    """Lines of histories happened then; the newest line of each device is the one that is meant."""
    await tx.execute(
        "UPDATE device_change AS c SET at = g.at FROM unnest($1::bigint[], $2::timestamptz[]) AS g (device_id, at)"
        " WHERE c.id = (SELECT max(id) FROM device_change WHERE device_id = g.device_id)",
        list(ids),
        list(moments),
    )


async def see_access_points(tx: Tx, silent: Sequence[str]) -> None:
    """All were seen just now, but those with these labels hours ago."""
    await tx.execute(
        "UPDATE device AS d SET seen_at = now() - CASE WHEN inventory_number = ANY($1) THEN interval '7 hours'"
        " ELSE make_interval(secs => (d.id % 240)::int) END"
        " FROM device_model m WHERE m.id = d.model_id AND m.kind = 'access_point'",
        list(silent),
    )
