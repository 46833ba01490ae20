"""SQL of how the helpdesk is set up."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.setup_model import (
    CannedReply,
    Category,
    Cell,
    Matrix,
    Queue,
    RoutingRule,
    Service,
    Team,
    TicketTemplate,
    UnitChoice,
)

Thing = TypeVar("Thing", Team, Queue, Service, Category, RoutingRule, CannedReply, TicketTemplate)
TABLES: Final[dict[type[msgspec.Struct], tuple[str, str]]] = {
    Team: ("helpdesk_team", "lower(name), id"),
    Queue: ("helpdesk_queue", "place, id"),
    Service: ("helpdesk_service", "lower(name), id"),
    Category: ("helpdesk_category", "place, id"),
    RoutingRule: ("helpdesk_rule", "place, id"),
    CannedReply: ("helpdesk_canned_reply", "lower(title), id"),
    TicketTemplate: ("helpdesk_template", "lower(title), id"),
}
"""Where the rows of each kind stand, and in which order they are listed."""
_LISTS: Final = """
, ARRAY(SELECT m.account_id FROM helpdesk_team_member m WHERE m.team_id = helpdesk_team.id ORDER BY 1) AS members
, ARRAY(SELECT q.queue_id FROM helpdesk_queue_team q WHERE q.team_id = helpdesk_team.id ORDER BY 1) AS queues
"""


def _columns(kind: type[msgspec.Struct]) -> list[str]:
    return [name for name in kind.__struct_fields__ if name not in {"members", "queues"}]


def _made(kind: type[Thing], record: asyncpg.Record) -> Thing:
    return msgspec.convert(dict(record), kind)


async def things(tx: Tx, kind: type[Thing], *, active: bool = False) -> list[Thing]:
    """All rows of a kind; `active`: without those that are switched off."""
    table, order = TABLES[kind]
    lists = _LISTS if kind is Team else ""
    records = await tx.records(
        f"SELECT {', '.join(_columns(kind))}{lists} FROM {table} WHERE active OR NOT $1 ORDER BY {order}", active
    )
    return [_made(kind, one) for one in records]


async def thing(tx: Tx, kind: type[Thing], thing_id: int | None, *, lock: bool = False) -> Thing | None:
    """One row of a kind; `lock`: it stays as it is until the transaction ends."""
    table, _order = TABLES[kind]
    lists = _LISTS if kind is Team else ""
    record = await tx.record(
        f"SELECT {', '.join(_columns(kind))}{lists} FROM {table} WHERE id = $1{' FOR UPDATE' if lock else ''}", thing_id
    )
    return None if record is None else _made(kind, record)


async def put_thing(tx: Tx, thing: Thing) -> int | None:
    """Makes the row (`id` 0) or changes it; its id. None where another one has the name."""
    kind = type(thing)
    table, _order = TABLES[kind]
    columns = [name for name in _columns(kind) if name not in {"id", "rev"}]
    values: list[Any] = [msgspec.to_builtins(getattr(thing, name)) for name in columns]
    try:
        async with tx.connection.transaction():
            if thing.id == 0:
                places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
                found = await tx.value(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) RETURNING id", *values
                )
                return int(found)
            sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, start=2))
            await tx.execute(f"UPDATE {table} SET {sets}, rev = rev + 1 WHERE id = $1", thing.id, *values)
    except asyncpg.UniqueViolationError:
        return None
    return thing.id


async def remove_thing(tx: Tx, kind: type[Thing], thing_id: int) -> bool:
    table, _order = TABLES[kind]
    return await tx.execute(f"DELETE FROM {table} WHERE id = $1", thing_id) == "DELETE 1"


async def name_of(tx: Tx, kind: type[msgspec.Struct], thing_id: int | None) -> str | None:
    """None: there is no such thing."""
    found: str | None = await tx.value(f"SELECT name FROM {TABLES[kind][0]} WHERE id = $1", thing_id)
    return found


async def set_team(tx: Tx, team_id: int, members: Sequence[int], queues: Sequence[int]) -> None:
    """Who is in it, and which queues it works on; ids that mean nothing are left out."""
    await tx.execute("DELETE FROM helpdesk_team_member WHERE team_id = $1", team_id)
    await tx.execute(
        "INSERT INTO helpdesk_team_member SELECT $1, id FROM account WHERE id = ANY($2::bigint[])",
        team_id,
        list(members),
    )
    await tx.execute("DELETE FROM helpdesk_queue_team WHERE team_id = $1", team_id)
    await tx.execute(
        "INSERT INTO helpdesk_queue_team SELECT id, $1 FROM helpdesk_queue WHERE id = ANY($2::bigint[])",
        team_id,
        list(queues),
    )


async def matrix(tx: Tx) -> Matrix:
    return Matrix(
        await tx.all(Cell, "SELECT impact, urgency, priority FROM helpdesk_priority ORDER BY impact, urgency")
    )


async def set_matrix(tx: Tx, wanted: Matrix) -> None:
    await tx.execute(
        "UPDATE helpdesk_priority p SET priority = n.priority FROM unnest($1::int[], $2::int[], $3::int[])"
        " AS n (impact, urgency, priority) WHERE p.impact = n.impact AND p.urgency = n.urgency",
        [one.impact for one in wanted.cells],
        [one.urgency for one in wanted.cells],
        [one.priority for one in wanted.cells],
    )


async def queues_of(tx: Tx, account_id: int | None) -> frozenset[int]:
    """Queues that the account's teams work on."""
    records = await tx.records(
        "SELECT DISTINCT q.queue_id FROM helpdesk_team_member m JOIN helpdesk_team t ON t.id = m.team_id AND t.active"
        " JOIN helpdesk_queue_team q ON q.team_id = m.team_id WHERE m.account_id = $1",
        account_id,
    )
    return frozenset(one["queue_id"] for one in records)


async def works_on(tx: Tx, account_id: int, queue_id: int) -> bool:
    return queue_id in await queues_of(tx, account_id)


async def team_works_on(tx: Tx, team_id: int, queue_id: int) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM helpdesk_queue_team WHERE team_id = $1 AND queue_id = $2)", team_id, queue_id
        )
    )


async def units(tx: Tx, ids: Sequence[int] | None = None) -> list[UnitChoice]:
    """Units that are not closed, of these ids or all, by name."""
    return await tx.all(
        UnitChoice,
        "SELECT id, name, short_name, path FROM organisation_unit WHERE active"
        " AND ($1::bigint[] IS NULL OR id = ANY($1)) ORDER BY kind, name, id",
        None if ids is None else list(ids),
    )


async def unit_path(tx: Tx, unit_id: int | None) -> str:
    """Dotted ids from the city down; empty where there is no such unit."""
    return str(await tx.value("SELECT path FROM unit WHERE id = $1", unit_id) or "")
