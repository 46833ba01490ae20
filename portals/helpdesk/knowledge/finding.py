"""Finding articles: what somebody looks for, what is offered beside a form or a ticket, what stands near an article."""

from collections.abc import Sequence
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.search import Analyser, Piece
from portals.equipment import actions as equipment
from portals.helpdesk import setup_store
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import access_ticket_inside
from portals.helpdesk.knowledge import find_store, matching, store
from portals.helpdesk.knowledge.access import access_reading
from portals.helpdesk.knowledge.matching import Wanted
from portals.helpdesk.knowledge.model import (
    SUGGESTIONS,
    Article,
    Described,
    Found,
    FoundArticles,
    Suggestion,
    Suggestions,
)
from portals.helpdesk.model import Ticket
from portals.helpdesk.setup_model import Category

MOST_FOUND: Final = 30
SNIPPET: Final = 220
RELATED: Final = 4
SHARE: Final = 0.34
"""Of the best one's score, below which nothing is offered unasked."""
ENOUGH: Final = 0.25
"""The same for what somebody looks for."""


async def search(database: Database, actor: Actor, analyser: Analyser, text: str) -> FoundArticles:
    """The best first, with their hits."""
    async with database.transaction(readonly=True) as tx:
        inside = await access_reading(tx, actor)
        wanted, scored = await _scored(tx, analyser, text, inside=inside, complete=True, limit=MOST_FOUND)
        least = scored[0].score * ENOUGH if scored else 0
        chosen = [one for one in scored if one.score >= least and (one.terms > 1 or len(wanted) < 3 or one.best >= 3)]
        ids = [one.article_id for one in chosen]
        articles, plain = await store.articles(tx, ids), await store.plain_texts(tx, ids)
    found = [_found(analyser, articles[one.article_id], plain[one.article_id], wanted, one.score) for one in chosen]
    return FoundArticles(articles=found, instead={one.typed: one.instead for one in wanted if one.instead})


def _found(analyser: Analyser, article: Article, plain: str, wanted: Sequence[Wanted], score: float) -> Found:
    title = matching.marked(analyser, article.title, wanted, len(article.title))
    snippet = matching.marked(analyser, f"{article.lead} {plain}".strip(), wanted, SNIPPET)
    return Found(
        article=article, title=list(title.pieces) or [Piece(article.title)], snippet=list(snippet.pieces), score=score
    )


async def suggest(database: Database, actor: Actor, analyser: Analyser, described: Described) -> Suggestions:
    """The best three for what somebody is about to report; none where nothing fits well."""
    async with database.transaction(readonly=True) as tx:
        inside = await access_reading(tx, actor)
        device = await equipment.device_by_label(tx, described.label) if described.label.strip() else None
        text = f"{described.subject} {described.text}"
        ids = await _offered(
            tx, analyser, text, inside=inside, category_id=described.category_id,
            model_id=device.model_id if device else None,
        )  # fmt: skip
        return await _suggestions(tx, ids)


async def suggest_for_ticket(database: Database, actor: Actor, analyser: Analyser, ticket_id: int) -> Suggestions:
    """For the agents' page of a ticket: by its subject, first words, category and device."""
    async with database.transaction(readonly=True) as tx:
        ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        ids = await _offered(
            tx, analyser, await words_of_ticket(tx, ticket), inside=True, category_id=ticket.category_id,
            model_id=await store.model_of_device(tx, ticket.device_id),
        )  # fmt: skip
        return await _suggestions(tx, ids)


async def words_of_ticket(tx: Tx, ticket: Ticket) -> str:
    """Its subject and what its requester wrote first."""
    entries = await helpdesk_store.entries(tx, [ticket.id], public=True, limit=20)
    first = next((one.text for one in entries if one.kind == "reply" and not one.by_staff), "")
    return f"{ticket.subject} {first}"


async def related(tx: Tx, analyser: Analyser, article: Article, *, inside: bool) -> list[Article]:
    """Articles near one that was checked: the same words in title and keywords, the same section."""
    text = f"{article.title} {' '.join(article.keywords)}"
    ids = await _offered(
        tx, analyser, text, inside=inside, category_id=article.category_id, model_id=None, leave_out=article.id,
        limit=RELATED,
    )  # fmt: skip
    articles = await store.articles(tx, ids)
    return [articles[one] for one in ids]


async def _offered(
    tx: Tx,
    analyser: Analyser,
    text: str,
    *,
    inside: bool,
    category_id: int | None,
    model_id: int | None,
    leave_out: int = 0,
    limit: int = SUGGESTIONS,
) -> list[int]:
    """What fits well enough to be offered unasked: a word of title, keywords, lead or headings, or two of the text."""
    _wanted, scored = await _scored(
        tx,
        analyser,
        text,
        inside=inside,
        category_id=category_id,
        model_id=model_id,
        leave_out=leave_out,
        limit=limit * 3,
    )
    least = scored[0].score * SHARE if scored else 0
    good = [one.article_id for one in scored if one.score >= least and (one.best >= matching.CERTAIN or one.terms > 1)]
    if len(good) < limit and model_id is not None and not leave_out:
        about = await find_store.about_model(tx, model_id, inside=inside, limit=limit)
        good += [one for one in about if one not in good]
    return good[:limit]


async def _scored(
    tx: Tx,
    analyser: Analyser,
    text: str,
    *,
    inside: bool,
    complete: bool = False,
    category_id: int | None = None,
    model_id: int | None = None,
    leave_out: int = 0,
    limit: int,
) -> tuple[list[Wanted], list[find_store.Scored]]:
    """What was looked for, and what has it. `complete`: parts of words as well."""
    asked = matching.asked_words(analyser, text)
    if not asked:
        return [], []
    lexemes = {lexeme for one in asked for lexeme in one.lexemes}
    known = await find_store.known_lexemes(tx, sorted(lexemes), inside=inside)
    strange = matching.unknown(asked, known, complete=complete)
    near = await find_store.kindred(tx, strange, inside=inside) if strange else []
    articles = await find_store.count_articles(tx)
    wanted = matching.rarest(matching.wanted_words(asked, known, near), known, articles)
    if not wanted:
        return [], []
    scored = await find_store.scored(
        tx,
        wanted,
        articles,
        inside=inside,
        category_id=category_id,
        model_id=model_id,
        leave_out=leave_out,
        limit=limit,
    )
    return wanted, scored


async def _suggestions(tx: Tx, ids: Sequence[int]) -> Suggestions:
    articles = await store.articles(tx, ids)
    return Suggestions([_suggestion(articles[one]) for one in ids if one in articles])


def _suggestion(article: Article) -> Suggestion:
    return Suggestion(
        id=article.id,
        title=article.title,
        lead=article.lead,
        path=article.path,
        category_name=article.category_name,
        helped=article.helped,
        inside=article.audience == "agents",
    )


async def sections(tx: Tx, actor: Actor) -> list[tuple[Category | None, list[Article]]]:
    """Articles by section, in the helpdesk's order; those of closed sections and of none come last. Empty ones are
    left out.
    """
    inside = await access_reading(tx, actor)
    articles = await store.all_articles(tx, inside=inside)
    by_section: dict[int | None, list[Article]] = {}
    categories = await setup_store.things(tx, Category, active=True)
    active = {one.id for one in categories}
    for article in articles:
        by_section.setdefault(article.category_id if article.category_id in active else None, []).append(article)
    found: list[tuple[Category | None, list[Article]]] = [
        (one, by_section[one.id]) for one in categories if one.id in by_section
    ]
    return [*found, (None, by_section[None])] if None in by_section else found
