"""What every test may ask for: a real PostgreSQL, migrated once and copied for each test that changes it."""

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import asyncpg
import msgspec
import pytest
from hypothesis import settings

from app.database import Database, open_pool
from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from tests.hls_guard import playlist_guard

__all__ = ["playlist_guard"]  # a fixture of every test, found by its name here

ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count(1)

settings.register_profile("gryf", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile(os.environ.get("GRYF_HYPOTHESIS", "gryf"))
"""The same examples each time, so that a red run is about the change in hand; `GRYF_HYPOTHESIS=explore` looks for new."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole journeys with real encoders and browsers meet a busy machine now and then: they may be tried again.

    A second failure is a failure; a first one is shown as `R`.
    """
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))


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


class Site:
    """The whole product on a port of this machine, as `run.py serve` mounts it, without worker and encoder."""

    def __init__(self, application, http: str, rtmp_port: int, logins: dict[str, tuple[str, str]]):
        self.app = application
        self.http = http
        self.rtmp = f"rtmp://127.0.0.1:{rtmp_port}/live"
        self.logins = logins

    @contextlib.asynccontextmanager
    async def client(self, role: str = ""):
        """A browser-like client; signed in where a role is named."""
        async with aiohttp.ClientSession(self.http, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            if role:
                login, password = self.logins[role]
                async with session.post("/api/sign-in", json={"login": login, "password": password}) as answer:
                    assert answer.status == 200, await answer.text()
            yield session


@contextlib.asynccontextmanager
async def running_site(database_url: str, folder: Path, *, demo: bool = True):
    """Starts the product in this process with demo data."""
    import run
    from app.process import listen
    from app.wire import build_app
    from portals.council.demo import SETTINGS, showcase

    settings = run.Settings(None, 0, SETTINGS, data=str(folder), port=0, host="127.0.0.1")
    sections = settings.with_data(folder)
    quick = {"argon2_passes": 1, "argon2_memory_kib": 64}
    sections = [
        msgspec.structs.replace(one, **quick) if type(one).__name__ == "IdentitySettings" else one for one in sections
    ]
    pool = await open_pool(database_url, 10)
    application = build_app(run.FEATURES, sections, Database(pool))
    runner, port = await listen(application, settings.server)
    try:
        if demo:
            for feature in run.FEATURES:
                if feature.demo is not None:
                    await feature.demo(application)
        shown = await showcase(application)
        yield Site(application, f"http://127.0.0.1:{port}", run.media.feature.rtmp_port(application), shown.logins)
    finally:
        await runner.cleanup()
        pool.terminate()


@pytest.fixture
async def site(database_url: str, tmp_path: Path):
    """The product with demo data, for one test."""
    async with running_site(database_url, tmp_path) as found:
        yield found
