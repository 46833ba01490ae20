"""The clerk's pages: answers to what people wrote, and the conclusions."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, NotFound
from app.forms import read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from portals.dialog.access import Place, access_block_inside
from portals.dialog.blocks import BLOCKS
from portals.dialog.outcome import actions, rules, store, views
from portals.dialog.outcome.forms import AnswerForm, ReportForm
from portals.dialog.outcome.model import KIND_NAME, Entry
from portals.dialog.participation import known_names

PER_PAGE: Final = 50


async def show_answers(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/manage/{consultation_id}/outcome/{block_id}`: contributions, filtered; one answer to many.

    `?one=<block>:<ref>` shows one of them, with its answer to be corrected.
    """
    actor = await current_actor(request)
    place = await _place(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await views.entries(tx, request.app[BLOCKS], place.consultation, actor)
    wanted = request.query.get("one", "")
    shown = _filtered(found, request)
    single = shown[0].answer if wanted and len(shown) == 1 else None
    form = await read(
        request,
        AnswerForm,
        decision=single.status if single else "considered",
        answer=single.answer if single else "",
    )
    ticked: set[str] = {wanted} if wanted and len(shown) == 1 else set()
    wrong = ""
    if form.posted:
        keys = [str(key) for key in (await request.post()).getall("chosen", [])]
        ticked = {":".join(key.split(":")[:-1]) for key in keys}
        chosen = [one for one in map(rules.chosen_of, keys) if one is not None]
        if place.may_manage and form.validate():
            try:
                status, text = str(form.decision.data), form.answer.data or ""
                count = await actions.answer(
                    request.app[DATABASE], request.app[BLOCKS], actor, place.block.id, chosen, status, text
                )
            except AppError as problem:
                wrong = getattr(problem, "fields", {}).get("chosen", "")
                form.take(problem)
            else:
                await flash(request, _("Answered: %(count)s"), count=count)
                return see_other(request.path_qs if not wanted else request.path)
    return await _answers_page(request, place, form, found, shown, ticked, wrong)


async def _answers_page(
    request: web.Request,
    place: Place,
    form: AnswerForm,
    found: Sequence[Entry],
    shown: Sequence[Entry],
    ticked: set[str],
    wrong: str,
) -> web.Response:
    pages = max(1, -(-len(shown) // PER_PAGE))
    page = min(pages, max(1, _number(request.query.get("page", ""))))
    part = shown[(page - 1) * PER_PAGE : page * PER_PAGE]
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        names = await known_names(
            tx, actor, [one.participant_id for one in part if one.participant_id is not None and one.named]
        )
    return await render(
        request,
        "outcome/desk.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK,
        place=place,
        form=form,
        entries=part,
        names=names,
        total=len(shown),
        all=len(found),
        waiting=sum(one.answer is None and one.visible for one in found),
        titles={one.block_id: one.block_title for one in found},
        chosen_status=_status(request),
        chosen_block=request.query.get("block", ""),
        one=request.query.get("one", ""),
        ticked=ticked,
        wrong=wrong,
        page=page,
        pages=pages,
    )


def _filtered(found: Sequence[Entry], request: web.Request) -> list[Entry]:
    one, block, status = request.query.get("one", ""), request.query.get("block", ""), _status(request)
    if one:
        return [entry for entry in found if f"{entry.block_id}:{entry.ref}" == one]
    kept = [entry for entry in found if block in {"", str(entry.block_id)}]
    if status == "unanswered":
        return [entry for entry in kept if entry.answer is None]
    return [entry for entry in kept if status in {"all", entry.status}]


def _status(request: web.Request) -> str:
    """What waits for an answer comes first."""
    return request.query.get("status", "") or "unanswered"


async def show_report(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/outcome/{block_id}/report`: conclusions; `step` is save or publish."""
    actor = await current_actor(request)
    place = await _place(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        draft = await store.draft(tx, place.consultation.id)
        versions = await store.versions(tx, place.consultation.id)
    form = await read(request, ReportForm, text=draft.text, rev=str(draft.rev))
    if form.posted and place.may_manage and form.validate():
        publishes = (await request.post()).get("step") == "publish"
        act = actions.publish if publishes else actions.save_draft
        try:
            await act(request.app[DATABASE], actor, place.block.id, form.text.data or "", _number(form.rev.data))
        except AppError as problem:
            form.take(problem)
            form.rev.data = str(draft.rev)  # what is there now has been shown beside
        else:
            await flash(request, _("Published") if publishes else _("Saved"))
            return see_other(request.path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(
        request, "outcome/report_desk.html", status=status, place=place, form=form, draft=draft, versions=versions
    )


async def _place(request: web.Request) -> Place:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block_inside(tx, actor, int(request.match_info["block_id"]), KIND_NAME)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


def _number(text: object) -> int:
    found = str(text or "")
    return int(found) if found.isascii() and found.isdigit() and len(found) <= 18 else 0
