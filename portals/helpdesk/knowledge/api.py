"""The JSON API of the knowledge base: the same actions as the pages."""

from http import HTTPStatus

import msgspec
from aiohttp import web

from app import api
from app.api import PROBLEM_TYPE, Problem
from app.database import DATABASE
from app.i18n import LOCALES
from app.search import ANALYSER
from app.web_errors import describe
from app.wire import current_actor
from portals.helpdesk import rules
from portals.helpdesk.access import access_ticket_inside
from portals.helpdesk.api import numbered, ticket_id_of
from portals.helpdesk.knowledge import actions, count_store, counting, finding, store
from portals.helpdesk.knowledge.access import (
    access_article,
    access_editing,
    access_reading,
    access_revision,
    access_writing,
    text_of,
)
from portals.helpdesk.knowledge.actions import EditClash
from portals.helpdesk.knowledge.model import (
    Articles,
    ArticleView,
    Described,
    Draft,
    EditedArticle,
    EditedRows,
    EditingView,
    NewArticle,
    Publishing,
    RatingDraft,
    Review,
    Revision,
    Spared,
)
from portals.helpdesk.model import Id


class ListQuery(msgspec.Struct, frozen=True):
    """`category_id`: of one section alone."""

    category_id: Id | None = None


class SearchQuery(msgspec.Struct, frozen=True):
    q: str = ""


class EditProblem(Problem):
    """Somebody else has saved a newer version: here it is, so that nothing is lost."""

    latest: Revision | None = None


def _article(request: web.Request) -> int:
    return int(request.match_info["article_id"])


def _number(request: web.Request) -> int:
    return int(request.match_info["version"])


async def list_articles(request: web.Request) -> web.Response:
    actor, query = await current_actor(request), api.query(request, ListQuery)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        inside = await access_reading(tx, actor)
        return api.reply(Articles(await store.all_articles(tx, inside=inside, category_id=query.category_id)))


async def list_edited(request: web.Request) -> web.Response:
    async with request.app[DATABASE].glance() as tx:
        return api.reply(EditedRows(await store.all_edited(tx)))


async def search(request: web.Request) -> web.Response:
    words = api.query(request, SearchQuery).q[:300]
    found = await finding.search(request.app[DATABASE], await current_actor(request), request.app[ANALYSER], words)
    return api.reply(found)


async def suggest(request: web.Request) -> web.Response:
    described = await api.body(request, Described)
    actor = await current_actor(request)
    return api.reply(await finding.suggest(request.app[DATABASE], actor, request.app[ANALYSER], described))


async def suggest_for_ticket(request: web.Request) -> web.Response:
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    return api.reply(await finding.suggest_for_ticket(request.app[DATABASE], actor, request.app[ANALYSER], ticket_id))


async def show_article(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        article = await access_article(tx, actor, _article(request))
        view = ArticleView(
            article=article,
            text=await text_of(tx, article),
            models=await store.known_models(tx, article.models),
            rating=await count_store.rating(tx, article.id, actor.account_id),
            may_edit=rules.is_desk(actor),
        )
    return api.reply(view)


async def show_editing(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        row = await access_editing(tx, actor, _article(request))
        view = EditingView(
            row=row,
            revision=await access_revision(tx, actor, row.id, row.latest),
            history=await store.history(tx, row.id),
            wishes=await count_store.wishes(tx, row.id),
        )
    return api.reply(view)


async def show_revision(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await access_revision(tx, actor, _article(request), _number(request)))


async def create(request: web.Request) -> web.Response:
    new = await api.body(request, NewArticle)
    actor, ticket_id = await current_actor(request), None
    access_writing(actor)
    if new.ticket is not None:
        async with request.app[DATABASE].transaction(readonly=True) as tx:
            ticket_id = (await access_ticket_inside(tx, actor, numbered(new.ticket, "ticket"))).ticket.id
    row = await actions.create_article(request.app[DATABASE], actor, _draft(new), ticket_id=ticket_id)
    return api.reply(row, 201)


async def save(request: web.Request) -> web.Response:
    edited = await api.body(request, EditedArticle)
    actor, article_id = await current_actor(request), _article(request)
    try:
        row = await actions.save_draft(request.app[DATABASE], actor, article_id, _draft(edited), base=edited.base)
    except EditClash as problem:
        return _clash_answer(request, problem)
    return api.reply(row)


def _draft(given: Draft) -> Draft:
    return Draft(**{name: getattr(given, name) for name in Draft.__struct_fields__})


def _clash_answer(request: web.Request, problem: EditClash) -> web.Response:
    """Problem details with the version that came between."""
    described = describe(problem, request.app[LOCALES].choose(request))
    whole = EditProblem(
        type=described.type,
        title=described.title,
        status=described.status,
        detail=described.detail,
        instance=request.path,
        latest=problem.latest,
    )
    return web.Response(
        body=msgspec.json.encode(whole),
        status=HTTPStatus.CONFLICT,
        content_type=PROBLEM_TYPE,
        headers={"Cache-Control": "no-store"},
    )


async def restore(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.restore(request.app[DATABASE], actor, _article(request), _number(request)))


async def publish(request: web.Request) -> web.Response:
    wanted, actor = await api.body(request, Publishing), await current_actor(request)
    try:
        row = await actions.publish(
            request.app[DATABASE], actor, request.app[ANALYSER], _article(request), wanted.number
        )
    except EditClash as problem:
        return _clash_answer(request, problem)
    return api.reply(row)


async def withdraw(request: web.Request) -> web.Response:
    return api.reply(await actions.withdraw(request.app[DATABASE], await current_actor(request), _article(request)))


async def set_review(request: web.Request) -> web.Response:
    wanted, actor = await api.body(request, Review), await current_actor(request)
    return api.reply(await actions.set_review(request.app[DATABASE], actor, _article(request), wanted.on))


async def rate(request: web.Request) -> web.Response:
    draft, actor = await api.body(request, RatingDraft), await current_actor(request)
    return api.reply(await counting.rate(request.app[DATABASE], actor, _article(request), draft))


async def spare(request: web.Request) -> web.Response:
    spared, actor = await api.body(request, Spared), await current_actor(request)
    await counting.spare(request.app[DATABASE], actor, _article(request), spared)
    return web.Response(status=204)


async def take_back_spared(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    await counting.take_back_spared(request.app[DATABASE], actor, request.match_info["form_key"])
    return web.Response(status=204)
