"""Ranges of recordings that everybody may watch, past router and middleware (see `app.shortcuts`)."""

import os
import re
from email.utils import formatdate
from typing import Final

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from app.feature import Shortcut
from app.shortcuts import Heads, ReadyAnswer
from media.archive.sending import OPEN_TAKES, CannotSend, FileEnded, send_span
from media.archive.web import ACCEL_PREFIX, etag_of
from media.hls.web import IMMUTABLE, MAY_WATCH, VIDEO_TYPE, anyone_may_watch, media_headers
from media.record.files import take_path
from media.record.library import LIBRARY

PATH: Final = re.compile(r"/recordings/([A-Za-z0-9_-]{1,64})/(\d{1,9})\.mp4", re.ASCII)
RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{1,18})", re.ASCII)
"""As players ask for a segment; every other form is the route's business."""

HEADERS: Final = (*media_headers(VIDEO_TYPE, IMMUTABLE), (hdrs.ACCEPT_RANGES, "bytes"))
ROUTE: Final = "/recordings/{stream_id}/{take}.mp4"


class SpanAnswer(ReadyAnswer):
    """Bytes of an open file, which it closes."""

    def __init__(self, head: bytes, fd: int, begin: int, end: int) -> None:
        super().__init__(head, b"")
        self._fd = fd
        self._span = begin, end

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        begin, end = self._span
        try:
            await send_span(request, self._fd, begin, end, self._chunks[0])
        except CannotSend:
            # Rare (TLS in this process): in one piece, since players ask for a segment.
            self._chunks = (self._chunks[0], os.pread(self._fd, end - begin, begin))
            await super().prepare(request)
        except FileEnded:
            # Cut while it was sent: the connection must not look complete.
            if request.transport is not None:
                request.transport.abort()
        finally:
            os.close(self._fd)
        return None


def recordings_shortcut(app: web.Application) -> Shortcut:
    """Made once the application has started."""
    return _RecordingsShortcut(app).answer


class _RecordingsShortcut:
    def __init__(self, app: web.Application) -> None:
        self._library = app[LIBRARY]
        self._files = app[OPEN_TAKES]
        self._open = app[MAY_WATCH] is anyone_may_watch and not app[ACCEL_PREFIX].path
        self._heads = Heads(app)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        match = PATH.fullmatch(request.raw_path)
        if match is None or not self._open:
            return None
        wanted = RANGE.fullmatch(request.headers.get(hdrs.RANGE, ""))
        if wanted is None or hdrs.IF_RANGE in request.headers or hdrs.IF_NONE_MATCH in request.headers:
            return None
        stream_id, take = match[1], int(match[2])
        path = take_path(self._library.folder, stream_id, take)
        try:
            fd, stat = self._files.find(path) or await self._files.open(path)
        except OSError:
            return None
        begin, end = int(wanted[1]), min(int(wanted[2]) + 1, stat.st_size)
        if begin >= end or not await self._shows(stream_id, take, begin, end, fd):
            os.close(fd)
            return None
        more = (
            f"Content-Range: bytes {begin}-{end - 1}/{stat.st_size}\r\nETag: {etag_of(stat)}\r\n"
            f"Last-Modified: {formatdate(stat.st_mtime, usegmt=True)}\r\n"
        )
        self._heads.count(ROUTE, 206)
        head = self._heads.head(request, HEADERS, end - begin, status="206 Partial Content", more=more)
        return SpanAnswer(head, fd, begin, end)

    async def _shows(self, stream_id: str, take: int, begin: int, end: int, fd: int) -> bool:
        """As the library says; the descriptor is closed if it cannot say."""
        try:
            return await self._library.shows(stream_id, take, begin, end)
        except BaseException:
            os.close(fd)
            raise
