"""Pages of those who send tickets: one's own, a new one, a device by its label, a ticket."""

import secrets
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import AppError, Conflict, Invalid, NotFound, TooMany
from app.files import IMAGES
from app.files.serve import serve
from app.files.upload import FILES
from app.files.upload_form import Received, discard, read_upload_form
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.equipment import actions as equipment
from portals.equipment.model import Device
from portals.helpdesk import actions, attachments, part_store, rules, setup_store, store, views
from portals.helpdesk.access import access_sending, access_ticket
from portals.helpdesk.api import numbered, ticket_id_of
from portals.helpdesk.drafts import Written
from portals.helpdesk.events import own_room, ticket_room
from portals.helpdesk.forms import (
    DecideForm,
    RateForm,
    ReplyForm,
    TicketForm,
    choose_units,
    detail_faults,
    form_of,
    new_ticket,
    with_details,
)
from portals.helpdesk.model import FILE_BYTES, MOST_FILES, Source
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.promises import below, promised
from portals.helpdesk.settings import HelpdeskSettings
from portals.helpdesk.setup_model import Category, UnitChoice
from portals.intranet import actions as intranet

ACCEPTED: Final = attachments.ACCEPTED
UPLOADS: Final = attachments.UPLOADS
OTHER: Final = "0"
"""In addresses: no category fits."""
OPEN_OF_DEVICE: Final = 5


class NewQuery(msgspec.Struct, frozen=True):
    """`category`: its id, 0 for none of them; `label`: of the device."""

    category: str = ""
    label: str = ""


class FindQuery(msgspec.Struct, frozen=True):
    number: str = ""


async def show_own(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc`: one's own tickets, live; `?number=…` leads to a ticket."""
    actor = await current_actor(request)
    wanted = api.query(request, FindQuery).number.strip()
    fault = ""
    if wanted:
        try:
            return see_other(await _found(request, actor, numbered(wanted, "number")))
        except Invalid as problem:
            fault = problem.fields["number"]
        except NotFound:
            fault = _("There is no ticket with this number that you may see")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        staff = await intranet.is_staff(tx, actor)
        view = await views.own_view(tx, actor)
        waiting = await part_store.approvals_waiting_for(tx, actor.account_id or 0)
        asked = await store.tickets(tx, [one.ticket_id for one in waiting])
    return await render(
        request,
        "helpdesk/own.html",
        status=422 if fault else 200,
        view=view,
        asked=asked,
        staff=staff,
        desk=rules.is_desk(actor) or rules.can_read_all(actor),
        wanted=wanted,
        fault=fault,
        room=own_room(actor.account_id or 0),
        phone=section(request.app, HelpdeskSettings).phone,
    )


async def _found(request: web.Request, actor: Actor, ticket_id: int) -> str:
    """The page of a ticket, on the side on which the actor is."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket(tx, actor, ticket_id)
    return place.ticket.desk_path if place.inside and not place.may_speak else place.ticket.path


async def show_device(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/urzadzenie/{label}`: where the code on a device leads."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_sending(tx, actor)
        device = await equipment.device_by_label(tx, request.match_info["label"])
        if device is None:
            raise NotFound("There is no device with this number: look at its label once more")
        known = [one for one in await store.tickets_of_device(tx, device.id, 20) if one.is_open][:OPEN_OF_DEVICE]
        categories = await setup_store.things(tx, Category, active=True)
    return await render(
        request,
        "helpdesk/device.html",
        device=device,
        known=known,
        own=[one for one in known if one.requester_id == actor.account_id],
        categories=[one for one in categories if one.device != "no"],
    )


async def new(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/nowe?category=…&label=…`: tiles of categories, then the form of the chosen one."""
    actor, query = await current_actor(request), api.query(request, NewQuery)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_sending(tx, actor)
        categories = await setup_store.things(tx, Category, active=True)
        units = await setup_store.units(tx, await intranet.units_of(tx, actor.account_id))
        device = await equipment.device_by_label(tx, query.label) if query.label else None
    category = next((one for one in categories if str(one.id) == query.category), None)
    if category is None and query.category != OTHER and categories:
        return await render(request, "helpdesk/tiles.html", categories=categories, label=query.label)
    if request.method == "POST":
        return await _send(request, actor, category, units, device)
    form = await read(request, _kind(request, category), sent_key=secrets.token_urlsafe(12), **_known(device))
    return await _form_page(request, form, category, units, device)


def _known(device: Device | None) -> dict[str, str]:
    return {"device_label": device.inventory_number, "room": device.room} if device else {}


def _kind(request: web.Request, category: Category | None) -> type[TicketForm]:
    locale = request.app[LOCALES].choose(request)
    return with_details(TicketForm, category.fields if category else [], locale)


async def _send(
    request: web.Request,
    actor: Actor,
    category: Category | None,
    units: list[UnitChoice],
    device: Device | None,
) -> web.StreamResponse:
    received = await read_upload_form(request, limit_bytes=FILE_BYTES, accept=ACCEPTED, most_files=MOST_FILES)
    form = await form_of(request, _kind(request, category), received.texts)
    source: Source = "qr" if device is not None else "form"
    try:
        if received.refused:
            raise Invalid("Some files were not taken")
        ticket = await actions.send_ticket(
            request.app[DATABASE],
            actor,
            new_ticket(form, category),
            source=source,
            files=request.app[FILES],
            uploads=received.uploads,
        )
    except (Invalid, Conflict, TooMany) as problem:
        await discard(request, received.uploads)
        take(form, problem)
        say_refused(request, form, received)
        return await _form_page(request, form, category, units, device)
    await flash(request, _("Sent. Your ticket has the number %(number)s"), number=ticket.number)
    return see_other(ticket.path)


async def _form_page(
    request: web.Request,
    form: TicketForm,
    category: Category | None,
    units: list[UnitChoice],
    device: Device | None,
) -> web.StreamResponse:
    choose_units(form, units, "" if len(units) <= 1 else request.app[LOCALES].choose(request).gettext("Choose…"))
    return await render(
        request,
        "helpdesk/new.html",
        status=form.status,
        form=form,
        category=category,
        units=units,
        device=device,
        phone=section(request.app, HelpdeskSettings).phone,
    )


def take(form: Form, problem: AppError) -> None:
    """Puts a refusal beside the fields it names; the category's own fields have other names in the form."""
    if isinstance(problem, Invalid) and problem.fields:
        problem = Invalid(problem.detail, detail_faults(problem.fields), **problem.values)
    form.take(problem)


def say_refused(request: web.Request, form: Form, received: Received) -> None:
    """Nothing was sent: files are to be chosen once more, which browsers do not do for people."""
    form.form_errors.extend(received.refused)
    if received.uploads:
        text = request.app[LOCALES].choose(request).gettext("Nothing was sent yet: please choose the files once more")
        form.form_errors.append(text)


async def show_ticket(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/{number}`: the requester's side of a ticket; `POST` answers."""
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    if request.method == "GET":
        return await ticket_page(request, await read(request, ReplyForm))
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_ticket(tx, actor, ticket_id)
    received = await read_upload_form(request, limit_bytes=FILE_BYTES, accept=ACCEPTED, most_files=MOST_FILES)
    form: ReplyForm = await form_of(request, ReplyForm, received.texts)
    written = Written(text=(form.text.data or "")[:100_000])
    try:
        if received.refused:
            raise Invalid("Some files were not taken")
        entry = await actions.reply(
            request.app[DATABASE],
            actor,
            ticket_id,
            written,
            request.app[FILES],
            received.uploads,
            as_requester=True,
        )
    except (Invalid, Conflict, TooMany) as problem:
        await discard(request, received.uploads)
        form.take(problem)
        say_refused(request, form, received)
        return await ticket_page(request, form)
    return see_other(f"/pomoc/{digits_of(entry.ticket_id)}#entry-{entry.id}")


async def ticket_page(
    request: web.Request, form: ReplyForm, rate: RateForm | None = None, decide: DecideForm | None = None
) -> web.StreamResponse:
    """Draws it; whoever looks has seen everything."""
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket(tx, actor, ticket_id)
        view = await views.public_view(tx, actor, place)
        goes_on = await _goes_on(tx, actor, ticket_id) if place.ticket.merged_into_id else None
        category = await setup_store.thing(tx, Category, place.ticket.category_id)
        promise = await promised(request.app, tx, ticket_id)
        outage = await below(request.app, tx, ticket_id) if place.side == "requester" or place.may_speak else None
    if view.entries:
        await actions.see(request.app[DATABASE], actor, ticket_id, view.entries[-1].id)
    return await render(
        request,
        "helpdesk/ticket.html",
        status=max(one.status for one in (form, rate, decide) if one is not None),
        view=view,
        ticket=view.ticket,
        place=place,
        goes_on=goes_on,
        promised=promise,
        below=outage,
        locale=request.app[LOCALES].choose(request),
        now=datetime.now(UTC),
        fields=category.fields if category else [],
        form=form,
        rate=rate or await read_shown(request, RateForm),
        decide=decide or await read_shown(request, DecideForm),
        room=ticket_room(ticket_id),
        limit_mb=FILE_BYTES // 1_000_000,
    )


async def read_shown(request: web.Request, kind: type[Any]) -> Any:
    """A form as it is shown beside another one that was sent."""
    return await form_of(request, kind, {})


async def _goes_on(tx: Tx, actor: Actor, ticket_id: int) -> Any:
    """The ticket in which a merged one goes on, if the reader may know of it."""
    try:
        return (await access_ticket(tx, actor, await part_store.goes_on_in(tx, ticket_id))).ticket
    except NotFound:
        return None


async def rate(request: web.Request) -> web.StreamResponse:
    form = await read(request, RateForm)
    try:
        if not form.validate():
            raise Invalid
        digit = form.rating.data or ""
        rating = int(digit) if digit in {"1", "2", "3", "4", "5"} else 0
        actor = await current_actor(request)
        await actions.rate(request.app[DATABASE], actor, ticket_id_of(request), rating, form.text.data or "")
    except (Invalid, Conflict) as problem:
        form.take(problem)
        return await ticket_page(request, await read_shown(request, ReplyForm), rate=form)
    await flash(request, _("Thank you"))
    return see_other(request.path.removesuffix("/rate"))


async def close(request: web.Request) -> web.StreamResponse:
    """The requester says that it is done."""
    await require_action(request)
    try:
        await actions.close_own(request.app[DATABASE], await current_actor(request), ticket_id_of(request))
    except Conflict:
        await flash(request, _("This ticket was closed already"), kind="info")
    else:
        await flash(request, _("The ticket is closed. Thank you"))
    return see_other(request.path.removesuffix("/close"))


async def decide(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/{number}/approval/{verb}`: grant or refuse."""
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    granted = request.match_info["verb"] == "grant"
    form = await read(request, DecideForm)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_ticket(tx, actor, ticket_id)
        asked = await part_store.approval_waiting(tx, ticket_id, actor.account_id)
    try:
        if not form.validate():
            raise Invalid
        if asked is None:
            raise Conflict("This was settled in the meantime")
        answer = form.answer.data or ""
        await actions.decide(request.app[DATABASE], actor, asked.id, granted=granted, answer=answer)
    except (Invalid, Conflict) as problem:
        form.take(problem)
        return await ticket_page(request, await read_shown(request, ReplyForm), decide=form)
    await flash(request, _("Your decision was passed on"))
    return see_other(f"/pomoc/{digits_of(ticket_id)}")


async def send_file(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/{number}/files/{file_id}`: pictures are shown, all else is a download; notes' files only inside."""
    stored = await attachments.access_file(request, ticket_id_of(request), request.match_info["file_id"])
    return await serve(request, stored, disposition="inline", allow_inline=IMAGES, cache_control="private, no-store")
