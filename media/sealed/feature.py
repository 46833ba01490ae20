"""Sealed recordings as a part of the media layer. No routes: who may open one is a question for higher layers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from app.feature import Feature
from app.wire import data_folder, section
from media.sealed.key import sealing_key
from media.sealed.recorder import SEALED, SealedRecordings
from media.sealed.settings import SealedSettings


async def sealed_service(app: web.Application) -> AsyncIterator[None]:
    settings, data = section(app, SealedSettings), data_folder(app)
    recordings = app[SEALED] = SealedRecordings(data / settings.folder, lambda: sealing_key(data / settings.key))
    await recordings.load()
    yield
    await recordings.close()


SEALED_FEATURE: Final = Feature(
    name="sealed",
    folder=Path(__file__).parent,
    needs=("media",),
    settings=SealedSettings,
    services=(sealed_service,),
)
"""Mount it after the streaming core."""
