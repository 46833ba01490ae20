"""Reading papers in the worker: soon after they come, and those that were there before."""

import tempfile
from pathlib import Path
from typing import Final

from app.actor import SYSTEM
from app.database import Database, Tx
from app.errors import NotFound
from app.feature import Job
from app.files import FileStore
from app.jobs import enqueue_once, part
from portals.council.papers.reading import store
from portals.council.papers.reading.extracting import KINDS
from portals.council.papers.reading.model import Answer, NoText, Nothing, Read, ReadPaper
from portals.council.papers.reading.running import read_file

LARGEST: Final = 200 << 20
AT_ONCE: Final = 50


async def queue_reading(tx: Tx, paper_id: int) -> None:
    """The paper has a version whose words are not known."""
    await enqueue_once(tx, READ, ReadPaper(paper_id), str(paper_id))


async def run_read(database: Database, payload: ReadPaper) -> None:
    """May run twice: who is second finds nothing to do."""
    await read_paper(database, part(FileStore), payload.paper_id)


async def read_paper(database: Database, files: FileStore, paper_id: int) -> None:
    async with database.transaction(readonly=True) as tx:
        one = await store.unread(tx, paper_id)
    if one is None:
        return
    answer = await _read(files, one)
    passages = answer.passages if isinstance(answer, Read) else []
    reason = "" if isinstance(answer, Read) else answer.reason
    async with database.transaction() as tx:
        if await store.keep(tx, one, reason, passages):
            await tx.audit(
                SYSTEM, "paper.read", f"paper/{paper_id}", version=one.number, passages=len(passages), reason=reason
            )


async def _read(files: FileStore, one: store.Unread) -> Answer:
    if one.type not in KINDS:
        return NoText("kind")
    if one.bytes > LARGEST:
        return NoText("too_large")
    with tempfile.TemporaryDirectory(prefix="gryf-paper-") as folder:
        path = Path(folder) / "paper"
        try:
            with path.open("wb") as target:
                async for block in files.storage.read(one.file_id, 0, one.bytes):
                    target.write(block)
        except NotFound:
            return NoText("broken")
        return await read_file(path, one.type)


async def run_catch_up(database: Database, _payload: Nothing) -> None:
    """Papers from before, and any whose job was lost."""
    async with database.transaction() as tx:
        for one in await store.all_unread(tx, AT_ONCE):
            await queue_reading(tx, one.paper_id)


READ: Final = Job(name="papers.read", payload=ReadPaper, run=run_read, attempts=2)
CATCH_UP: Final = Job(name="papers.read_all", payload=Nothing, run=run_catch_up, cron="*/5 * * * *")
JOBS: Final = (READ, CATCH_UP)
