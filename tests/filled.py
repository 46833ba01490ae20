"""What workers and products begin with, made once a run: a PostgreSQL with migrated databases, and the demo's data.

Filling the demo takes 8 s of work, and each product that is started would do it.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from tests.databases import WITHOUT_DISK, copy_database, tell, with_database
from tests.made_once import COMPILED_TEMPLATES
from tests.run_folder import made_by_one

ROOT = Path(__file__).resolve().parent.parent
MIGRATED = "gryf_migrated"
DEMO = "gryf_demo"
"""Databases of the server's folder, beside an empty `postgres`."""


def server_folder() -> Path:
    """A stopped server in `postgres`, and in `files` what the demo keeps outside of its database."""
    return made_by_one("server", _make_server)


def product_folder() -> Path:
    """The data folder of a product that has run before and was stopped, with a server of its own."""
    return made_by_one("product", _make_product)


def copy_folder(source: Path, target: Path) -> None:
    """With owners: the server does not run as root."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _make_server(folder: Path) -> None:
    with _running(folder) as url:
        asyncio.run(_fill(url, folder / "files"))


async def _fill(url: str, files: Path) -> None:
    from tests.conftest import fill_demo  # which asks for these folders

    await tell(url, *WITHOUT_DISK, f"CREATE DATABASE {MIGRATED}")
    await migrate(with_database(url, MIGRATED), ROOT / "migrations")
    files.mkdir()
    await fill_demo(await copy_database(url, DEMO, MIGRATED), files)


def _make_product(folder: Path) -> None:
    source = server_folder()
    shutil.copytree(source / "files", folder, dirs_exist_ok=True)
    copy_folder(source / "postgres", folder / "postgres")
    with _running(folder) as url:
        renamed = ("DROP DATABASE postgres", f"ALTER DATABASE {DEMO} RENAME TO postgres", f"DROP DATABASE {MIGRATED}")
        asyncio.run(tell(with_database(url, "template1"), *renamed))
    COMPILED_TEMPLATES.mkdir(parents=True, exist_ok=True)
    (folder / "cache").mkdir(exist_ok=True)
    (folder / "cache" / "templates").symlink_to(COMPILED_TEMPLATES)


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder)
    try:
        yield server.start()
    finally:
        server.stop()
