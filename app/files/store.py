"""SQL of uploaded files."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from app.database import Tx


class StoredFile(msgspec.Struct, frozen=True):
    """A file that is kept. `type` was found in its bytes; `sha256` is in hexadecimal."""

    id: UUID
    name: str
    type: str
    bytes: int
    sha256: str
    created_by: int | None
    created_at: datetime


async def saved_file(
    tx: Tx, file_id: UUID, *, name: str, kind: str, size_bytes: int, sha256: str, created_by: int | None
) -> StoredFile:
    return await tx.one(
        StoredFile,
        "INSERT INTO file (id, name, type, bytes, sha256, created_by) VALUES ($1, $2, $3, $4, $5, $6)"
        " RETURNING id, name, type, bytes, sha256, created_by, created_at",
        file_id,
        name,
        kind,
        size_bytes,
        sha256,
        created_by,
    )


async def stored_file(tx: Tx, file_id: UUID) -> StoredFile:
    """Raises NotFound. Whether somebody may have it is for the feature that refers to it to say."""
    return await tx.one(
        StoredFile, "SELECT id, name, type, bytes, sha256, created_by, created_at FROM file WHERE id = $1", file_id
    )


async def delete_file(tx: Tx, file_id: UUID) -> bool:
    return await tx.execute("DELETE FROM file WHERE id = $1", file_id) == "DELETE 1"


async def known_ids(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that have a row."""
    return {row["id"] for row in await tx.records("SELECT id FROM file WHERE id = ANY($1::uuid[])", list(ids))}
