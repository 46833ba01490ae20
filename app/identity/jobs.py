"""Work in the background: clearing away what has run out."""

import msgspec
import structlog

from app.database import Database
from app.feature import Job, SessionEnded
from app.identity import store
from app.identity.sessions import room_of
from app.identity.sessions.store import forget_expired_sessions
from app.throttle import forget_idle

log = structlog.get_logger(__name__)


class Tidy(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def _tidy(database: Database, _payload: Tidy) -> None:
    async with database.transaction() as tx:
        handles = await forget_expired_sessions(tx)
        for handle in handles:
            tx.publish(room_of(handle), SessionEnded())
        await store.forget_expired_tokens(tx)
    await forget_idle(database)
    log.info("sessions that ran out are gone", sessions=len(handles))


TIDY = Job(name="identity.tidy", payload=Tidy, run=_tidy, cron="*/10 * * * *")
JOBS = (TIDY,)
