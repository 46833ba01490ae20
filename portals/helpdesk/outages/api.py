"""The JSON API of outages: the same actions as the pages."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.helpdesk.api import ticket_id_of
from portals.helpdesk.outages import actions, belonging, hitting
from portals.helpdesk.outages.model import Belonging, Ending, Joining, MeToo, NewUpdate, OutageDraft
from portals.helpdesk.outages.pages import outage_id_of


async def list_own(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/outages/own`: one transaction, asked by every page of those who work here."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await hitting.own_notices(tx, await current_actor(request)))


async def me_too(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/outages/{outage_id}/me-too`."""
    body = await api.body(request, MeToo)
    actor, database = await current_actor(request), request.app[DATABASE]
    await hitting.me_too(database, actor, outage_id_of(request), wanted=body.wanted)
    return api.reply(body)


async def belong(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/tickets/{number}/belonging`."""
    body = await api.body(request, Belonging)
    actor, database = await current_actor(request), request.app[DATABASE]
    await belonging.belong(database, actor, ticket_id_of(request), wanted=body.wanted)
    return api.reply(body)


async def show_board(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/outages`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await hitting.board(tx, await current_actor(request)))


async def show_outage(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/outages/{outage_id}`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await hitting.outage_view(tx, await current_actor(request), outage_id_of(request)))


async def declare(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/outages`."""
    draft = await api.body(request, OutageDraft)
    return api.reply(await actions.declare(request.app[DATABASE], await current_actor(request), draft), 201)


async def change(request: web.Request) -> web.Response:
    """`PUT /api/helpdesk/outages/{outage_id}`."""
    draft = await api.body(request, OutageDraft)
    actor, database = await current_actor(request), request.app[DATABASE]
    return api.reply(await actions.change(database, actor, outage_id_of(request), draft))


async def say(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/outages/{outage_id}/updates`."""
    new = await api.body(request, NewUpdate)
    actor, database = await current_actor(request), request.app[DATABASE]
    return api.reply(await actions.say(database, actor, outage_id_of(request), new))


async def end(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/outages/{outage_id}/end`."""
    ending = await api.body(request, Ending)
    actor, database = await current_actor(request), request.app[DATABASE]
    return api.reply(await actions.end(database, actor, outage_id_of(request), ending))


async def withdraw(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/outages/{outage_id}/withdraw`."""
    actor, database = await current_actor(request), request.app[DATABASE]
    return api.reply(await actions.withdraw(database, actor, outage_id_of(request)))


async def join(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/outages/{outage_id}/tickets`."""
    joining = await api.body(request, Joining)
    actor, database = await current_actor(request), request.app[DATABASE]
    await hitting.join(database, actor, outage_id_of(request), joining)
    return await show_outage(request)


async def show_status(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/outages/public`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await hitting.public_status(tx))
