"""The clerk's pages of projects: the formal check, decisions, the ballot."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, NotFound
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from portals.dialog.access import access_block_inside
from portals.dialog.budget import actions, rules, store, views
from portals.dialog.budget.forms import WordsForm
from portals.dialog.budget.model import State
from portals.dialog.budget.pages import STATES, number_of

DECISIONS: Final[dict[str, State]] = {"admit": "admitted", "reject": "rejected", "correct": "correction"}


async def show_check(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/budget/{project_id}`: the checklist, and what is decided. `step`: save, admit, reject, correct."""
    actor = await current_actor(request)
    database = request.app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        project = await store.project(tx, int(request.match_info["project_id"]))
        if project is None or not project.public:
            raise NotFound
        place = await access_block_inside(tx, actor, project.block_id, actions.KIND)
        if place.consultation.id != int(request.match_info["consultation_id"]):
            raise NotFound
        view = await views.project_view(tx, actor, place, project)
    form = await read(request, WordsForm, rev=str(project.rev))
    ticked = dict(view.checks)
    if form.posted and form.validate():
        posted = await request.post()
        ticked = rules.ticked(actions.settings_of(place), posted)
        rev = number_of(form.rev.data)
        try:
            known = await actions.check(database, actor, project.id, ticked, rev)
            form.rev.data = str(known.rev)
            decision = DECISIONS.get(str(posted.get("step", "")))
            if decision is not None:
                await actions.decide(database, actor, project.id, decision, form.words.data or "", known.rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(
                request, _("Saved") if decision is None else _("Decided. The author sees it on the project's page")
            )
            return see_other(request.path if decision is None else place.manage_path)
    return await render(
        request,
        "budget/check.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK,
        place=place,
        data=view,
        form=form,
        ticked=ticked,
        states=STATES,
        next=rules.NEXT[project.state],
    )


async def put_on_ballot(request: web.Request) -> web.StreamResponse:
    """`POST …/blocks/{block_id}/ballot`: admitted projects onto the ballot of `vote`."""
    await require_action(request)
    actor = await current_actor(request)
    block_id = int(request.match_info["block_id"])
    vote_id = number_of((await request.post()).get("vote"))
    back = f"/dialog/manage/{request.match_info['consultation_id']}/blocks/{block_id}"
    try:
        added = await actions.put_on_ballot(request.app[DATABASE], actor, block_id, vote_id)
    except AppError as problem:
        if isinstance(problem, NotFound):
            raise
        await flash(request, problem.detail or problem.title, kind="danger")
    else:
        await flash(request, _("New on the ballot: %(n)s"), n=added)
    return see_other(back)
