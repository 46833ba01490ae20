"""From settings to a process that serves: reads them, opens folder, database and port, and leaves in good order."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import structlog
from aiohttp import web

from app.config import City, Role, Server, check_file_sections, load_section, read_sources
from app.database import Database, open_pool
from app.errors import ConfigurationError
from app.feature import Feature
from app.nodes import check_role, features_for
from app.pages import compiled_folder, template_folders
from app.process import (
    PARENT,
    DatabaseServer,
    StopLimit,
    bring_up_to_date,
    close_pool,
    keep_child,
    listen,
    lock_data_folder,
    open_data_folder,
    stop_on_signals,
    watch_parent,
)
from app.wire import FEATURES, build_app, data_folder
from app.workers import WebWorkers

log = structlog.get_logger("gryf")

STOP_WITHIN_S: Final = 9.0
"""A stop takes two to four seconds; ten are promised."""

Values = Mapping[str, Mapping[str, Any]]
"""Settings by section."""
NOTHING: Final[Values] = {}
LOCAL: Final = "127.0.0.1"


class Settings:
    """All sections, read once from the file, the environment and the command line."""

    def __init__(
        self,
        features: tuple[Feature, ...],
        config: Path | None,
        *,
        server: Mapping[str, Any],
        overrides: Values = NOTHING,
        defaults: Values = NOTHING,
        shared_defaults: Values = NOTHING,
    ) -> None:
        """`server` and `overrides` come from the command line. `shared_defaults`: where the role is not `all`."""
        chosen = config or (Path(os.environ["GRYF_CONFIG"]) if os.environ.get("GRYF_CONFIG") else None)
        sources = read_sources(chosen)
        self.config = chosen.resolve() if chosen is not None else None
        """The settings file, for processes that are started from this one."""
        self.features = features
        self.server = load_section(Server, "server", sources, **server)
        if self.server.workers:  # they hand requests on, with the visitor's address
            trusted = (*self.server.trusted_proxies, LOCAL)
            self.server = msgspec.structs.replace(self.server, trusted_proxies=trusted)
        fallback = shared_defaults if self.server.role is not Role.ALL or self.server.workers else NOTHING
        sections: list[msgspec.Struct] = [load_section(City, "city", sources, defaults.get("city")), self.server]
        for feature in features:
            if feature.settings is not None:
                own = {**fallback.get(feature.name, {}), **defaults.get(feature.name, {})}
                given = overrides.get(feature.name, {})
                sections.append(load_section(feature.settings, feature.name, sources, own, **given))
        check_file_sections(sources, {"server", "city", *(one.name for one in features)})
        self.sections = sections

    def with_data(self, data: Path) -> list[msgspec.Struct]:
        """The sections with the data folder's full path, for `build_app`."""
        self.server = msgspec.structs.replace(self.server, data=str(data))
        return [self.server if isinstance(one, Server) else one for one in self.sections]


async def in_application(settings: Settings, body: Callable[[web.Application], Awaitable[Any]]) -> Any:
    """Runs a command's body with the database at hand; nothing listens and no service runs."""
    data = open_data_folder(Path(settings.server.data))
    try:
        lock = lock_data_folder(data)
    except ConfigurationError:
        lock = None  # a server runs and keeps its database running after us
    database_server = DatabaseServer(settings.server, data)
    url = await database_server.start()
    try:
        await bring_up_to_date(url)
        pool = await open_pool(url, 4)
        try:
            return await body(build_app(settings.features, settings.with_data(data), Database(pool)))
        finally:
            await close_pool(pool)
    finally:
        if lock is not None:
            await database_server.stop()
            lock.close()


async def serve(settings: Settings, begin: Callable[[web.Application, str, int], Awaitable[None]]) -> None:
    """Serves until SIGTERM. `begin` is called with the database's address and the port once it listens."""
    check_role(settings.server)
    if settings.server.workers and settings.server.role is not Role.ALL:
        raise ConfigurationError("workers belong to a server of role all; web nodes share a port by reuse_port")
    data = open_data_folder(Path(settings.server.data))
    lock = _lock(settings.server.role, data)
    stop = stop_on_signals()
    watching = asyncio.create_task(watch_parent(stop)) if PARENT in os.environ else None
    database_server = DatabaseServer(settings.server, data)
    limit = StopLimit(STOP_WITHIN_S, database_server.stop_now)
    try:
        url = await database_server.start()
        await bring_up_to_date(url)
        pool = await open_pool(url, settings.server.database_pool)
        try:
            features = features_for(settings.server.role, settings.features)
            application = build_app(features, settings.with_data(data), Database(pool))
            async with _listening(application, settings, url) as port:
                if not settings.server.reuse_port:  # the process in front of web workers does it for them
                    compile_templates(application)
                await begin(application, url, port)
                await stop.wait()
                log.info("stopping")
                limit.start()
        finally:
            await close_pool(pool)
    finally:
        await database_server.stop()
        limit.cancel()
        if watching is not None:
            watching.cancel()
        if lock is not None:
            lock.close()


@asynccontextmanager
async def _listening(application: web.Application, settings: Settings, url: str) -> AsyncIterator[int]:
    """The application on its port; behind web workers, which have that port then, on one of this machine alone."""
    server, workers = settings.server, None
    if server.workers:
        runner, private_port = await listen(application, msgspec.structs.replace(server, host=LOCAL, port=0))
    else:
        runner, private_port = await listen(application, server)
    try:
        if server.workers:
            workers = WebWorkers(application, server, _known_to_workers(settings, url, private_port))
            await workers.start()
        yield workers.port if workers is not None else private_port
    finally:
        if workers is not None:
            await workers.stop()
        await runner.cleanup()


def compile_templates(application: web.Application) -> None:
    """In a process of its own: the first page of each kind would stop the loop for half a second."""
    features = application[FEATURES]
    folders = template_folders(features)
    command = ["-m", "app.compiled", str(compiled_folder(data_folder(application)))]
    keep_child(application, "templates", [*command, *(f"{name}={path}" for name, path in folders.items())], {})


def _known_to_workers(settings: Settings, url: str, port: int) -> dict[str, str]:
    """What web workers must know beside the settings file."""
    known = {"GRYF_SERVER_DATABASE_URL": url, "GRYF_SERVER_DATA": settings.server.data}
    known["GRYF_SERVER_MEDIA_URL"] = f"http://{LOCAL}:{port}"
    if settings.config is not None:
        known["GRYF_CONFIG"] = str(settings.config)
    return known


def _lock(role: Role, data: Path) -> IO[str] | None:
    """Recordings have one owner. Web nodes write nothing there: they may share the folder with it."""
    return None if role is Role.WEB else lock_data_folder(data)
