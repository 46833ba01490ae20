"""The chain of hashes over the audit log.

Sealing runs beside the writers and takes only what is committed, so no writer ever waits for the chain. Each seal holds
sha256(hash before || canonical JSON of its entry): who changes, removes or inserts one must rewrite every seal after
it, and the head of the chain, which goes to the service's log, gives that away too.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app.audit import store
from app.audit.log import SEALING, AuditEntry
from app.database import DATABASE, Database, Tx
from app.errors import Unavailable
from app.supervise import SUPERVISOR

log = structlog.get_logger(__name__)

GENESIS: Final = bytes(32)
BATCH: Final = 500
PAUSE_S: Final = 1.0
"""How long entries are gathered before they are sealed together."""
LOOK_EVERY_S: Final = 5.0
"""How soon entries of processes are found that do not seal (a worker, a command)."""
HEAD_EVERY_S: Final = 3600.0
"""How often the head of the chain is told to the service's log, out of reach of whoever holds the database."""

_canonical: Final = msgspec.json.Encoder(order="deterministic")


class Verification(msgspec.Struct, frozen=True):
    """`first_bad` is the first position that does not hold, or None; `unsealed` entries wait for the next second."""

    ok: bool
    sealed: int
    first_bad: int | None = None
    unsealed: int = 0
    head: str = ""
    """Hash of the last position, hexadecimal."""


def seal_hash(previous: bytes, entry: AuditEntry) -> bytes:
    """Hash of an entry that follows `previous` (32 bytes) in the chain."""
    canonical = msgspec.structs.replace(entry, at=entry.at.astimezone(UTC))
    return hashlib.sha256(previous + _canonical.encode(canonical)).digest()


async def seal_new_entries(database: Database) -> int:
    """Seals up to `BATCH` committed entries and returns how many.

    They are taken in the order of their ids; one that commits after a later id was sealed comes at a later position.
    One process seals at a time; the others return 0.
    """
    async with database.transaction() as tx:
        if not await store.hold_sealing(tx):
            return 0
        position, previous = await store.chain_head(tx) or (0, GENESIS)
        entries = await store.unsealed_entries(tx, BATCH)
        seals = []
        for entry in entries:
            position += 1
            previous = seal_hash(previous, AuditEntry(**entry))
            seals.append((position, entry["id"], previous))
        await store.add_seals(tx, seals)
    return len(seals)


async def chain_length(tx: Tx) -> int:
    """How many entries are sealed, as the last seal says."""
    head = await store.chain_head(tx)
    return 0 if head is None else head[0]


async def verify(tx: Tx) -> Verification:
    """Walks the whole chain and checks that every entry is in it or waits for its seal."""
    position, previous, first_bad = 0, GENESIS, None
    async for batch in store.sealed_entries(tx, BATCH):
        for row in batch:
            position += 1
            values = dict(row)
            told_position, told_hash = values.pop("position"), values.pop("hash")
            whole = told_position == position and values["id"] is not None
            previous = seal_hash(previous, AuditEntry(**values)) if whole else told_hash
            if not whole or previous != told_hash:
                first_bad = position
                break
        if first_bad is not None:
            break
        await asyncio.sleep(0)  # a long chain lets requests pass between batches
    unsealed, lost = await store.count_unsealed(tx)
    if first_bad is None and lost:
        first_bad = position + 1
    return Verification(
        ok=first_bad is None,
        sealed=position if first_bad is None else first_bad - 1,
        first_bad=first_bad,
        unsealed=unsealed,
        head=previous.hex() if first_bad is None else "",
    )


async def sealing_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: seals while the server runs."""
    database = app[DATABASE]
    task = app[SUPERVISOR].run("audit sealing", lambda: keep_sealing(database))
    yield
    task.cancel()


async def keep_sealing(database: Database) -> None:
    """Seals what is new about a second later, for ever."""
    loop = asyncio.get_running_loop()
    told_at = -HEAD_EVERY_S
    while True:
        try:
            sealed = await seal_new_entries(database)
            if loop.time() - told_at >= HEAD_EVERY_S:
                await _tell_head(database)
                told_at = loop.time()
        except Unavailable:
            sealed = 0  # the database is away; everybody else reports it
        if sealed < BATCH:
            await database.woken(SEALING, LOOK_EVERY_S)
            await asyncio.sleep(PAUSE_S)


async def _tell_head(database: Database) -> None:
    async with database.transaction(readonly=True) as tx:
        head = await store.chain_head(tx)
    if head is not None:
        log.info("audit chain", position=head[0], hash=head[1].hex())
