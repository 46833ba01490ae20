"""Councillors as JSON."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.council.records.councillors import actions


async def show_councillor(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.profile(tx, actor, int(request.match_info["councillor_id"])))


async def show_agreement(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        matrix, _pairs = await actions.agreement(tx, actor)
    return api.reply(matrix)
