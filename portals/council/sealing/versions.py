"""Another version of a published recording: every process forgets what it holds in memory of the one before.

For a minute after its end a session is answered from a packager, which knows of no redaction; with several processes
each that served it has one of its own. The backplane tells them all.
"""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from aiohttp import web

from app.database import Tx
from app.feature import Event
from media.archive.redaction.actions import told_nobody
from media.archive.redaction.api import REDACTION_TOLD
from media.hls.caption_web import LIVE_CAPTIONS
from media.hls.web import PACKAGERS
from media.record.library import LIBRARY
from realtime.hub import HUB, Happening

ROOM: Final = "council/recordings/versions"
"""Of processes, not of people: no socket can join it."""


class RecordingVersionChanged(Event, frozen=True, tag=True):
    """A redaction was published or withdrawn."""

    stream_id: str

    @property
    def key(self) -> str:
        return f"recording/{self.stream_id}"


def forget(app: web.Application, stream_id: str) -> None:
    """From now on this process answers from the index, which leaves out what was redacted."""
    app[PACKAGERS].pop(stream_id, None)
    app[LIBRARY].forget(stream_id)
    if LIVE_CAPTIONS in app:
        app[LIVE_CAPTIONS].forget(stream_id)


async def obey_versions(app: web.Application) -> AsyncIterator[None]:
    """Stands after the services of those who are told of redactions too."""
    others = app.get(REDACTION_TOLD, told_nobody)

    async def told(tx: Tx, stream_id: str) -> None:
        await others(tx, stream_id)
        tx.publish(ROOM, RecordingVersionChanged(stream_id))

    def hear(what: Happening) -> None:
        forget(app, msgspec.json.decode(what.payload, type=RecordingVersionChanged).stream_id)

    app[REDACTION_TOLD] = told
    if PACKAGERS not in app:  # a web node hands such requests on
        yield
        return
    stop = app[HUB].watch(ROOM, hear)
    yield
    stop()
