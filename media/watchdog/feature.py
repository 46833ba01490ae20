"""The watchdog as a feature: every stream on air is watched, whether or not its page is open."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.feature import Feature
from app.i18n import LOCALES
from app.metrics import METRICS
from app.wire import CITY, section
from media.feature import HEALTH
from media.hls.web import PACKAGERS
from media.settings import MediaSettings
from media.streams import STREAMS
from media.watchdog.conditions import Limits
from media.watchdog.finding import FindingListener
from media.watchdog.settings import WatchdogSettings
from media.watchdog.watchdog import Watchdog


def feature(listener: FindingListener | None = None) -> Feature:
    """Mount it after `media.feature`. `listener` hears of every finding that is raised, changes or clears."""

    async def service(app: web.Application) -> AsyncIterator[None]:
        settings = section(app, WatchdogSettings)
        streams, packagers = app[STREAMS], app[PACKAGERS]

        def jumps(stream_id: str) -> int:
            packager = packagers.get(streams.preview_id(stream_id) or stream_id)
            return packager.muxer.jumps if packager is not None else 0

        watchdog = Watchdog(
            Limits(target_s=section(app, MediaSettings).target_s, video_kbit_s=settings.max_video_kbit_s),
            translate=app[LOCALES].get(app[CITY].languages[0]).gettext,
            jumps=jumps,
            listener=listener,
            picture=settings.picture,
            sound=settings.sound,
        )
        app[HEALTH].watchdog = watchdog
        app[METRICS].register(watchdog)
        yield
        app[HEALTH].watchdog = None
        watchdog.close()

    return Feature(
        name="watchdog",
        folder=Path(__file__).parent,
        needs=("media",),
        settings=WatchdogSettings,
        services=(service,),
    )
