"""Searching, and keeping the index in step with what is there."""

import asyncio
from collections import defaultdict
from typing import Final

import structlog
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Invalid, Unavailable
from app.i18n import LOCALES, _
from app.search import ANALYSER, Analyser, Query
from media.record.recordings import RECORDINGS
from portals.council.records.search import rules, store
from portals.council.records.search.model import Entry, Hit, Question, Results, Row, Source, Stale, Wanted

log = structlog.get_logger(__name__)

BATCH: Final = 500
"""Changes taken at once."""

PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 2.0


async def search(app: web.Application, question: Question) -> Results:
    """A page of what is found. Raises `Invalid` for `q` where all its words stand everywhere."""
    query = app[ANALYSER].query(question.q)
    if rules.is_too_common(query):
        raise Invalid(fields={"q": _("These words stand nearly everywhere: add a rarer one")})
    if not query.tsquery:
        return Results(question.q, 1, 0, 0, {}, [])
    since, until = rules.year_bounds(question.year, app[LOCALES].default.zone)
    wanted = Wanted(
        tsquery=query.tsquery,
        kind=question.kind,
        since=since,
        until=until,
        committee_id=rules.committee_of(question),
        newest_first=question.sort == "newest",
        limit=rules.PAGE,
        offset=(question.page - 1) * rules.PAGE,
    )
    async with app[DATABASE].transaction(readonly=True) as tx:
        counts, rows = await store.found(tx, wanted)
    total = counts.get(question.kind, 0) if question.kind else sum(counts.values())
    hits = [await _hit(app, query, row) for row in rows]
    pages = (total + rules.PAGE - 1) // rules.PAGE
    return Results(question.q, question.page, pages, total, counts, hits)


async def _hit(app: web.Application, query: Query, row: Row) -> Hit:
    analyser = app[ANALYSER]
    title = analyser.marked(row.title, query, length=1000)
    text = analyser.marked(row.text, query)
    if row.kind == "session":  # its text is its number and place, which the title and the date say already
        text = analyser.marked("", query)
    position_s = rules.second_of(row, text.offset)
    if position_s is None and row.moment is not None and row.stream_id is not None:
        exact = await app[RECORDINGS].position_at(row.stream_id, row.moment)
        position_s = None if exact is None else int(exact)
    return Hit(
        kind=row.kind,
        id=row.source_id,
        title=title.pieces,
        text=text.pieces,
        told_at=row.moment or row.told_at,
        session=row.session_title,
        committee=row.committee,
        path=rules.path_of(row, position_s),
        position_s=position_s,
        page=row.page,
    )


class Indexer:
    """Makes entries of what has changed. Words are stemmed in a thread, one batch after another."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._analyser = Analyser()

    async def index_changes(self) -> int:
        """Takes up to `BATCH` changes and returns how many; 0 too where another process is at it."""
        async with self._database.transaction() as tx:
            if not await store.is_stale(tx) or not await store.hold_indexing(tx):
                return 0
            changes = await store.stale(tx, BATCH)
            await self._index(tx, changes)
            await store.forget_stale(tx, [change.id for change in changes])
        return len(changes)

    async def keep_indexing(self) -> None:
        """For ever: what has changed is found half a second later while much changes, two seconds after a rest."""
        pause_s = PAUSE_S
        while True:
            try:
                taken = await self.index_changes()
            except Unavailable:
                taken = 0  # the database is away; everybody else reports it
            pause_s = PAUSE_S if taken else min(pause_s * 1.25, LONGEST_PAUSE_S)
            if taken < BATCH:
                await asyncio.sleep(pause_s)

    async def _index(self, tx: Tx, changes: list[Stale]) -> None:
        whole: dict[str, set[int]] = defaultdict(set)
        parts: dict[int, set[int]] = defaultdict(set)
        for change in changes:
            if change.part is None:
                whole[change.kind].add(change.source_id)
            else:
                parts[change.source_id].add(change.part)
        for kind, ids in whole.items():
            # a long transcript has hundreds of passages: one at a time keeps the memory small
            chunks = [[one] for one in sorted(ids)] if kind == "transcript" else [sorted(ids)]
            for chunk in chunks:
                entries = await self._entries(await store.sources(tx, kind, chunk))
                await store.drop_entries(tx, kind, chunk)
                await store.add_entries(tx, entries)
        for source_id, numbers in parts.items():
            if source_id not in whole["transcript"]:
                entries = await self._entries(await store.passages(tx, source_id, sorted(numbers)))
                await store.drop_passages(tx, source_id, sorted(numbers))
                await store.add_entries(tx, entries)

    async def _entries(self, sources: list[Source]) -> list[Entry]:
        if not sources:
            return []
        return await asyncio.to_thread(rules.entries_of, sources, self._analyser)


async def reindex(database: Database, actor: Actor) -> int:
    """Makes the whole index anew, while people go on searching; returns how many sources were read."""
    async with database.transaction() as tx:
        marked = await store.mark_everything(tx)
        await tx.audit(actor, "search.reindex", "search", sources=marked)
    indexer = Indexer(database)
    while True:
        async with database.transaction() as tx:
            await store.wait_for_indexing(tx)  # a server that runs beside may have taken the batch before
        if not await indexer.index_changes():
            async with database.transaction(readonly=True) as tx:
                if not await store.is_stale(tx):
                    return marked
