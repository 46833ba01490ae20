"""Keeping the words of tickets in step with what is there.

PostgreSQL has no Polish stemmer, so words are stemmed here and not by a trigger; the mark that something has changed is
written in the transaction of the change, and woken work takes it away: nothing is lost over a restart, no writer waits.
"""

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncIterator, Iterable
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database
from app.errors import Unavailable
from app.search import Analyser
from app.supervise import SUPERVISOR
from portals.helpdesk.finding import store
from portals.helpdesk.finding.model import WOKEN, Source
from portals.helpdesk.finding.narrowing import lexemes_of
from portals.helpdesk.numbers import digits_of

BATCH: Final = 400
"""Marks taken at once."""
MOST_TEXT: Final = 100_000
"""Characters of a ticket's public words, and as many of its notes: the newest. A tsvector has a megabyte."""
LOOK_EVERY_S: Final = 2.0
"""How late a change of another process may be found."""
REST_S: Final = 0.02
"""Between two batches, for those who wait."""


def words_of(source: Source, analyser: Analyser) -> str:
    """Literal of a tsvector: A and B say which ticket it is, C what the requester's side reads, D what it does not."""
    told = " ".join(str(value) for value in source.details.values() if not isinstance(value, bool))
    fields = (
        ("A", digits_of(source.id)),
        ("A", source.subject),
        ("B", source.requester_name),
        ("B", source.unit_short),
        ("B", source.unit_name),
        ("B", source.room),
        ("B", source.device_label),
        ("B", source.model),
        ("B", source.category_name),
        ("B", source.service_name),
        ("B", source.files_outside),
        ("C", told),
        ("C", source.outside),
        ("D", source.requester_email),
        ("D", source.requester_phone),
        ("D", source.serial),
        ("D", source.asset_number),
        ("D", source.files_inside),
        ("D", source.inside),
    )
    stemmed = analyser.vector(*((weight, unicodedata.normalize("NFC", text)) for weight, text in fields if text))  # type: ignore[arg-type]  # the letters are weights
    return f"{stemmed} {lexemes_of(source)}"


def _vectors(sources: Iterable[Source], analyser: Analyser) -> list[tuple[int, str]]:
    return [(one.id, words_of(one, analyser)) for one in sources]


class Indexer:
    """Stems what has changed, in a thread, one batch after another."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._analyser = Analyser()

    async def index_some(self) -> int:
        """How many marks it has taken; 0 too where another process is at it."""
        async with self._database.transaction(readonly=True) as tx:
            if not await store.is_stale(tx):
                return 0
        async with self._database.transaction() as tx:
            if not await store.hold_indexing(tx):
                return 0
            taken, ids = await store.take_stale(tx, BATCH)
            if ids:
                sources = await store.sources(tx, ids, MOST_TEXT)
                await store.put_words(tx, await asyncio.to_thread(_vectors, sources, self._analyser))
        return taken

    async def catch_up(self) -> int:
        """Until nothing is left; how many marks there were."""
        total = 0
        while taken := await self.index_some():
            total += taken
            await asyncio.sleep(REST_S)
        return total

    async def run(self) -> None:
        """For ever."""
        while True:
            with contextlib.suppress(Unavailable):  # the database is away: everybody else reports it
                await self.catch_up()
            await self._database.woken(WOKEN, LOOK_EVERY_S)


async def indexing_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: indexes while the server runs."""
    task = app[SUPERVISOR].run("words of tickets", Indexer(app[DATABASE]).run)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def reindex(database: Database, actor: Actor) -> int:
    """Makes all words anew while people go on searching; how many tickets."""
    async with database.transaction() as tx:
        marked = await store.mark_everything(tx)
        await tx.audit(actor, "helpdesk.reindex", "helpdesk/search", tickets=marked)
        tx.wake(WOKEN)
    indexer = Indexer(database)
    while True:
        await indexer.catch_up()
        async with database.transaction(readonly=True) as tx:
            if not await store.is_stale(tx):
                return marked
        await asyncio.sleep(REST_S * 10)  # a server that runs beside is at it
