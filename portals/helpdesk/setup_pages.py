"""Pages with which leads set the helpdesk up; agents keep canned replies of their own there."""

from typing import Any, Final, cast

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, Invalid, NotFound
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, Locale, _
from app.pages import flash, render
from app.wire import current_actor
from portals.helpdesk import actions, part_store, rules, setup_store
from portals.helpdesk.access import access_setup
from portals.helpdesk.model import Level, Priority
from portals.helpdesk.placeholders import PLACEHOLDERS
from portals.helpdesk.setup_forms import (
    FORMS,
    KINDS,
    ThingForm,
    field_rows,
    offered,
    posted_rows,
    shown_values,
    thing_of,
)
from portals.helpdesk.setup_model import CannedReply, Category, Cell, Matrix, Queue, Service, Team
from portals.helpdesk.words import IMPACTS, PRIORITIES, URGENCIES

TITLES: Final = {
    "queues": (_("Queues"), _("Where tickets wait; each is worked on by one team or more")),
    "teams": (_("Teams"), _("Who works together, and on which queues")),
    "categories": (_("Categories"), _("The tiles people choose from, and what is asked besides")),
    "services": (_("Services"), _("What people use: mail, the register, Wi-Fi")),
    "rules": (_("Routing rules"), _("Which queue a new ticket goes to; the first rule that holds decides")),
    "canned-replies": (_("Canned replies"), _("Texts with places that fill themselves")),
    "templates": (_("Templates"), _("Tickets that come by telephone again and again")),
}
"""Last part of the address: title and what it is for."""
REMOVABLE: Final = frozenset({"rules", "canned-replies", "templates"})
ROUTED: Final = _("as rules say")
ALL: Final = _("all queues")
NONE: Final = _("none")


async def show_index(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/ustawienia`"""
    access_setup(await current_actor(request))
    return await render(request, "helpdesk/setup.html", titles=TITLES)


async def show_list(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/ustawienia/{kind}`"""
    actor, kind = await current_actor(request), request.match_info["kind"]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        things = await _things(tx, actor, kind)
        names = await _names(tx)
    return await render(
        request,
        "helpdesk/setup_list.html",
        kind=kind,
        title=TITLES[kind],
        things=things,
        names=names,
        may_set_up=rules.can_set_up(actor),
    )


async def show_edit(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/ustawienia/{kind}/{thing_id}`: 0 makes a new one."""
    actor, kind = await current_actor(request), request.match_info["kind"]
    thing_id = int(request.match_info["thing_id"])
    form_class, row = FORMS[kind]
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        things = await _things(tx, actor, kind)
        old = next((one for one in things if one.id == thing_id), None)
        if thing_id and old is None:
            raise NotFound
        form = await read(request, form_class, **shown_values(old))
        await _choose(tx, form, locale)
    rows = posted_rows(await request.post()) if form.posted else field_rows(old)
    if form.posted and form.validate():
        try:
            thing = thing_of(form, row, thing_id, actor.account_id, rows)
            await actions.save_thing(request.app[DATABASE], actor, cast("Any", thing))
        except (Invalid, Conflict) as problem:
            form.take(problem)
        except msgspec.ValidationError:
            form.take(Invalid("This does not have the form that is expected"))
        else:
            await flash(request, _("Saved"))
            return see_other(f"/pomoc/ustawienia/{kind}")
    return await render(
        request,
        "helpdesk/setup_edit.html",
        status=form.status,
        kind=kind,
        title=TITLES[kind],
        form=form,
        old=old,
        rows=rows if kind == "categories" else [],
        kinds=KINDS,
        removable=kind in REMOVABLE and old is not None,
        placeholders=PLACEHOLDERS if kind == "canned-replies" else {},
        may_set_up=rules.can_set_up(actor),
    )


async def remove(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/{kind}/{thing_id}/remove`"""
    await require_action(request)
    kind = request.match_info["kind"]
    actor, thing_id = await current_actor(request), int(request.match_info["thing_id"])
    await actions.remove_thing(request.app[DATABASE], actor, cast("Any", FORMS[kind][1]), thing_id)
    await flash(request, _("Removed"))
    return see_other(f"/pomoc/ustawienia/{kind}")


async def show_matrix(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/ustawienia/priorytety`: the priority of each impact and urgency."""
    actor = await current_actor(request)
    access_setup(actor)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        matrix = await setup_store.matrix(tx)
    if request.method == "POST":
        await require_action(request)
        posted = await request.post()
        cells = []
        for one in matrix.cells:
            text = str(posted.get(f"cell_{one.impact}_{one.urgency}", ""))
            priority = int(text) if text in {"1", "2", "3", "4"} else one.priority
            cells.append(Cell(impact=one.impact, urgency=one.urgency, priority=cast("Priority", priority)))
        await actions.set_matrix(request.app[DATABASE], actor, Matrix(cells))
        await flash(request, _("Saved"))
        return see_other("/pomoc/ustawienia")
    return await render(
        request,
        "helpdesk/matrix.html",
        matrix={(one.impact, one.urgency): one.priority for one in matrix.cells},
        impacts=cast("dict[Level, str]", IMPACTS),
        urgencies=URGENCIES,
        priorities=PRIORITIES,
    )


async def _things(tx: Tx, actor: Actor, kind: str) -> list[Any]:
    """Rows that the actor may change. Raises `Forbidden` for agents, but for canned replies of their own."""
    row = FORMS[kind][1]
    if row is CannedReply and rules.is_desk(actor) and not rules.can_set_up(actor):
        return [one for one in await actions.canned_replies(tx, actor) if one.owner_id == actor.account_id]
    access_setup(actor)
    if row is CannedReply:
        return list(await actions.canned_replies(tx, actor))
    return list(await setup_store.things(tx, cast("Any", row)))


async def _names(tx: Tx) -> dict[str, dict[int, str]]:
    """Names by id, for lists that refer to each other."""
    return {
        "queue": {one.id: one.name for one in await setup_store.things(tx, Queue)},
        "team": {one.id: one.name for one in await setup_store.things(tx, Team)},
        "category": {one.id: one.name for one in await setup_store.things(tx, Category)},
        "unit": {one.id: one.short_name for one in await setup_store.units(tx)},
    }


async def _choose(tx: Tx, form: ThingForm, locale: Locale) -> None:
    """What the selects offer."""
    empty = {"CategoryForm": ROUTED, "CannedForm": ALL}.get(type(form).__name__, "")
    people = await part_store.desk_accounts(tx)
    choices = {
        "queue_id": offered(await setup_store.things(tx, Queue, active=True), empty, locale),
        "queues": offered(await setup_store.things(tx, Queue, active=True), "", locale),
        "members": [(str(one.id), f"{one.name} ({one.login})") for one in people],
        "category_id": offered(await setup_store.things(tx, Category, active=True), NONE, locale),
        "service_id": offered(await setup_store.things(tx, Service, active=True), NONE, locale),
        "unit_id": offered(await setup_store.units(tx), NONE, locale),
        "team_id": offered(await setup_store.things(tx, Team, active=True), NONE, locale),
    }
    for name, found in choices.items():
        if name in form:
            field: Any = form[name]
            field.choices = found
