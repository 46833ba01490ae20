"""Pages of saved views: their list, a new one from the search, one that is changed."""

from typing import Any, Final

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid
from app.forms import guard, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.search import ANALYSER
from app.wire import current_actor
from portals.helpdesk import rules
from portals.helpdesk.finding import actions, saved, saved_store, store, syntax
from portals.helpdesk.finding.forms import ViewForm
from portals.helpdesk.finding.model import Question, View, ViewDraft
from portals.helpdesk.forms import number

PATH: Final = "/pomoc/widoki"
_QUESTION: Final = "question_"


def _view_id(request: web.Request) -> int:
    return int(request.match_info["view_id"])


async def show_views(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/widoki`: own views and those of the teams, in order."""
    actor = await current_actor(request)
    return await render(
        request,
        "helpdesk_finding/views.html",
        views=await saved.list_views(request.app[DATABASE], actor),
        written=await _written(request),
        may_save=rules.is_desk(actor),
    )


async def _written(request: web.Request) -> dict[int, str]:
    """Each view's question in writing."""
    actor = await current_actor(request)
    polish = request.app[LOCALES].choose(request).language == "pl"
    analyser, reader = request.app[ANALYSER], actions.reader_of(actor, request.app[LOCALES].default.zone)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        views = (await saved.list_in(tx, actor)).views
        choices = await store.choices(tx, await actions.reach_of(tx, actor))
    out = {}
    for one in views:
        said = syntax.understood(msgspec.convert(one.question, Question), analyser.query, choices, reader)
        out[one.id] = syntax.written(said, choices, polish=polish)
    return out


async def add_view(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/widoki`: what was searched for becomes a view; a name that is wrong is asked for again."""
    await require_action(request)
    actor, posted = await current_actor(request), await request.post()
    texts = {name: value for name, value in posted.items() if isinstance(value, str)}
    question = {name.removeprefix(_QUESTION): value for name, value in texts.items() if name.startswith(_QUESTION)}
    if question:
        draft = ViewDraft(name=texts.get("name", "")[:200], question=question, team_id=number(texts.get("team_id")))
    else:
        draft = await _draft_of(request, await read(request, ViewForm))
    try:
        made = await saved.add_view(request.app[DATABASE], actor, draft)
    except Invalid as problem:
        return await _edit(request, None, draft, problem=problem)
    undo = f"{PATH}/{made.id}/remove"
    await flash(request, _("The view «%(name)s» is saved"), undo=undo, name=made.name)
    return see_other(made.path)


async def edit_view(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/widoki/{view_id}`: name, order, question, team. Of two who save at once the second is asked."""
    actor, database, view_id = await current_actor(request), request.app[DATABASE], _view_id(request)
    async with database.transaction() as tx:
        row = await saved.access_view(tx, actor, view_id, change=True)
    if request.method == "GET":
        draft = ViewDraft(
            name=row.name, question=row.question, team_id=row.team_id, place=row.place, default=row.default, rev=row.rev
        )
        return await _edit(request, view_id, draft)
    form = await read(request, ViewForm)
    draft = await _draft_of(request, form)
    if not form.validate():
        return await _edit(request, view_id, draft, form=form)
    try:
        changed = await saved.change_view(database, actor, view_id, draft)
    except saved.ViewClash as problem:
        return await _edit(request, view_id, draft, form=form, theirs=problem.theirs)
    except (Invalid, Conflict) as problem:
        return await _edit(request, view_id, draft, form=form, problem=problem)
    await flash(
        request, _("The view «%(name)s» is changed"), undo=f"{PATH}/{view_id}/undo/{changed.rev}", name=changed.name
    )
    return see_other(PATH)


async def _draft_of(request: web.Request, form: ViewForm) -> ViewDraft:
    """The question comes in one line, in writing."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        choices = await store.choices(tx, await actions.reach_of(tx, actor))
    question = Question(q=(form.question.data or "")[:400])
    said = syntax.understood(
        question, request.app[ANALYSER].query, choices, actions.reader_of(actor, request.app[LOCALES].default.zone)
    )
    # what is not understood stays in writing, so that nothing is lost
    kept = {"q": question.q} if said.faults else {"q": said.words, **syntax.picked(said, choices)}
    return ViewDraft(
        name=(form.name.data or "")[:200],
        question={name: value for name, value in kept.items() if value},
        team_id=number(form.team_id.data),
        place=min(999, max(0, number(form.place.data) or 0)),
        default=bool(form.default.data),
        rev=number(form.rev.data) or 0,
    )


async def _edit(
    request: web.Request,
    view_id: int | None,
    draft: ViewDraft,
    *,
    form: ViewForm | None = None,
    problem: AppError | None = None,
    theirs: View | None = None,
) -> web.StreamResponse:
    """`theirs`: how somebody else has saved it meanwhile; saving once more puts one's own in its place."""
    actor, locale = await current_actor(request), request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        choices = await store.choices(tx, await actions.reach_of(tx, actor))
        teams = await saved_store.teams(tx) if rules.can_set_up(actor) else []
    reader, analyser = actions.reader_of(actor, request.app[LOCALES].default.zone), request.app[ANALYSER]

    def written(question: dict[str, str]) -> str:
        said = syntax.understood(msgspec.convert(question, Question), analyser.query, choices, reader)
        if said.faults:
            return " ".join([question.get("q", ""), *(f'{k}:"{v}"' for k, v in question.items() if k != "q")]).strip()
        return syntax.written(said, choices, polish=locale.language == "pl")

    if form is None:
        values: dict[str, Any] = {
            "name": draft.name,
            "question": written(draft.question),
            "team_id": str(draft.team_id or ""),
            "place": str(draft.place),
            "default": draft.default,
            "rev": str(draft.rev),
        }
        form = ViewForm(None, data=values, meta={"guard": await guard(request), "locale": locale})
    if problem is not None:
        form.take(problem)
    if theirs is not None:
        form.rev.data = str(theirs.rev)
    form.team_id.choices = [("", locale.gettext("for me")), *((str(one.id), one.name) for one in teams)]
    return await render(
        request,
        "helpdesk_finding/view.html",
        status=409 if theirs else 422 if problem or form.errors else 200,
        form=form,
        view_id=view_id,
        theirs=theirs,
        their_question=written(theirs.question) if theirs else "",
    )


async def act(request: web.Request) -> web.StreamResponse:
    """`POST …/remove`, `POST …/default`, `POST …/plain`: gone, or what the search opens with, or not any more."""
    await require_action(request)
    actor, database, view_id = await current_actor(request), request.app[DATABASE], _view_id(request)
    verb = request.match_info["verb"]
    if verb == "remove":
        gone = await saved.remove_view(database, actor, view_id)
        undo = f"{PATH}/{view_id}/undo/{gone.rev}"
        await flash(request, _("The view «%(name)s» is removed"), undo=undo, name=gone.name)
        return see_other(PATH)
    shown = await saved.set_default(database, actor, view_id, default=verb == "default")
    if shown.default:
        await flash(request, _("The search opens with «%(name)s»"), undo=f"{PATH}/{view_id}/plain", name=shown.name)
    else:
        await flash(request, _("The search opens empty"), undo=f"{PATH}/{view_id}/default")
    return see_other(PATH)


async def undo(request: web.Request) -> web.StreamResponse:
    """`POST …/undo/{rev}`: as it was before the last change, unless somebody has changed it since."""
    await require_action(request)
    actor, rev = await current_actor(request), int(request.match_info["rev"])
    try:
        back = await saved.undo_view(request.app[DATABASE], actor, _view_id(request), rev)
    except Conflict as problem:
        await flash(request, problem.detail, "warning")
    else:
        await flash(request, _("The view «%(name)s» is as it was"), name=back.name)
    return see_other(PATH)
