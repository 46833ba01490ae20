"""Smaller versions of every stream on air, as a feature."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.feature import Feature
from app.metrics import METRICS
from app.supervise import SUPERVISOR
from app.wire import section
from media.hls.web import PACKAGERS
from media.hls.window import Bounds
from media.ladder.overseer import LADDERS, Overseer, ViewersOf
from media.ladder.settings import LadderSettings
from media.settings import MediaSettings
from media.streams import STREAMS


def feature(viewers_of: ViewersOf | None = None) -> Feature:
    """`viewers_of` counts who watches a stream, for the policy `viewers`; without it waiting players are counted."""

    async def service(app: web.Application) -> AsyncIterator[None]:
        media = section(app, MediaSettings)
        bounds = Bounds(media.window_s, media.window_mib * 1024 * 1024)
        streams, packagers = app[STREAMS], app[PACKAGERS]
        ladders = app[LADDERS] = Overseer(
            section(app, LadderSettings), streams, packagers, bounds, app[METRICS], viewers_of
        )
        unsubscribe = streams.subscribe(ladders.heard)
        app[SUPERVISOR].run("ladders", ladders.run)
        yield
        unsubscribe()
        await ladders.close()

    return Feature(
        name="ladder", folder=Path(__file__).parent, needs=("media",), settings=LadderSettings, services=(service,)
    )
