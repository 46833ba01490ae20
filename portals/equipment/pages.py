"""Pages of equipment: the list, a device, and its form."""

from typing import Any, Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.api import invalid_from
from app.database import DATABASE, Tx
from app.errors import AppError, Invalid, NotFound
from app.forms import read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from portals.equipment import actions, rules, store
from portals.equipment.forms import DeviceForm
from portals.equipment.model import Device, DeviceChange, DeviceDraft, Wanted
from portals.intranet.actions import unit_choices
from portals.intranet.model import OrganisationUnit

LIST: Final = "/equipment"


def wanted_of(values: Any) -> Wanted:
    """Filters out of a query or a form; what makes no sense is left out, as people change addresses by hand."""
    known: dict[str, Any] = {}
    for name in Wanted.__struct_fields__:
        text = values.get(name, "")
        if text == "" or (name == "page" and not str(text).isdigit()):
            continue
        try:
            known[name] = getattr(msgspec.convert({name: str(text)}, Wanted, strict=False), name)
        except msgspec.ValidationError:
            continue
    return Wanted(**known)


def query_of(wanted: Wanted) -> dict[str, str]:
    """The filters as a query, without the page."""
    return {
        name: str(value) for name in Wanted.__struct_fields__ if (value := getattr(wanted, name)) and name != "page"
    }


async def show_list(request: web.Request) -> web.StreamResponse:
    """`GET /equipment`: what the reader may know of, filtered. A label that is typed in leads to its device."""
    actor, wanted = await current_actor(request), wanted_of(request.query)
    database = request.app[DATABASE]
    if rules.label_from(wanted.text) is not None:
        async with database.transaction(readonly=True) as tx:
            try:
                return see_other((await actions.access_device_by_label(tx, actor, wanted.text)).path)
            except NotFound:
                pass  # perhaps another number that looks like one
    found = await actions.list_devices(database, actor, wanted)
    async with database.transaction(readonly=True) as tx:
        reach = await actions.reach_of(tx, actor)
        if not reach.paths and not reach.units:
            raise NotFound
        units = await readable_units(tx, actor)
        keeps = await actions.can_keep_anything(tx, actor)
        try:
            stock = await actions.stock_snapshot(tx, actor, {})
        except NotFound:
            stock = None  # a part of the organisation
        places = [one for one in units if rules.can_keep(actor, one.path)] if keeps else []
    return await render(
        request,
        "equipment/list.html",
        found=found,
        wanted=wanted,
        query=query_of(wanted),
        units=units,
        keeps=keeps,
        places=places,
        stock=stock,
    )


async def readable_units(tx: Tx, actor: Actor) -> list[OrganisationUnit]:
    """Units whose equipment the actor may read."""
    reach = await actions.reach_of(tx, actor)
    return [one for one in await unit_choices(tx) if rules.can_read(actor, one.path, is_member=one.id in reach.units)]


async def show_device(request: web.Request) -> web.StreamResponse:
    """`GET /equipment/{device_id}`"""
    actor, device_id = await current_actor(request), int(request.match_info["device_id"])
    view = await actions.show_device(request.app[DATABASE], actor, device_id)
    return await render(request, "equipment/device.html", view=view, device=view.device)


async def add_device(request: web.Request) -> web.StreamResponse:
    """`GET|POST /equipment/new`; `?like=12` begins with another device's model and place."""
    actor, database = await current_actor(request), request.app[DATABASE]
    form = await read(request, DeviceForm, **await _like(request, actor))
    await _choose(form, actor, request, None)
    if form.posted and form.validate():
        try:
            made = await actions.add_device(database, actor, _draft(form))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(
                request,
                _("%(name)s has the label %(label)s"),
                name=made.title,
                label=rules.spoken(made.inventory_number),
            )
            return see_other(made.path)
    return await _form_page(request, form, None)


async def change_device(request: web.Request) -> web.StreamResponse:
    """`GET|POST /equipment/{device_id}/edit`"""
    actor, database = await current_actor(request), request.app[DATABASE]
    async with database.transaction() as tx:
        device = await actions.access_device_to_change(tx, actor, int(request.match_info["device_id"]))
    form = await read(request, DeviceForm, obj=device)
    await _choose(form, actor, request, device)
    if form.posted and form.validate():
        try:
            sent = str((await request.post()).get("rev", ""))
            rev = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0
            change = DeviceChange(**msgspec.structs.asdict(_draft(form)), rev=rev)
            await actions.change_device(database, actor, device.id, change)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(device.path)
    return await _form_page(request, form, device)


async def _form_page(request: web.Request, form: DeviceForm, device: Device | None) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        models = await store.models(tx)
    return await render(
        request, "equipment/device_form.html", status=form.status, form=form, device=device, models=models
    )


async def _choose(form: DeviceForm, actor: Actor, request: web.Request, device: Device | None) -> None:
    """Units that the actor keeps, and the one where the device is, closed or not."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        units = [one for one in await unit_choices(tx) if rules.can_keep(actor, one.path)]
    choices = [(one.id, f"{one.short_name} – {one.name}") for one in units]
    if device is not None and device.unit_id not in {one.id for one in units}:
        choices.append((device.unit_id, device.unit_name))
    form.unit_id.choices = choices


async def _like(request: web.Request, actor: Actor) -> dict[str, object]:
    text = request.query.get("like", "")
    if request.method != "GET" or not (text.isascii() and text.isdigit() and len(text) < 18):
        return {}
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        try:
            known = await actions.access_device(tx, actor, int(text))
        except NotFound:
            return {}
    names = ("kind", "maker", "model", "unit_id", "room", "bought", "warranty_until")
    return {name: getattr(known, name) for name in names}


def _draft(form: DeviceForm) -> DeviceDraft:
    texts = ("maker", "model", "serial", "asset_number", "room", "assigned_to", "note", "mac")
    others = ("kind", "unit_id", "state", "bought", "warranty_until", "channel")
    values = {name: getattr(form, name).data or "" for name in texts}
    values |= {name: getattr(form, name).data for name in others}
    try:
        return msgspec.convert(values, DeviceDraft)
    except msgspec.ValidationError as problem:
        raise invalid_from(problem) from None


def first_words(problem: Invalid) -> str:
    """What is wrong, in one line, for a message that has no field to stand beside."""
    return next(iter(problem.fields.values()), problem.detail or problem.title)
