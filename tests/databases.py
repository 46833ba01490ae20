"""PostgreSQL for tests: one server a worker, in memory, that never waits for a disk; databases are copies of templates."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from app.postgres import EmbeddedPostgres

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 2 << 30
WITHOUT_DISK = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)
"""What protects from power cuts only: a killed server or client loses nothing that was committed all the same."""


def memory_folder() -> Path | None:
    """Where files are memory, if there is enough of it (containers often have 64 MiB)."""
    try:
        if shutil.disk_usage(MEMORY).free < ENOUGH_BYTES or available_bytes() < ENOUGH_BYTES:
            return None
        with tempfile.TemporaryFile(dir=MEMORY):
            return MEMORY
    except OSError:
        return None


def available_bytes() -> int:
    """Memory that programs can still have."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


@contextmanager
def own_server(source: Path | None = None) -> Iterator[str]:
    """Address of a PostgreSQL that is gone afterwards; with `source` a copy of that stopped one."""
    folder = Path(tempfile.mkdtemp(prefix="gryf-test-"))
    folder.chmod(0o755)
    if source is not None:
        subprocess.run(["cp", "-a", str(source), str(folder / "postgres")], check=True)
    server = EmbeddedPostgres(folder)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def with_database(url: str, name: str) -> str:
    """The same server's address with another database."""
    head, _, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{tail}" if tail else "")


async def tell(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def has_database(url: str, name: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name))
    finally:
        await connection.close()


async def copy_database(url: str, name: str, template: str) -> str:
    """Address of a copy. FILE_COPY costs less work than WAL_LOG where no disk is waited for."""
    await tell(url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return with_database(url, name)


async def drop_database(url: str, name: str) -> None:
    await tell(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
