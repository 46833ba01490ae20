"""Simulcast as a feature: the JSON API of targets, and the relays that serve them."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.feature import Allow, Feature, Route, having
from app.i18n import LOCALES
from app.metrics import METRICS
from app.supervise import SUPERVISOR
from app.wire import CITY, section
from media.hls.web import PACKAGERS
from media.out import api
from media.out.connection import tls_context
from media.out.model import TargetView
from media.out.relays import RELAYS, Relays
from media.out.settings import OutSettings
from media.streams import STREAMS

ROOT: Final = "/api/media/streams/{stream_id:[A-Za-z0-9_-]{1,64}}/targets"
ONE: Final = ROOT + r"/{target_id:\d{1,18}}"


def feature(monitors: Allow | None = None) -> Feature:
    """Mount it after `media.feature`. `monitors` may say where a stream is passed on to."""
    return Feature(
        name="out",
        folder=Path(__file__).parent,
        needs=("media",),
        settings=OutSettings,
        routes=_routes(monitors or having("admin")),
        services=(relay_service,),
    )


async def relay_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: relays follow the streams; on leaving, targets are told goodbye."""
    settings, streams = section(app, OutSettings), app[STREAMS]
    relays = app[RELAYS] = Relays(
        streams,
        app[PACKAGERS],
        app[DATABASE],
        settings,
        await asyncio.to_thread(tls_context, settings.ca_file),
        partial(api.unseal, app),
        app[LOCALES].get(app[CITY].languages[0]).gettext,
    )
    app[METRICS].register(relays)
    unsubscribe = streams.subscribe(relays.heard)
    for stream_id in streams.ids():
        relays.refresh(stream_id)
    task = app[SUPERVISOR].run("simulcast", relays.run)
    yield
    unsubscribe()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await relays.close()


def _routes(monitors: Allow) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path=ROOT,
            handler=api.list_targets,
            allow=monitors,
            summary="Where a stream is passed on to, and how that fares",
            reply=api.TargetList,
        ),
        Route(
            method="POST",
            path=ROOT,
            handler=api.add_target,
            allow=monitors,
            summary="Pass a stream on to another RTMP or RTMPS server",
            body=api.NewTarget,
            reply=TargetView,
            status=201,
        ),
        Route(
            method="DELETE",
            path=ONE,
            handler=api.remove_target,
            allow=monitors,
            summary="Forget a target with its stream key",
            status=204,
        ),
        Route(
            method="POST",
            path=f"{ONE}/start",
            handler=api.start_target,
            allow=monitors,
            summary="Send to a target whenever the stream is on air",
            reply=TargetView,
        ),
        Route(
            method="POST",
            path=f"{ONE}/stop",
            handler=api.stop_target,
            allow=monitors,
            summary="Send to a target no more",
            reply=TargetView,
        ),
    )
