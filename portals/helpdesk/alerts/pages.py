"""Pages of the bell, of the wall, and of the addresses of screens."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.errors import AppError
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.helpdesk.alerts import actions, forms, rules, wall
from portals.helpdesk.alerts.events import wall_room
from portals.helpdesk.alerts.forms import BellForm, WallboardForm
from portals.helpdesk.alerts.model import AlertKind, WallView
from portals.helpdesk.sla.forms import DAYS
from portals.helpdesk.sla.forms import offer as offer_one

BELL: Final = "/pomoc/dzwonek"
WALL: Final = "/pomoc/tablica"
BOARDS: Final = "/pomoc/ustawienia/tablice"
KIND_WORDS: Final[dict[AlertKind, str]] = {
    "new": _("A new ticket"),
    "moved": _("Moved to this queue"),
    "answer": _("Answer of the requester"),
    "warning": _("A promise is nearly used up"),
    "late": _("A promise is broken"),
    "escalation": _("Escalation"),
}
QUIET_MIN: Final = 60


def _zone(request: web.Request) -> str:
    return request.app[CITY].time_zone


async def show_bell(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/dzwonek`: what rings, and what stands on the bell now."""
    actor, database = await current_actor(request), request.app[DATABASE]
    form = await read(request, BellForm)
    view = await actions.show_bell(database, actor, _zone(request))
    offer_one(form.queues, [(one.id, one.name) for one in view.queues])
    if not form.posted:
        forms.fill_bell(form, view.bell, view.queues)
    elif form.validate():
        try:
            await actions.set_bell(database, actor, forms.bell_draft(form))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(BELL)
    return await render(
        request,
        "helpdesk_alerts/bell.html",
        status=form.status,
        form=form,
        view=view,
        days=DAYS,
        quiet=rules.is_quiet(view.bell, view.now),
        rings_now=rules.may_ring(view.bell, view.now, _zone(request)),
        words=KIND_WORDS,
    )


async def be_quiet(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/dzwonek/cisza`: silence for an hour; `/pomoc/dzwonek/gra`: no longer."""
    await require_action(request)
    minutes = QUIET_MIN if request.path.endswith("/cisza") else 0
    await actions.be_quiet(request.app[DATABASE], await current_actor(request), minutes)
    await flash(request, _("Nothing rings for an hour") if minutes else _("The bell rings again"))
    return see_other(BELL)


async def clear(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/dzwonek/wyczysc`"""
    await require_action(request)
    await actions.clear(request.app[DATABASE], await current_actor(request))
    await flash(request, _("The bell is empty. The tickets wait in their queues as before"))
    return see_other(BELL)


# the wall


async def show_wall(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/tablica`: the queues that the reader sees, huge."""
    view = await wall.own_wall(request.app[DATABASE], await current_actor(request))
    return await _wall(request, view, "", "")


async def show_screen(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/tablica/{secret}`: for whoever knows the address. No subjects, no names in it."""
    key = wall.wallboard_key(request.match_info["secret"])
    board, view = await wall.screen(request.app[DATABASE], key)
    response = await _wall(request, view, key, board.name)
    response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})
    return response


async def _wall(request: web.Request, view: WallView, key: str, name: str) -> web.Response:
    hours, in_day = rules.hours_of_day([one.hours for one in view.queues], view.now, _zone(request))
    clocks = sorted((one for queue in view.queues for one in queue.deadlines), key=lambda one: str(one.clock.due_at))
    alerts = sorted((one for queue in view.queues for one in queue.alerts), key=lambda one: one.at, reverse=True)
    return await render(
        request,
        "helpdesk_alerts/wall.html",
        view=view,
        name=name,
        public=bool(key),
        now=view.now,
        clocks=clocks[:10],
        alerts=alerts[:6],
        hours=hours,
        drawn=rules.drawn(hours, in_day),
        chart=rules.WALL_CHART,
        figures=msgspec.json.encode(view).decode().replace("<", "\\u003c"),
        rooms={str(one.id): wall_room(one.id, key) for one in view.queues},
    )


# addresses of screens


async def show_boards(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /pomoc/ustawienia/tablice`: a new address is on the page that answers, nowhere else."""
    actor, database = await current_actor(request), request.app[DATABASE]
    boards = await wall.wallboards(database, actor)
    view = await wall.own_wall(database, actor)
    form, made = await read(request, WallboardForm), ""
    offer_one(form.queues, [(one.id, one.name) for one in view.queues])
    if form.posted and form.validate():
        try:
            chosen = list(form.queues.data or []) or None
            secret = await wall.add_wallboard(database, actor, form.name.data or "", chosen)
        except AppError as problem:
            form.take(problem)
        else:
            made = str(request.url.with_path(f"{WALL}/{secret}").with_query(None))
            boards = await wall.wallboards(database, actor)
            form.name.data, form.queues.data = "", []
    return await render(
        request,
        "helpdesk_alerts/boards.html",
        status=form.status,
        form=form,
        boards=boards,
        names={one.id: one.name for one in view.queues},
        made=made,
        now=datetime.now(UTC),
    )


async def revoke_board(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/ustawienia/tablice/{board_id}/cofnij`"""
    await require_action(request)
    board_id = int(request.match_info["board_id"])
    await wall.revoke_wallboard(request.app[DATABASE], await current_actor(request), board_id)
    await flash(request, _("The address is taken back: the screen shows nothing any more"))
    return see_other(BOARDS)
