"""Pages of outages: for the helpdesk, for those whom they hit, for residents."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid, TooMany
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.helpdesk import setup_store
from portals.helpdesk.access import access_ticket_to_work, readable_queues
from portals.helpdesk.api import ticket_id_of
from portals.helpdesk.numbers import digits_of, id_of
from portals.helpdesk.outages import actions, belonging, forms, hit_store, hitting, rules, store
from portals.helpdesk.outages.access import access_desk, access_outage
from portals.helpdesk.outages.events import DESK_ROOM, PUBLIC_ROOM, unit_room
from portals.helpdesk.outages.forms import EndForm, JoinForm, OutageForm, UpdateForm
from portals.helpdesk.outages.model import Ending, Joining, Outage
from portals.helpdesk.setup_model import Category, Service
from portals.intranet import actions as intranet

DESK: Final = "/pomoc/obsluga/awarie"


class NewQuery(msgspec.Struct, frozen=True):
    """`ticket`: number of the one that becomes an outage; `kind` planned: for work to come."""

    ticket: str = ""
    kind: str = ""


def zone_of(request: web.Request) -> ZoneInfo:
    return ZoneInfo(request.app[CITY].time_zone)


def outage_id_of(request: web.Request) -> int:
    return int(request.match_info["outage_id"])


# the helpdesk


async def show_board(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/obsluga/awarie`: what runs, is announced, is over."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        board = await hitting.board(tx, actor)
    return await render(request, "helpdesk_outages/board.html", board=board, room=DESK_ROOM)


async def declare(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/obsluga/awarie/nowa?ticket=…&kind=…`."""
    actor, query = await current_actor(request), api.query(request, NewQuery)
    known = await _known(request, actor, query) if request.method == "GET" else None
    if known is not None:
        return see_other(known.desk_path)
    given = await _given(request, actor, query) if request.method == "GET" else {}
    form = await read(request, OutageForm, **given)
    await _offer(request, actor, form)
    if form.posted and form.validate():
        try:
            outage = await actions.declare(request.app[DATABASE], actor, forms.draft_of(form, zone_of(request)))
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            said = _("Announced: people whom it hits see it now") if outage.kind == "incident" else _("Announced")
            await flash(request, said)
            return see_other(outage.desk_path)
    return await _form_page(request, form, None)


async def _known(request: web.Request, actor: Actor, query: NewQuery) -> Outage | None:
    """The outage that a ticket is already."""
    access_desk(actor)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return await store.current_of_ticket(tx, id_of(query.ticket) or 0) if query.ticket else None


async def _given(request: web.Request, actor: Actor, query: NewQuery) -> dict[str, Any]:
    """What is known of the ticket already."""
    given: dict[str, Any] = {"kind": "planned"} if query.kind == "planned" else {}
    ticket_id = id_of(query.ticket) if query.ticket else None
    if ticket_id is None:
        return given
    async with request.app[DATABASE].transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
    given |= {"title": ticket.subject[:120], "ticket": query.ticket, "category_id": str(ticket.category_id or "")}
    given |= {"service_id": str(ticket.service_id or ""), "unit_ids": [ticket.unit_id] if ticket.unit_id else []}
    return given | {"starts_at": forms.local(ticket.sent_at, zone_of(request))}


async def change(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/obsluga/awarie/{outage_id}/zmiana`."""
    actor, zone = await current_actor(request), zone_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await hitting.outage_view(tx, actor, outage_id_of(request))
    if not view.may_work or not view.outage.is_current:
        return see_other(view.outage.desk_path)
    form = await read(request, OutageForm)
    await _offer(request, actor, form)
    theirs: list[tuple[str, str]] = []
    if not form.posted:
        forms.fill(form, view.outage, zone)
    elif form.validate():
        try:
            await actions.change(request.app[DATABASE], actor, view.outage.id, forms.draft_of(form, zone))
        except actions.OutageClash as problem:
            form.take(problem)
            theirs = await _theirs(request, actor, form, problem.now)
            form.rev.data = str(problem.now.rev)
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(view.outage.desk_path)
    return await _form_page(request, form, view.outage, theirs)


async def _theirs(request: web.Request, actor: Actor, form: OutageForm, now: Outage) -> list[tuple[str, str]]:
    """Fields that stand otherwise by now than they do in the form: label and value, as people read them."""
    shown = await read(request, OutageForm)
    await _offer(request, actor, shown)
    forms.fill(shown, now, zone_of(request))
    return [
        (str(form[name].label.text), _in_words(shown[name], form))
        for name in form.data
        if name not in {"csrf_token", "rev", "ticket", "queue_id", "kind"} and form[name].data != shown[name].data
    ]


def _in_words(field: Any, form: OutageForm) -> str:
    if isinstance(field.data, bool):
        return form.locale.gettext("Yes") if field.data else form.locale.gettext("No")
    choices = {str(value): str(text) for value, text, *_more in getattr(field, "choices", None) or ()}
    values = field.data if isinstance(field.data, list) else [field.data]
    return ", ".join(choices.get(str(one), str(one)) for one in values if one not in {None, ""}) or "–"


async def _offer(request: web.Request, actor: Actor, form: OutageForm) -> None:
    """Lists of the form."""
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        services = await setup_store.things(tx, Service, active=True)
        categories = await setup_store.things(tx, Category, active=True)
        units, queues = await intranet.unit_choices(tx), await readable_queues(tx, actor)
        models = await store.model_choices(tx)
    forms.offer(form.service_id, [(one.id, one.name) for one in services], locale.gettext("none"))
    forms.offer(form.category_id, [(one.id, one.name) for one in categories], locale.gettext("none"))
    forms.offer(form.model_id, models, locale.gettext("all models"))
    forms.offer(form.queue_id, [(one.id, one.name) for one in queues])
    form.unit_ids.choices = [(one.id, one.name) for one in units]


async def _form_page(
    request: web.Request, form: OutageForm, outage: Outage | None, theirs: list[tuple[str, str]] | None = None
) -> web.StreamResponse:
    return await render(
        request, "helpdesk_outages/edit.html", status=form.status, form=form, outage=outage, theirs=theirs or []
    )


async def show_inside(
    request: web.Request, update: UpdateForm | None = None, end: EndForm | None = None, join: JoinForm | None = None
) -> web.StreamResponse:
    """`GET /pomoc/obsluga/awarie/{outage_id}`; also with a form that was refused."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await hitting.outage_view(tx, actor, outage_id_of(request))
    shown = update or await _blank(request, UpdateForm)
    if update is None:
        shown.expected_end.data = forms.local(view.outage.expected_end, zone_of(request))
    return await render(
        request,
        "helpdesk_outages/desk.html",
        status=max(one.status for one in (update, end, join, shown) if one is not None),
        view=view,
        outage=view.outage,
        update=shown,
        end=end or await _blank(request, EndForm),
        join=join or await _blank(request, JoinForm),
        asked_to_end=end is not None,
        now=datetime.now(UTC),
        room=DESK_ROOM,
    )


async def _blank(request: web.Request, kind: type[Any]) -> Any:
    """A form of the page beside the one that was sent."""
    form = await read(request, kind)
    if form.posted:
        form.posted = False
        for field in form:
            if field.name != "csrf_token":
                field.data, field.errors = None, []
    return form


async def say(request: web.Request) -> web.StreamResponse:
    """`POST …/wpis`."""
    form = await read(request, UpdateForm)
    try:
        if not form.validate():
            raise Invalid
        new = forms.update_of(form, zone_of(request))
        await actions.say(request.app[DATABASE], await current_actor(request), outage_id_of(request), new)
    except (Invalid, Conflict) as problem:
        _take(form, problem)
        return await show_inside(request, update=form)
    await flash(request, _("Said: everybody whom it hits reads it now"))
    return see_other(f"{DESK}/{outage_id_of(request)}")


async def end(request: web.Request) -> web.StreamResponse:
    """`POST …/koniec`."""
    form = await read(request, EndForm)
    try:
        if not form.validate():
            raise Invalid
        ending = Ending((form.outcome.data or "")[:10_000])
        await actions.end(request.app[DATABASE], await current_actor(request), outage_id_of(request), ending)
    except (Invalid, Conflict) as problem:
        _take(form, problem)
        return await show_inside(request, end=form)
    await flash(request, _("It is over: everybody whom it hit is told"))
    return see_other(f"{DESK}/{outage_id_of(request)}")


async def withdraw(request: web.Request) -> web.StreamResponse:
    """`POST …/odwolanie`."""
    await require_action(request)
    try:
        await actions.withdraw(request.app[DATABASE], await current_actor(request), outage_id_of(request))
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
    else:
        await flash(request, _("It is called off"))
    return see_other(f"{DESK}/{outage_id_of(request)}")


async def join(request: web.Request) -> web.StreamResponse:
    """`POST …/zgloszenia/{verb}`: `dolacz` or `odlacz`."""
    form, wanted = await read(request, JoinForm), request.match_info["verb"] == "dolacz"
    try:
        if not form.validate():
            raise Invalid
        joining = Joining((form.number.data or "")[:40], wanted)
        await hitting.join(request.app[DATABASE], await current_actor(request), outage_id_of(request), joining)
    except (Invalid, Conflict) as problem:
        _take(form, problem)
        return await show_inside(request, join=form)
    await flash(request, _("Put below the outage") if wanted else _("It stands alone again and rings"))
    return see_other(f"{DESK}/{outage_id_of(request)}#zgloszenia")


def _take(form: Any, problem: AppError) -> None:
    """What WTForms has found itself stands beside its fields already."""
    if not form.errors or problem.detail or (isinstance(problem, Invalid) and problem.fields):
        form.take(problem)


# those whom it hits


async def show_outage(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/awarie/{outage_id}`: what is known of it, and «me too»."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        outage = await access_outage(tx, actor, outage_id_of(request))
        updates = (await store.updates(tx, [outage.id]))[outage.id]
        mine = bool(await hit_store.hit_by(tx, actor.account_id or 0, [outage.id]))
        units = await store.reached(tx, outage.id, await intranet.units_of(tx, actor.account_id))
    return await render(
        request,
        "helpdesk_outages/outage.html",
        outage=outage,
        updates=updates,
        mine=mine,
        hit=bool(units),
        room=unit_room(units[0]) if units else "",
    )


async def me_too(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/awarie/{outage_id}/{verb}`: `ja-tez` or `nie-ja`."""
    await require_action(request)
    wanted, outage_id = request.match_info["verb"] == "ja-tez", outage_id_of(request)
    try:
        await hitting.me_too(request.app[DATABASE], await current_actor(request), outage_id, wanted=wanted)
    except Conflict as problem:
        await flash(request, problem.detail, kind="info")
    else:
        said = _("Noted: we will tell you when it works again") if wanted else _("Taken back")
        await flash(request, said, undo=f"/pomoc/awarie/{outage_id}/{'nie-ja' if wanted else 'ja-tez'}")
    return see_other(f"/pomoc/awarie/{outage_id}")


async def belong(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/awarie/zgloszenia/{number}/{verb}`: `odlacz` or `dolacz`, by whoever sent the ticket."""
    await require_action(request)
    wanted, ticket_id = request.match_info["verb"] == "dolacz", ticket_id_of(request)
    try:
        ticket = await belonging.belong(request.app[DATABASE], await current_actor(request), ticket_id, wanted=wanted)
    except (Conflict, TooMany) as problem:
        locale = request.app[LOCALES].choose(request)
        await flash(request, locale.filled(problem.detail or problem.title, problem.values), kind="info")
        return see_other(f"/pomoc/{digits_of(ticket_id)}")
    said = _("Joined to the outage: solved with it") if wanted else _("The helpdesk sees to it by itself now")
    back = "odlacz" if wanted else "dolacz"
    await flash(request, said, undo=f"/pomoc/awarie/zgloszenia/{digits_of(ticket_id)}/{back}")
    return see_other(ticket.path)


# everybody


async def show_status(request: web.Request) -> web.StreamResponse:
    """`GET /awarie`: what is public."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        status = await hitting.public_status(tx)
    now = datetime.now(UTC)
    drawn = rules.histories([*status.current, *status.past], now, zone_of(request))
    return await render(
        request, "helpdesk_outages/status.html", status_now=status, histories=drawn, now=now, room=PUBLIC_ROOM
    )
