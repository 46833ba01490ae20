"""Pages of the intranet: where the day begins, and the organisation's units."""

from typing import Any, Final

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from portals.intranet import actions
from portals.intranet.forms import MemberForm, NewUnitForm, UnitForm
from portals.intranet.model import MemberChange, NewMember, NewUnit, UnitChange, UnitDraft
from portals.intranet.start import START_PAGE

LIST: Final = "/intranet/units"


async def show_start(request: web.Request) -> web.StreamResponse:
    """`GET /intranet`: my units, and what other features add. Who works nowhere is told whom to ask."""
    actor = await current_actor(request)
    page = request.app[START_PAGE]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        staff = await actions.is_staff(tx, actor)
        units = await actions.own_units(tx, actor)
        views = [await actions.unit_snapshot(tx, actor, {"unit_id": str(one.id)}) for one in units]
        drawn = [(one, await one.data(tx, actor)) for one in page] if staff else []
    parts = [(one, data) for one, data in drawn if data is not None]
    return await render(
        request, "intranet/start.html", staff=staff, views=views, parts=parts, links=page.links if staff else []
    )


async def list_units(request: web.Request) -> web.StreamResponse:
    """`GET /intranet/units`: of all kinds, with whom to call."""
    actor = await current_actor(request)
    found = await actions.list_units(request.app[DATABASE], actor)
    may_add = actor.has("admin")
    bare = await actions.units_without_card(request.app[DATABASE], actor) if may_add else []
    return await render(request, "intranet/units.html", units=found.units, may_add=may_add, bare=bare)


async def show_unit(request: web.Request) -> web.StreamResponse:
    """`GET|POST /intranet/units/{unit_id}`: its card and people; the form adds one of them."""
    actor, unit_id = await current_actor(request), int(request.match_info["unit_id"])
    view = await actions.show_unit(request.app[DATABASE], actor, unit_id)
    form = await read(request, MemberForm)
    if form.posted and form.validate():
        try:
            new = NewMember(who=form.who.data or "")
            await actions.add_member(request.app[DATABASE], actor, unit_id, new)
        except AppError as problem:
            if problem.status == 404:
                raise
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{LIST}/{unit_id}")
    return await render(request, "intranet/unit.html", status=form.status, view=view, form=form)


async def add_unit(request: web.Request) -> web.StreamResponse:
    """`GET|POST /intranet/units/new`"""
    actor, database = await current_actor(request), request.app[DATABASE]
    parents = await actions.parents_for(database, actor)
    form = await read(request, NewUnitForm, active=True)
    form.parent_id.choices = parents
    if form.posted and form.validate():
        try:
            new = NewUnit(**_texts(form), parent_id=form.parent_id.data)
            made = await actions.create_unit(database, actor, new)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(made.path)
    return await render(request, "intranet/unit_form.html", status=form.status, form=form, unit=None)


async def change_unit(request: web.Request) -> web.StreamResponse:
    """`GET|POST /intranet/units/{unit_id}/edit`"""
    actor, unit_id = await current_actor(request), int(request.match_info["unit_id"])
    database = request.app[DATABASE]
    async with database.transaction() as tx:
        unit = await actions.access_unit_to_change(tx, actor, unit_id)
    form = await read(request, UnitForm, obj=unit)
    if form.posted and form.validate():
        try:
            rev = _number(str((await request.post()).get("rev", "")))
            await actions.change_unit(database, actor, unit_id, UnitChange(**_texts(form), rev=rev))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{LIST}/{unit_id}")
    return await render(request, "intranet/unit_form.html", status=form.status, form=form, unit=unit)


async def give_card(request: web.Request) -> web.StreamResponse:
    """`GET|POST /intranet/units/{unit_id}/card`: for a unit that is in the tree alone."""
    actor, unit_id = await current_actor(request), int(request.match_info["unit_id"])
    database = request.app[DATABASE]
    bare = next((one for one in await actions.units_without_card(database, actor) if one.id == unit_id), None)
    if bare is None:
        return see_other(f"{LIST}/{unit_id}")
    form = await read(request, UnitForm, obj=bare, active=True)
    if form.posted and form.validate():
        try:
            made = await actions.give_card(database, actor, unit_id, UnitDraft(**_texts(form)))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(made.path)
    return await render(request, "intranet/unit_form.html", status=form.status, form=form, unit=bare)


async def act_on_member(request: web.Request) -> web.StreamResponse:
    """`POST /intranet/units/{unit_id}/members/{account_id}/{verb}`: remove, restore, head, member."""
    await require_action(request)
    actor, database = await current_actor(request), request.app[DATABASE]
    unit_id, account_id = int(request.match_info["unit_id"]), int(request.match_info["account_id"])
    verb, place = request.match_info["verb"], f"{LIST}/{unit_id}"
    try:
        if verb == "remove":
            gone = await actions.remove_member(database, actor, unit_id, account_id)
            undo = f"{place}/members/{account_id}/restore"
            await flash(request, _("%(name)s does not work here any more"), undo=undo, name=gone.name)
        elif verb == "restore":
            await actions.restore_member(database, actor, unit_id, account_id)
            await flash(request, _("Taken back"))
        else:
            await actions.change_member(database, actor, unit_id, account_id, MemberChange(head=verb == "head"))
            await flash(request, _("Saved"))
    except AppError as problem:
        if problem.status != 409:
            raise
        await flash(request, problem.detail or problem.title, "warning")
    return see_other(place)


def _texts(form: UnitForm) -> dict[str, Any]:
    names = ("name", "short_name", "address", "room", "phone", "email")
    texts = {name: getattr(form, name).data or "" for name in names}
    return {**texts, "kind": form.kind.data, "active": bool(form.active.data)}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
