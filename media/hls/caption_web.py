"""The captions rendition of a live stream over HTTP: its playlist, segments and parts, beside those of the pictures."""

from typing import Final

from aiohttp import hdrs, web

from app.feature import ANYONE, Route
from media.hls import web as hls
from media.hls.captions import EMPTY_VTT, CaptionFeed, LiveCaptions, captions_playlist, slice_of
from media.hls.playlist import Report, Segment, report_lines
from media.packager import Packager

VTT_TYPE: Final = "text/vtt; charset=utf-8"

LIVE_CAPTIONS: web.AppKey[LiveCaptions] = web.AppKey("live_captions", LiveCaptions)


def serve_captions(app: web.Application) -> None:
    """Before the first request: streams of this process can be captioned."""
    captions = app[LIVE_CAPTIONS] = LiveCaptions()
    app[hls.CAPTIONS_OF] = captions.renditions


async def show_captions(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/captions/{language}/live.m3u8`, held and skipped like the playlist of the pictures."""
    packager, feed = _find(request)
    if packager is None or feed is None:
        return hls.refuse_playlist()
    try:
        msn, part = hls.directives(request)
    except ValueError as problem:
        return hls.refuse(400, str(problem))
    if msn is not None and packager.is_far(msn, part) and not packager.window.ended:
        return hls.refuse(400, "_HLS_msn or _HLS_part is too far ahead")
    cache = await hls.wait_for_reload(packager, msn, part)
    skip = request.query.get("_HLS_skip") in {"YES", "v2"}
    plain, _packed = packager.playlist(skip=skip)
    text = captions_playlist(plain.decode(), _reports(packager))
    return _answer(text, hls.PLAYLIST_TYPE, cache)


async def send_segment(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/captions/{language}/{msn}.vtt`."""
    packager, feed = _find(request)
    if packager is None or feed is None:
        return hls.refuse(404)
    segment = packager.window.described(int(request.match_info["msn"]))
    if segment is None or segment == packager.window.opened:
        return hls.refuse(404)
    return _vtt(feed, segment, None)


async def send_part(request: web.Request) -> web.Response:
    """`GET /hls/{stream_id}/captions/{language}/{msn}.{part}.vtt`: the hinted part is held until it is there."""
    packager, feed = _find(request)
    msn, part = int(request.match_info["msn"]), int(request.match_info["part"])
    if packager is None or feed is None or await packager.part(msn, part, hls.LONGEST_WAIT_S) is None:
        return hls.refuse(404)
    segment = packager.window.described(msn)
    return hls.refuse(404) if segment is None else _vtt(feed, segment, part)


def caption_routes(live: str, number: str) -> tuple[Route, ...]:
    """`live`: path of a stream's folder; `number`: pattern of segments' numbers."""
    folder = f"{live}/captions/{{language:[a-z]{{2,3}}}}"
    gets = (
        (f"{folder}/live.m3u8", show_captions),
        (f"{folder}/{{msn:{number}}}.vtt", send_segment),
        (f"{folder}/{{msn:{number}}}.{{part:{number}}}.vtt", send_part),
    )
    found = tuple(
        Route(method="GET", path=path, handler=hls.watched(handler), allow=ANYONE, foreign_origin=True)
        for path, handler in gets
    )
    preflight = Route(
        method="OPTIONS", path=f"{folder}/{{file}}", handler=hls.answer_preflight, allow=ANYONE, foreign_origin=True
    )
    return (*found, preflight)


def _find(request: web.Request) -> tuple[Packager | None, CaptionFeed | None]:
    stream_id = request.match_info["stream_id"]
    feed = request.app[LIVE_CAPTIONS].find(stream_id, request.match_info["language"])
    return request.app[hls.PACKAGERS].get(stream_id), feed


def _reports(packager: Packager) -> list[str]:
    """How far the pictures are, as seen from the folder of captions."""
    places = {"": packager, **{f"{name}/": one for name, one in packager.playable_renditions().items()}}
    return [
        report_lines([Report(f"../../{folder}live.m3u8", *place)])
        for folder, one in places.items()
        if (place := one.window.last_listed()) is not None
    ]


def _vtt(feed: CaptionFeed, segment: Segment, part: int | None) -> web.Response:
    place = slice_of(segment, part)
    return _answer(EMPTY_VTT if place is None else feed.vtt(place), VTT_TYPE, hls.IMMUTABLE)


def _answer(text: str, content_type: str, cache: str) -> web.Response:
    headers = {**hls.CORS, hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: cache}
    return web.Response(body=text.encode(), headers=headers)
