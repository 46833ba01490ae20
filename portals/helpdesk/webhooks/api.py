"""The JSON API of webhooks: the same actions as the pages."""

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.identity.identity import IDENTITY
from app.wire import current_actor, public_url
from portals.helpdesk.model import Id
from portals.helpdesk.webhooks import actions
from portals.helpdesk.webhooks.model import WebhookDraft
from portals.helpdesk.webhooks.pages import allowed, number


class LogQuery(msgspec.Struct, frozen=True):
    """`before`: older than the delivery of this id."""

    before: Id | None = None


async def list_webhooks(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/webhooks`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.webhooks_view(tx, await current_actor(request)))


async def add(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/webhooks`."""
    draft, actor = await api.body(request, WebhookDraft), await current_actor(request)
    keys = request.app[IDENTITY].keys
    return api.reply(await actions.add(request.app[DATABASE], actor, draft, keys, allowed(request)), 201)


async def change(request: web.Request) -> web.Response:
    """`PUT /api/helpdesk/webhooks/{webhook_id}`."""
    draft, actor = await api.body(request, WebhookDraft), await current_actor(request)
    webhook_id = number(request, "webhook_id")
    return api.reply(await actions.change(request.app[DATABASE], actor, webhook_id, draft, allowed(request)))


async def remove(request: web.Request) -> web.Response:
    """`DELETE /api/helpdesk/webhooks/{webhook_id}`."""
    await actions.remove(request.app[DATABASE], await current_actor(request), number(request, "webhook_id"))
    return web.Response(status=204)


async def rotate(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/webhooks/{webhook_id}/secret`."""
    actor, keys = await current_actor(request), request.app[IDENTITY].keys
    return api.reply(await actions.rotate(request.app[DATABASE], actor, number(request, "webhook_id"), keys))


async def test(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/webhooks/{webhook_id}/test`."""
    actor = await current_actor(request)
    return api.reply(await actions.test(request.app[DATABASE], actor, number(request, "webhook_id")), 201)


async def list_deliveries(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/webhooks/{webhook_id}/deliveries?before=…`."""
    before, webhook_id = api.query(request, LogQuery).before, number(request, "webhook_id")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.deliveries_view(tx, await current_actor(request), webhook_id, before))


async def show_delivery(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/webhooks/{webhook_id}/deliveries/{delivery_id}`."""
    webhook_id, delivery_id = number(request, "webhook_id"), number(request, "delivery_id")
    origin = public_url(None, request.app, "")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        actor = await current_actor(request)
        return api.reply(await actions.delivery_view(tx, actor, webhook_id, delivery_id, origin))


async def send_again(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver`."""
    webhook_id, delivery_id = number(request, "webhook_id"), number(request, "delivery_id")
    actor = await current_actor(request)
    return api.reply(await actions.send_again(request.app[DATABASE], actor, webhook_id, delivery_id))
