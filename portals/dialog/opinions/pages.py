"""Pages of opinion maps: voting without scripts, sending a statement, the map, moderating, the export."""

from http import HTTPStatus

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import AppError, NotFound
from app.files.names import content_disposition
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from portals.dialog.access import Place, access_block, access_block_to_moderate, access_consultation_by_slug
from portals.dialog.opinions import actions, exporting, views
from portals.dialog.opinions.actions import KIND
from portals.dialog.opinions.forms import RefuseForm, StatementForm, StatementsForm
from portals.dialog.opinions.views import OpinionView


async def access_map(tx: Tx, actor: Actor, request: web.Request) -> tuple[Place, OpinionView]:
    """The map of the address, under its consultation's name."""
    consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
    place = await access_block(tx, actor, int(request.match_info["block_id"]), KIND)
    if place.consultation.id != consultation.id:
        raise NotFound
    return place, await views.view(tx, actor, place)


async def show_map(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/opinions/{block_id}`: the map, its groups, what all agree on, every statement."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, view = await access_map(tx, actor, request)
    return await render(request, "opinions/map.html", place=place, data=view, settings=actions.settings_of(place))


async def vote(request: web.Request) -> web.StreamResponse:
    """`POST …/vote`: `statement`, `choice`; for browsers without scripts."""
    await require_action(request)
    posted = await request.post()
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, _view = await access_map(tx, actor, request)
    choices = {"agree": 1, "disagree": -1, "pass": 0}
    try:
        choice = choices.get(str(posted.get("choice", "")), 9)
        await actions.vote(request.app[DATABASE], actor, place.block.id, _number(posted.get("statement")), choice)
    except AppError as problem:
        text = request.app[LOCALES].choose(request).filled(problem.detail or problem.title, problem.values)
        await flash(request, text, kind="warning")
    return see_other(place.path)


async def suggest(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/statement`: a statement of one's own."""
    actor = await current_actor(request)
    form = await read(request, StatementForm)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, _view = await access_map(tx, actor, request)
    if form.posted and form.validate():
        try:
            await actions.suggest(request.app[DATABASE], actor, place.block.id, form.text.data or "")
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Thank you. The statement appears once a moderator has read it"))
            return see_other(place.path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "opinions/statement.html", status=status, place=place, form=form)


async def send_csv(request: web.Request) -> web.StreamResponse:
    """`GET …/statements.csv`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, view = await access_map(tx, actor, request)
    content = exporting.csv_of(request.app[LOCALES].choose(request), view.lines, view.row.result)
    name = f"{place.consultation.slug}-{place.block.id}.csv"
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": content_disposition("attachment", name),
        "Cache-Control": "no-store",
    }
    return web.Response(body=content, headers=headers)


# the office


async def _desk(request: web.Request) -> Place:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block_to_moderate(tx, actor, int(request.match_info["block_id"]), KIND)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


async def add_statements(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/statements`: the office's, a line each."""
    place = await _desk(request)
    form = await read(request, StatementsForm)
    if form.posted and form.validate():
        try:
            made = await actions.add_statements(
                request.app[DATABASE], await current_actor(request), place.block.id, form.text.data or ""
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Statements added: %(count)s"), count=len(made))
            return see_other(place.manage_path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "opinions/statements.html", status=status, place=place, form=form)


async def decide(request: web.Request) -> web.StreamResponse:
    """`POST …/statements/{statement_id}/{verb}`: show, refuse."""
    place = await _desk(request)
    form = await read(request, RefuseForm)
    show = request.match_info["verb"] == "show"
    try:
        if not form.validate():
            raise AppError(form.form_errors[0])
        statement_id = int(request.match_info["statement_id"])
        actor = await current_actor(request)
        await actions.decide(request.app[DATABASE], actor, statement_id, form.reason.data or "", show=show)
    except AppError as problem:
        said = next(iter(getattr(problem, "fields", {}).values()), problem.detail or problem.title)
        await flash(request, said, kind="warning")
    else:
        await flash(request, _("The statement is shown") if show else _("The statement is not shown"))
    return see_other(place.manage_path if place.may_manage else place.path)


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
