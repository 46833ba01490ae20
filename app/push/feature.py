"""Notifications of the browser: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.feature import ANYONE, SIGNED_IN, Feature, Route
from app.identity.post import Post
from app.push import pages
from app.push.jobs import JOBS
from app.push.model import PushSettings
from app.push.pages import SENDER
from app.push.sections import SECTIONS, Sections
from app.push.sender import PushSender
from app.wire import data_folder, section


def prepare(app: web.Application) -> PushSender:
    """What the worker needs too."""
    return PushSender(section(app, PushSettings), data_folder(app), Post.of(app))


async def push_service(app: web.Application) -> AsyncIterator[None]:
    """The key, and room for what features add to the page."""
    app[SENDER] = prepare(app)
    app[SECTIONS] = Sections()
    yield


FEATURE = Feature(
    name="push",
    folder=Path(__file__).parent,
    needs=("identity", "mail"),
    settings=PushSettings,
    routes=(
        Route(method="GET", path=pages.PAGE, handler=pages.show_settings, allow=SIGNED_IN, name="settings"),
        Route(method="POST", path=pages.PAGE, handler=pages.show_settings, allow=SIGNED_IN),
        Route(
            method="POST",
            path=pages.PAGE + r"/devices/{device_id:\d{1,18}}/forget",
            handler=pages.forget_device,
            allow=SIGNED_IN,
            name="forget_device",
        ),
        Route(method="GET", path="/push-worker.js", handler=pages.send_worker, allow=ANYONE, name="worker"),
        Route(
            method="PUT",
            path="/api/push/device",
            handler=pages.add_device,
            allow=SIGNED_IN,
            summary="Notifications in this browser: on",
            body=pages.NewDevice,
            reply=pages.Added,
        ),
        Route(
            method="POST",
            path="/api/push/device/off",
            handler=pages.drop_device,
            allow=SIGNED_IN,
            summary="Notifications in this browser: off",
            body=pages.GoneDevice,
            status=204,
        ),
    ),
    jobs=JOBS,
    services=(push_service,),
)
