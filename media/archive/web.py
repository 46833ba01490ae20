"""The archive over HTTP: playlists from the index, takes with ranges straight from the disk."""

import asyncio
import os
from email.utils import formatdate
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import hdrs, web

from media.archive.playlist import archive_media_playlist, archive_multivariant_playlist
from media.hls.web import CORS, FRESH, IMMUTABLE, PLAYLIST_TYPE, VIDEO_TYPE, refuse
from media.record.files import take_path
from media.record.library import LIBRARY
from media.record.timeline import RecordingIndex

BLOCK: Final = 512 * 1024
"""Bytes read at once: large enough that a thread's wake-up is small beside the copy."""


class AccelPrefix(msgspec.Struct, frozen=True):
    """Where nginx serves the recordings folder internally; empty: nowhere."""

    path: str = ""


ACCEL_PREFIX: web.AppKey[AccelPrefix] = web.AppKey("accel_prefix", AccelPrefix)


async def show_archive(request: web.Request) -> web.Response:
    """`GET /recordings/{stream_id}/index.m3u8`."""
    index = await _find(request)
    return _playlist(archive_multivariant_playlist(index)) if index is not None else refuse(404)


async def show_archive_media(request: web.Request) -> web.Response:
    """`GET /recordings/{stream_id}/media.m3u8`."""
    index = await _find(request)
    return _playlist(archive_media_playlist(index)) if index is not None else refuse(404)


async def send_take(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{stream_id}/{take}.mp4`, whole or in one range (RFC 9110 §14)."""
    stream_id, number = request.match_info["stream_id"], int(request.match_info["take"])
    try:
        path = take_path(request.app[LIBRARY].folder, stream_id, number)
        fd, stat = await asyncio.to_thread(_open, path)
    except (OSError, ValueError):
        return refuse(404)
    try:
        accel = request.app[ACCEL_PREFIX].path
        if accel:
            return web.Response(
                headers={
                    **CORS,
                    "X-Accel-Redirect": f"{accel.rstrip('/')}/{stream_id}/{number}.mp4",
                    hdrs.CONTENT_TYPE: VIDEO_TYPE,
                }
            )
        return await _send(request, fd, stat)
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


async def _send(request: web.Request, fd: int, stat: os.stat_result) -> web.StreamResponse:
    size = stat.st_size
    etag = f'"{size:x}-{stat.st_mtime_ns:x}"'
    headers = {
        **CORS,
        hdrs.CONTENT_TYPE: VIDEO_TYPE,
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.ETAG: etag,
        hdrs.LAST_MODIFIED: formatdate(stat.st_mtime, usegmt=True),
        hdrs.CACHE_CONTROL: FRESH,
    }
    if request.headers.get(hdrs.IF_NONE_MATCH) in {etag, "*"}:
        return web.Response(status=304, headers=headers)
    wanted = _range(request, etag, size)
    if wanted is None:
        return web.Response(status=416, headers={**CORS, hdrs.CONTENT_RANGE: f"bytes */{size}"})
    begin, end, partial = wanted
    if partial:
        headers[hdrs.CONTENT_RANGE] = f"bytes {begin}-{end - 1}/{size}"
        # What a recording holds never changes, it only grows.
        headers[hdrs.CACHE_CONTROL] = IMMUTABLE
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    response.content_length = end - begin
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        while begin < end:
            block = await _read(fd, begin, min(BLOCK, end - begin))
            if not block:
                # Cut while it was sent: the connection must not look complete.
                if request.transport is not None:
                    request.transport.abort()
                break
            await response.write(block)
            begin += len(block)
    return response


async def _read(fd: int, offset: int, length: int) -> bytes:
    """From memory at once where the system has it cached; else in a thread: the loop never waits for the disk."""
    buffer = bytearray(length)
    try:
        got = os.preadv(fd, [buffer], offset, os.RWF_NOWAIT)
    except OSError:  # not cached, or a file system that cannot tell
        got = 0
    if got == length:
        return bytes(buffer)
    return await asyncio.to_thread(os.pread, fd, length, offset)


def _range(request: web.Request, etag: str, size: int) -> tuple[int, int, bool] | None:
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


def _open(path: Path) -> tuple[int, os.stat_result]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return fd, os.fstat(fd)
