"""The page of all notifications, the browser's part of them, and the worker that shows them."""

from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web
from wtforms import BooleanField, StringField

from app import api
from app.database import DATABASE
from app.errors import AppError
from app.forms import Form, read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.push import actions, rules, store
from app.push.model import PushSettings
from app.push.sections import SECTIONS
from app.push.sender import PushSender
from app.wire import current_actor, section

SENDER: web.AppKey[PushSender] = web.AppKey("push_sender", PushSender)
PAGE: Final = "/account/notifications"
WORKER: Final = Path(__file__).resolve().parents[2] / "static" / "js" / "push-worker.js"


class QuietForm(Form):
    """Hours in which nothing is told at once."""

    quiet = BooleanField(_("Quiet hours"))
    quiet_from = StringField(_("From"), default="22:00")
    quiet_until = StringField(_("Until"), default="07:00")


class NewDevice(msgspec.Struct, frozen=True):
    """What a browser gives when somebody says yes: base64 for addresses, without padding."""

    endpoint: str
    public_key: str
    auth: str


class Added(msgspec.Struct, frozen=True):
    """The browser's number."""

    id: int


class GoneDevice(msgspec.Struct, frozen=True):
    """The browser says that it is off."""

    endpoint: str


async def show_settings(request: web.Request) -> web.StreamResponse:
    """`GET|POST /account/notifications`: the form is of the quiet hours; other parts post to their features."""
    actor = await current_actor(request)
    account_id = actor.account_id or 0
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        devices = await store.devices(tx, account_id)
        quiet = await store.quiet(tx, account_id)
        sections = [(one, await one.data(tx, actor)) for one in request.app[SECTIONS]]
    known = {"quiet": quiet is not None}
    hours = {"quiet_from": quiet.from_minute, "quiet_until": quiet.until_minute} if quiet else {}
    form = await read(request, QuietForm, **known, **{name: rules.time_of(minute) for name, minute in hours.items()})
    if form.posted and form.validate():
        try:
            await actions.set_quiet(
                request.app[DATABASE],
                actor,
                on=bool(form.quiet.data),
                start=form.quiet_from.data or "",
                end=form.quiet_until.data or "",
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(PAGE)
    return await render(
        request,
        "push/settings.html",
        status=form.status,
        form=form,
        devices=devices,
        sections=sections,
        public_key=request.app[SENDER].public_key,
    )


async def forget_device(request: web.Request) -> web.StreamResponse:
    """`POST /account/notifications/devices/{device_id}/forget`"""
    await require_action(request)
    actor = await current_actor(request)
    await actions.forget_device(request.app[DATABASE], actor, int(request.match_info["device_id"]))
    await flash(request, _("This browser is told nothing any more"))
    return see_other(PAGE)


async def add_device(request: web.Request) -> web.StreamResponse:
    """`PUT /api/push/device`"""
    wanted = await api.body(request, NewDevice)
    device_id = await actions.add_device(
        request.app[DATABASE],
        await current_actor(request),
        wanted.endpoint,
        wanted.public_key,
        wanted.auth,
        browser_name(request.headers.get("User-Agent", "")),
        section(request.app, PushSettings).test_origin,
    )
    return api.reply(Added(device_id))


async def drop_device(request: web.Request) -> web.StreamResponse:
    """`POST /api/push/device/off`"""
    gone = await api.body(request, GoneDevice)
    await actions.forget_endpoint(request.app[DATABASE], await current_actor(request), gone.endpoint)
    return web.Response(status=204)


async def send_worker(_request: web.Request) -> web.StreamResponse:
    """`GET /push-worker.js`: at the root, so that it stands for every page; asked for anew by each visit."""
    return web.FileResponse(WORKER, headers={"Content-Type": "text/javascript", "Cache-Control": "no-cache"})


def browser_name(agent: str) -> str:
    """Enough to tell one's own devices apart: «Firefox, Android»."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
    )
    browser = next((name for sign, name in browsers if sign in agent), "")
    system = next((name for sign, name in (*systems, ("Linux", "Linux")) if sign in agent), "")
    return ", ".join(one for one in (browser, system) if one)
