"""A session's player on other sites: the bare page for their frames, and oEmbed 1.0 that tells of it."""

import html
from typing import Final
from urllib.parse import urlsplit

import msgspec
from aiohttp import hdrs, web

from app.database import DATABASE
from app.errors import NotFound
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor, public_url
from portals.council import actions, recorded, store
from portals.council.model import Session
from portals.council.rules import current_item

WIDTH: Final = 640
HEIGHT: Final = 360
CACHED_S: Final = 3600


class OEmbed(msgspec.Struct, frozen=True):
    """What oEmbed 1.0 answers for a video. Sizes in CSS pixels."""

    title: str
    html: str
    width: int
    height: int
    provider_name: str
    provider_url: str
    type: str = "video"
    version: str = "1.0"
    cache_age: int = CACHED_S


async def show_embed(request: web.Request) -> web.StreamResponse:
    """`GET /embed/{slug}`: the player alone, for a frame of another site."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session_by_slug(tx, actor, request.match_info["slug"])
        items = await store.agenda(tx, session.id)
    chapters = await actions.chapters(request.app, session) if session.state != "planned" else []
    spans = await recorded.spans(request.app, session)
    return await render(
        request,
        "council/embed.html",
        session=session,
        current=current_item(items),
        playable=session.state == "live" or bool(spans),
        live_address=f"/hls/{session.stream_id}/index.m3u8" if session.state == "live" else "",
        recording_address=f"/recordings/{session.stream_id}/index.m3u8",
        facts=msgspec.to_builtins({"chapters": chapters, "spans": spans}),
        session_url=public_url(request, request.app, session.path),
    )


async def show_oembed(request: web.Request) -> web.Response:
    """`GET /oembed?url=…`: JSON alone; 501 for other formats, 404 for addresses that are no session's."""
    if request.query.get("format", "json") != "json":
        raise web.HTTPNotImplemented(text="Only format=json is offered.")
    slug = session_slug(request.query.get("url", ""), public_url(request, request.app))
    if slug is None:
        raise NotFound
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session_by_slug(tx, actor, slug)
    width, height = fitted(request.query.get("maxwidth", ""), request.query.get("maxheight", ""))
    locale = request.app[LOCALES].choose(request)
    answer = OEmbed(
        title=session.title,
        html=snippet(session, public_url(request, request.app, embed_path(session)), width, height),
        width=width,
        height=height,
        provider_name=f"{request.app[CITY].name}, {locale.gettext('Sessions of the council')}",
        provider_url=public_url(request, request.app),
    )
    headers = {"Access-Control-Allow-Origin": "*", hdrs.CACHE_CONTROL: f"public, max-age={CACHED_S}"}
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json", headers=headers)


def embed_path(session: Session) -> str:
    return f"/embed/{session.slug}"


def session_slug(url: str, own: str) -> str | None:
    """The slug of a session's address (its page or its embedded player) on this site; None for any other address."""
    try:
        asked, here = urlsplit(url), urlsplit(own)
    except ValueError:
        return None
    if asked.scheme not in {"http", "https"} or asked.netloc.lower() != here.netloc.lower():
        return None
    match asked.path.strip("/").split("/"):
        case ["council", "sessions", slug] | ["embed", slug] if slug:
            return slug
        case _:
            return None


def fitted(max_width: str, max_height: str) -> tuple[int, int]:
    """The usual size made smaller until it fits both limits, at 16:9. What is no number is no limit."""
    width = min(_limit(max_width, WIDTH), _limit(max_height, HEIGHT) * 16 // 9)
    return width, width * 9 // 16


def _limit(text: str, usual: int) -> int:
    return min(int(text), usual) if text.isascii() and text.isdecimal() and int(text[:6]) > 0 else usual


def snippet(session: Session, address: str, width: int, height: int) -> str:
    """The frame that another site puts into its page."""
    return (
        f'<iframe src="{html.escape(address)}" width="{width}" height="{height}" title="{html.escape(session.title)}"'
        ' allow="autoplay; fullscreen; picture-in-picture" allowfullscreen loading="lazy" style="border:0"></iframe>'
    )
