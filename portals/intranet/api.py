"""The JSON side of units: the same actions."""

from aiohttp import web

from app.api import body, reply
from app.database import DATABASE
from app.wire import current_actor
from portals.intranet import actions
from portals.intranet.model import MemberChange, NewMember, NewUnit, UnitChange


async def list_units(request: web.Request) -> web.StreamResponse:
    """`GET /api/intranet/units`"""
    return reply(await actions.list_units(request.app[DATABASE], await current_actor(request)))


async def create_unit(request: web.Request) -> web.StreamResponse:
    """`POST /api/intranet/units`"""
    new = await body(request, NewUnit)
    return reply(await actions.create_unit(request.app[DATABASE], await current_actor(request), new), 201)


async def show_unit(request: web.Request) -> web.StreamResponse:
    """`GET /api/intranet/units/{unit_id}`"""
    unit_id = int(request.match_info["unit_id"])
    return reply(await actions.show_unit(request.app[DATABASE], await current_actor(request), unit_id))


async def change_unit(request: web.Request) -> web.StreamResponse:
    """`PUT /api/intranet/units/{unit_id}`"""
    change, unit_id = await body(request, UnitChange), int(request.match_info["unit_id"])
    return reply(await actions.change_unit(request.app[DATABASE], await current_actor(request), unit_id, change))


async def add_member(request: web.Request) -> web.StreamResponse:
    """`POST /api/intranet/units/{unit_id}/members`"""
    new, unit_id = await body(request, NewMember), int(request.match_info["unit_id"])
    return reply(await actions.add_member(request.app[DATABASE], await current_actor(request), unit_id, new), 201)


async def change_member(request: web.Request) -> web.StreamResponse:
    """`PUT /api/intranet/units/{unit_id}/members/{account_id}`"""
    change = await body(request, MemberChange)
    unit_id, account_id = int(request.match_info["unit_id"]), int(request.match_info["account_id"])
    actor = await current_actor(request)
    return reply(await actions.change_member(request.app[DATABASE], actor, unit_id, account_id, change))


async def remove_member(request: web.Request) -> web.StreamResponse:
    """`DELETE /api/intranet/units/{unit_id}/members/{account_id}`"""
    unit_id, account_id = int(request.match_info["unit_id"]), int(request.match_info["account_id"])
    await actions.remove_member(request.app[DATABASE], await current_actor(request), unit_id, account_id)
    return web.Response(status=204)
