"""SQL of imports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.database import Tx


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent. `content` is None once somebody has decided; `report` tells what became of it."""

    id: int
    file_name: str
    content: bytes | None
    made_by: int | None
    made_at: datetime
    done_at: datetime | None
    report: dict[str, Any] | None


async def add_waiting(tx: Tx, file_name: str, content: bytes, made_by: int | None) -> int:
    """Files that nobody has decided on for a day are forgotten, and so is whatever the person sent before."""
    await tx.execute(
        "DELETE FROM device_import WHERE done_at IS NULL AND (made_at < now() - interval '1 day' OR made_by = $1)",
        made_by,
    )
    return int(
        await tx.value(
            "INSERT INTO device_import (file_name, content, made_by) VALUES ($1, $2, $3) RETURNING id",
            file_name,
            content,
            made_by,
        )
    )


async def waiting(tx: Tx, import_id: int, *, lock: bool = False) -> Waiting | None:
    return await tx.maybe(
        Waiting,
        "SELECT id, file_name, content, made_by, made_at, done_at, report FROM device_import WHERE id = $1"
        + (" FOR UPDATE" if lock else ""),
        import_id,
    )


async def imports_of(tx: Tx, account_id: int | None) -> list[Waiting]:
    return await tx.all(
        Waiting,
        "SELECT id, file_name, NULL::bytea AS content, made_by, made_at, done_at, report FROM device_import"
        " WHERE made_by = $1 ORDER BY id DESC LIMIT 20",
        account_id,
    )


async def mark_done(tx: Tx, import_id: int, batch_id: int | None, report: dict[str, Any]) -> None:
    await tx.execute(
        "UPDATE device_import SET done_at = now(), content = NULL, batch_id = $2, report = $3 WHERE id = $1",
        import_id,
        batch_id,
        report,
    )


async def drop(tx: Tx, import_id: int) -> None:
    await tx.execute("DELETE FROM device_import WHERE id = $1 AND done_at IS NULL", import_id)


async def ids_named(tx: Tx, labels: Sequence[str], serials: Sequence[str], macs: Sequence[str]) -> list[int]:
    """Devices that have one of these numbers."""
    rows = await tx.records(
        "SELECT id FROM device WHERE inventory_number = ANY($1)"
        " UNION SELECT id FROM device WHERE serial <> '' AND upper(serial) = ANY($2)"
        " UNION SELECT id FROM device WHERE mac = ANY($3)",
        list(labels),
        list(serials),
        list(macs),
    )
    return [row["id"] for row in rows]
