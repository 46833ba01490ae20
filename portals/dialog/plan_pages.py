"""The clerk's pages of phases and blocks."""

from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid, NotFound
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.dialog import plan, store
from portals.dialog.access import access_block_inside, access_managed
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.desk_pages import unposted
from portals.dialog.forms import BlockForm, ExtendForm, PhaseForm, fill_phase, is_double, moment_of, phase_draft
from portals.dialog.model import Consultation, Phase, PhaseDraft


async def show_phase(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/phases/new` and `…/phases/{phase_id}`: a phase with its moments."""
    actor = await current_actor(request)
    zone = ZoneInfo(request.app[CITY].time_zone)
    consultation, phase = await _phase(request)
    form = await read(request, PhaseForm)
    if not form.posted and phase is not None:
        fill_phase(form, phase, zone)
    if form.posted and form.validate():
        draft = phase_draft(form, zone)
        if draft is not None:
            try:
                if phase is None:
                    await plan.add_phase(request.app[DATABASE], actor, consultation.id, draft)
                else:
                    await plan.change_phase(request.app[DATABASE], actor, phase.id, draft, _rev(form.rev.data))
            except (Invalid, Conflict) as problem:
                form.take(problem)
            else:
                await flash(request, _("Saved"))
                return see_other(consultation.manage_path)
    return await _phase_page(request, consultation, phase, form, await _extend_form(request, phase, zone))


async def extend_phase(request: web.Request) -> web.StreamResponse:
    """`POST …/phases/{phase_id}/extend`."""
    zone = ZoneInfo(request.app[CITY].time_zone)
    consultation, phase = await _phase(request)
    if phase is None:
        raise NotFound
    extend = await read(request, ExtendForm)
    if extend.validate():
        ends_at = moment_of(extend, "ends", zone)
        if ends_at is not None:
            draft = PhaseDraft(title=phase.title, starts_at=phase.starts_at, ends_at=ends_at)
            try:
                await plan.extend_phase(
                    request.app[DATABASE], await current_actor(request), phase.id, draft, extend.reason.data or ""
                )
            except (Invalid, Conflict) as problem:
                extend.take(problem)
            else:
                await flash(request, _("The phase is longer. Everybody who takes part is told"))
                return see_other(consultation.manage_path)
    form = await unposted(request, PhaseForm)
    fill_phase(form, phase, zone)
    return await _phase_page(request, consultation, phase, form, extend)


async def _phase_page(
    request: web.Request, consultation: Consultation, phase: Phase | None, form: PhaseForm, extend: ExtendForm | None
) -> web.StreamResponse:
    zone = ZoneInfo(request.app[CITY].time_zone)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        now = await tx.now()
    refused = form.posted or (extend is not None and extend.posted)
    return await render(
        request,
        "dialog/phase.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        consultation=consultation,
        phase=phase,
        form=form,
        extend=extend,
        starts_double=is_double(form, "starts", zone),
        ends_double=is_double(form, "ends", zone),
        extend_double=extend is not None and is_double(extend, "ends", zone),
        stage=phase.state(now) if phase else "coming",
    )


async def _extend_form(request: web.Request, phase: Phase | None, zone: ZoneInfo) -> ExtendForm | None:
    if phase is None:
        return None
    form = await unposted(request, ExtendForm)
    form.ends_at.data = phase.ends_at.astimezone(zone).replace(tzinfo=None)
    return form


async def remove_phase(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    await plan.remove_phase(request.app[DATABASE], await current_actor(request), int(request.match_info["phase_id"]))
    await flash(request, _("The phase and its blocks are off the page"))
    return see_other(f"/dialog/manage/{request.match_info['consultation_id']}")


async def add_block(request: web.Request) -> web.StreamResponse:
    """`POST …/blocks`: a block of a kind into a phase; its page opens."""
    await require_action(request)
    posted = await request.post()
    phase_id = _rev(posted.get("phase"))
    block = await plan.add_block(
        request.app[DATABASE],
        request.app[BLOCKS],
        await current_actor(request),
        int(request.match_info["consultation_id"]),
        str(posted.get("kind", "")),
        phase_id=phase_id or None,
    )
    return see_other(f"/dialog/manage/{block.consultation_id}/blocks/{block.id}")


async def show_block(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/blocks/{block_id}`: title and settings of a block, and what its part has for the clerk."""
    actor = await current_actor(request)
    blocks = request.app[BLOCKS]
    block_id = int(request.match_info["block_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        block = await store.block(tx, block_id)
        if block is None:
            raise NotFound
        kind = blocks.kind(block.kind)
        place = await access_block_inside(tx, actor, block_id, block.kind)
        if place.consultation.id != int(request.match_info["consultation_id"]):
            raise NotFound
        one = await blocks.shown(tx, actor, place, "manage")
    if request.method == "POST" and not place.may_manage:
        raise NotFound
    form = await read(request, BlockForm, title=block.title, rev=str(block.rev))
    own = await read(request, kind.form, **msgspec.to_builtins(kind.read(block))) if kind.form else None
    if form.posted and form.validate() and (own is None or own.validate()):
        try:
            settings = _settings(kind, own)
            await plan.change_block(
                request.app[DATABASE],
                blocks,
                actor,
                block_id,
                _rev(form.rev.data),
                title=form.title.data or "",
                settings=settings,
            )
        except (Invalid, Conflict) as problem:
            _take(form, own, problem)
        else:
            await flash(request, _("Saved"))
            return see_other(place.manage_path)
    return await render(
        request,
        "dialog/manage_block.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK,
        consultation=place.consultation,
        place=place,
        one=one,
        kind=kind,
        form=form,
        own=own,
        head_templates=blocks.templates([kind], "head"),
        script_templates=blocks.templates([kind], "scripts"),
    )


def _settings(kind: BlockKind, own: Any) -> dict[str, Any] | None:
    """What the kind's form says, by the fields of its settings."""
    if own is None:
        return None
    return {
        name: own[name].data for name in kind.settings.__struct_fields__ if name in own and own[name].data is not None
    }


def _take(form: BlockForm, own: Any, problem: AppError) -> None:
    """Each fault beside its field, whichever of the two forms has it."""
    fields = problem.fields if isinstance(problem, Invalid) else {}
    mine = {name: text for name, text in fields.items() if own is not None and name in own}
    if mine:
        own.take(Invalid(fields=mine))
    rest = {name: text for name, text in fields.items() if name not in mine}
    if rest or not mine:
        form.take(Invalid(problem.detail, fields=rest) if fields else problem)


async def remove_block(request: web.Request) -> web.StreamResponse:
    """`POST …/blocks/{block_id}/remove`: off the page; it can be undone."""
    await require_action(request)
    block_id = int(request.match_info["block_id"])
    block = await plan.remove_block(request.app[DATABASE], await current_actor(request), block_id)
    undo = f"/dialog/manage/{block.consultation_id}/blocks/{block.id}/restore"
    await flash(request, _("The block is off the page; what is in it is kept"), undo=undo)
    return see_other(f"/dialog/manage/{block.consultation_id}")


async def restore_block(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    block_id = int(request.match_info["block_id"])
    block = await plan.remove_block(request.app[DATABASE], await current_actor(request), block_id, restored=True)
    await flash(request, _("The block is back on the page"))
    return see_other(f"/dialog/manage/{block.consultation_id}")


async def _phase(request: web.Request) -> tuple[Consultation, Phase | None]:
    """The consultation and the phase of the address; none for a new one."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        consultation = await access_managed(tx, actor, int(request.match_info["consultation_id"]))
        text = request.match_info.get("phase_id")
        if text is None:
            return consultation, None
        phase = await store.phase(tx, int(text))
        if phase is None or phase.consultation_id != consultation.id:
            raise NotFound
        return consultation, phase


def _rev(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
