"""The JSON side of the bell and of the wall."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import CITY, current_actor
from portals.helpdesk.alerts import actions, wall
from portals.helpdesk.alerts.model import BellDraft, Quieting, Seen


async def show_bell(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/bell`"""
    zone = request.app[CITY].time_zone
    return api.reply(await actions.show_bell(request.app[DATABASE], await current_actor(request), zone))


async def set_bell(request: web.Request) -> web.Response:
    """`PUT /api/helpdesk/bell`"""
    draft = await api.body(request, BellDraft)
    return api.reply(await actions.set_bell(request.app[DATABASE], await current_actor(request), draft))


async def be_quiet(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/bell/quiet`"""
    wanted = await api.body(request, Quieting)
    return api.reply(await actions.be_quiet(request.app[DATABASE], await current_actor(request), wanted.minutes))


async def clear(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/bell/clear`"""
    return api.reply(await actions.clear(request.app[DATABASE], await current_actor(request)))


async def put_away(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/bell/seen`"""
    seen = await api.body(request, Seen)
    return api.reply(await actions.put_away(request.app[DATABASE], await current_actor(request), seen.keys))


async def show_wall(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/wall`"""
    return api.reply(await wall.own_wall(request.app[DATABASE], await current_actor(request)))
