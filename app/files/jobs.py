"""Removing what nobody keeps."""

from uuid import UUID

import msgspec
import structlog

from app.database import Database, Tx
from app.feature import Job
from app.files import store
from app.files.storage import in_thread
from app.files.upload import FileStore
from app.jobs import enqueue, part

log = structlog.get_logger(__name__)

ORPHAN_AGE_S = 24 * 3600.0
"""Longer than any form stays open between the upload and what refers to it."""
_LOOKED_UP_AT_ONCE = 1000


class Sweep(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


class DeleteBytes(msgspec.Struct, frozen=True):
    """The file whose row is gone."""

    file_id: UUID


async def drop_file(tx: Tx, file_id: UUID) -> None:
    """Deletes a file: its row in this transaction, its bytes after COMMIT. Does not mind one that is gone."""
    if await store.delete_file(tx, file_id):
        await enqueue(tx, DELETE_BYTES, DeleteBytes(file_id))


async def _delete(_database: Database, payload: DeleteBytes) -> None:
    await part(FileStore).storage.delete(payload.file_id)


async def _sweep(database: Database, _payload: Sweep) -> None:
    await sweep(database, part(FileStore))


async def sweep(database: Database, files: FileStore) -> int:
    """Deletes bytes without a row, and uploads that broke off, when they are a day old. Returns how many."""
    removed = await in_thread(files.clear_incoming, ORPHAN_AGE_S)
    ids = await files.storage.ids_older_than(ORPHAN_AGE_S)
    for start in range(0, len(ids), _LOOKED_UP_AT_ONCE):
        some = ids[start : start + _LOOKED_UP_AT_ONCE]
        async with database.transaction(readonly=True) as tx:
            known = await store.known_ids(tx, some)
        for orphan in set(some) - known:
            await files.storage.delete(orphan)
            removed += 1
    log.info("files without owner removed", files=removed)
    return removed


DELETE_BYTES = Job(name="files.delete", payload=DeleteBytes, run=_delete, attempts=10)
SWEEP = Job(name="files.sweep", payload=Sweep, run=_sweep, cron="47 2 * * *")
JOBS = (DELETE_BYTES, SWEEP)
