"""What was made of recordings, over HTTP: with ranges, names a person can read, and versions that may be cached."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from app.files.names import clean_name, content_disposition
from media.archive.files import ASSET_NAME, ASSETS, assets_folder
from media.archive.web import ACCEL_PREFIX, ELSEWHERE, nowhere_else, open_file, send_file
from media.hls.web import CORS, FRESH, IMMUTABLE, refuse
from media.record.library import LIBRARY

TitleOf = Callable[[web.Application, str], Awaitable[str]]
"""(application, stream id) → what people call the recording; empty: nobody knows."""

TITLE_OF: web.AppKey[TitleOf] = web.AppKey("recording_title")

TYPES: Final = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt; charset=utf-8",
    ".json": "application/json",
}


async def no_title(_app: web.Application, _stream_id: str) -> str:
    return ""


async def send_asset(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{stream_id}/assets/{name}`; `?download` gives it a name to be kept under."""
    return await send_named(request, request.match_info["stream_id"], request.match_info["name"])


async def send_named(request: web.Request, stream_id: str, name: str) -> web.StreamResponse:
    ending = f".{name.rpartition('.')[2]}"
    if not ASSET_NAME.fullmatch(name) or ending not in TYPES:
        return refuse(404)
    try:
        path = assets_folder(request.app[LIBRARY].folder, stream_id) / name
        fd, stat = await asyncio.to_thread(open_file, path)
    except (OSError, ValueError):
        return await request.app.get(ELSEWHERE, nowhere_else)(request, stream_id, f"{ASSETS}/{name}")
    headers = {
        **CORS,
        hdrs.CONTENT_TYPE: TYPES[ending],
        hdrs.CACHE_CONTROL: IMMUTABLE if "v" in request.query else FRESH,
    }
    if "download" in request.query:
        headers[hdrs.CONTENT_DISPOSITION] = await _disposition(request, stream_id, name)
    try:
        accel = request.app[ACCEL_PREFIX].path
        if accel:
            redirect = f"{accel.rstrip('/')}/{stream_id}/{ASSETS}/{name}"
            return web.Response(headers={**headers, "X-Accel-Redirect": redirect})
        return await send_file(request, fd, stat, headers)
    finally:
        os.close(fd)


async def _disposition(request: web.Request, stream_id: str, name: str) -> str:
    title = await request.app[TITLE_OF](request.app, stream_id)
    stem, _, ending = name.rpartition(".")
    # The main file is called as the recording is; others say what they are.
    suffix = "" if stem in {"recording", "podcast"} or stem.startswith("clip-") else f" ({stem})"
    return content_disposition("attachment", clean_name(f"{title or stream_id}{suffix}.{ending}"))
