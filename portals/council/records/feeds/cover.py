"""The podcast's cover: drawn once, when somebody asks."""

import asyncio
from pathlib import Path
from typing import Final

from aiohttp import web

from app.i18n import LOCALES, _
from app.wire import CITY
from portals.council.records.typesetting import png

SOURCE: Final = Path(__file__).with_name("cover.typ")
PPI: Final = 144
"""1400 × 1400 dots, the least that directories take."""


class Cover:
    """Who asks first has it drawn; all others wait for the same picture."""

    def __init__(self) -> None:
        self._picture: bytes | None = None
        self._drawing = asyncio.Lock()

    async def picture(self, app: web.Application) -> bytes:
        async with self._drawing:
            if self._picture is None:
                locale = app[LOCALES].default
                data = {
                    "title": locale.gettext(_("Sessions of the council")),
                    "city": app[CITY].name,
                    "language": locale.language,
                }
                self._picture = await asyncio.to_thread(png, SOURCE, data, PPI)
            return self._picture


COVER: web.AppKey[Cover] = web.AppKey("podcast_cover", Cover)


async def send_cover(request: web.Request) -> web.StreamResponse:
    picture = await request.app[COVER].picture(request.app)
    return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "public, max-age=86400"})
