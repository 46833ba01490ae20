"""Live playlists, parts and segments over HTTP. Memory first, then the recording's files."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

from aiohttp import hdrs, web

from app.feature import Handler
from media.hls.playlist import (
    CaptionRendition,
    NamedVariant,
    Variant,
    media_playlist,
    multivariant_playlist,
    segment_lines,
)
from media.packager import GZIP_FROM_BYTES, Packager
from media.record.library import LIBRARY

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
VIDEO_TYPE: Final = "video/mp4"
SEGMENT_TYPE: Final = "video/iso.segment"

IMMUTABLE: Final = "public, max-age=31536000, immutable"
FRESH: Final = "no-cache"
SHORT: Final = "public, max-age=2"
BRIEF: Final = "public, max-age=1"

LONGEST_WAIT_S: Final = 8.0
"""A held request is answered after this long: players give up a request after 10 s without a byte."""

RELOAD_TARGETS: Final = 0.75
"""A reload is answered with what there is after this many target durations: hls.js waits for 0.8 of them."""

KEPT_TARGETS: Final = 6
"""How long caches keep the answer to a blocking reload, in target durations."""

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


def refuse(status: int, text: str = "", cache: str = "no-store") -> web.Response:
    """Players ask again and again: no page is rendered for them."""
    return web.Response(status=status, text=text, headers={**CORS, hdrs.CACHE_CONTROL: cache})


def refuse_playlist() -> web.Response:
    """Not there, or not yet: before a session begins, everybody who waits asks; a cache in front asks once a second."""
    return refuse(404, cache=BRIEF)


class Packagers(dict[str, Packager]):
    """Packagers of this process by public stream id."""


CaptionsOf = Callable[[str], list[CaptionRendition]]
"""Stream id → languages in which it is captioned now."""


def no_captions(_stream_id: str) -> list[CaptionRendition]:
    return []


CAPTIONS_OF: web.AppKey[CaptionsOf] = web.AppKey("captions_of")
PACKAGERS: web.AppKey[Packagers] = web.AppKey("packagers", Packagers)
MAY_WATCH: web.AppKey[MayWatch] = web.AppKey("may_watch")


def find_packager(request: web.Request) -> tuple[Packager | None, Packager | None]:
    """The packager that the path names, and its source's: the same one where no rendition is named."""
    source = request.app[PACKAGERS].get(request.match_info["stream_id"])
    name = request.match_info.get("rendition")
    if source is None or name is None:
        return source, source
    return source.renditions.get(name), source


async def show_multivariant(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/index.m3u8`: held until there is something to play."""
    stream_id = request.match_info["stream_id"]
    packager = request.app[PACKAGERS].get(stream_id)
    variant: Variant | None = None
    others: list[NamedVariant] = []
    if packager is not None:
        await packager.wait_for_picture(LONGEST_WAIT_S)
        variant = packager.variant()
        for name, rendition in packager.playable_renditions().items():
            if (smaller := rendition.variant()) is not None:
                others.append(NamedVariant(name, f"{name}/live.m3u8", smaller))
    else:
        known = await request.app[LIBRARY].start_of(stream_id)
        if known is not None and known[1].tracks is not None:
            variant = Variant(known[1].tracks, 3_000_000, 3_000_000)
    if variant is None:
        return refuse_playlist()
    captions = request.app.get(CAPTIONS_OF, no_captions)(stream_id) if packager is not None else []
    text = multivariant_playlist(variant, others=others, captions=captions)
    return _answer(text.encode(), None, PLAYLIST_TYPE, SHORT)


async def show_live(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/live.m3u8`, with blocking reload and delta updates (RFC 8216bis §6.2.5)."""
    try:
        msn, part = directives(request)
    except ValueError as problem:
        return refuse(400, str(problem))
    packager, source = find_packager(request)
    if packager is None:
        return await _show_indexed(request, msn) if source is None else refuse_playlist()
    if msn is not None and packager.is_far(msn, part) and not packager.window.ended:
        return refuse(400, "_HLS_msn or _HLS_part is too far ahead")
    cache = await wait_for_reload(packager, msn, part)
    skip = request.query.get("_HLS_skip") in {"YES", "v2"}
    plain, packed = packager.playlist(skip=skip, source=source)
    takes_gzip = packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    return _answer(plain, packed if takes_gzip else None, PLAYLIST_TYPE, cache)


async def wait_for_reload(packager: Packager, msn: int | None, part: int | None) -> str:
    """Holds a request for the playlist until it may be answered; returns how long caches may keep the answer.

    An answer that has what was asked for is worth keeping: everybody asks the same, and what comes next has an address
    of its own (RFC 8216bis Appendix B: six target durations). An answer without it is worth nothing to the next one.
    """
    window = packager.window
    if msn is None:
        if window.is_empty:
            await packager.wait_for_picture(LONGEST_WAIT_S)
        return FRESH
    await packager.wait_for_playlist(msn, part, min(LONGEST_WAIT_S, RELOAD_TARGETS * window.timing.target_s))
    return f"public, max-age={KEPT_TARGETS * window.timing.target_s}" if window.holds(msn, part) else FRESH


async def send_init(request: web.Request) -> web.StreamResponse:
    """`GET /hls/{stream_id}/init-{take}.mp4`."""
    take = int(request.match_info["take"])
    packager, _ = find_packager(request)
    data = packager.window.init(take) if packager is not None else None
    if data is None and "rendition" not in request.match_info:
        data = await request.app[LIBRARY].init_bytes(request.match_info["stream_id"], take)
    if data is None:
        return refuse(404)
    return _answer(data, None, VIDEO_TYPE, IMMUTABLE)


async def send_segment(request: web.Request) -> web.StreamResponse:
    """`GET /hls/{stream_id}/{msn}.m4s`."""
    msn = int(request.match_info["msn"])
    packager, _ = find_packager(request)
    data = packager.window.segment(msn) if packager is not None else None
    if packager is not None and msn >= packager.window.next_msn:
        return refuse(404)  # the database need not be asked about the future
    if data is None and "rendition" not in request.match_info:
        data = await request.app[LIBRARY].segment_bytes(request.match_info["stream_id"], msn)
    if data is None:
        return refuse(404)
    return _answer(data, None, SEGMENT_TYPE, IMMUTABLE)


async def send_part(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/{msn}.{part}.m4s`: the hinted part is held until it is there."""
    packager, _ = find_packager(request)
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


async def _show_indexed(request: web.Request, msn: int | None) -> web.Response:
    """The stream is known and nobody packages it here (a restart, before it is on air again): its last segments."""
    stream_id = request.match_info["stream_id"]
    if "rendition" in request.match_info:
        return refuse_playlist()
    known = await request.app[LIBRARY].start_of(stream_id)
    if known is None:
        return refuse_playlist()
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


def directives(request: web.Request) -> tuple[int | None, int | None]:
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
    varies = content_type == PLAYLIST_TYPE and len(data) >= GZIP_FROM_BYTES
    headers = dict(media_headers(content_type, cache, varies=varies, packed=packed is not None))
    return web.Response(body=packed if packed is not None else data, headers=headers)


@lru_cache(maxsize=64)
def media_headers(
    content_type: str, cache: str, *, varies: bool = False, packed: bool = False
) -> tuple[tuple[str, str], ...]:
    """Headers of everything that players fetch."""
    headers = {**CORS, hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: cache}
    if varies:
        headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if packed:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return tuple(headers.items())
