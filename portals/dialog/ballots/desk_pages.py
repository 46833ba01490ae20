"""The clerk's pages of a vote: options, paper ballots, ties, the final result."""

from http import HTTPStatus

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Conflict, NotFound
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.dialog.access import Place, access_block_inside
from portals.dialog.ballots import actions, desk, paper_store, store, views
from portals.dialog.ballots.forms import OptionForm, PaperForm, RejectForm
from portals.dialog.ballots.model import Batch, BatchDraft, Option, OptionDraft
from portals.dialog.ballots.urn import URN
from portals.dialog.settings import DialogSettings


async def show_option(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/ballots/{block_id}/options/new` and `…/options/{option_id}`."""
    actor = await current_actor(request)
    place = await _place(request)
    known = await _option(request, place)
    form = await read(request, OptionForm, obj=known)
    if form.posted and form.validate():
        draft = OptionDraft(
            title=form.title.data or "",
            description=form.description.data or "",
            district=form.district.data or "",
            cost_pln=form.cost_pln.data or 0,
        )
        try:
            if known is None:
                await desk.add_option(request.app[DATABASE], actor, place.block.id, draft)
            else:
                await desk.change_option(request.app[DATABASE], actor, known.id, draft, _number(form.rev.data))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(place.manage_path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "ballots/option.html", status=status, place=place, form=form, known=known)


async def remove_option(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    place = await _place(request)
    await desk.remove_option(request.app[DATABASE], await current_actor(request), int(request.match_info["option_id"]))
    await flash(request, _("Taken off the ballot"), undo=f"{request.path.removesuffix('/remove')}/restore")
    return see_other(place.manage_path)


async def restore_option(request: web.Request) -> web.StreamResponse:
    """`POST …/options/{option_id}/restore`: takes the removal back."""
    await require_action(request)
    place = await _place(request)
    option_id = int(request.match_info["option_id"])
    await desk.restore_option(request.app[DATABASE], await current_actor(request), option_id)
    await flash(request, _("It is on the ballot again"))
    return see_other(place.manage_path)


async def move_option(request: web.Request) -> web.StreamResponse:
    """`POST …/options/{option_id}/move`: `by` is up or down."""
    await require_action(request)
    place = await _place(request)
    by = -1 if (await request.post()).get("by") == "up" else 1
    option_id = int(request.match_info["option_id"])
    await desk.move_option(request.app[DATABASE], await current_actor(request), option_id, by)
    return see_other(place.manage_path)


async def show_paper(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/ballots/{block_id}/paper`: batches, and the form for another one."""
    actor = await current_actor(request)
    place = await _place(request)
    form = await read(request, PaperForm)
    if form.posted and place.may_manage and form.validate():
        draft = BatchDraft(
            place=form.place.data or "",
            kind=form.kind.data,
            district=form.district.data or "",
            written=form.written.data or "",
            invalid=form.invalid.data or 0,
        )
        locale = request.app[LOCALES].choose(request)
        try:
            await desk.enter_batch(request.app[DATABASE], actor, place.block.id, draft, locale)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Entered. It counts once somebody else has compared it with the paper"))
            return see_other(request.path)
    return await _paper_page(request, place, form)


async def _paper_page(request: web.Request, place: Place, form: Form) -> web.StreamResponse:
    actor = await current_actor(request)
    wanted = request.query.get("q", "")[:100].strip()
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await views.desk_view(tx, actor, place)
        escaped = wanted.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        number, block_id = place.consultation.id, place.block.id
        people = await paper_store.voters_named(tx, number, block_id, escaped, 20) if wanted else []
        marked = await paper_store.marked_voters(tx, number, block_id)
    return await render(
        request,
        "ballots/paper.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK,
        place=place,
        data=view,
        form=form,
        me=actor.account_id,
        wanted=wanted,
        people=people,
        marked=marked,
        districts=section(request.app, DialogSettings).districts,
    )


async def confirm_batch(request: web.Request) -> web.StreamResponse:
    """`POST …/paper/{batch_id}/confirm`"""
    await require_action(request)
    place = await _place(request)
    rev = _number((await request.post()).get("rev"))
    batch_id = int(request.match_info["batch_id"])
    batch = await desk.confirm_batch(request.app[DATABASE], await current_actor(request), batch_id, rev)
    await flash(request, _("Confirmed: these ballots count"), undo=_reopening(place, batch))
    return see_other(f"{_path(place)}/paper")


async def reopen_batch(request: web.Request) -> web.StreamResponse:
    """`POST …/paper/{batch_id}/reopen?rev=…`: takes the decision back."""
    await require_action(request)
    place = await _place(request)
    batch_id, rev = int(request.match_info["batch_id"]), _number(request.query.get("rev"))
    await desk.reopen_batch(request.app[DATABASE], await current_actor(request), batch_id, rev)
    await flash(request, _("This batch waits for a second person again"))
    return see_other(f"{_path(place)}/paper")


def _reopening(place: Place, batch: Batch) -> str:
    """The address that takes a decision about a batch back."""
    return f"{_path(place)}/paper/{batch.id}/reopen?rev={batch.rev}"


async def reject_batch(request: web.Request) -> web.StreamResponse:
    """`POST …/paper/{batch_id}/reject`"""
    place = await _place(request)
    form = await read(request, RejectForm)
    if form.validate():
        try:
            batch = await desk.reject_batch(
                request.app[DATABASE],
                await current_actor(request),
                int(request.match_info["batch_id"]),
                _number(form.rev.data),
                form.reason.data or "",
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("This batch does not count. Enter it anew"), undo=_reopening(place, batch))
            return see_other(f"{_path(place)}/paper")
    for message in [*form.form_errors, *form.reason.errors]:
        await flash(request, str(message), kind="danger")
    return see_other(f"{_path(place)}/paper")


async def mark_voter(request: web.Request) -> web.StreamResponse:
    """`POST …/paper/voters`: somebody has voted on paper."""
    await require_action(request)
    place = await _place(request)
    participant = _number((await request.post()).get("participant"))
    actor = await current_actor(request)
    try:
        await desk.mark_paper_voter(request.app[DATABASE], request.app[URN], actor, place.block.id, participant)
    except Conflict as problem:
        await flash(request, problem.detail or problem.title, kind="danger")
    else:
        undo = f"{_path(place)}/paper/voters/{participant}/undo"
        await flash(request, _("Noted: this person cannot vote on the screen any more"), undo=undo)
    return see_other(f"{_path(place)}/paper")


async def unmark_voter(request: web.Request) -> web.StreamResponse:
    """`POST …/paper/voters/{participant_id}/undo`: it was somebody else."""
    await require_action(request)
    place = await _place(request)
    actor, participant = await current_actor(request), int(request.match_info["participant_id"])
    await desk.unmark_paper_voter(request.app[DATABASE], request.app[URN], actor, place.block.id, participant)
    await flash(request, _("This person may vote on the screen again"))
    return see_other(f"{_path(place)}/paper")


async def decide_tie(request: web.Request) -> web.StreamResponse:
    """`POST …/ballots/{block_id}/tie`: `place-<option>` are numbers as lots were drawn."""
    await require_action(request)
    place = await _place(request)
    posted = await request.post()
    drawn = {
        _number(name.removeprefix("place-")): _number(value) for name, value in posted.items() if name[:6] == "place-"
    }
    fits = sorted(drawn.values()) == list(range(1, len(drawn) + 1))
    order = sorted(drawn, key=lambda one: drawn[one]) if fits else []
    try:
        reason = str(posted.get("reason", ""))
        await actions.decide_tie(request.app[DATABASE], await current_actor(request), place.block.id, order, reason)
    except AppError as problem:
        fields = getattr(problem, "fields", {})
        await flash(request, next(iter(fields.values()), problem.detail or problem.title), kind="danger")
    else:
        await flash(request, _("The tie is decided, and counted anew"))
    return see_other(place.manage_path)


async def declare(request: web.Request) -> web.StreamResponse:
    """`POST …/ballots/{block_id}/declare`: the result is final."""
    await require_action(request)
    place = await _place(request)
    try:
        await actions.declare(request.app[DATABASE], await current_actor(request), place.block.id)
    except Conflict as problem:
        await flash(request, problem.detail or problem.title, kind="danger")
    else:
        await flash(request, _("The result is final"))
    return see_other(place.manage_path)


async def count_again(request: web.Request) -> web.StreamResponse:
    """`POST …/ballots/{block_id}/count`: after a count that failed."""
    await require_action(request)
    place = await _place(request)
    actor = await current_actor(request)
    vote = await actions.count_again(request.app[DATABASE], request.app[URN], actor, place.block.id)
    await flash(request, _("Counted") if vote.result else _("The urn still does not open"))
    return see_other(place.manage_path)


def _path(place: Place) -> str:
    return f"{place.consultation.manage_path}/ballots/{place.block.id}"


async def _place(request: web.Request) -> Place:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block_inside(tx, actor, int(request.match_info["block_id"]), actions.KIND)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


async def _option(request: web.Request, place: Place) -> Option | None:
    text = request.match_info.get("option_id")
    if text is None:
        return None
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        known = await store.option(tx, int(text))
    if known is None or known.block_id != place.block.id:
        raise NotFound
    return known


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
