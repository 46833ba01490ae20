"""Playlists, parts and segments of live streams from memory, past router and middleware (see `app.shortcuts`).

Only what everybody may watch: where somebody is asked first, the routes answer.
"""

import re
from typing import Final

from aiohttp import hdrs, web

from app.feature import Shortcut
from app.shortcuts import Heads, ReadyAnswer
from media.hls.web import (
    IMMUTABLE,
    LONGEST_WAIT_S,
    MAY_WATCH,
    PACKAGERS,
    PLAYLIST_TYPE,
    SEGMENT_TYPE,
    anyone_may_watch,
    media_headers,
    wait_for_reload,
)
from media.packager import GZIP_FROM_BYTES, Packager

PATH: Final = re.compile(
    r"/hls/([A-Za-z0-9_-]{1,64})/(?:([a-z0-9]{1,16})/)?"
    r"(?:live\.m3u8(?:\?_HLS_msn=(\d{1,15})(?:&_HLS_part=(\d{1,15}))?(?:&_HLS_skip=(YES|v2))?)?"
    r"|(\d{1,15})(?:\.(\d{1,15}))?\.m4s)",
    re.ASCII,
)
"""Addresses as players write them; any other spelling is the routes' business."""

PART_HEADERS: Final = media_headers(SEGMENT_TYPE, IMMUTABLE)


def live_shortcut(app: web.Application) -> Shortcut:
    """Made once the application has started."""
    return _LiveShortcut(app).answer


class _LiveShortcut:
    def __init__(self, app: web.Application) -> None:
        self._packagers = app[PACKAGERS]
        self._open = app[MAY_WATCH] is anyone_may_watch
        self._heads = Heads(app)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        match = PATH.fullmatch(request.raw_path)
        if match is None or not self._open:
            return None
        stream_id, rendition, msn, part, skip, number, index = match.groups()
        source = self._packagers.get(stream_id)
        packager = source if source is None or rendition is None else source.renditions.get(rendition)
        if packager is None:
            return None
        folder = "/hls/{stream_id}/{rendition}/" if rendition else "/hls/{stream_id}/"
        if number is None:
            wanted = int(msn) if msn else None, int(part) if part else None
            return await self._playlist(request, packager, source, wanted, folder, skip=bool(skip))
        if index is None:
            data: bytes | memoryview | None = packager.window.segment(int(number))
        else:
            data = await packager.part(int(number), int(index), LONGEST_WAIT_S)
        if data is None:
            return None
        self._heads.count(folder + ("{msn}.m4s" if index is None else "{msn}.{part}.m4s"))
        return ReadyAnswer(self._heads.head(request, PART_HEADERS, len(data)), data)

    async def _playlist(
        self,
        request: web.BaseRequest,
        packager: Packager,
        source: Packager | None,
        wanted: tuple[int | None, int | None],
        folder: str,
        *,
        skip: bool,
    ) -> web.StreamResponse | None:
        msn, part = wanted
        if msn is not None and packager.is_far(msn, part):
            return None
        cache = await wait_for_reload(packager, msn, part)
        plain, packed = packager.playlist(skip=skip, source=source)
        body = packed if packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "") else plain
        headers = media_headers(PLAYLIST_TYPE, cache, varies=len(plain) >= GZIP_FROM_BYTES, packed=body is packed)
        self._heads.count(f"{folder}live.m3u8")
        return ReadyAnswer(self._heads.head(request, headers, len(body)), body)
