"""Pages of those who read articles: the sections, what was found, an article."""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE, Tx
from app.errors import Invalid, NotFound
from app.files.serve import serve
from app.files.sniff import IMAGES
from app.files.store import stored_file
from app.forms import read, see_other
from app.i18n import _
from app.markup import render_article
from app.pages import flash, render
from app.search import ANALYSER
from app.wire import current_actor
from portals.helpdesk import rules
from portals.helpdesk.knowledge import count_store, counting, finding, store
from portals.helpdesk.knowledge.access import access_article, access_reading, reads_inside, text_of
from portals.helpdesk.knowledge.actions import PICTURE
from portals.helpdesk.knowledge.events import article_room
from portals.helpdesk.knowledge.forms import RatingForm
from portals.helpdesk.knowledge.model import RatingDraft

HOME: Final = "/pomoc/wiedza"
MOST_READ: Final = 6
OF_SECTION: Final = 6
"""Articles of a section on the first page."""
LONGEST_QUESTION: Final = 300


class HomeQuery(msgspec.Struct, frozen=True):
    """`q`: what is looked for; `section`: id of a category, 0 for articles without one."""

    q: str = ""
    section: str = ""


async def show_home(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/wiedza?q=…&section=…`: sections with what is read most, or what was found."""
    actor, query = await current_actor(request), api.query(request, HomeQuery)
    words = " ".join(query.q.split())[:LONGEST_QUESTION]
    database = request.app[DATABASE]
    if words:
        found = await finding.search(database, actor, request.app[ANALYSER], words)
        return await render(request, "helpdesk_knowledge/found.html", words=words, found=found)
    async with database.transaction(readonly=True) as tx:
        sections = await finding.sections(tx, actor)
    if query.section:
        chosen = [one for one in sections if query.section == (str(one[0].id) if one[0] else "0")]
        if not chosen and any(query.section == str(one.category_id) for _section, found in sections for one in found):
            return see_other(f"{HOME}?section=0")  # a section that was closed
        if not chosen:
            raise NotFound
        return await render(request, "helpdesk_knowledge/section.html", category=chosen[0][0], articles=chosen[0][1])
    everything = sorted((one for _section, found in sections for one in found), key=lambda one: -one.reads)
    return await render(
        request,
        "helpdesk_knowledge/home.html",
        sections=sections,
        most_read=[one for one in everything if one.reads][:MOST_READ],
        of_section=OF_SECTION,
        inside=reads_inside(actor),
    )


def article_id_of(request: web.Request) -> int:
    return int(request.match_info["article_id"])


async def show_article(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/wiedza/{article_id}`"""
    return await _article_page(request, await read(request, RatingForm))


async def _article_page(request: web.Request, form: RatingForm) -> web.StreamResponse:
    actor, article_id = await current_actor(request), article_id_of(request)
    async with request.app[DATABASE].transaction() as tx:
        article = await access_article(tx, actor, article_id)
        text, pictures = await text_of(tx, article), await pictures_of(tx, article_id)
        rating = await count_store.rating(tx, article_id, actor.account_id)
        related = await finding.related(tx, request.app[ANALYSER], article, inside=reads_inside(actor))
        models = await store.known_models(tx, article.models)
        if not form.posted:
            await counting.count_read(tx, actor, article_id)
    shown = await asyncio.to_thread(render_article, text, pictures)
    if not form.posted and rating is not None:
        form.missing.data = rating.missing
    return await render(
        request,
        "helpdesk_knowledge/article.html",
        status=form.status,
        article=article,
        shown=shown,
        rating=rating,
        related=related,
        models=models,
        form=form,
        room=article_room(article_id),
        inside=reads_inside(actor),
        may_write=rules.is_desk(actor),
    )


async def pictures_of(tx: Tx, article_id: int) -> dict[str, str]:
    """Addresses of an article's pictures by the names they have in its text."""
    return {f"{PICTURE}{one}": f"{HOME}/{article_id}/obrazy/{one}" for one in await store.pictures(tx, article_id)}


async def rate(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/wiedza/{article_id}/ocena`: did it help, and what is missing."""
    form = await read(request, RatingForm)
    try:
        if not form.validate() or form.helped.data not in {"yes", "no"}:
            raise Invalid
        draft = RatingDraft(helped=form.helped.data == "yes", missing=(form.missing.data or "")[:4000])
        await counting.rate(request.app[DATABASE], await current_actor(request), article_id_of(request), draft)
    except Invalid as problem:
        form.take(problem)
        return await _article_page(request, form)
    await flash(request, _("Thank you, this makes the article better"))
    return see_other(f"{HOME}/{article_id_of(request)}#ocena")


async def show_picture(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/wiedza/{article_id}/obrazy/{picture}`: for readers of the article; of drafts for editors."""
    actor, article_id = await current_actor(request), article_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        if not reads_inside(actor):
            article = await access_article(tx, actor, article_id)
            shown = f"]({PICTURE}{int(request.match_info['picture'])})" in await text_of(tx, article)
        else:
            shown = await access_reading(tx, actor)
        file_id = (await store.pictures(tx, article_id)).get(int(request.match_info["picture"]))
        if file_id is None or not shown:
            raise NotFound
        stored = await stored_file(tx, file_id)
    return await serve(
        request, stored, disposition="inline", allow_inline=IMAGES, cache_control="private, max-age=86400"
    )
