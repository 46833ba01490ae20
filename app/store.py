"""SQL of the foundation itself: bookkeeping of migrations, the ping, the clock."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

MIGRATION_LOCK = 0x67727966
"""Advisory lock («gryf») that lets one process migrate at a time."""


class Applied(msgspec.Struct, frozen=True):
    """A migration that the database has."""

    name: str
    sha256: str


async def lock_migrations(connection: "asyncpg.Connection[Any]") -> None:
    """Waits for the lock; it is given back when the connection closes."""
    await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)


async def applied(connection: "asyncpg.Connection[Any]") -> list[Applied]:
    """Migrations the database has, in order; makes the table on first use."""
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migration ("
        " name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT name, sha256 FROM migration ORDER BY name")
    return [Applied(**row) for row in rows]


async def mark_applied(connection: "asyncpg.Connection[Any]", name: str, sha256: str) -> None:
    await connection.execute("INSERT INTO migration (name, sha256) VALUES ($1, $2)", name, sha256)


async def ping(pool: "asyncpg.pool.Pool[Any]") -> bool:
    """Raises what asyncpg raises when the server is away."""
    return bool(await pool.fetchval("SELECT true"))


async def clock(connection: "asyncpg.pool.PoolConnectionProxy[Any]") -> datetime:
    """The server's clock; unlike `now()` it goes on within a transaction."""
    moment: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return moment
