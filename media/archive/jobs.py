"""Background work of the archive that the clock starts."""

from typing import Final

import msgspec
import structlog

from app import jobs
from app.database import Database
from app.feature import Job
from media.archive import store
from media.archive.cloud import bucket_of
from media.archive.offsite import COPY, queue_copy, release_local
from media.archive.plan import Archive
from media.archive.products import PRODUCTS, queue_products
from media.archive.redaction.making import REDACT
from media.archive.removal import apply_rules, finish_removals

log = structlog.get_logger(__name__)


ABANDONED_AFTER_H: Final = 3
"""The server died as a session ended: after so much silence the recording counts as ended too."""


class Nothing(msgspec.Struct, frozen=True):
    """The time decides."""


async def _catch_up(database: Database, _payload: Nothing) -> None:
    """Recordings from before an update, those whose job was lost, and removals that were cut short."""
    async with database.transaction() as tx:
        for stream_id in await store.abandoned_streams(tx, ABANDONED_AFTER_H):
            log.warning("a recording that nobody ended is ended", stream=stream_id)
            await queue_products(tx, stream_id)
        for stream_id in await store.unfinished_streams(tx):
            if await queue_products(tx, stream_id):
                log.info("products of a recording are queued again", stream=stream_id)
        if bucket_of(jobs.part(Archive).settings) is not None:
            for stream_id in await store.streams_to_store(tx):
                await queue_copy(tx, stream_id)
    await finish_removals(database, jobs.part(Archive).folder)


async def _keep_rules(database: Database, _payload: Nothing) -> None:
    archive = jobs.part(Archive)
    await apply_rules(database, archive.folder, archive.settings)
    await release_local(database, archive)


CATCH_UP = Job(name="archive.catch_up", payload=Nothing, run=_catch_up, cron="*/10 * * * *")
KEEP_RULES = Job(name="archive.keep_rules", payload=Nothing, run=_keep_rules, cron="40 2 * * *")
JOBS = (PRODUCTS, COPY, REDACT, CATCH_UP, KEEP_RULES)
