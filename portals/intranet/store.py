"""SQL of units and their members."""

from collections.abc import Sequence

import msgspec

from app.database import Tx
from portals.intranet.model import Kind, Member, OrganisationUnit, UnitRow

_UNIT = "SELECT id, name, short_name, kind, parent_id, path, address, room, phone, email, active, rev"
_ROWS = """
SELECT u.id, u.rev, u.name, u.short_name, u.kind, u.parent_id, u.address, u.room, u.phone, u.email, u.active,
       coalesce(array_agg(a.name ORDER BY a.folded) FILTER (WHERE m.head), '{}') AS heads, count(a.id) AS members
  FROM organisation_unit u
  LEFT JOIN unit_member m ON m.unit_id = u.id
  LEFT JOIN account a ON a.id = m.account_id AND a.disabled_at IS NULL
"""
_GROUPED = """
 GROUP BY u.id, u.rev, u.name, u.short_name, u.kind, u.parent_id, u.address, u.room, u.phone, u.email, u.active
 ORDER BY u.kind, u.name, u.id
"""


class Bare(msgspec.Struct, frozen=True):
    """A unit of the tree without a card."""

    id: int
    name: str
    path: str


async def unit(tx: Tx, unit_id: int) -> OrganisationUnit | None:
    return await tx.maybe(OrganisationUnit, f"{_UNIT} FROM organisation_unit WHERE id = $1", unit_id)


async def unit_called(tx: Tx, short_name: str) -> OrganisationUnit | None:
    return await tx.maybe(
        OrganisationUnit, f"{_UNIT} FROM organisation_unit WHERE lower(short_name) = lower($1)", short_name
    )


async def lock_card(tx: Tx, unit_id: int) -> bool:
    """Whether there is one; it does not change until the transaction ends."""
    return await tx.value("SELECT true FROM unit_card WHERE unit_id = $1 FOR UPDATE", unit_id) is not None


async def units_of(tx: Tx, account_id: int) -> list[OrganisationUnit]:
    """Where an account works now, by name."""
    return await tx.all(
        OrganisationUnit,
        f"{_UNIT} FROM organisation_unit u JOIN unit_member m ON m.unit_id = u.id"
        " WHERE m.account_id = $1 AND u.active ORDER BY u.name, u.id",
        account_id,
    )


async def unit_ids_of(tx: Tx, account_id: int) -> list[int]:
    rows = await tx.records(
        "SELECT c.unit_id FROM unit_member m JOIN unit_card c ON c.unit_id = m.unit_id"
        " WHERE m.account_id = $1 AND c.active ORDER BY c.unit_id",
        account_id,
    )
    return [row["unit_id"] for row in rows]


async def units(tx: Tx, *, active: bool = False) -> list[OrganisationUnit]:
    """All of them; `active`: without the closed ones."""
    return await tx.all(
        OrganisationUnit, f"{_UNIT} FROM organisation_unit WHERE active OR NOT $1 ORDER BY kind, name, id", active
    )


async def rows(tx: Tx) -> list[UnitRow]:
    return await tx.all(UnitRow, f"{_ROWS}{_GROUPED}")


async def row(tx: Tx, unit_id: int) -> UnitRow:
    return await tx.one(UnitRow, f"{_ROWS} WHERE u.id = $1 {_GROUPED}", unit_id)


async def without_card(tx: Tx, paths: Sequence[str]) -> list[Bare]:
    """Units at or below these paths that the intranet knows nothing of yet; the city itself needs no card."""
    return await tx.all(
        Bare,
        "SELECT u.id, u.name, u.path FROM unit u WHERE u.parent_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM unit_card c WHERE c.unit_id = u.id)"
        " AND EXISTS (SELECT FROM unnest($1::text[]) AS p WHERE u.path = p OR starts_with(u.path, p || '.'))"
        " ORDER BY u.name, u.id",
        list(paths),
    )


async def name_taken(tx: Tx, short_name: str, itself: int | None) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM unit_card WHERE lower(short_name) = lower($1) AND unit_id IS DISTINCT FROM $2)",
            short_name,
            itself,
        )
    )


async def put_card(tx: Tx, unit_id: int, kind: Kind, texts: dict[str, str], *, active: bool) -> None:
    """Makes or changes it."""
    await tx.execute(
        "INSERT INTO unit_card AS c (unit_id, short_name, kind, address, room, phone, email, active)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (unit_id) DO UPDATE SET short_name = $2, kind = $3,"
        " address = $4, room = $5, phone = $6, email = $7, active = $8, rev = c.rev + 1",
        unit_id,
        texts["short_name"],
        kind,
        texts["address"],
        texts["room"],
        texts["phone"],
        texts["email"],
        active,
    )


# members


async def members(tx: Tx, unit_id: int) -> list[Member]:
    """Heads first, then by name."""
    return await tx.all(
        Member,
        "SELECT m.account_id, a.name, m.head, m.since FROM unit_member m JOIN account a ON a.id = m.account_id"
        " WHERE m.unit_id = $1 AND a.disabled_at IS NULL ORDER BY m.head DESC, a.folded, a.id",
        unit_id,
    )


async def is_head(tx: Tx, unit_id: int, account_id: int | None) -> bool:
    return bool(
        await tx.value("SELECT head FROM unit_member WHERE unit_id = $1 AND account_id = $2", unit_id, account_id)
    )


async def put_member(tx: Tx, unit_id: int, account_id: int, *, head: bool) -> bool:
    """Whether anything has changed."""
    found = await tx.value(
        "INSERT INTO unit_member AS m (account_id, unit_id, head) VALUES ($2, $1, $3)"
        " ON CONFLICT (account_id, unit_id) DO UPDATE SET head = $3 WHERE m.head <> $3 RETURNING 1",
        unit_id,
        account_id,
        head,
    )
    return found is not None


async def member(tx: Tx, unit_id: int, account_id: int) -> Member | None:
    return await tx.maybe(
        Member,
        "SELECT m.account_id, a.name, m.head, m.since FROM unit_member m JOIN account a ON a.id = m.account_id"
        " WHERE m.unit_id = $1 AND m.account_id = $2",
        unit_id,
        account_id,
    )


async def remove_member(tx: Tx, unit_id: int, account_id: int) -> None:
    """It is remembered, for whoever takes it back."""
    await tx.execute(
        "WITH gone AS (DELETE FROM unit_member WHERE unit_id = $1 AND account_id = $2 RETURNING *)"
        " INSERT INTO unit_leaver (account_id, unit_id, head, since) SELECT account_id, unit_id, head, since FROM gone"
        " ON CONFLICT (account_id, unit_id) DO UPDATE"
        " SET head = excluded.head, since = excluded.since, left_at = now()",
        unit_id,
        account_id,
    )


async def restore_member(tx: Tx, unit_id: int, account_id: int) -> bool:
    """As it was, where somebody has left within a day; whether there was anybody."""
    found = await tx.value(
        "WITH back AS (DELETE FROM unit_leaver l WHERE unit_id = $1 AND account_id = $2"
        " AND left_at > now() - interval '1 day'"
        " AND EXISTS (SELECT FROM account a WHERE a.id = l.account_id AND a.disabled_at IS NULL) RETURNING *)"
        " INSERT INTO unit_member (account_id, unit_id, head, since) SELECT account_id, unit_id, head, since FROM back"
        " ON CONFLICT DO NOTHING RETURNING 1",
        unit_id,
        account_id,
    )
    return found is not None


async def touch(tx: Tx, unit_id: int) -> None:
    """Its people have changed."""
    await tx.execute("UPDATE unit_card SET rev = rev + 1 WHERE unit_id = $1", unit_id)
