"""The JSON side of maps: the same actions."""

from typing import Final

from aiohttp import web

from app.api import body, reply
from app.database import DATABASE
from app.errors import Invalid
from app.wire import current_actor
from portals.dialog.access import access_block
from portals.dialog.map import actions, views
from portals.dialog.map.model import EntryDraft
from portals.dialog.map.pages import bounds_of, ground_of

MOST_ID: Final = 2**62


async def show_map(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/map`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, int(request.match_info["block_id"]), views.KIND)
        found = await views.view(tx, place, ground_of(request), spots=request.query.get("spots") != "none")
    return reply(found)


async def list_entries(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/map/entries?page=2` or `?ids=4,7`"""
    actor, named = await current_actor(request), request.query.get("ids")
    ids = None if named is None else [int(one) for one in named.split(",") if one.isascii() and one.isdigit()]
    if ids is not None and (len(ids) > views.MOST_AT_ONCE or any(one > MOST_ID for one in ids)):
        raise Invalid("Ask for 100 entries at most")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, int(request.match_info["block_id"]), views.KIND)
        found = await views.entry_page(tx, place, request.query.get("page", "1"), ids)
    return reply(found)


async def add_entry(request: web.Request) -> web.StreamResponse:
    """`POST /api/dialog/blocks/{block_id}/map`"""
    draft = await body(request, EntryDraft)
    block_id, actor = int(request.match_info["block_id"]), await current_actor(request)
    return reply(await actions.add_entry(request.app[DATABASE], actor, block_id, draft, bounds_of(request)), 201)


async def show_entry(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/map/{entry_id}`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        entry, _place = await actions.access_entry(tx, actor, int(request.match_info["entry_id"]))
        row = (await views.rows(tx, [entry]))[0]
    return reply(row)


async def change_entry(request: web.Request) -> web.StreamResponse:
    """`PUT /api/dialog/map/{entry_id}`"""
    draft = await body(request, EntryDraft)
    entry_id, actor = int(request.match_info["entry_id"]), await current_actor(request)
    return reply(await actions.change_entry(request.app[DATABASE], actor, entry_id, draft, bounds_of(request)))


async def endorse(request: web.Request) -> web.StreamResponse:
    """`PUT|DELETE /api/dialog/map/{entry_id}/endorsement`"""
    entry_id, actor = int(request.match_info["entry_id"]), await current_actor(request)
    return reply(await actions.endorse(request.app[DATABASE], actor, entry_id, wanted=request.method == "PUT"))
