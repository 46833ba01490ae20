"""The archive over HTTP: playlists from the index, takes with ranges straight from the disk."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from pathlib import Path

import msgspec
from aiohttp import hdrs, web

from media.archive.kept import KEPT_PLAYLISTS
from media.archive.playlist import archive_multivariant_playlist
from media.archive.sending import BLOCK, CannotSend, FileEnded, send_span
from media.hls.mark_watch import MARKS_OF
from media.hls.web import CORS, FRESH, IMMUTABLE, PLAYLIST_TYPE, VIDEO_TYPE, media_headers, refuse
from media.record.files import take_name, take_path
from media.record.library import LIBRARY
from media.record.timeline import RecordingIndex


class AccelPrefix(msgspec.Struct, frozen=True):
    """Where nginx serves the recordings folder internally; empty: nowhere."""

    path: str = ""


Elsewhere = Callable[[web.Request, str, str], Awaitable[web.StreamResponse]]
"""(request, stream id, name below its folder) → the answer where the disk does not have the file."""


async def nowhere_else(_request: web.Request, _stream_id: str, _name: str) -> web.StreamResponse:
    return refuse(404)


ELSEWHERE: web.AppKey[Elsewhere] = web.AppKey("elsewhere")
ACCEL_PREFIX: web.AppKey[AccelPrefix] = web.AppKey("accel_prefix", AccelPrefix)


async def show_archive(request: web.Request) -> web.Response:
    """`GET /recordings/{stream_id}/index.m3u8`."""
    index = await _find(request)
    return _playlist(archive_multivariant_playlist(index)) if index is not None else refuse(404)


async def show_archive_media(request: web.Request) -> web.Response:
    """`GET /recordings/{stream_id}/media.m3u8`."""
    index = await _find(request)
    if index is None:
        return refuse(404)
    marks = await request.app[MARKS_OF](request.app, index.recording.stream_id)
    kept = await request.app[KEPT_PLAYLISTS].media(index, marks)
    packed = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    headers = dict(media_headers(PLAYLIST_TYPE, FRESH, varies=True, packed=packed))
    return web.Response(body=kept.packed if packed else kept.plain, headers=headers)


async def send_take(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{stream_id}/{take}.mp4`, whole or in one range (RFC 9110 §14)."""
    stream_id, number = request.match_info["stream_id"], int(request.match_info["take"])
    try:
        path = take_path(request.app[LIBRARY].folder, stream_id, number)
        fd, stat = await asyncio.to_thread(open_file, path)
    except (OSError, ValueError):
        return await request.app.get(ELSEWHERE, nowhere_else)(request, stream_id, f"{number}.mp4")
    try:
        begin, end, _ = wanted_range(request, etag_of(stat), stat.st_size) or (0, 0, True)
        if not await request.app[LIBRARY].shows(stream_id, number, begin, end):
            return refuse(404)
        accel = request.app[ACCEL_PREFIX].path
        if accel:
            return web.Response(
                headers={
                    **CORS,
                    "X-Accel-Redirect": f"{accel.rstrip('/')}/{stream_id}/{take_name(number)}",
                    hdrs.CONTENT_TYPE: VIDEO_TYPE,
                }
            )
        return await send_file(request, fd, stat)
    finally:
        os.close(fd)


async def _find(request: web.Request) -> RecordingIndex | None:
    """None where nothing is recorded, or nothing is written yet."""
    index = await request.app[LIBRARY].find(request.match_info["stream_id"])
    return index if index is not None and index.segments else None


def _playlist(text: str) -> web.Response:
    response = web.Response(
        body=text.encode(), headers={**CORS, hdrs.CONTENT_TYPE: PLAYLIST_TYPE, hdrs.CACHE_CONTROL: FRESH}
    )
    response.enable_compression()
    return response


async def send_file(
    request: web.Request, fd: int, stat: os.stat_result, more_headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """An open file, whole or in one range. `more_headers` win over those for a take."""
    size = stat.st_size
    etag = etag_of(stat)
    headers = {
        **CORS,
        hdrs.CONTENT_TYPE: VIDEO_TYPE,
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.ETAG: etag,
        hdrs.LAST_MODIFIED: formatdate(stat.st_mtime, usegmt=True),
        hdrs.CACHE_CONTROL: FRESH,
        **(more_headers or {}),
    }
    if request.headers.get(hdrs.IF_NONE_MATCH) in {etag, "*"}:
        return web.Response(status=304, headers=headers)
    wanted = wanted_range(request, etag, size)
    if wanted is None:
        return web.Response(status=416, headers={**CORS, hdrs.CONTENT_RANGE: f"bytes */{size}"})
    begin, end, partial = wanted
    if partial:
        headers[hdrs.CONTENT_RANGE] = f"bytes {begin}-{end - 1}/{size}"
        if more_headers is None:
            # What a recording holds never changes, it only grows.
            headers[hdrs.CACHE_CONTROL] = IMMUTABLE
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    response.content_length = end - begin
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        try:
            await _send_body(request, response, fd, begin, end)
        except FileEnded:
            # Cut while it was sent: the connection must not look complete.
            if request.transport is not None:
                request.transport.abort()
    return response


async def _send_body(request: web.Request, response: web.StreamResponse, fd: int, begin: int, end: int) -> None:
    try:
        await send_span(request, fd, begin, end)
    except CannotSend:
        while begin < end:
            block = await asyncio.to_thread(os.pread, fd, min(BLOCK, end - begin), begin)
            if not block:
                raise FileEnded from None
            await response.write(block)
            begin += len(block)


def wanted_range(request: web.Request, etag: str, size: int) -> tuple[int, int, bool] | None:
    """Begin, end, whether it is a part; None where nothing of it exists. Malformed or several: no range."""
    text = request.headers.get(hdrs.RANGE, "")
    condition = request.headers.get(hdrs.IF_RANGE)
    unit, _, spec = text.partition("=")
    first, dash, last = spec.strip().partition("-")
    well_formed = all(part == "" or (part.isascii() and part.isdecimal() and len(part) < 19) for part in (first, last))
    if unit.strip() != "bytes" or not dash or not well_formed or not (first or last):
        return 0, size, False
    if condition is not None and condition != etag:
        return 0, size, False
    if not first:
        begin, end = max(size - int(last), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return 0, size, False
    return (begin, end, True) if begin < end else None


def etag_of(stat: os.stat_result) -> str:
    return f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'


def open_file(path: Path) -> tuple[int, os.stat_result]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return fd, os.fstat(fd)
