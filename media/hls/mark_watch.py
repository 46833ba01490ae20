"""Where marks come from: whoever knows a stream's marks is asked while somebody watches it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web

from media.hls.marks import Mark
from media.hls.web import PACKAGERS

MarksOf = Callable[[web.Application, str], Awaitable[Sequence[Mark]]]
"""(application, stream id) → all marks of the stream so far."""

MARKS_OF: web.AppKey[MarksOf] = web.AppKey("marks_of")

LOOK_S: Final = 2.0
"""How old the marks of a live playlist may be; players are about as far behind."""


async def no_marks(_app: web.Application, _stream_id: str) -> Sequence[Mark]:
    """Nobody marks anything."""
    return ()


async def refresh_marks(app: web.Application, stream_id: str) -> None:
    """Takes over what is marked now. A stream that nobody packages here is left alone."""
    packager = app[PACKAGERS].get(stream_id)
    if packager is None:
        return
    for mark in await app[MARKS_OF](app, stream_id):
        packager.marks.add(mark)


async def watch_marks(app: web.Application) -> None:
    """Runs for ever. A stream costs a question only while its playlist is read."""
    while True:
        for stream_id, packager in list(app[PACKAGERS].items()):
            if packager.asked and not packager.window.ended:
                packager.asked = False
                await refresh_marks(app, stream_id)
        await asyncio.sleep(LOOK_S)
