"""Verbs of those who write and publish articles."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from app.files.upload import FileStore, Upload
from app.i18n import _
from app.search import Analyser
from portals.helpdesk import setup_store
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.knowledge import find_store, matching, store
from portals.helpdesk.knowledge.access import access_article_to_publish, access_article_to_write, access_writing
from portals.helpdesk.knowledge.events import (
    ArticlePublished,
    ArticleWithdrawn,
    RevisionSaved,
    article_room,
    editing_room,
)
from portals.helpdesk.knowledge.model import (
    MOST_ABOUT,
    MOST_KEYWORDS,
    MOST_LEAD,
    MOST_MODELS,
    MOST_TEXT,
    MOST_TITLE,
    ArticleHead,
    Draft,
    EditedRow,
    Revision,
    editing_head_of,
    head_of,
)
from portals.helpdesk.rules import NEEDED, clean, one_line
from portals.helpdesk.setup_model import Category

REVIEW_AFTER: Final = timedelta(days=182)
"""An article that is published without a day of review to come is looked at again after half a year."""
PICTURE: Final = "obraz:"
MOST_PICTURES: Final = 200
FASTER: Final = _("Somebody has saved another version in the meantime")
TOO_LONG: Final[Mapping[int, str]] = {
    60: _("A keyword has 60 characters at most"),
    MOST_TITLE: _("This is too long: 160 characters at most"),
    MOST_ABOUT: _("This is too long: 300 characters at most"),
    MOST_LEAD: _("This is too long: 400 characters at most"),
    MOST_TEXT: _("This is too long: 40,000 characters at most"),
}
_NAME: Final = re.compile(r"[\[\]\\\n]|\.[A-Za-z0-9]{1,5}$")


class EditClash(Conflict):
    """Two editors began with the same revision. `latest`: what the other one has saved."""

    def __init__(self, latest: Revision) -> None:
        super().__init__(FASTER)
        self.latest = latest


async def create_article(
    database: Database,
    actor: Actor,
    draft: Draft,
    *,
    ticket_id: int | None = None,
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
) -> EditedRow:
    """A draft. `ticket_id`: of the ticket it was made from, which the caller has checked. Raises `Invalid` by field."""
    access_writing(actor)
    async with database.transaction() as tx:
        draft = await _checked(tx, draft)
        article_id = await store.add_article(tx, ticket_id)
        draft = await _with_pictures(tx, actor, article_id, draft, files, uploads)
        await store.add_revision(tx, article_id, 1, draft, actor.account_id, actor.name)
        await tx.audit(actor, "knowledge.create", f"article/{article_id}", title=draft.title, ticket=ticket_id)
        return await _told_editors(tx, article_id, {})


async def save_draft(
    database: Database,
    actor: Actor,
    article_id: int,
    draft: Draft,
    *,
    base: int,
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
) -> EditedRow:
    """A new revision on the one with the number `base`. Raises `EditClash` where there is a newer one."""
    async with database.transaction() as tx:
        row = await access_article_to_write(tx, actor, article_id)
        latest = await store.revision(tx, article_id, row.latest)
        assert latest is not None  # the article refers to it
        draft = await _checked(tx, draft)
        if base != row.latest:
            if same(draft, latest) and not uploads:
                return row  # the same words, sent twice
            raise EditClash(latest)
        draft = await _with_pictures(tx, actor, article_id, draft, files, uploads)
        if same(draft, latest):
            return row
        number = row.latest + 1
        await store.add_revision(tx, article_id, number, draft, actor.account_id, actor.name)
        await tx.audit(
            actor, "knowledge.save", f"article/{article_id}", title=draft.title, number=number, about=draft.about
        )
        return await _told_editors(tx, article_id, {"latest": number})


async def restore(database: Database, actor: Actor, article_id: int, number: int) -> EditedRow:
    """Brings an older revision back as the newest draft; nothing between is lost. Raises `Conflict`."""
    async with database.transaction() as tx:
        row = await access_article_to_write(tx, actor, article_id)
        old = await store.revision(tx, article_id, number)
        if old is None or number >= row.latest:
            raise Conflict("Only an older version can be brought back")
        fresh = row.latest + 1
        draft = await _checked(tx, msgspec.structs.replace(draft_of(old), about=""), known=old)
        await store.add_revision(tx, article_id, fresh, draft, actor.account_id, actor.name, restored=number)
        await tx.audit(actor, "knowledge.restore", f"article/{article_id}", number=fresh, restored=number)
        return await _told_editors(tx, article_id, {"latest": fresh})


async def publish(database: Database, actor: Actor, analyser: Analyser, article_id: int, number: int) -> EditedRow:
    """The newest revision is read from now on. `number`: the one the lead has seen. Raises `EditClash`."""
    async with database.transaction() as tx:
        row = await access_article_to_publish(tx, actor, article_id)
        revision = await store.revision(tx, article_id, row.latest)
        assert revision is not None  # the article refers to it
        if number != row.latest:
            raise EditClash(revision)
        if row.published == row.latest:
            return row
        was = await store.article(tx, article_id)
        await store.mark_published(tx, article_id, row.latest, actor.name)
        today = await store.today(tx)
        columns: dict[str, object] = {
            "published": row.latest,
            "published_at": await helpdesk_store.now(tx),
            "withdrawn_at": None,
            "review_on": row.review_on if row.review_on and row.review_on > today else today + REVIEW_AFTER,
            "plain": await _indexed(tx, analyser, revision),
        }
        await tx.audit(actor, "knowledge.publish", f"article/{article_id}", title=revision.title, number=row.latest)
        changed = await _told_editors(tx, article_id, columns)
        article = await store.article(tx, article_id)
        assert article is not None  # it was just published
        if was is not None and was.audience == "everyone" and article.audience == "agents":
            gone = msgspec.structs.replace(head_of(article), number=0, published_at=None)
            tx.publish(article_room(article_id), ArticleWithdrawn(gone))
        else:
            tx.publish(article_room(article_id), ArticlePublished(head_of(article)))
        return changed


async def withdraw(database: Database, actor: Actor, article_id: int) -> EditedRow:
    """Nobody reads it any more; its revisions stay, and it can be published again."""
    async with database.transaction() as tx:
        row = await access_article_to_publish(tx, actor, article_id)
        if row.published is None:
            raise Conflict("Nobody reads this article at the moment")
        await find_store.drop_postings(tx, article_id)
        await tx.audit(actor, "knowledge.withdraw", f"article/{article_id}", title=row.title, number=row.published)
        columns = {"published": None, "published_at": None, "withdrawn_at": await helpdesk_store.now(tx), "plain": ""}
        changed = await _told_editors(tx, article_id, columns)
        gone = ArticleHead(id=article_id, number=0, published_at=None, rev=changed.rev)
        tx.publish(article_room(article_id), ArticleWithdrawn(gone))
        return changed


async def set_review(database: Database, actor: Actor, article_id: int, on: date | None) -> EditedRow:
    """It still holds: look at it again on that day; None: not any more. Raises `Invalid` for a day that is over."""
    async with database.transaction() as tx:
        row = await access_article_to_publish(tx, actor, article_id)
        now = await store.today(tx)
        if on is not None and not now < on <= now + timedelta(days=3660):
            raise Invalid(fields={"on": _("Choose a day in the next ten years")})
        if on == row.review_on:
            return row
        await tx.audit(actor, "knowledge.review", f"article/{article_id}", was=row.review_on, on=on)
        return await _told_editors(tx, article_id, {"review_on": on})


def draft_of(revision: Revision) -> Draft:
    """To go on with."""
    return Draft(**{name: getattr(revision, name) for name in Draft.__struct_fields__})


def same(draft: Draft, revision: Revision) -> bool:
    """Nothing is different but what is said about the change."""
    return msgspec.structs.replace(draft, about="") == msgspec.structs.replace(draft_of(revision), about="")


async def _indexed(tx: Tx, analyser: Analyser, revision: Revision) -> str:
    """Writes what the revision is found by; its plain words."""
    weights, words = matching.postings(analyser, revision)
    inside = revision.audience == "agents"
    await find_store.put_postings(tx, revision.article_id, weights, words, inside=inside)
    return matching.plain_text(revision.text)[0]


async def _told_editors(tx: Tx, article_id: int, columns: Mapping[str, object]) -> EditedRow:
    row = await store.change_article(tx, article_id, columns)
    tx.publish(editing_room(article_id), RevisionSaved(editing_head_of(row)))
    return row


async def _checked(tx: Tx, draft: Draft, known: Revision | None = None) -> Draft:
    """Tidied up. `known`: an older revision, whose section may have been closed since. Raises `Invalid` by field."""
    draft = msgspec.structs.replace(
        draft,
        title=one_line(draft.title),
        lead=one_line(draft.lead),
        text=clean(draft.text),
        about=one_line(draft.about),
        keywords=tidy_keywords(draft.keywords),
        models=sorted({*draft.models}),
    )
    faults = {name: NEEDED for name in ("title", "text") if not getattr(draft, name)}
    for name, most in (("title", MOST_TITLE), ("lead", MOST_LEAD), ("text", MOST_TEXT), ("about", MOST_ABOUT)):
        if len(getattr(draft, name)) > most:
            faults[name] = TOO_LONG[most]
    if any(len(one) > 60 for one in draft.keywords):
        faults["keywords"] = TOO_LONG[60]
    elif len(draft.keywords) > MOST_KEYWORDS:
        faults["keywords"] = _("30 keywords at most")
    category = await setup_store.thing(tx, Category, draft.category_id) if draft.category_id else None
    if draft.category_id and category is None and known is None:
        faults["category_id"] = _("There is no such section any more")
    known_ids = {one.id for one in await store.known_models(tx, draft.models)}
    if len(draft.models) > MOST_MODELS:
        faults["models"] = _("40 device models at most")
    elif known is None and len(known_ids) < len(draft.models):
        faults["models"] = _("There is no such device model any more")
    if faults:
        raise Invalid(fields=faults)
    return msgspec.structs.replace(
        draft, category_id=category.id if category else None, models=[one for one in draft.models if one in known_ids]
    )


def tidy_keywords(keywords: Sequence[str]) -> list[str]:
    """Each once, in order."""
    found: dict[str, str] = {}
    for word in keywords:
        line = one_line(word)
        if line:
            found.setdefault(line.casefold(), line)
    return list(found.values())


async def _with_pictures(
    tx: Tx, actor: Actor, article_id: int, draft: Draft, files: FileStore | None, uploads: Sequence[Upload]
) -> Draft:
    """Keeps the pictures and shows them at the end of the text, from where their lines can be moved."""
    if files is None or not uploads:
        return draft
    if len(await store.pictures(tx, article_id)) + len(uploads) > MOST_PICTURES:
        raise Invalid(fields={"text": _("An article has 200 pictures at most, those of older versions included")})
    lines = []
    for upload in uploads:
        kept = await files.keep(tx, upload, actor.account_id)
        number = await store.add_picture(tx, article_id, kept.id)
        words = _NAME.sub("", upload.name).replace("_", " ").strip() or str(number)
        lines.append(f"![{words}]({PICTURE}{number})")
    text = "\n\n".join([draft.text, *lines])
    if len(text) > MOST_TEXT:
        raise Invalid(fields={"text": TOO_LONG[MOST_TEXT]})
    return msgspec.structs.replace(draft, text=text)
