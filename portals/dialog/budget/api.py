"""The JSON side of projects."""

from aiohttp import web

from app.api import reply
from app.database import DATABASE
from app.wire import current_actor
from portals.dialog.budget import actions


async def list_projects(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/budget`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.listed(tx, actor, int(request.match_info["block_id"]))
    return reply(found)
