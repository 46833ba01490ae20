"""Pages on which leads set webhooks up and see what became of what was sent."""

from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.errors import Conflict, Invalid
from app.forms import read, require_action, see_other
from app.i18n import _
from app.identity.identity import IDENTITY
from app.pages import flash, render
from app.wire import current_actor, public_url
from portals.helpdesk.webhooks import actions, forms
from portals.helpdesk.webhooks.dispatching import DISPATCHER
from portals.helpdesk.webhooks.events import ROOM
from portals.helpdesk.webhooks.forms import WebhookForm
from portals.helpdesk.webhooks.model import Webhook, WithSecret
from portals.helpdesk.webhooks.rules import Network

HOME: Final = "/pomoc/ustawienia/webhooki"


def allowed(request: web.Request) -> tuple[Network, ...]:
    return request.app[DISPATCHER].sender.allowed


def number(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


async def show_list(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/ustawienia/webhooki`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.webhooks_view(tx, await current_actor(request))
    return await render(request, "helpdesk_webhooks/list.html", webhooks=found.webhooks, room=ROOM)


async def new(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/ustawienia/webhooki/nowy`. The secret stands on the answer itself, and nowhere else."""
    form = await read(request, WebhookForm)
    if form.posted and form.validate():
        try:
            made = await actions.add(
                request.app[DATABASE], await current_actor(request), forms.draft_of(form),
                request.app[IDENTITY].keys, allowed(request),
            )  # fmt: skip
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            return await _secret_page(request, made, renewed=False)
    return await render(request, "helpdesk_webhooks/edit.html", status=form.status, form=form, webhook=None)


async def _secret_page(request: web.Request, made: WithSecret, *, renewed: bool) -> web.StreamResponse:
    response = await render(
        request, "helpdesk_webhooks/secret.html", webhook=made.webhook, secret=made.secret, renewed=renewed
    )
    response.headers["Cache-Control"] = "no-store"
    return response


async def show(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/ustawienia/webhooki/{webhook_id}`: its settings, and what was sent."""
    actor, webhook_id = await current_actor(request), number(request, "webhook_id")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        webhook = await actions.access_webhook(tx, actor, webhook_id)
        log = await actions.deliveries_view(tx, actor, webhook_id)
    form = await read(request, WebhookForm)
    if not form.posted:
        forms.fill(form, webhook)
    elif form.validate():
        try:
            await actions.change(request.app[DATABASE], actor, webhook_id, forms.draft_of(form), allowed(request))
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(request.path)
    return await render(
        request,
        "helpdesk_webhooks/edit.html",
        status=form.status,
        form=form,
        webhook=webhook,
        deliveries=log.deliveries,
        room=ROOM,
    )


async def show_delivery(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/ustawienia/webhooki/{webhook_id}/wyslane/{delivery_id}`: what was sent, and each attempt."""
    actor, webhook_id = await current_actor(request), number(request, "webhook_id")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        webhook: Webhook = await actions.access_webhook(tx, actor, webhook_id)
        origin = public_url(None, request.app, "")
        view = await actions.delivery_view(tx, actor, webhook_id, number(request, "delivery_id"), origin)
    return await render(request, "helpdesk_webhooks/delivery.html", webhook=webhook, view=view, room=ROOM)


async def rotate(request: web.Request) -> web.StreamResponse:
    """`POST …/{webhook_id}/sekret`."""
    await require_action(request)
    made = await actions.rotate(
        request.app[DATABASE], await current_actor(request), number(request, "webhook_id"), request.app[IDENTITY].keys
    )
    return await _secret_page(request, made, renewed=True)


async def test(request: web.Request) -> web.StreamResponse:
    """`POST …/{webhook_id}/proba`."""
    await require_action(request)
    webhook_id = number(request, "webhook_id")
    try:
        await actions.test(request.app[DATABASE], await current_actor(request), webhook_id)
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
    else:
        await flash(request, _("A test is on its way: what becomes of it stands below"), kind="info")
    return see_other(f"{HOME}/{webhook_id}#wyslane")


async def send_again(request: web.Request) -> web.StreamResponse:
    """`POST …/{webhook_id}/wyslane/{delivery_id}/ponow`."""
    await require_action(request)
    webhook_id, delivery_id = number(request, "webhook_id"), number(request, "delivery_id")
    try:
        await actions.send_again(request.app[DATABASE], await current_actor(request), webhook_id, delivery_id)
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
    else:
        await flash(request, _("It is sent once more, under the same id"), kind="info")
    return see_other(f"{HOME}/{webhook_id}/wyslane/{delivery_id}")


async def remove(request: web.Request) -> web.StreamResponse:
    """`POST …/{webhook_id}/usun`."""
    await require_action(request)
    await actions.remove(request.app[DATABASE], await current_actor(request), number(request, "webhook_id"))
    await flash(request, _("Removed"))
    return see_other(HOME)
