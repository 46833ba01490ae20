"""The JSON side of the desk."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.i18n import LOCALES
from app.wire import current_actor
from portals.helpdesk.api import numbered, ticket_id_of
from portals.helpdesk.desk import actions, company
from portals.helpdesk.desk.model import Here, Made, PutBack, Together
from portals.helpdesk.numbers import digits_of


async def say_here(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/tickets/{number}/company`"""
    here = await api.body(request, Here)
    actor = await current_actor(request)
    await company.say_here(request.app[DATABASE], actor, ticket_id_of(request), here)
    return web.Response(status=204)


async def change_together(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/desk/changes`"""
    wanted = await api.body(request, Together)
    seen = {numbered(one.number, "tickets"): one.rev for one in wanted.tickets}
    done = await actions.change_together(request.app[DATABASE], await current_actor(request), seen, wanted.wanted)
    made = Made(
        change_id=done.change_id,
        changed=[digits_of(one) for one in done.changed],
        same=[digits_of(one) for one in done.same],
        refused=_reasons(request, done.refused),
    )
    return api.reply(made)


async def put_back(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/desk/changes/{change_id}/undo`"""
    change_id = int(request.match_info["change_id"])
    done = await actions.put_back(request.app[DATABASE], await current_actor(request), change_id)
    return api.reply(PutBack(back=[digits_of(one) for one in done.back], kept=_reasons(request, done.kept)))


def _reasons(request: web.Request, refused: dict[int, str]) -> dict[str, str]:
    locale = request.app[LOCALES].choose(request)
    return {digits_of(ticket_id): locale.gettext(why) for ticket_id, why in refused.items()}
