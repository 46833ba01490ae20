"""Fills what is empty: a row of a school in every tenant table, whatever parts have added tables, with a mark in its texts.

Types, foreign keys and the values that checks list are read from the catalogue, so a new table needs nothing here.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any

import asyncpg

MARK = "Qwzx"
"""Stands in the words of the school that others must not see."""
TENANTS = """
SELECT c.oid, c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'school_id'
   AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""
_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS kind,
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS needed, a.attgenerated <> '' OR a.attidentity <> '' AS made
  FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT k.confrelid::regclass::text AS target, ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (num, place)
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.num ORDER BY place) AS own,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS n (num, place)
         JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.num ORDER BY place) AS theirs
  FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'f'
"""
_CHECKS = "SELECT string_agg(pg_get_constraintdef(oid), ' ') FROM pg_constraint WHERE conrelid = $1 AND contype = 'c'"
_PLAIN: dict[str, Any] = {
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "numeric": 1,
    "double precision": 1.0,
    "boolean": True,
    "date": date(2026, 11, 30),
    "time without time zone": time(8),
    "timestamp with time zone": datetime(2026, 11, 30, 8, tzinfo=UTC),
    "daterange": asyncpg.Range(date(2026, 9, 1), date(2027, 9, 1)),
    "bytea": b"\x01" * 32,
    "jsonb": {},
}


async def plant(connection: Any, school_id: int, account_id: int) -> list[str]:
    """Names of tables that are still empty: a table whose rules no simple row meets."""
    empty = [
        row
        for row in await connection.fetch(TENANTS)
        if not await connection.fetchval(f"SELECT EXISTS (SELECT FROM {row['name']} WHERE school_id = $1)", school_id)
    ]
    progress = True
    while empty and progress:
        left = [row for row in empty if not await _planted(connection, row, school_id, account_id)]
        progress, empty = len(left) < len(empty), left
    return [row["name"] for row in empty]


async def _planted(connection: Any, table: Any, school_id: int, account_id: int) -> bool:
    columns = await connection.fetch(_COLUMNS, table["oid"])
    keys = await connection.fetch(_KEYS, table["oid"])
    checks = await connection.fetchval(_CHECKS, table["oid"]) or ""
    targets = {
        own: (key["target"], theirs) for key in keys for own, theirs in zip(key["own"], key["theirs"], strict=True)
    }
    optional = [
        None,
        *(one["name"] for one in columns if not one["needed"] and not one["made"] and one["name"] in targets),
    ]
    for extra in optional:
        values: dict[str, Any] = {"school_id": school_id}
        for one in columns:
            name, wanted = one["name"], one["needed"] or one["name"] == extra or one["kind"] == "text"
            if name == "school_id" or one["made"] or not wanted:
                continue
            if name in targets:
                if one["needed"] or name == extra:
                    values[name] = await _pointed_at(connection, *targets[name], school_id, account_id)
            else:
                values[name] = _plain(name, one["kind"], checks)
        values = {name: value for name, value in values.items() if value is not None}
        if await _taken(connection, table["name"], values):
            return True
    return False


async def _pointed_at(connection: Any, target: str, column: str, school_id: int, account_id: int) -> Any:
    if target == "account":
        return account_id
    own = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = 'school_id')", target
    )
    where = f" WHERE school_id = {school_id}" if own else ""
    return await connection.fetchval(f"SELECT {column} FROM {target}{where} ORDER BY 1 LIMIT 1")


def _plain(name: str, kind: str, checks: str) -> Any:
    if kind.endswith("[]"):
        return []
    if kind != "text":
        return _PLAIN.get(kind)
    listed = re.search(rf"\b{name}\b\)? = ANY \(ARRAY\['([^']*)'", checks)
    if listed:
        return listed[1]
    return None if re.search(rf"\b{name}\b\)?,? (~|=|<>) (?!''::text)", checks) else f"{MARK}{name}"


async def _taken(connection: Any, table: str, values: dict[str, Any]) -> bool:
    names = ", ".join(values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    try:
        async with connection.transaction():
            await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *values.values())
    except asyncpg.PostgresError:
        return False
    return True
