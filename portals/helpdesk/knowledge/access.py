"""Loaders that check: what they return may be used, what may not be known of raises NotFound."""

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from app.feature import Params
from portals.helpdesk import rules
from portals.helpdesk.access import access_sending, room_number
from portals.helpdesk.knowledge import store
from portals.helpdesk.knowledge.model import (
    Article,
    ArticleHead,
    EditedRow,
    EditingHead,
    Revision,
    editing_head_of,
    head_of,
)


def reads_inside(actor: Actor) -> bool:
    """Agents, leads and auditors read what is for agents, drafts and history."""
    return rules.is_desk(actor) or rules.can_read_all(actor)


async def access_reading(tx: Tx, actor: Actor) -> bool:
    """Whoever may send tickets reads articles. Whether those for agents too. Raises `NotFound`."""
    if reads_inside(actor):
        return True
    await access_sending(tx, actor)
    return False


async def access_article(tx: Tx, actor: Actor, article_id: int) -> Article:
    """An article that is read, for somebody who may read it."""
    inside = await access_reading(tx, actor)
    found = await store.article(tx, article_id)
    if found is None or (found.audience == "agents" and not inside):
        raise NotFound
    return found


async def access_editing(tx: Tx, actor: Actor, article_id: int) -> EditedRow:
    """An article with drafts and history, for those who look."""
    if not reads_inside(actor):
        raise NotFound
    found = await store.edited(tx, article_id)
    if found is None:
        raise NotFound
    return found


def access_writing(actor: Actor) -> None:
    """Agents write; auditors change nothing."""
    if not rules.is_desk(actor):
        raise Forbidden("Articles are written by the helpdesk's agents")


def access_publishing(actor: Actor) -> None:
    """Leads publish, withdraw, and say that an article still holds."""
    if not rules.can_set_up(actor):
        raise Forbidden("Articles are published by the helpdesk's leads")


async def access_article_to_write(tx: Tx, actor: Actor, article_id: int) -> EditedRow:
    """Locked until the transaction ends."""
    access_writing(actor)
    found = await store.edited(tx, article_id, lock=True)
    if found is None:
        raise NotFound
    return found


async def access_article_to_publish(tx: Tx, actor: Actor, article_id: int) -> EditedRow:
    """Locked until the transaction ends."""
    access_publishing(actor)
    found = await store.edited(tx, article_id, lock=True)
    if found is None:
        raise NotFound
    return found


async def access_revision(tx: Tx, actor: Actor, article_id: int, number: int) -> Revision:
    """One of an article's revisions, for those who look."""
    await access_editing(tx, actor, article_id)
    found = await store.revision(tx, article_id, number)
    if found is None:
        raise NotFound
    return found


async def article_snapshot(tx: Tx, actor: Actor, params: Params) -> ArticleHead:
    return head_of(await access_article(tx, actor, room_number(params, "article_id")))


async def editing_snapshot(tx: Tx, actor: Actor, params: Params) -> EditingHead:
    return editing_head_of(await access_editing(tx, actor, room_number(params, "article_id")))


async def text_of(tx: Tx, article: Article) -> str:
    """Markdown of an article that was checked."""
    found = await store.revision(tx, article.id, article.number)
    assert found is not None  # the article refers to it
    return found.text
