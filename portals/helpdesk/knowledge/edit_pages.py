"""Pages of those who write articles: the list, an article with its history, what is different between two versions."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid, NotFound, TooMany
from app.files.sniff import IMAGES
from app.files.upload import FILES
from app.files.upload_form import Received, discard, read_upload_form
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.markup import render_article
from app.pages import flash, render
from app.search import ANALYSER
from app.wire import current_actor
from portals.helpdesk import rules, setup_store
from portals.helpdesk.access import access_ticket_inside
from portals.helpdesk.api import numbered
from portals.helpdesk.forms import form_of, number
from portals.helpdesk.knowledge import actions, count_store, counting, forms, store
from portals.helpdesk.knowledge.access import access_editing, access_revision, access_writing
from portals.helpdesk.knowledge.actions import EditClash
from portals.helpdesk.knowledge.differing import differences
from portals.helpdesk.knowledge.events import editing_room
from portals.helpdesk.knowledge.forms import ArticleForm, ReviewForm
from portals.helpdesk.knowledge.model import EditedRow, Revision
from portals.helpdesk.knowledge.pages import HOME, article_id_of, pictures_of
from portals.helpdesk.setup_model import Category

DESK: Final = f"{HOME}/redakcja"
PICTURE_BYTES: Final = 8_000_000
MOST_AT_ONCE: Final = 8
UPLOADS: Final = PICTURE_BYTES * MOST_AT_ONCE + 1_000_000
MOST_BYTES: Final = 400_000
"""Of a text of a form."""
SOON: Final = timedelta(days=14)


class NewQuery(msgspec.Struct, frozen=True):
    """`ticket`: number of the one that the article is made from."""

    ticket: str = ""


class HistoryQuery(msgspec.Struct, frozen=True):
    """Numbers of two versions; empty: the newest and the one before it."""

    old: str = ""
    new: str = ""


async def show_list(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/wiedza/redakcja`: drafts, what is to be looked at again, everything with its numbers."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        articles = await store.all_edited(tx)
        today = await store.today(tx)
    due = [one for one in articles if one.published and one.review_on and one.review_on <= today + SOON]
    return await render(
        request,
        "helpdesk_knowledge/desk.html",
        articles=articles,
        waiting=[one for one in articles if one.standing in {"draft", "changed"}],
        due=sorted(due, key=lambda one: (one.review_on or today, one.id)),
        today=today,
        may_write=rules.is_desk(actor),
    )


async def write_new(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/wiedza/redakcja/nowy?ticket=…`: a draft, empty or made of a ticket."""
    actor, query = await current_actor(request), api.query(request, NewQuery)
    access_writing(actor)
    if request.method == "POST":
        return await _saved(request, None)
    form = await read(request, ArticleForm)
    form.audience.data = "everyone"
    if query.ticket:
        locale = request.app[LOCALES].choose(request)
        headings = (locale.gettext("Symptoms"), locale.gettext("What helps"))
        async with request.app[DATABASE].transaction(readonly=True) as tx:
            made = await counting.draft_from_ticket(tx, actor, numbered(query.ticket, "ticket"), headings)
        forms.fill(form, made.draft)
        form.ticket.data = query.ticket
    return await _form_page(request, form, None)


async def edit(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/wiedza/redakcja/{article_id}`: the newest version, to be changed."""
    actor, article_id = await current_actor(request), article_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        row = await access_editing(tx, actor, article_id)
        latest = await store.revision(tx, article_id, row.latest)
    assert latest is not None  # the article refers to it
    if request.method == "POST":
        access_writing(actor)
        return await _saved(request, row)
    form = await read(request, ArticleForm)
    forms.fill(form, actions.draft_of(latest), row.latest)
    return await _form_page(request, form, row)


async def _saved(request: web.Request, row: EditedRow | None) -> web.StreamResponse:
    actor, database, files = await current_actor(request), request.app[DATABASE], request.app[FILES]
    received = await read_upload_form(
        request, limit_bytes=PICTURE_BYTES, accept=IMAGES, most_files=MOST_AT_ONCE, most_text=MOST_BYTES
    )
    form: ArticleForm = await form_of(request, ArticleForm, received.texts)
    form.models.data = [value for name, value in received.texts.items() if name.startswith("model_")]
    publishing = received.texts.get("do") == "publish"
    try:
        if received.refused:
            raise Invalid("Some files were not taken")
        draft = forms.draft_from(form)
        more: dict[str, Any] = {"files": files, "uploads": received.uploads}
        if row is None:
            ticket_id = await _ticket_id(request, form)
            saved = await actions.create_article(database, actor, draft, ticket_id=ticket_id, **more)
        else:
            base = number(form.base.data) or 0
            saved = await actions.save_draft(database, actor, row.id, draft, base=base, **more)
    except EditClash as clash:
        await discard(request, received.uploads)
        return await _clashed(request, form, row, clash.latest, received)
    except (Invalid, TooMany) as problem:
        await discard(request, received.uploads)
        _take(request, form, problem, received)
        return await _form_page(request, form, row)
    if publishing:
        return await _published(request, saved.id, saved.latest)
    await flash(request, _("Saved as version %(number)s"), number=saved.latest)
    return see_other(saved.path)


async def _ticket_id(request: web.Request, form: ArticleForm) -> int | None:
    """The ticket it is made from, if the actor sees it."""
    if not form.ticket.data:
        return None
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket_inside(tx, await current_actor(request), numbered(form.ticket.data, "ticket"))
    return place.ticket.id


def _take(request: web.Request, form: ArticleForm, problem: AppError, received: Received) -> None:
    """Says what is wrong; files are to be chosen once more, which browsers do not do for people."""
    form.take(problem)
    form.form_errors.extend(received.refused)
    if received.uploads:
        text = request.app[LOCALES].choose(request).gettext("Nothing was saved yet: please choose the files once more")
        form.form_errors.append(text)


async def _clashed(
    request: web.Request, form: ArticleForm, row: EditedRow | None, latest: Revision, received: Received
) -> web.StreamResponse:
    """Both texts: one's own in the form, what the other one made of it beside it; saving goes on from there."""
    assert row is not None  # a new article has no other editor
    mine = _as_revision(latest, form)
    form.base.data = str(latest.number)
    if received.uploads:
        form.form_errors.append(
            request.app[LOCALES].choose(request).gettext("Nothing was saved yet: please choose the files once more")
        )
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        fresh = await access_editing(tx, await current_actor(request), row.id)
        names = {one.id: one.name for one in await store.all_models(tx)}
        categories = {one.id: one.name for one in await setup_store.things(tx, Category)}
    mine = msgspec.structs.replace(mine, category_name=categories.get(mine.category_id or 0, ""))
    return await _form_page(
        request,
        form,
        fresh,
        status=409,
        clash=latest,
        clash_differences=await asyncio.to_thread(differences, latest, mine, names),
    )


def _as_revision(latest: Revision, form: ArticleForm) -> Revision:
    """What was typed, to be compared."""
    draft = forms.draft_from(form)
    values = {name: getattr(draft, name) for name in draft.__struct_fields__}
    values["keywords"] = actions.tidy_keywords(draft.keywords)
    values["text"] = rules.clean(draft.text)
    return msgspec.structs.replace(latest, **values)


async def _form_page(
    request: web.Request, form: ArticleForm, row: EditedRow | None, status: int = 0, **more: Any
) -> web.StreamResponse:
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        categories = await setup_store.things(tx, Category, active=True)
        models = await store.all_models(tx)
        history = await store.history(tx, row.id) if row else []
        wishes = await count_store.wishes(tx, row.id) if row else []
        pictures = await pictures_of(tx, row.id) if row else {}
        today = await store.today(tx)
    forms.offer(form, categories, models, locale.gettext("no section"))
    review = await form_of(request, ReviewForm, {})
    return await render(
        request,
        "helpdesk_knowledge/edit.html",
        status=status or form.status,
        form=form,
        row=row,
        history=history,
        wishes=wishes,
        pictures=pictures,
        review=review,
        next_review=today + actions.REVIEW_AFTER,
        may_write=rules.is_desk(actor),
        may_publish=rules.can_set_up(actor),
        room=editing_room(row.id) if row else "",
        limit_mb=PICTURE_BYTES // 1_000_000,
        **{"clash": None, "clash_differences": [], **more},
    )


async def preview(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/wiedza/redakcja/{article_id}/wersje/{version}`: as readers would see it."""
    actor, article_id = await current_actor(request), article_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        revision = await access_revision(tx, actor, article_id, int(request.match_info["version"]))
        row = await access_editing(tx, actor, article_id)
        pictures = await pictures_of(tx, article_id)
        models = await store.known_models(tx, revision.models)
    shown = await asyncio.to_thread(render_article, revision.text, pictures)
    return await render(
        request, "helpdesk_knowledge/preview.html", row=row, revision=revision, shown=shown, models=models,
        may_write=rules.is_desk(actor), may_publish=rules.can_set_up(actor),
    )  # fmt: skip


async def show_history(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/wiedza/redakcja/{article_id}/historia?old=…&new=…`: who changed what, and when."""
    actor, article_id, query = await current_actor(request), article_id_of(request), api.query(request, HistoryQuery)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        row = await access_editing(tx, actor, article_id)
        second = number(query.new) or row.latest
        first = number(query.old) or max(1, second - 1)
        new = await access_revision(tx, actor, article_id, second)
        old = await access_revision(tx, actor, article_id, first)
        names = {one.id: one.name for one in await store.all_models(tx)}
        history = await store.history(tx, article_id)
    return await render(
        request, "helpdesk_knowledge/history.html", row=row, old=old, new=new, history=history,
        differences=await asyncio.to_thread(differences, old, new, names), may_write=rules.is_desk(actor),
    )  # fmt: skip


async def restore(request: web.Request) -> web.StreamResponse:
    """`POST …/wersje/{version}/przywroc`"""
    await require_action(request)
    article_id, number = article_id_of(request), int(request.match_info["version"])
    try:
        row = await actions.restore(request.app[DATABASE], await current_actor(request), article_id, number)
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
        return see_other(f"{DESK}/{article_id}/historia")
    await flash(request, _("Version %(number)s is the newest draft now"), number=number)
    return see_other(row.path)


async def publish(request: web.Request) -> web.StreamResponse:
    """`POST …/wersje/{version}/opublikuj`"""
    await require_action(request)
    return await _published(request, article_id_of(request), int(request.match_info["version"]))


async def _published(request: web.Request, article_id: int, number: int) -> web.StreamResponse:
    try:
        await actions.publish(
            request.app[DATABASE], await current_actor(request), request.app[ANALYSER], article_id, number
        )
    except EditClash as clash:
        await flash(request, _("There is a newer version: look at it before it is published"), kind="warning")
        return see_other(f"{DESK}/{article_id}/wersje/{clash.latest.number}")
    await flash(request, _("Published"))
    return see_other(f"{HOME}/{article_id}")


async def withdraw(request: web.Request) -> web.StreamResponse:
    """`POST …/wycofaj`"""
    await require_action(request)
    article_id = article_id_of(request)
    try:
        await actions.withdraw(request.app[DATABASE], await current_actor(request), article_id)
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
    else:
        await flash(request, _("Withdrawn: nobody reads it any more, and nothing of it is lost"))
    return see_other(f"{DESK}/{article_id}")


async def set_review(request: web.Request) -> web.StreamResponse:
    """`POST …/przeglad`: it still holds; when to look again."""
    form = await read(request, ReviewForm)
    article_id = article_id_of(request)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_editing(tx, actor, article_id)
    try:
        if not form.validate():
            raise Invalid(fields={"on": _("Choose a day in the next ten years")})
        await actions.set_review(request.app[DATABASE], actor, article_id, form.on.data)
    except NotFound:
        raise
    except Invalid as problem:
        said = next(iter(problem.fields.values()), problem.detail or problem.title)
        await flash(request, said, kind="danger")
        return see_other(f"{DESK}/{article_id}#przeglad")
    await flash(request, _("The day is kept"))
    return see_other(DESK)
