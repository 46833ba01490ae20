"""Pages of the helpdesk's agents: a queue, a ticket with its fields and notes, a ticket that comes by telephone."""

import secrets
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import AppError, Conflict, Invalid, NotFound, TooMany
from app.files.upload import FILES
from app.files.upload_form import discard, read_upload_form
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import CITY, current_actor, public_url
from portals.equipment import actions as equipment
from portals.helpdesk import actions, desk_store, fields_form, part_store, rules, setup_store, views
from portals.helpdesk.access import Place, access_queue, access_ticket_inside, readable_queues
from portals.helpdesk.api import ticket_id_of
from portals.helpdesk.drafts import Entered, Written
from portals.helpdesk.events import inside_room, queue_room
from portals.helpdesk.fields_form import FieldsShown
from portals.helpdesk.forms import (
    EnteredForm,
    TicketForm,
    choose_units,
    new_ticket,
    number,
    with_details,
)
from portals.helpdesk.model import FILE_BYTES, MOST_FILES, Ticket
from portals.helpdesk.numbers import id_of
from portals.helpdesk.pages import ACCEPTED, take
from portals.helpdesk.refusals import FieldClash
from portals.helpdesk.setup_model import Category, Queue, Service, Team, TicketTemplate

NO_DEVICE: Final = _("There is no device with this number: look at its label once more")


class DeskQuery(msgspec.Struct, frozen=True):
    """`queue`: its id; empty: the first one that is open to the reader. `ticket`: the number of the one
    beside the list. What is not known counts as not said.
    """

    queue: str = ""
    show: str = ""
    sort: str = ""
    ticket: str = ""


class EnterQuery(msgspec.Struct, frozen=True):
    category: str = ""
    template: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent has typed and could not send: it stays on the page."""

    kind: str = "reply"
    text: str = ""
    minutes: str = ""
    faults: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """What was wrong with one of the small forms beside a ticket, and what was typed into it."""

    verb: str
    fault: str
    sent: dict[str, str]


async def show_desk(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/obsluga?queue=…&show=…&sort=…&ticket=…`: open tickets of a queue, live; a ticket beside them."""
    actor, query = await current_actor(request), api.query(request, DeskQuery)
    show = query.show if query.show in desk_store.SHOWS else "all"
    sort = query.sort if query.sort in desk_store.SORTS else "urgent"
    ticket_id = id_of(query.ticket) if query.ticket else None
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        queues = await readable_queues(tx, actor)
        queue = await access_queue(tx, actor, number(query.queue) or 0) if query.queue else None
        pane = await _pane_beside(tx, request, actor, ticket_id) if ticket_id else None
        if pane and not queue:
            queue = next((one for one in queues if one.id == pane["ticket"].queue_id), None)
        queue = queue or (queues[0] if queues else None)
        rows, more = await desk_store.rows(tx, queue.id, actor.account_id, show, sort) if queue else ([], 0)
        agents = await part_store.agents(tx, queue.id) if queue else []
        every_queue = await setup_store.things(tx, Queue, active=True)
    if pane:
        await _seen(request, actor, pane)
    return await render(
        request,
        "helpdesk/desk.html",
        queues=queues,
        queue=queue,
        rows=rows,
        more=more,
        show=show,
        sort=sort,
        shows=desk_store.SHOWS,
        sorts=desk_store.SORTS,
        pane=pane,
        out_of_reach=bool(query.ticket) and pane is None,
        desk_agents=agents,
        every_queue=every_queue,
        list_room=queue_room(queue.id) if queue else "",
        may_work_here=rules.is_desk(actor),
        may_set_up=rules.can_set_up(actor),
    )


async def _pane_beside(tx: Tx, request: web.Request, actor: Actor, ticket_id: int) -> dict[str, Any] | None:
    """None: there is no such ticket for the reader."""
    try:
        return await _pane(tx, request, actor, ticket_id)
    except NotFound:
        return None


async def show_ticket(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/obsluga/{number}`"""
    return await ticket_page(request)


async def ticket_page(
    request: web.Request,
    *,
    shown: FieldsShown | None = None,
    said: Said | None = None,
    refused: Refused | None = None,
) -> web.StreamResponse:
    """The whole page, with what could not be taken beside its form."""
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        pane = await _pane(tx, request, actor, ticket_id)
    await _seen(request, actor, pane)
    pane |= {"said": said or pane["said"], "refused": refused, "shown": shown or pane["shown"]}
    status = 409 if shown and shown.clashes else 422 if shown or said or refused else 200
    return await render(request, "helpdesk/desk_ticket.html", status=status, **pane)


async def _seen(request: web.Request, actor: Actor, pane: dict[str, Any]) -> None:
    """Whoever opens a ticket has read it."""
    entries, ticket = pane["view"].entries, pane["ticket"]
    if ticket.rev and entries:
        await actions.see(request.app[DATABASE], actor, ticket.id, max(one.id for one in entries))


async def _pane(tx: Tx, request: web.Request, actor: Actor, ticket_id: int) -> dict[str, Any]:
    """All that a ticket's page draws, by the names its template knows. Raises `NotFound`."""
    place = await access_ticket_inside(tx, actor, ticket_id)
    known = await _known(tx, request, actor, place)
    return known | {
        "place": place,
        "ticket": place.ticket,
        "shown": fields_form.shown(place.ticket, known["fields"], zone_of(request)),
        "said": Said(),
        "refused": None,
        "room": inside_room(ticket_id),
        "beside": False,
    }


async def _known(tx: Tx, request: web.Request, actor: Actor, place: Place) -> dict[str, Any]:
    """What the page offers to choose from."""
    ticket = place.ticket
    category = await setup_store.thing(tx, Category, ticket.category_id)
    teams = [one for one in await setup_store.things(tx, Team, active=True) if ticket.queue_id in one.queues]
    canned = []
    if place.may_work:
        canned = await views.canned_texts(tx, actor, ticket, public_url(request, request.app, ticket.path))
    return {
        "view": await views.ticket_view(tx, place),
        "fields": category.fields if category else [],
        "queues": await setup_store.things(tx, Queue, active=True),
        "teams": teams,
        "agents": await part_store.agents(tx, ticket.queue_id),
        "categories": await setup_store.things(tx, Category, active=True),
        "services": await setup_store.things(tx, Service, active=True),
        "units": await setup_store.units(tx),
        "canned": canned,
        "heads": await part_store.heads(tx, ticket.unit_id) if ticket.unit_id else [],
        "watching": await part_store.watches(tx, ticket.id, actor.account_id),
    }


def zone_of(request: web.Request) -> ZoneInfo:
    return ZoneInfo(request.app[CITY].time_zone)


async def change(request: web.Request) -> web.StreamResponse:
    """`POST …/fields`: saves what was touched; where somebody else was faster, both values are shown and asked for."""
    await require_action(request)
    actor, ticket_id, zone = await current_actor(request), ticket_id_of(request), zone_of(request)
    posted = {name: text for name, text in (await request.post()).items() if isinstance(text, str)}
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        label = posted.get(fields_form.DEVICE, "").strip()
        device = await equipment.device_by_label(tx, label) if label else None
    rev = number(posted.get("rev")) or 0
    try:
        if label and device is None and fields_form.DEVICE in fields_form.touched(posted):
            raise Invalid(fields={fields_form.DEVICE: NO_DEVICE})
        wanted = fields_form.change_of(posted, rev, zone, device.id if device else None)
        await actions.change_ticket(request.app[DATABASE], actor, ticket_id, wanted)
    except FieldClash as problem:
        return await _asked_again(request, ticket_id, posted, clash=problem)
    except (Invalid, Conflict) as problem:
        return await _asked_again(request, ticket_id, posted, problem=problem)
    await flash(request, _("Saved"))
    return await _back(request, actor, ticket)


async def _asked_again(
    request: web.Request,
    ticket_id: int,
    posted: dict[str, str],
    *,
    problem: AppError | None = None,
    clash: FieldClash | None = None,
) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        category = await setup_store.thing(tx, Category, ticket.category_id)
    errors = problem.fields if isinstance(problem, Invalid) else {}
    shown = fields_form.shown_again(
        ticket,
        category.fields if category else [],
        zone_of(request),
        posted,
        errors=errors,
        clashes=clash.clashes if clash else (),
        message="" if errors or clash or problem is None else problem.detail or problem.title,
    )
    return await ticket_page(request, shown=shown)


async def _back(request: web.Request, actor: Actor, ticket: Ticket) -> web.StreamResponse:
    """To the ticket, or to the queues where it went out of the actor's reach."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        try:
            await access_ticket_inside(tx, actor, ticket.id)
        except NotFound:
            return see_other("/pomoc/obsluga")
    return see_other(ticket.desk_path)


async def say(request: web.Request) -> web.StreamResponse:
    """`POST …/say`: a reply or a note, with files, minutes, and what becomes of the ticket."""
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
    received = await read_upload_form(request, limit_bytes=FILE_BYTES, accept=ACCEPTED, most_files=MOST_FILES)
    texts, database, files = received.texts, request.app[DATABASE], request.app[FILES]
    kind = "note" if texts.get("kind") == "note" else "reply"
    locale = request.app[LOCALES].choose(request)
    try:
        if received.refused:
            raise Invalid("Some files were not taken")
        written = _written(texts)
        if kind == "note":
            await actions.note(database, actor, ticket_id, written, files, received.uploads)
        else:
            await actions.reply(database, actor, ticket_id, written, files, received.uploads, as_requester=False)
    except (Invalid, Conflict, TooMany) as problem:
        await discard(request, received.uploads)
        own = list(problem.fields.values()) if isinstance(problem, Invalid) else []
        faults = [locale.gettext(one) for one in own] or [
            locale.filled(problem.detail or problem.title, problem.values)
        ]
        said = Said(
            kind=kind, text=texts.get("text", ""), minutes=texts.get("minutes", ""), faults=(*faults, *received.refused)
        )
        return await ticket_page(request, said=said)
    await flash(request, _("The note is kept") if kind == "note" else _("The answer is sent"))
    return await _back(request, actor, ticket)


def _written(texts: dict[str, str]) -> Written:
    """Raises `Invalid`."""
    minutes = texts.get("minutes", "").strip()
    if minutes and not (minutes.isascii() and minutes.isdigit() and int(minutes[:6]) <= 6000 and len(minutes) < 6):
        raise Invalid(fields={"minutes": _("Write minutes, up to 6,000")})
    state: Any = texts.get("state") if texts.get("state") in {"open", "pending", "solved"} else None
    return Written(
        text=texts.get("text", "")[:100_000],
        minutes=int(minutes or 0),
        state=state,
        to_children=texts.get("to_children") == "yes",
    )


async def enter(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/obsluga/nowe?category=…&template=…`: what somebody tells on the phone."""
    actor, query = await current_actor(request), api.query(request, EnterQuery)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        categories = await setup_store.things(tx, Category, active=True)
        templates = await setup_store.things(tx, TicketTemplate, active=True)
        units, queues = await setup_store.units(tx), await setup_store.things(tx, Queue, active=True)
    template = next((one for one in templates if str(one.id) == query.template), None)
    chosen = str(template.category_id) if template and template.category_id else query.category
    category = next((one for one in categories if str(one.id) == chosen), None)
    locale = request.app[LOCALES].choose(request)
    kind = with_details(EnteredForm, category.fields if category else [], locale)
    if request.method == "POST":
        form: Any = await read(request, kind)
    else:
        given = {"subject": template.subject, "text": template.text} if template else {}
        levels = template or category
        given |= {"impact": str(levels.impact), "urgency": str(levels.urgency)} if levels else {}
        form = await read(request, kind, sent_key=secrets.token_urlsafe(12), **given)
    choose_units(form, units, locale.gettext("Choose…"))
    form.queue_id.choices = [("", locale.gettext("As it is routed")), *((str(one.id), one.name) for one in queues)]
    if form.posted:
        try:
            if not form.validate():
                raise Invalid
            ticket = await actions.enter_ticket(request.app[DATABASE], actor, _entered(form, category))
        except (Invalid, Conflict, TooMany) as problem:
            take(form, problem)
        else:
            await flash(request, _("Kept. The ticket has the number %(number)s"), number=ticket.number)
            return await _back(request, actor, ticket)
    return await render(
        request,
        "helpdesk/enter.html",
        status=form.status,
        form=form,
        category=category,
        categories=categories,
        templates=templates,
        chosen_template=template,
    )


def _entered(form: Any, category: Category | None) -> Entered:
    base: TicketForm = form
    return Entered(
        ticket=new_ticket(base, category, subject=form.subject.data or ""),
        account_id=number(form.account_id.data),
        name=form.name.data or "",
        email=form.email.data or "",
        queue_id=number(form.queue_id.data),
    )
