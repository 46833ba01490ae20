"""What a web node has of the media layer: recordings to read, and a way to ask how a stream fares.

All else is answered by the media node (`app.nodes`). The media node hears here what web nodes ask.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import asyncpg
import structlog
from aiohttp import web

from app.config import Role
from app.database import DATABASE, Database
from app.feature import Service
from app.supervise import SUPERVISOR
from app.wire import SERVER, data_folder, section
from media.health import HealthWatch
from media.hls.web import MAY_WATCH, MayWatch
from media.look_store import CHANNEL, answers
from media.record.files import STREAM_ID
from media.record.library import LIBRARY
from media.record.recordings import RECORDINGS, Recordings
from media.record.writer import WriterOptions
from media.settings import MediaSettings

log = structlog.get_logger(__name__)

CHECK_EVERY_S: Final = 30.0


def reading_service(may_watch: MayWatch) -> Service:
    """Recordings as the index in the database has them; nothing is opened for writing."""

    async def service(app: web.Application) -> AsyncIterator[None]:
        folder = data_folder(app) / section(app, MediaSettings).recordings
        recordings = app[RECORDINGS] = Recordings(app[DATABASE], WriterOptions(folder))
        app[LIBRARY] = recordings.library
        app[MAY_WATCH] = may_watch
        yield

    return service


def hear_web_nodes(app: web.Application, health: HealthWatch) -> None:
    """On a media node: streams that somebody looks at through a web node are measured for them."""
    if app[SERVER].role is Role.MEDIA:
        app[SUPERVISOR].run("web nodes' wishes", lambda: follow_wishes(app[DATABASE], health.look))


async def follow_wishes(database: Database, look: Callable[[str], object]) -> None:
    """Body of a supervised task: returns never; a lost connection raises, and the supervisor begins anew."""
    connection = await database.pool.acquire(timeout=5)
    lost = asyncio.Event()

    def hear(_connection: object, _process: int, _channel: str, stream_id: object) -> None:
        if isinstance(stream_id, str) and STREAM_ID.fullmatch(stream_id):
            look(stream_id)

    try:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(CHANNEL, hear)
        while not lost.is_set():
            try:
                async with asyncio.timeout(CHECK_EVERY_S):
                    await lost.wait()
            except TimeoutError:
                await answers(connection)  # a connection that died in silence is found
        raise asyncpg.ConnectionDoesNotExistError("the connection was lost")
    finally:
        connection.terminate()
        await database.pool.release(connection)
