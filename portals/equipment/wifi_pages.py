"""Pages of the Wi-Fi: access points, and the keys of controllers."""

from datetime import UTC, datetime

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, NotFound
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor, public_url
from portals.equipment import wifi
from portals.equipment.forms import KeyForm


async def show_wifi(request: web.Request) -> web.StreamResponse:
    """`GET /equipment/wifi`: access points that the reader may know of, silent ones first told."""
    actor, database = await current_actor(request), request.app[DATABASE]
    points, now = await wifi.list_access_points(database, actor), datetime.now(UTC)
    async with database.transaction(readonly=True) as tx:
        try:
            await wifi.wifi_snapshot(tx, actor, {})
            is_live = True
        except NotFound:
            is_live = False
        try:
            await wifi.access_keys(tx, actor)
            may_make_keys = True
        except NotFound:
            may_make_keys = False
    return await render(
        request,
        "equipment/wifi.html",
        points=points,
        silent={one.id for one in points if wifi.is_silent(one, now)},
        is_live=is_live,
        may_make_keys=may_make_keys,
        silent_after_s=wifi.SILENT_AFTER_S,
    )


async def show_keys(request: web.Request) -> web.StreamResponse:
    """`GET|POST /equipment/wifi/keys`: a new key is shown on the answer, and never again."""
    actor, database = await current_actor(request), request.app[DATABASE]
    form, made = await read(request, KeyForm), ""
    if form.posted and form.validate():
        try:
            made = await wifi.make_key(database, actor, form.label.data or "")
        except AppError as problem:
            if problem.status == 404:
                raise
            form.take(problem)
    keys = await wifi.list_keys(database, actor)
    address = public_url(request, request.app, "/api/equipment/seen")
    return await render(
        request, "equipment/wifi_keys.html", status=form.status, form=form, keys=keys, made=made, address=address
    )


async def revoke_key(request: web.Request) -> web.StreamResponse:
    """`POST /equipment/wifi/keys/{key_id}/revoke`"""
    await require_action(request)
    await wifi.revoke_key(request.app[DATABASE], await current_actor(request), int(request.match_info["key_id"]))
    await flash(request, _("The key does not work any more"))
    return see_other("/equipment/wifi/keys")
