"""What readers make of articles: reads, ratings, tickets that were not sent. And drafts made from tickets."""

from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.helpdesk import part_store
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import access_ticket_inside
from portals.helpdesk.knowledge import count_store, store
from portals.helpdesk.knowledge.access import access_article, access_writing
from portals.helpdesk.knowledge.model import MOST_MISSING, MOST_TITLE, Draft, Prefilled, Rating, RatingDraft, Spared
from portals.helpdesk.knowledge.scrubbing import without_people
from portals.helpdesk.model import Entry
from portals.helpdesk.rules import clean

SPARING: Final = Limit("helpdesk.knowledge", burst=30, every_s=30)
"""So that nobody makes up figures."""


async def count_read(tx: Tx, actor: Actor, article_id: int) -> None:
    """The article was checked. Once a day for each reader."""
    if actor.account_id is not None:
        await count_store.count_read(tx, article_id, actor.account_id, await store.today(tx))


async def rate(database: Database, actor: Actor, article_id: int, draft: RatingDraft) -> Rating:
    """Did it help? A later word of the same reader replaces an earlier one. Raises `Invalid` for `missing`."""
    missing = clean(draft.missing)
    if len(missing) > MOST_MISSING:
        raise Invalid(fields={"missing": _("This is too long: 1,000 characters at most")})
    async with database.transaction() as tx:
        article = await access_article(tx, actor, article_id)
        rating = await count_store.put_rating(
            tx, article_id, _account(actor), article.number, helped=draft.helped, missing=missing
        )
        await tx.audit(actor, "knowledge.rate", f"article/{article_id}", helped=draft.helped, number=article.number)
        return rating


async def spare(database: Database, actor: Actor, article_id: int, spared: Spared) -> None:
    """An article helped: the form that was begun is not sent."""
    await spend(database, Charge(SPARING, str(actor.account_id)))
    async with database.transaction() as tx:
        await access_article(tx, actor, article_id)
        if await count_store.add_spared(tx, article_id, _account(actor), spared):
            await tx.audit(actor, "knowledge.spared", f"article/{article_id}", category=spared.category_id)


async def take_back_spared(database: Database, actor: Actor, form_key: str) -> None:
    """It did not help after all. Raises `NotFound` where nothing was counted."""
    async with database.transaction() as tx:
        article_id = await count_store.take_back_spared(tx, _account(actor), form_key)
        if article_id is None:
            raise NotFound
        await tx.audit(actor, "knowledge.not_spared", f"article/{article_id}")


def _account(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotFound
    return actor.account_id


async def draft_from_ticket(tx: Tx, actor: Actor, ticket_id: int, headings: tuple[str, str]) -> Prefilled:
    """What a ticket was about and how it was solved, without the people in it. Nothing is stored. `headings`: what
    stands over the symptoms and over the solution.
    """
    access_writing(actor)
    ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
    entries = await helpdesk_store.entries(tx, [ticket.id], public=True)
    names = {ticket.requester_name, ticket.assignee_name, *(one.author_name for one in entries)}
    names |= {one.name for one in await part_store.watchers(tx, ticket.id)}
    model = await store.model_of_device(tx, ticket.device_id)
    title = without_people(ticket.subject, names)[:MOST_TITLE]
    draft = Draft(
        title=title,
        text=_told(entries, names, headings),
        category_id=ticket.category_id,
        models=[model] if model else [],
    )
    return Prefilled(ticket=ticket.outside, draft=draft)


def _told(entries: list[Entry], names: set[str], headings: tuple[str, str]) -> str:
    """What was reported, then what solved it: the last two answers of the helpdesk."""
    said = [one for one in entries if one.kind == "reply" and one.text.strip()]
    reported = next((one.text for one in said if not one.by_staff), "")
    answers = [one.text for one in said if one.by_staff]
    parts = [f"## {headings[0]}", without_people(reported, names), f"## {headings[1]}"]
    parts += [without_people(one, names) for one in answers[-2:]]
    return "\n\n".join(one for one in parts if one)
