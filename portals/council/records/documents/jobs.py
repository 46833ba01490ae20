"""Documents in the worker."""

import tempfile
from pathlib import Path
from typing import Final

from app.actor import SYSTEM
from app.database import Database
from app.feature import Job
from app.files import FileStore, Upload, drop_file
from app.jobs import part
from portals.council.records.documents import store
from portals.council.records.documents.making import TYPES, blocks_of, bytes_of, now, pack, set_document
from portals.council.records.documents.model import Composition, DocumentChanged, Make, State, documents_room

LARGEST: Final = 2_000_000_000


async def make(database: Database, order: Make) -> None:
    """Makes the document and puts its file in the place of the one before. Run twice it makes it twice."""
    if not await _tell(database, order, "running", 0.0):
        return  # another one was asked for
    files = part(FileStore)
    try:
        upload = await _made(database, files, order)
    except Exception:
        await _tell(database, order, "failed", 0.0)
        raise
    async with database.transaction() as tx:
        await files.keep(tx, upload, None)
        done = await store.finish(tx, order.session_id, order.kind, order.format, order.made_for, upload.id)
        if done is None:
            return
        document, before = done
        if before is not None:
            await drop_file(tx, before)
        tx.publish(documents_room(order.session_id), DocumentChanged(document))
        await tx.audit(SYSTEM, "document.made", f"session/{order.session_id}", name=order.file_name, bytes=upload.bytes)


async def _made(database: Database, files: FileStore, order: Make) -> Upload:
    kinds = frozenset({TYPES[order.format]})
    if isinstance(order.content, Composition):
        content = await set_document(order.content, order.format, now())
        await _tell(database, order, "running", 0.9)
        source = bytes_of(content)
        return await files.receive(source, limit_bytes=LARGEST, accept=kinds, name=order.file_name)

    async def progress(share: float) -> None:
        await _tell(database, order, "running", round(share * 0.95, 3))

    with tempfile.TemporaryDirectory(prefix="gryf-package-") as folder:
        path = await pack(order.content, files, now(), progress, Path(folder))
        source = blocks_of(path)
        return await files.receive(source, limit_bytes=LARGEST, accept=kinds, name=order.file_name)


async def _tell(database: Database, order: Make, state: State, progress: float) -> bool:
    async with database.transaction() as tx:
        document = await store.tell(tx, order.session_id, order.kind, order.format, order.made_for, state, progress)
        if document is not None:
            tx.publish(documents_room(order.session_id), DocumentChanged(document))
    return document is not None


MAKE: Final = Job(name="documents.make", payload=Make, run=make, attempts=3)
