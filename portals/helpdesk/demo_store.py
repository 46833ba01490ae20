"""SQL that a demonstration needs: whom and what tickets can be about."""

from collections.abc import Sequence

import msgspec

from app.database import Tx


class Member(msgspec.Struct, frozen=True):
    """Somebody who works in a unit."""

    account_id: int
    name: str
    email: str | None
    login: str
    unit_id: int
    unit: str
    kind: str
    head: bool


async def has_tickets(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM ticket)"))


async def members(tx: Tx) -> list[Member]:
    """In a lasting order."""
    return await tx.all(
        Member,
        "SELECT a.id AS account_id, a.name, a.email, a.login, m.unit_id, u.short_name AS unit, u.kind, m.head"
        " FROM unit_member m JOIN account a ON a.id = m.account_id JOIN organisation_unit u ON u.id = m.unit_id"
        " WHERE u.active AND a.disabled_at IS NULL ORDER BY u.id, a.id",
    )


async def device_of(tx: Tx, unit_id: int, kinds: Sequence[str], turn: int) -> int | None:
    """One of the unit's devices of these kinds; `turn` chooses which."""
    found = await tx.records(
        "SELECT id FROM device_row WHERE unit_id = $1 AND kind = ANY($2::text[]) AND state IN ('in_use', 'in_repair')"
        " ORDER BY id LIMIT 40",
        unit_id,
        list(kinds),
    )
    return int(found[turn % len(found)]["id"]) if found else None


async def account_ids(tx: Tx, logins: Sequence[str]) -> dict[str, int]:
    records = await tx.records("SELECT login, id FROM account WHERE login = ANY($1::text[])", list(logins))
    return {one["login"]: one["id"] for one in records}
