"""Live playlists, parts and segments over HTTP. Memory first, then the recording's files."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from app.feature import Handler
from media.hls.playlist import Variant, media_playlist, multivariant_playlist, segment_lines
from media.packager import GZIP_FROM_BYTES, Packager
from media.record.library import LIBRARY

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
VIDEO_TYPE: Final = "video/mp4"
SEGMENT_TYPE: Final = "video/iso.segment"

IMMUTABLE: Final = "public, max-age=31536000, immutable"
FRESH: Final = "no-cache"
SHORT: Final = "public, max-age=2"

LONGEST_WAIT_S: Final = 8.0
"""A held request is answered after this long: players give up a request after 10 s without a byte."""

RELOAD_TARGETS: Final = 0.75
"""A reload is answered with what there is after this many target durations: hls.js waits for 0.8 of them."""

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, Date",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}

MayWatch = Callable[[web.Request, str], Awaitable[bool]]
"""(request, stream id) → whether its stream may be seen."""


async def anyone_may_watch(_request: web.Request, _stream_id: str) -> bool:
    """Stream ids are unguessable tokens; whoever has one may watch."""
    return True


def watched(handler: Handler) -> Handler:
    """Lets those through who may see the stream that the path names; for others it does not exist."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if not await request.app[MAY_WATCH](request, request.match_info["stream_id"]):
            return refuse(404)
        return await handler(request)

    return handle


def refuse(status: int, text: str = "") -> web.Response:
    """Players ask again and again: no page is rendered for them, and no cache keeps the answer."""
    return web.Response(status=status, text=text, headers={**CORS, hdrs.CACHE_CONTROL: "no-store"})


class Packagers(dict[str, Packager]):
    """Packagers of this process by public stream id."""


PACKAGERS: web.AppKey[Packagers] = web.AppKey("packagers", Packagers)
MAY_WATCH: web.AppKey[MayWatch] = web.AppKey("may_watch")


async def show_multivariant(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/index.m3u8`: held until there is something to play."""
    stream_id = request.match_info["stream_id"]
    packager = request.app[PACKAGERS].get(stream_id)
    variant: Variant | None = None
    if packager is not None:
        await packager.wait_for_picture(LONGEST_WAIT_S)
        variant = packager.variant()
    else:
        known = await request.app[LIBRARY].start_of(stream_id)
        if known is not None and known[1].tracks is not None:
            variant = Variant(known[1].tracks, 3_000_000, 3_000_000)
    if variant is None:
        return refuse(404)
    return _answer(multivariant_playlist(variant).encode(), None, PLAYLIST_TYPE, SHORT)


async def show_live(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/live.m3u8`, with blocking reload and delta updates (RFC 8216bis §6.2.5)."""
    stream_id = request.match_info["stream_id"]
    try:
        msn, part = _directives(request)
    except ValueError as problem:
        return refuse(400, str(problem))
    packager = request.app[PACKAGERS].get(stream_id)
    if packager is None:
        return await _show_indexed(request, stream_id, msn)
    if msn is not None:
        if packager.is_far(msn, part) and not packager.window.ended:
            return refuse(400, "_HLS_msn or _HLS_part is too far ahead")
        wait_s = min(LONGEST_WAIT_S, RELOAD_TARGETS * packager.window.timing.target_s)
        await packager.wait_for_playlist(msn, part, wait_s)
    elif packager.window.is_empty:
        await packager.wait_for_picture(LONGEST_WAIT_S)
    skip = request.query.get("_HLS_skip") in {"YES", "v2"}
    plain, packed = packager.playlist(skip=skip)
    takes_gzip = packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    return _answer(plain, packed if takes_gzip else None, PLAYLIST_TYPE, FRESH)


async def send_init(request: web.Request) -> web.StreamResponse:
    """`GET /hls/{stream_id}/init-{take}.mp4`."""
    stream_id = request.match_info["stream_id"]
    take = int(request.match_info["take"])
    packager = request.app[PACKAGERS].get(stream_id)
    data = packager.window.init(take) if packager is not None else None
    if data is None:
        data = await request.app[LIBRARY].init_bytes(stream_id, take)
    if data is None:
        return refuse(404)
    return _answer(data, None, VIDEO_TYPE, IMMUTABLE)


async def send_segment(request: web.Request) -> web.StreamResponse:
    """`GET /hls/{stream_id}/{msn}.m4s`."""
    stream_id = request.match_info["stream_id"]
    msn = int(request.match_info["msn"])
    packager = request.app[PACKAGERS].get(stream_id)
    data = packager.window.segment(msn) if packager is not None else None
    if data is None:
        data = await request.app[LIBRARY].segment_bytes(stream_id, msn)
    if data is None:
        return refuse(404)
    return _answer(data, None, SEGMENT_TYPE, IMMUTABLE)


async def send_part(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/{msn}.{part}.m4s`: the hinted part is held until it is there."""
    stream_id = request.match_info["stream_id"]
    packager = request.app[PACKAGERS].get(stream_id)
    data = None
    if packager is not None:
        data = await packager.part(int(request.match_info["msn"]), int(request.match_info["part"]), LONGEST_WAIT_S)
    if data is None:
        return refuse(404)
    return _answer(data, None, SEGMENT_TYPE, IMMUTABLE)


async def answer_preflight(_request: web.Request) -> web.Response:
    """`OPTIONS`: any page may play."""
    return web.Response(
        status=204,
        headers={
            **CORS,
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Range",
            "Access-Control-Max-Age": "86400",
        },
    )


async def _show_indexed(request: web.Request, stream_id: str, msn: int | None) -> web.Response:
    """The stream is known and nobody packages it here (a restart, before it is on air again): its last segments."""
    known = await request.app[LIBRARY].start_of(stream_id)
    if known is None:
        return refuse(404)
    timing, start = known
    if msn is not None and msn >= start.next_msn:
        await _wait_for_packager(request, stream_id)
        if stream_id in request.app[PACKAGERS]:
            return await show_live(request)
    lines = [segment_lines(segment) for segment in start.segments]
    text = media_playlist(timing, lines, None, start.next_msn, ended=start.ended).encode()
    return _answer(text, None, PLAYLIST_TYPE, FRESH)


async def _wait_for_packager(request: web.Request, stream_id: str) -> None:
    """Rare (seconds after a restart), so it looks once a second."""
    for _ in range(int(LONGEST_WAIT_S)):
        if stream_id in request.app[PACKAGERS]:
            return
        await asyncio.sleep(1)


def _directives(request: web.Request) -> tuple[int | None, int | None]:
    """`_HLS_msn` and `_HLS_part`. Raises ValueError for a part without a segment, and for what is no number."""
    query = request.query
    msn, part = query.get("_HLS_msn"), query.get("_HLS_part")
    for text in (msn, part):
        if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 16):
            raise ValueError("_HLS_msn and _HLS_part are decimal numbers")
    if part is not None and msn is None:
        raise ValueError("_HLS_part needs _HLS_msn")
    return (int(msn) if msn is not None else None), (int(part) if part is not None else None)


def _answer(data: bytes | memoryview, packed: bytes | None, content_type: str, cache: str) -> web.Response:
    headers = {**CORS, hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: cache}
    if content_type == PLAYLIST_TYPE and len(data) >= GZIP_FROM_BYTES:
        headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if packed is not None:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(body=packed if packed is not None else data, headers=headers)
