"""What stands before a session's picture: asked for from the streaming core, and again after a restart."""

from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from app.database import DATABASE
from app.i18n import LOCALES
from app.wire import CITY
from media.continuity.model import SlateKind
from media.sealed.recorder import SEALED
from media.streams import STREAMS
from portals.council.sealing import store
from portals.council.sealing.model import Interval

log = structlog.get_logger(__name__)


def slate_text(app: web.Application, interval: Interval) -> str:
    """The line below the slate's sentence, in the city's first language."""
    if interval.resumes_at is None:
        return ""
    locale = app[LOCALES].get(app[CITY].languages[0])
    return locale.gettext("Back at %(time)s") % {"time": locale.format_time(interval.resumes_at)}


def show_interval(app: web.Application, stream_id: str, interval: Interval) -> None:
    """From this moment viewers get the slate; a sealed recording begins with it. Twice is no error."""
    streams = app[STREAMS]
    streams.show_slate(stream_id, SlateKind(interval.kind), slate_text(app, interval))
    stream = streams.get(stream_id)
    if interval.recording == "sealed" and stream is not None:
        app[SEALED].begin(stream, str(interval.id))


async def resume_intervals(app: web.Application) -> AsyncIterator[None]:
    """After a restart: the slates stand already (the council's service saw to it); here they get their words, and
    sealed recordings go on.
    """
    if STREAMS in app:  # not on a web node
        async with app[DATABASE].transaction(readonly=True) as tx:
            found = await store.all_standing(tx)
        for stream_id, interval in found:
            show_interval(app, stream_id, interval)
            log.info("goes on after the restart", stream=stream_id, kind=interval.kind, interval=interval.id)
    yield
