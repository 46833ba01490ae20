"""SQL that the demonstration's articles need."""

from collections.abc import Sequence

from app.database import Tx


async def account_ids(tx: Tx, logins: Sequence[str]) -> dict[str, int]:
    records = await tx.records("SELECT login, id FROM account WHERE login = ANY($1::text[])", list(logins))
    return {one["login"]: one["id"] for one in records}


async def readers(tx: Tx, limit: int) -> list[int]:
    """Accounts of people who work in a unit, in a lasting order."""
    records = await tx.records(
        "SELECT DISTINCT m.account_id FROM unit_member m JOIN account a ON a.id = m.account_id"
        " WHERE a.disabled_at IS NULL ORDER BY 1 LIMIT $1",
        limit,
    )
    return [one["account_id"] for one in records]


async def models_of(tx: Tx, kinds: Sequence[str], limit: int) -> list[int]:
    """Device models of these kinds."""
    records = await tx.records(
        "SELECT id FROM device_model WHERE kind = ANY($1::text[]) ORDER BY id LIMIT $2", list(kinds), limit
    )
    return [one["id"] for one in records]
