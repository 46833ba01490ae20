"""The JSON side of how the helpdesk is set up."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.helpdesk import actions, setup_store
from portals.helpdesk.actions.setup import canned_replies
from portals.helpdesk.setup_model import (
    CannedReply,
    Category,
    Matrix,
    Queue,
    RoutingRule,
    Service,
    Team,
    TicketTemplate,
)
from portals.helpdesk.setup_store import Thing

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Categories(msgspec.Struct, frozen=True):
    """What a ticket may be about, with the fields that each category asks."""

    categories: list[Category]


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, with what is switched off; canned replies: everybody's and one's own."""

    teams: list[Team]
    queues: list[Queue]
    services: list[Service]
    categories: list[Category]
    rules: list[RoutingRule]
    canned_replies: list[CannedReply]
    templates: list[TicketTemplate]
    matrix: Matrix


async def list_categories(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(Categories(await setup_store.things(tx, Category, active=True)))


async def show_setup(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(
            Setup(
                teams=await setup_store.things(tx, Team),
                queues=await setup_store.things(tx, Queue),
                services=await setup_store.things(tx, Service),
                categories=await setup_store.things(tx, Category),
                rules=await setup_store.things(tx, RoutingRule),
                canned_replies=await canned_replies(tx, actor),
                templates=await setup_store.things(tx, TicketTemplate),
                matrix=await setup_store.matrix(tx),
            )
        )


def saving(kind: type[Thing]) -> Handler:
    """`PUT /api/helpdesk/setup/…`: a new one with `id` 0, else the one that has this `rev`."""

    async def save(request: web.Request) -> web.Response:
        thing = await api.body(request, kind)
        return api.reply(await actions.save_thing(request.app[DATABASE], await current_actor(request), thing))

    return save


def removing(kind: type[Thing]) -> Handler:
    """`DELETE /api/helpdesk/setup/…/{thing_id}`"""

    async def remove(request: web.Request) -> web.Response:
        thing_id = int(request.match_info["thing_id"])
        await actions.remove_thing(request.app[DATABASE], await current_actor(request), kind, thing_id)
        return web.Response(status=204)

    return remove


async def set_matrix(request: web.Request) -> web.Response:
    wanted = await api.body(request, Matrix)
    return api.reply(await actions.set_matrix(request.app[DATABASE], await current_actor(request), wanted))
