"""SQL of the demonstration: many rows in one statement."""

from collections.abc import Sequence

from app.database import Tx


async def add_units(tx: Tx, parent_id: int, kind: str, names: Sequence[str]) -> list[int]:
    """Units of the tree below a parent; ids in the order of the names. What is there already stays."""
    await tx.execute(
        "INSERT INTO unit (id, parent_id, kind, name, path) OVERRIDING SYSTEM VALUE"
        " SELECT g.id, $1, $2, g.name, p.path || '.' || g.id FROM unit p, ("
        " SELECT nextval(pg_get_serial_sequence('unit', 'id')) AS id, name FROM unnest($3::text[]) AS n (name)) AS g"
        " WHERE p.id = $1 ON CONFLICT (parent_id, name) DO NOTHING",
        parent_id,
        kind,
        list(names),
    )
    rows = await tx.records(
        "SELECT u.id FROM unnest($2::text[]) WITH ORDINALITY AS n (name, place)"
        " JOIN unit u ON u.parent_id = $1 AND u.name = n.name ORDER BY n.place",
        parent_id,
        list(names),
    )
    return [row["id"] for row in rows]


async def add_cards(tx: Tx, kind: str, cards: Sequence[tuple[int, str, str, str, str, str]]) -> None:
    """Unit, short name, address, room, telephone, e-mail."""
    columns = [list(one) for one in zip(*cards, strict=True)]
    await tx.execute(
        "INSERT INTO unit_card (unit_id, short_name, kind, address, room, phone, email)"
        " SELECT unit_id, short_name, $1, address, room, phone, email"
        " FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])"
        " AS g (unit_id, short_name, address, room, phone, email) ON CONFLICT DO NOTHING",
        kind,
        *columns,
    )


async def add_people(tx: Tx, people: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """Login, name, folded: accounts that nobody signs in with. Ids by login, of those that were there too."""
    logins, names, folded = ([one[place] for one in people] for place in range(3))
    await tx.execute(
        "INSERT INTO account (login, email, name, folded)"
        " SELECT login, login || '@gryf.example', name, folded FROM unnest($1::text[], $2::text[], $3::text[])"
        " AS g (login, name, folded) ON CONFLICT DO NOTHING",
        logins,
        names,
        folded,
    )
    rows = await tx.records("SELECT login, id FROM account WHERE login = ANY($1)", logins)
    return {row["login"]: row["id"] for row in rows}


async def accounts_called(tx: Tx, logins: Sequence[str]) -> dict[str, int]:
    """Ids by login, of those that are there."""
    rows = await tx.records("SELECT login, id FROM account WHERE login = ANY($1)", list(logins))
    return {row["login"]: row["id"] for row in rows}


async def add_members(tx: Tx, members: Sequence[tuple[int, int, bool]]) -> None:
    """Account, unit, whether it is the head."""
    columns = [list(one) for one in zip(*members, strict=True)]
    await tx.execute(
        "INSERT INTO unit_member (account_id, unit_id, head) SELECT * FROM unnest($1::bigint[], $2::bigint[],"
        " $3::boolean[]) ON CONFLICT DO NOTHING",
        *columns,
    )
