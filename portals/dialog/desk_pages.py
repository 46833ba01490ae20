"""The clerk's pages: consultations, their words, what is checked before publishing, participants, verifications."""

from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Invalid, NotFound
from app.forms import AnyForm, Form, guard, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.search import folded
from app.wire import CITY, current_actor, section
from portals.dialog import actions, list_store, participant_store, participation, rules, store, verification
from portals.dialog.access import access_inside, access_managed, place_of
from portals.dialog.blocks import BLOCKS, Figure
from portals.dialog.forms import NewForm, ReasonForm, WordsForm, words_draft
from portals.dialog.kits import KITS
from portals.dialog.model import Consultation
from portals.dialog.pages import page_context
from portals.dialog.settings import DialogSettings

PAGE: Final = 50


async def list_managed(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/manage`: all consultations, drafts too."""
    page = _number(request, "page") or 1
    text = request.query.get("q", "")[:100]
    words = [word.replace("%", r"\%").replace("_", r"\_") for word in folded(text).split()]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        lines = await list_store.all_lines(tx, words, PAGE + 1, (page - 1) * PAGE)
        waiting = await participant_store.count_verifications(tx, "asked")
        now = await tx.now()
    return await render(
        request,
        "dialog/managed.html",
        lines=lines[:PAGE],
        page=page,
        more=len(lines) > PAGE,
        text=text,
        waiting=waiting,
        now=now,
        may_manage=rules.can_manage(await current_actor(request)),
    )


async def show_new(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/manage/new`: from a template."""
    form = await read(request, NewForm)
    template = str((await request.post()).get("template", "")) if form.posted else "resolution"
    if form.posted and form.validate():
        kit = next((name for name in KITS if name == template), None)
        try:
            if kit is None:
                raise Invalid("Choose one of these")
            made = await actions.make_consultation(
                request.app[DATABASE],
                request.app[BLOCKS],
                await current_actor(request),
                kit,
                form.title.data or "",
                locale=request.app[LOCALES].default,
                contact=request.app[CITY].contact,
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The draft is there. Nobody sees it before it is published"))
            return see_other(made.manage_path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "dialog/new.html", status=status, form=form, kits=KITS, chosen=template)


async def show_manage(request: web.Request, form: Form | None = None) -> web.StreamResponse:
    """`GET /dialog/manage/{consultation_id}`: phases, blocks, the list before publishing."""
    actor = await current_actor(request)
    blocks = request.app[BLOCKS]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_inside(tx, actor, _id(request))
        phases = await store.phases(tx, consultation.id)
        now = await tx.now()
        found = await store.blocks(tx, consultation.id, removed=True)
        kept = {phase.id for phase in phases}
        shown, figures = [], {}
        for block in found:
            if block.removed_at is not None or (block.phase_id is not None and block.phase_id not in kept):
                continue
            place = place_of(consultation, phases, block, actor, None, now)
            one = await blocks.shown(tx, actor, place, "summary")
            if one is not None:
                shown.append(one)
                counted: list[Figure] = []
                if one.kind.figures is not None:
                    counted = list(await one.kind.figures(tx, actor, place))
                figures[block.id] = counted
        checks = await actions.checklist(tx, blocks, actor, consultation)
        notices = await participant_store.notices(tx, consultation.id)
        participants = await participant_store.count_participants(tx, consultation.id)
    return await render(
        request,
        "dialog/manage.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.posted else HTTPStatus.OK,
        consultation=consultation,
        phases=phases,
        now=now,
        shown=shown,
        figures=figures,
        removed=[one for one in found if one.removed_at is not None and blocks.find(one.kind)],
        kinds={kind.name: kind for kind in blocks.in_order()},
        checks=checks,
        notices=notices,
        participants=participants,
        ready=all(line.fine for line in checks if line.needed),
        cancel=form or await unposted(request, ReasonForm),
        may_manage=rules.can_manage(actor),
    )


async def show_words(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/manage/{consultation_id}/words`: title, audience, legal basis."""
    actor = await current_actor(request)
    settings = section(request.app, DialogSettings)
    async with request.app[DATABASE].transaction() as tx:
        consultation = await access_managed(tx, actor, _id(request))
    form = await read(request, WordsForm)
    choices = [(one, one) for one in dict.fromkeys([*settings.districts, *consultation.districts])]
    form.districts.choices = choices
    form.only_districts.choices = choices
    if not choices:
        del form["districts"], form["only_districts"]
    if not form.posted:
        _fill(form, consultation)
    elif form.validate():
        try:
            rev = int(str(form.rev.data)) if str(form.rev.data).isdigit() else 0
            await actions.change_consultation(request.app[DATABASE], actor, consultation.id, words_draft(form), rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(consultation.manage_path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(
        request, "dialog/words.html", status=status, form=form, consultation=consultation, topics=settings.topics
    )


def _fill(form: WordsForm, consultation: Consultation) -> None:
    for name in [field.name for field in form if hasattr(consultation, field.name)]:
        form[name].data = getattr(consultation, name)
    form.rev.data = str(consultation.rev)


async def show_preview(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/manage/{consultation_id}/preview`: as a resident sees it, drafts too."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_inside(tx, actor, _id(request))
        context = await page_context(
            tx, request.app[BLOCKS], actor, consultation, request.query.get("phase", ""), preview=True
        )
    return await render(request, "dialog/consultation.html", preview=True, **context)


async def publish(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor = await current_actor(request)
    try:
        found = await actions.publish_consultation(request.app[DATABASE], request.app[BLOCKS], actor, _id(request))
    except Invalid as problem:
        await flash(request, problem.detail, kind="warning")
        return see_other(f"/dialog/manage/{_id(request)}#checks-title")
    await flash(request, _("Published. Everybody can read it now"))
    return see_other(found.path)


async def cancel(request: web.Request) -> web.StreamResponse:
    form = await read(request, ReasonForm)
    if form.validate():
        try:
            await actions.cancel_consultation(
                request.app[DATABASE],
                request.app[BLOCKS],
                await current_actor(request),
                _id(request),
                form.reason.data or "",
            )
        except AppError as problem:
            if isinstance(problem, NotFound):
                raise
            form.take(problem)
        else:
            await flash(request, _("Cancelled. Everybody who takes part is told"))
            return see_other(f"/dialog/manage/{_id(request)}")
    return await show_manage(request, form)


async def copy(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    made = await actions.copy_consultation(
        request.app[DATABASE],
        request.app[BLOCKS],
        await current_actor(request),
        _id(request),
        ZoneInfo(request.app[CITY].time_zone),
    )
    await flash(request, _("This is the copy. Nobody sees it before it is published"))
    return see_other(made.manage_path)


async def remove(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor = await current_actor(request)
    await actions.remove_draft(request.app[DATABASE], request.app[BLOCKS], actor, _id(request))
    await flash(request, _("The draft is gone"))
    return see_other("/dialog/manage")


async def list_participants(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/manage/{consultation_id}/participants`: who takes part, as the city knows them."""
    actor = await current_actor(request)
    page = _number(request, "page") or 1
    async with request.app[DATABASE].transaction() as tx:
        consultation = await access_inside(tx, actor, _id(request))
        found = await list_store.participants_page(tx, consultation.id, PAGE + 1, (page - 1) * PAGE)
        await tx.audit(actor, "consultation.read_participants", f"consultation/{consultation.id}", page=page)
    return await render(
        request,
        "dialog/participants.html",
        consultation=consultation,
        participants=found[:PAGE],
        page=page,
        more=len(found) > PAGE,
        may_manage=rules.can_manage(actor),
    )


async def erase_participant(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    participant_id = int(request.match_info["participant_id"])
    await participation.erase(request.app[DATABASE], request.app[BLOCKS], await current_actor(request), participant_id)
    await flash(request, _("The person's data are gone; what they wrote stays"))
    return see_other(f"/dialog/manage/{_id(request)}/participants")


async def list_verifications(request: web.Request, problem: str = "", at: int = 0) -> web.StreamResponse:
    """`GET /dialog/manage/residents`: who waits to be checked, and who was."""
    state = request.query.get("state", "asked")
    state = state if state in {"asked", "verified", "refused"} else "asked"
    page = _number(request, "page") or 1
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await participant_store.verifications(tx, state, PAGE + 1, (page - 1) * PAGE)
        counts = {one: await participant_store.count_verifications(tx, one) for one in ("asked", "verified", "refused")}
    return await render(
        request,
        "dialog/verifications.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        found=found[:PAGE],
        more=len(found) > PAGE,
        page=page,
        state=state,
        counts=counts,
        problem=problem,
        at=at,
    )


async def decide(request: web.Request) -> web.StreamResponse:
    form = await read(request, ReasonForm)
    posted = await request.post()
    verification_id = int(request.match_info["verification_id"])
    if not form.validate():
        return await list_verifications(request, form.form_errors[0] if form.form_errors else "", verification_id)
    rev = str(posted.get("rev", ""))
    try:
        row = await verification.decide(
            request.app[DATABASE],
            await current_actor(request),
            verification_id,
            int(rev) if rev.isdigit() and len(rev) < 18 else 0,
            verified=posted.get("do") == "verify",
            reason=form.reason.data or "",
        )
    except Invalid as problem:
        text = next(iter(problem.fields.values()), problem.detail)
        return await list_verifications(request, form.locale.gettext(text), verification_id)
    await flash(
        request, _("Checked: %(name)s") if row.state == "verified" else _("Refused: %(name)s"), name=row.full_name
    )
    return see_other("/dialog/manage/residents")


async def unposted(request: web.Request, kind: type[AnyForm]) -> AnyForm:
    """A form that stands on the page of another one, empty."""
    return kind(None, meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)})


def _id(request: web.Request) -> int:
    return int(request.match_info["consultation_id"])


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 0
