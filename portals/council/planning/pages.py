"""Pages of planning: a new session, its details, its agenda, calling it off."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE
from app.errors import Conflict, Invalid
from app.forms import ActionForm, read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import AgendaItem, ItemDraft, Session
from portals.council.planning import actions, forms, outline
from portals.council.planning.parser import ParsedAgenda, parse_agenda

MOST_TEXT = 200_000
"""Characters of a pasted agenda; a book is no agenda."""


async def show_plan(request: web.Request) -> web.StreamResponse:
    form = await read(request, forms.PlanForm)
    await forms.committee_choices(request, form)
    form.committee.data = request.query.get("committee", "")
    form.planned_at.data = _next_week(request)
    return await _plan_page(request, form)


async def plan_session(request: web.Request) -> web.StreamResponse:
    """Reads a pasted agenda into rows, or saves the session with the rows (or the text) that are there."""
    form = await read(request, forms.PlanForm)
    await forms.committee_choices(request, form)
    posted = await request.post()
    text = form.agenda.data or ""
    parsed = _parsed(text)
    agenda = forms.posted_rows(posted)
    if posted.get("do") == "read" or (parsed is None and text):
        if parsed is None:
            _complain(form, "agenda", _("This is too long: 200 items at most"))
        else:
            agenda = _read_rows(parsed, ())
        return await _plan_page(request, form, agenda=agenda, parsed=parsed, status=form.status)
    if not agenda.rows and parsed is not None:
        agenda = _read_rows(parsed, ())
    if form.validate():
        if agenda.valid:
            try:
                draft = forms.draft(request, form, agenda.drafts)
                session = await actions.plan_session(request.app[DATABASE], await current_actor(request), draft)
            except Invalid as problem:
                form.take(problem)
            else:
                await flash(request, _("Session planned"))
                return see_other(f"/council/desk/{session.id}")
        else:
            for fault in agenda.faults or [_("Some items need a correction")]:
                _complain(form, "agenda", fault)
    shown = agenda if posted.getall("row_title", []) or not agenda.valid else None
    return await _plan_page(request, form, agenda=shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _plan_page(
    request: web.Request,
    form: forms.PlanForm,
    *,
    agenda: forms.AgendaRows | None = None,
    parsed: ParsedAgenda | None = None,
    status: int = HTTPStatus.OK,
) -> web.StreamResponse:
    rows = agenda.rows if agenda is not None else []
    return await render(
        request, "council/edit.html", status=status, form=form, session=None, rows=rows, parsed=parsed, live=False
    )


async def show_edit(request: web.Request) -> web.StreamResponse:
    _actor, session, _items = await _at_desk(request)
    form = await read(request, forms.DetailsForm)
    await forms.committee_choices(request, form, session.committee_id)
    forms.fill(form, session, _zone(request))
    return await _edit_page(request, form, session)


async def edit_session(request: web.Request) -> web.StreamResponse:
    actor, session, _items = await _at_desk(request)
    form = await read(request, forms.DetailsForm)
    await forms.committee_choices(request, form, session.committee_id)
    if form.validate():
        try:
            await actions.change_details(request.app, actor, session.id, forms.draft(request, form))
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"/council/desk/{session.id}/edit")
    return await _edit_page(request, form, session, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _edit_page(
    request: web.Request,
    form: forms.DetailsForm,
    session: Session,
    status: int = HTTPStatus.OK,
    off: forms.CallOffForm | None = None,
) -> web.StreamResponse:
    return await render(
        request,
        "council/edit.html",
        status=status,
        form=form,
        session=session,
        rows=[],
        parsed=None,
        live=session.state == "live",
        off=off or await read_unposted(request, forms.CallOffForm),
    )


async def show_agenda(request: web.Request) -> web.StreamResponse:
    _actor, session, items = await _at_desk(request)
    agenda = forms.rows_of(outline.drafts_of(items), debated=_debated(items))
    return await _agenda_page(request, session, agenda)


async def save_agenda(request: web.Request) -> web.StreamResponse:
    """Saves the rows; or reads a pasted text into rows that are not saved yet."""
    actor, session, items = await _at_desk(request)
    form = await read(request, ActionForm)
    posted = await request.post()
    agenda = forms.posted_rows(posted, _debated(items))
    text = str(posted.get("text", ""))
    if posted.get("do") in {"read", "add"}:
        parsed = _parsed(text)
        if parsed is None or not parsed.items:
            problem = _("There is nothing to read: paste the agenda first")
            return await _agenda_page(request, session, agenda, text=text, problems=[problem], status=422)
        shown = _merged(agenda, parsed, items, added=posted.get("do") == "add")
        return await _agenda_page(request, session, shown, parsed=parsed, unsaved=True)
    problems = [] if form.validate() else [str(one) for one in form.form_errors]
    if not problems and agenda.valid:
        try:
            rev = _whole_number(posted.get("agenda_rev"))
            await actions.rewrite_agenda(request.app[DATABASE], actor, session.id, agenda.drafts, rev)
        except Invalid as problem:
            problems += problem.fields.values()
        except Conflict as problem:
            problems.append(problem.detail)
            problems.append(_("What you wrote is still here. Saving once more puts it in place of the newer one"))
        else:
            await flash(request, _("Saved"))
            return see_other(f"/council/desk/{session.id}/agenda")
    problems += agenda.faults
    return await _agenda_page(request, session, agenda, text=text, problems=problems, unsaved=True, status=422)


async def _agenda_page(
    request: web.Request,
    session: Session,
    agenda: forms.AgendaRows,
    *,
    parsed: ParsedAgenda | None = None,
    text: str = "",
    problems: list[str] | None = None,
    unsaved: bool = False,
    status: int = HTTPStatus.OK,
) -> web.StreamResponse:
    return await render(
        request,
        "council/agenda.html",
        status=status,
        session=session,
        rows=agenda.rows,
        parsed=parsed,
        text=text,
        problems=problems or [],
        unsaved=unsaved,
        live=session.state == "live",
    )


async def call_off(request: web.Request) -> web.StreamResponse:
    actor, session, _items = await _at_desk(request)
    off = await read(request, forms.CallOffForm)
    if off.validate():
        try:
            await actions.call_off(request.app, actor, session.id, off.reason.data or "")
        except Invalid as problem:
            off.take(problem)
        else:
            await flash(request, _("The session was called off"), "warning", undo=f"/council/desk/{session.id}/restore")
            return see_other(f"/council/desk/{session.id}/edit")
    form = await read_unposted(request, forms.DetailsForm)
    await forms.committee_choices(request, form, session.committee_id)
    forms.fill(form, session, _zone(request))
    return await _edit_page(request, form, session, HTTPStatus.UNPROCESSABLE_ENTITY, off)


async def restore_session(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor, session, _items = await _at_desk(request)
    await actions.restore_session(request.app, actor, session.id)
    await flash(request, _("The session is planned again"))
    return see_other(f"/council/desk/{session.id}/edit")


async def read_unposted(request: web.Request, kind: Any) -> Any:
    """A form beside the one that was sent."""
    from app.forms import guard
    from app.i18n import LOCALES

    return kind(None, meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)})


def _parsed(text: str) -> ParsedAgenda | None:
    return parse_agenda(text) if len(text) <= MOST_TEXT else None


def _read_rows(parsed: ParsedAgenda, items: list[ItemDraft] | tuple[()]) -> forms.AgendaRows:
    drafts = items or parsed.items
    return forms.rows_of(drafts, {index: one.attachments for index, one in enumerate(parsed.read)})


def _merged(rows: forms.AgendaRows, parsed: ParsedAgenda, items: list[AgendaItem], *, added: bool) -> forms.AgendaRows:
    """The pasted agenda in place of the rows or after them; items that keep their title keep their history."""
    import msgspec

    known = {} if added else {item.title: item.id for item in reversed(items)}
    read = [msgspec.structs.replace(one, id=known.pop(one.title, None)) for one in parsed.items]
    before = rows.drafts if added else [one for one in outline.drafts_of(items) if _lost(one, read, items)]
    drafts = [*before, *read]
    attachments = {index + len(before): one.attachments for index, one in enumerate(parsed.read)}
    return forms.rows_of(drafts, attachments, _debated(items))


def _lost(draft: ItemDraft, read: list[ItemDraft], items: list[AgendaItem]) -> bool:
    """A debated item stays in the agenda, whatever was pasted."""
    return draft.id in _debated(items) and all(one.id != draft.id for one in read)


def _debated(items: list[AgendaItem]) -> set[int]:
    return {item.id for item in items if item.state != "waiting"}


def _complain(form: forms.PlanForm, field: str, message: str) -> None:
    form.take(Invalid(fields={field: message}))


def _whole_number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _zone(request: web.Request) -> ZoneInfo:
    return ZoneInfo(request.app[CITY].time_zone)


def _next_week(request: web.Request) -> datetime:
    day = datetime.now(_zone(request)) + timedelta(days=7)
    return day.replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)


async def _at_desk(request: web.Request) -> tuple[Actor, Session, list[AgendaItem]]:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, int(request.match_info["session_id"]))
        return actor, session, await council_store.agenda(tx, session.id)
