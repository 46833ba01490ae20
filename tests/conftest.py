"""What every test may ask for: a real PostgreSQL, migrated once and copied for each test that changes it."""

import asyncio
import contextlib
import gc
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec
import pytest
from hypothesis import HealthCheck, settings

from app.database import DATABASE, Database, open_pool
from app.migrate import migrate
from tests.databases import (
    WITHOUT_DISK,
    copy_database,
    drop_database,
    has_database,
    memory_folder,
    own_server,
    tell,
    with_database,
)
from tests.filled import DEMO, MIGRATED, server_folder
from tests.hls_guard import playlist_guard
from tests.made_once import made_once
from tests.run_folder import run_folder
from tests.server_logs import logs_of
from tests.sharing_out import is_journey, keep_modules_together, mix

__all__ = ["made_once", "playlist_guard"]  # fixtures of every test, found by their names here

ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count(1)
LOGINS = "logins.json"
"""In a folder with demo data: role → (login, password)."""

settings.register_profile("gryf", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("GRYF_HYPOTHESIS", "gryf"))
"""The same examples each time, so that a red run is about the change in hand; `GRYF_HYPOTHESIS=explore` looks for new."""


def pytest_configure(config: pytest.Config) -> None:
    """Files of tests are kept in memory where there is enough of it, unless TMPDIR says where they shall be.

    Servers that tests start keep their compiled modules, whatever is usual on this machine: a second of work each.
    """
    if "TMPDIR" not in os.environ and (folder := memory_folder()):
        os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    gc.set_threshold(20_000, 20, 20)  # as the product itself (app/process.py)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    run_folder()  # before the workers begin, so that they share one


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files given as cases are named by their place: one made when it is collected differs from worker to worker."""
    return argname if isinstance(val, bytes) and len(val) > NAMED_BYTES else None


NAMED_BYTES = 32
"""Longer ones tell nobody anything in a test's name."""

JOURNEY_S = 400
"""Enough for a walk that three other programs slow down."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole journeys with real encoders and browsers meet a busy machine now and then: they may be tried again.

    A second failure is a failure; a first one is shown as `R`.
    """
    for item in items:
        if is_journey(item):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(JOURNEY_S))
    if hasattr(config, "workerinput"):
        keep_modules_together(items)
        items[:] = mix(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of tests and all that they import stay to the end: no collection of garbage goes over them again."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += logs_of(item)
    return report


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a PostgreSQL server for this run alone; its own, unless GRYF_TEST_DATABASE_URL names one."""
    given = os.environ.get("GRYF_TEST_DATABASE_URL")
    if given:
        yield given
    elif any("demo" in getattr(item, "fixturenames", ()) for item in request.session.items):
        with own_server(server_folder() / "postgres") as url:
            yield url
    else:
        with own_server() as url:
            asyncio.run(tell(url, *WITHOUT_DISK))
            yield url


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a database with every migration applied: others are copied from it in milliseconds."""
    name = f"gryf_template_{os.getpid()}"

    async def prepare() -> str:
        if await has_database(postgres_url, MIGRATED):
            return MIGRATED
        await tell(postgres_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        await migrate(with_database(postgres_url, name), ROOT / "migrations")
        return name

    return asyncio.run(prepare())


@pytest.fixture
async def database_url(postgres_url: str, template_database: str) -> AsyncIterator[str]:
    """Address of a fresh, migrated database for one test."""
    name = f"gryf_test_{os.getpid()}_{next(_numbers)}"
    try:
        yield await copy_database(postgres_url, name, template_database)
    finally:
        await drop_database(postgres_url, name)


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
        shown.logins.update(await run.school_logins(application))
        yield Site(application, f"http://127.0.0.1:{port}", run.media.feature.rtmp_port(application), shown.logins)
    finally:
        await runner.cleanup()
        pool.terminate()


async def fill_demo(database_url: str, folder: Path) -> None:
    """Leaves the demo's data in a migrated database and a folder, and there how its people sign in.

    What happens to tickets by itself has happened: every copy would do it again.
    """
    from app.wire import CITY, section
    from portals.helpdesk import closing
    from portals.helpdesk.settings import HelpdeskSettings
    from portals.helpdesk.sla.watching import settle

    async with running_site(database_url, folder) as site:
        database, city = site.app[DATABASE], site.app[CITY]
        while await closing.close_solved(database, section(site.app, HelpdeskSettings).close_after_days):
            pass
        while await closing.wake_waiting(database):
            pass
        await settle(database, city.time_zone)
        (folder / LOGINS).write_bytes(msgspec.json.encode(site.logins))


class Demo(NamedTuple):
    """A database and a data folder that the demo has filled, to be copied."""

    postgres_url: str
    template: str
    folder: Path

    @contextlib.asynccontextmanager
    async def copy(self, folder: Path) -> AsyncIterator[str]:
        """Puts the files into `folder`; address of the database."""
        name = f"gryf_demo_{os.getpid()}_{next(_numbers)}"
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        try:
            url = await copy_database(self.postgres_url, name, self.template)
            # A run may copy half an hour after the filling: jobs that nobody works on there are not late here.
            await tell(url, "UPDATE pgqueuer SET execute_after = now() WHERE execute_after < now()")
            yield url
        finally:
            await drop_database(self.postgres_url, name)


@pytest.fixture(scope="session")
def demo(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Filled once; a product that starts on a copy finds a session on air, as after a restart."""
    if asyncio.run(has_database(postgres_url, DEMO)):
        return Demo(postgres_url, DEMO, server_folder() / "files")
    made = Demo(postgres_url, f"gryf_demo_{os.getpid()}", tmp_path_factory.mktemp("demo"))

    async def fill() -> None:
        await fill_demo(await copy_database(postgres_url, made.template, template_database), made.folder)

    asyncio.run(fill())
    return made


@pytest.fixture
async def filled_url(demo: Demo, tmp_path: Path) -> AsyncIterator[str]:
    """Address of a database with demo data; the files that belong to it are in `tmp_path / "data"`."""
    async with demo.copy(tmp_path / "data") as url:
        yield url


@pytest.fixture
async def site(demo: Demo, tmp_path: Path):
    """The product with demo data, for one test."""
    async with demo.copy(tmp_path) as url, running_site(url, tmp_path) as found:
        yield found
