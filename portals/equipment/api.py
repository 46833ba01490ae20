"""The JSON side of equipment: the same actions."""

from aiohttp import web

from app.api import body, query, reply
from app.database import DATABASE
from app.wire import current_actor
from portals.equipment import actions, moving, wifi
from portals.equipment.model import AccessPointList, DeviceChange, DeviceDraft, Move, SeenReport, Wanted


async def list_devices(request: web.Request) -> web.StreamResponse:
    """`GET /api/equipment/devices`"""
    wanted = query(request, Wanted)
    return reply(await actions.list_devices(request.app[DATABASE], await current_actor(request), wanted))


async def add_device(request: web.Request) -> web.StreamResponse:
    """`POST /api/equipment/devices`"""
    draft = await body(request, DeviceDraft)
    return reply(await actions.add_device(request.app[DATABASE], await current_actor(request), draft), 201)


async def show_device(request: web.Request) -> web.StreamResponse:
    """`GET /api/equipment/devices/{device_id}`"""
    device_id = int(request.match_info["device_id"])
    return reply(await actions.show_device(request.app[DATABASE], await current_actor(request), device_id))


async def change_device(request: web.Request) -> web.StreamResponse:
    """`PUT /api/equipment/devices/{device_id}`"""
    change, device_id = await body(request, DeviceChange), int(request.match_info["device_id"])
    return reply(await actions.change_device(request.app[DATABASE], await current_actor(request), device_id, change))


async def show_labelled(request: web.Request) -> web.StreamResponse:
    """`GET /api/equipment/labels/{label}`"""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.access_device_by_label(tx, await current_actor(request), request.match_info["label"])
    return reply(found)


async def move_devices(request: web.Request) -> web.StreamResponse:
    """`POST /api/equipment/moves`"""
    move = await body(request, Move)
    return reply(await moving.move_devices(request.app[DATABASE], await current_actor(request), move), 201)


async def undo_move(request: web.Request) -> web.StreamResponse:
    """`DELETE /api/equipment/moves/{batch_id}`"""
    batch_id = int(request.match_info["batch_id"])
    return reply(await moving.undo_move(request.app[DATABASE], await current_actor(request), batch_id))


async def list_access_points(request: web.Request) -> web.StreamResponse:
    """`GET /api/equipment/access-points`"""
    found = await wifi.list_access_points(request.app[DATABASE], await current_actor(request))
    return reply(AccessPointList(points=[wifi.point_of(one) for one in found]))


async def report_seen(request: web.Request) -> web.StreamResponse:
    """`POST /api/equipment/seen`: a controller's key comes as `Authorization: Bearer …`."""
    scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        key = ""
    report = await body(request, SeenReport)
    return reply(await wifi.report_seen(request.app[DATABASE], key.strip(), report))
