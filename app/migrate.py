"""Applies migrations/*.sql: plain SQL, forward only, each file once, in one transaction, in one order."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import asyncpg

from app import store
from app.errors import ConfigurationError, one_line


async def migrate(url: str, folder: Path, told: Callable[[str], None] = lambda _name: None) -> list[str]:
    """Brings the database up to date and returns the names of the files it applied.

    Raises `ConfigurationError` when a file that was applied has changed since, is missing, or fails.
    """
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as problem:
        raise ConfigurationError(f"the database cannot be reached: {one_line(problem)}") from None
    try:
        await store.lock_migrations(connection)
        return await _apply_missing(connection, folder, told)
    finally:
        await connection.close()


async def _apply_missing(
    connection: "asyncpg.Connection[object]", folder: Path, told: Callable[[str], None]
) -> list[str]:
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.sql"))}
    known = {row.name: row.sha256 for row in await store.applied(connection)}
    missing = sorted(set(known) - set(files))
    if missing:
        raise ConfigurationError(
            f"the database has migration {missing[-1]}, which this version does not know: it is newer than the program"
        )
    done = []
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        if name in known:
            if known[name] != digest:
                raise ConfigurationError(f"migration {name} was changed after it was applied; add a new file instead")
            continue
        try:
            async with connection.transaction():
                await connection.execute(content.decode())
                await store.mark_applied(connection, name, digest)
        except asyncpg.PostgresError as problem:
            raise ConfigurationError(f"migration {name}: {one_line(problem)}") from problem
        told(name)
        done.append(name)
    return done
