"""What every test may ask for: a real PostgreSQL, migrated once and copied for each test that changes it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.database import Database, open_pool
from app.migrate import migrate
from app.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a PostgreSQL server for this run alone; its own, unless GRYF_TEST_DATABASE_URL names one."""
    given = os.environ.get("GRYF_TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="gryf-test-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    url = server.start()
    try:
        yield url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def with_database(url: str, name: str) -> str:
    """The same server's address with another database."""
    head, _, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{tail}" if tail else "")


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a database with every migration applied: others are copied from it in milliseconds."""
    import asyncio

    name = f"gryf_template_{os.getpid()}"

    async def prepare() -> None:
        await _run(postgres_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        await migrate(with_database(postgres_url, name), ROOT / "migrations")

    asyncio.run(prepare())
    return name


@pytest.fixture
async def database_url(postgres_url: str, template_database: str) -> AsyncIterator[str]:
    """Address of a fresh, migrated database for one test."""
    name = f"gryf_test_{os.getpid()}_{next(_numbers)}"
    await _run(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    try:
        yield with_database(postgres_url, name)
    finally:
        await _run(postgres_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database for one test."""
    pool = await open_pool(database_url, 10)
    try:
        yield Database(pool)
    finally:
        pool.terminate()
