"""Host and guest in one picture, as a feature: it tells the streams how a mixer is made."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web
from prometheus_client import Gauge

from app.feature import Feature
from app.metrics import METRICS
from media.mixer.mixer import ProcessMixer, worker_command
from media.stream import Stream
from media.streams import STREAMS


async def service(app: web.Application) -> AsyncIterator[None]:
    running: set[ProcessMixer] = set()

    def make(host: Stream, guest: Stream) -> ProcessMixer:
        mixer = ProcessMixer(host, guest, worker_command(), running.discard)
        running.add(mixer)
        return mixer

    app[STREAMS].make_mixer = make
    Gauge("gryf_mixers", "Processes that put host and guest into one picture.", registry=app[METRICS]).set_function(
        lambda: len(running)
    )
    yield
    app[STREAMS].make_mixer = None
    tasks = [mixer.task for mixer in running]
    for mixer in tuple(running):
        mixer.close()
    await asyncio.gather(*tasks, return_exceptions=True)


MIXER_FEATURE: Final = Feature(name="mixer", folder=Path(__file__).parent, needs=("media",), services=(service,))
