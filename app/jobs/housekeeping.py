"""Jobs about jobs."""

from datetime import timedelta

import msgspec
import structlog

from app.database import Database
from app.feature import Job
from app.jobs import store

log = structlog.get_logger(__name__)

LOG_KEPT = timedelta(days=30)


class Purge(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def _purge(database: Database, _payload: Purge) -> None:
    async with database.transaction() as tx:
        lines = await store.purge_log(tx, LOG_KEPT)
    log.info("old job log purged", lines=lines)


PURGE_JOBS = Job(name="jobs.purge", payload=Purge, run=_purge, cron="17 2 * * *")
JOBS = (PURGE_JOBS,)
