"""Work in the background: ending what has run out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app.database import DATABASE, Database
from app.errors import Unavailable
from app.feature import Job
from app.identity import store
from app.identity.sessions import end_expired_sessions
from app.supervise import SUPERVISOR
from app.throttle import forget_idle

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3.0
"""Sessions last a minute at least, so a new one is known before it runs out; each ends at its very moment."""
SHORTEST_PAUSE_S: Final = 0.2


class Tidy(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def _tidy(database: Database, _payload: Tidy) -> None:
    async with database.transaction() as tx:
        await store.forget_expired_tokens(tx)
    await forget_idle(database)


async def expiry_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: sessions end when their time is over, not when somebody looks."""

    async def watch() -> None:
        pause_s = LOOK_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = LOOK_EVERY_S
            try:
                ended, next_s = await end_expired_sessions(app[DATABASE])
            except Unavailable:
                continue  # whoever asks for the session meanwhile is told the same
            if next_s is not None:
                pause_s = min(pause_s, max(SHORTEST_PAUSE_S, next_s))
            if ended:
                log.info("sessions ran out", sessions=ended)

    task = app[SUPERVISOR].run("sessions that run out", watch)
    yield
    task.cancel()


TIDY = Job(name="identity.tidy", payload=Tidy, run=_tidy, cron="*/10 * * * *")
JOBS = (TIDY,)
