"""Searching: by those who work on tickets in what they read, by everybody in their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Invalid, NotFound
from app.i18n import LOCALES
from app.search import ANALYSER, Analyser, Piece, Query
from app.wire import current_actor
from portals.helpdesk import rules, setup_store
from portals.helpdesk.finding import store, syntax
from portals.helpdesk.finding.model import (
    MOST_COUNTED,
    PAGE,
    Choices,
    Found,
    Hit,
    OwnHit,
    OwnQuestion,
    OwnResults,
    Question,
    Reach,
    Results,
    Words,
)
from portals.helpdesk.finding.syntax import Fault, Reader, Said
from portals.helpdesk.numbers import digits_of, number_of

MARKED: Final = 20_000
"""Characters of a ticket in which a fragment is looked for."""
FRAGMENT: Final = 200


async def reach_of(tx: Tx, actor: Actor) -> Reach:
    """Whose tickets the actor reads inside. Raises NotFound for whoever reads none."""
    if actor.account_id is None or not (rules.is_desk(actor) or rules.can_read_all(actor)):
        raise NotFound
    if rules.can_read_all(actor):
        return Reach(actor.account_id, [], everything=True)
    return Reach(actor.account_id, sorted(await setup_store.queues_of(tx, actor.account_id)))


def reader_of(actor: Actor, zone: ZoneInfo) -> Reader:
    return Reader(actor.account_id or 0, datetime.now(zone).date(), zone)


class Search:
    """What a search has come to: for the page, which shows what was not understood beside its field."""

    def __init__(self, said: Said, choices: Choices, results: Results | None) -> None:
        self.said = said
        self.choices = choices
        self.results = results

    @property
    def faults(self) -> dict[str, Fault]:
        return self.said.faults


async def search(
    database: Database, analyser: Analyser, actor: Actor, question: Question, *, zone: ZoneInfo, polish: bool
) -> Search:
    """Nothing is looked for where something was not understood: `results` is None then, and `faults` says what.

    `polish`: how the whole question is written down.
    """
    async with database.transaction(readonly=True) as tx:
        reach = await reach_of(tx, actor)
        choices = await store.choices(tx, reach)
        said = syntax.understood(question, analyser.query, choices, reader_of(actor, zone))
        if said.faults:
            return Search(said, choices, None)
        count, rows = await store.found(tx, reach, said.wanted, datetime.now(UTC))
        shown = rows[:PAGE]
        texts = await store.words_of(tx, [one.id for one in shown], public=False) if said.words and shown else []
    query = analyser.query(syntax.searched(said.words))
    hits = [_hit(one, query, analyser, _of(texts, one.id)) async for one in _gently(shown)]
    results = Results(
        count=min(count, MOST_COUNTED),
        more_than=count > MOST_COUNTED,
        hits=hits,
        next=_next(rows, best_first=said.wanted.best_first),
        written=syntax.written(said, choices, polish=polish),
    )
    return Search(said, choices, results)


async def search_here(request: web.Request, question: Question) -> Search:
    """`search` for whoever sends the request, in their language."""
    locales = request.app[LOCALES]
    return await search(
        request.app[DATABASE],
        request.app[ANALYSER],
        await current_actor(request),
        question,
        zone=locales.default.zone,
        polish=locales.choose(request).language == "pl",
    )


async def found_or_refused(request: web.Request, question: Question) -> Results:
    """For the API. Raises `Invalid` by field."""
    found = await search_here(request, question)
    if found.results is None:
        locale = request.app[LOCALES].choose(request)
        raise Invalid(fields={name: locale.filled(one.text, one.values) for name, one in found.faults.items()})
    return found.results


async def search_own(database: Database, analyser: Analyser, actor: Actor, question: OwnQuestion) -> OwnResults:
    """In what the actor has sent or watches, by public words. Raises `Invalid` where all words stand everywhere."""
    if actor.account_id is None:
        raise NotFound
    words = " ".join(question.q.split())
    query = analyser.query(syntax.searched(words))
    tsquery = syntax.tsquery_of(words, query)
    if words and not tsquery:
        raise Invalid(fields={"q": syntax.COMMON})
    if not words:
        return OwnResults(count=0, more_than=False, hits=[])
    after = syntax.after_of(question.after)
    async with database.transaction(readonly=True) as tx:
        count, rows = await store.found_own(tx, actor.account_id, tsquery, syntax.number_in(words), after)
        shown = rows[:PAGE]
        texts = await store.words_of(tx, [one.id for one in shown], public=True) if shown else []
    hits = [_own_hit(one, query, analyser, _of(texts, one.id)) async for one in _gently(shown)]
    more = count > MOST_COUNTED
    return OwnResults(count=min(count, MOST_COUNTED), more_than=more, hits=hits, next=_next(rows, best_first=False))


async def _gently(rows: Sequence[Found]) -> AsyncIterator[Found]:
    """Marking words of long tickets takes a millisecond each: others come between."""
    for one in rows:
        yield one
        await asyncio.sleep(0)


def _next(rows: Sequence[Found], *, best_first: bool) -> str:
    if len(rows) <= PAGE:
        return ""
    last = rows[PAGE - 1]
    return f"{last.rank:.9g}_{last.id}" if best_first else f"{_microseconds(last.sent_at)}_{last.id}"


def _microseconds(moment: datetime) -> int:
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def _of(texts: Sequence[Words], ticket_id: int) -> list[Words]:
    return [one for one in texts if one.ticket_id == ticket_id]


def _fragment(texts: Sequence[Words], query: Query, analyser: Analyser) -> tuple[tuple[Piece, ...], bool]:
    """The stretch with most of what was asked for, and whether it is inside only."""
    best: tuple[tuple[Piece, ...], bool] = ((), False)
    most, looked_at = 0, 0
    for one in texts:
        if looked_at > MARKED:
            break
        looked_at += len(one.text)
        snippet = analyser.marked(" ".join(one.text.split()), query, FRAGMENT)
        hits = len({piece.text.lower() for piece in snippet.pieces if piece.hit})
        if hits > most:
            best, most = (snippet.pieces, not one.public), hits
    return best


def _unlike(subject: str, fragment: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The fragment, unless it only says the subject once more."""
    return () if "".join(piece.text for piece in fragment) == " ".join(subject.split()) else fragment


def _subject(text: str, query: Query, analyser: Analyser) -> tuple[Piece, ...]:
    return analyser.marked(text, query, 1000).pieces if query.terms else (Piece(text),)


def _hit(one: Found, query: Query, analyser: Analyser, texts: Sequence[Words]) -> Hit:
    fragment, inside = _fragment(texts, query, analyser)
    return Hit(
        number=number_of(one.id),
        path=f"/pomoc/obsluga/{digits_of(one.id)}",
        subject=_subject(one.subject, query, analyser),
        fragment=_unlike(one.subject, fragment),
        inside=inside,
        **{
            name: getattr(one, name)
            for name in Hit.__struct_fields__
            if name not in {"number", "path", "subject", "fragment", "inside"}
        },
    )


def _own_hit(one: Found, query: Query, analyser: Analyser, texts: Sequence[Words]) -> OwnHit:
    fragment, _inside = _fragment(texts, query, analyser)
    return OwnHit(
        id=one.id,
        number=number_of(one.id),
        path=f"/pomoc/{digits_of(one.id)}",
        subject=_subject(one.subject, query, analyser),
        fragment=_unlike(one.subject, fragment),
        category_name=one.category_name,
        state=one.state,
        pending_reason=one.pending_reason,
        sent_at=one.sent_at,
        last_entry_at=one.last_entry_at,
    )
