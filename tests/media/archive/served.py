"""The archive behind a port, without the rest of the product: roles come in a header."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from app.actor import Actor, Grant
from app.config import City, Server
from app.database import Database
from app.feature import ANYONE, Feature, Route, having
from app.identity.settings import IdentitySettings
from app.jobs.queue import running
from app.wire import ACTOR, build_app
from media.archive import web as takes
from media.archive.feature import feature
from media.archive.kept import KEPT_PLAYLISTS, KeptPlaylists
from media.archive.plan import Archive
from media.archive.products import make_products
from media.archive.settings import ArchiveSettings
from media.hls import web as hls
from media.hls.mark_watch import MARKS_OF
from media.hls.marks import Mark
from media.hls.web import MAY_WATCH, Packagers
from media.record.library import LIBRARY, Library
from media.settings import MediaSettings
from tests.media.archive.recorded import BEGAN, STREAM

MARK = Mark("item-7", BEGAN + 5, BEGAN + 9, "Budżet", "agenda-item", "7")


class Served:
    """`hidden`: streams that nobody may watch."""

    def __init__(self, app: web.Application, url: str, database: Database, folder: Path, hidden: set[str], settings):
        self.app = app
        self.url = url
        self.database = database
        self.folder = folder
        self.hidden = hidden
        self.settings = settings

    def client(self, role: str = "") -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.url, headers={"X-Role": role} if role else {})

    def archive(self, **settings) -> Archive:
        quick = {"podcast": False, "storyboard": False, **self.settings, **settings}
        return Archive(self.folder, ArchiveSettings(**quick), self.folder.parent / "recordings-signing-key")

    async def work(self, **settings) -> None:
        with running(1):
            await make_products(self.database, self.archive(**settings), STREAM)


@contextlib.asynccontextmanager
async def served(database: Database, data: Path, accel: str = "", **settings) -> AsyncIterator[Served]:
    folder = data / "recordings"
    folder.mkdir(exist_ok=True)
    hidden: set[str] = set()

    async def may_watch(_request: web.Request, stream_id: str) -> bool:
        return stream_id not in hidden

    async def marks_of(_app: web.Application, _stream_id: str) -> list[Mark]:
        return [MARK]

    async def title_of(_app: web.Application, _stream_id: str) -> str:
        return "Sesja nr XXXI: Budżet"

    async def media(app: web.Application) -> AsyncIterator[None]:
        app[LIBRARY], app[MAY_WATCH], app[MARKS_OF] = Library(database, folder), may_watch, marks_of
        app[takes.ACCEL_PREFIX], app[hls.PACKAGERS] = takes.AccelPrefix(accel), Packagers()
        app[KEPT_PLAYLISTS] = KeptPlaylists()
        yield

    def get(path: str, handler) -> Route:
        return Route(method="GET", path=path, handler=hls.watched(handler), allow=ANYONE)

    kept = "/recordings/{stream_id:[A-Za-z0-9_-]{1,64}}"
    core = Feature(
        name="media",
        folder=data,
        settings=MediaSettings,
        services=(media,),
        routes=(
            get(f"{kept}/media.m3u8", takes.show_archive_media),
            get(f"{kept}/{{take:[0-9]+}}.mp4", takes.send_take),
            get("/hls/{stream_id}/{msn:[0-9]+}.m4s", hls.send_segment),
        ),
    )
    sections: list[msgspec.Struct] = [City(), Server(data=str(data)), IdentitySettings(), MediaSettings()]
    app = build_app((core, feature(having("clerk"), title_of)), [*sections, ArchiveSettings(**settings)], database)
    app.middlewares.insert(0, _by_header)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Served(app, f"http://127.0.0.1:{runner.addresses[0][1]}", database, folder, hidden, settings)
    finally:
        await runner.cleanup()


@web.middleware
async def _by_header(request: web.Request, handler) -> web.StreamResponse:
    role = request.headers.get("X-Role")
    request[ACTOR] = Actor(account_id=1, name="Anna", login="anna", grants=(Grant(role, "1"),)) if role else Actor()
    return await handler(request)
