"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import hdrs, web

from app.api import PROBLEM_TYPE, Problem
from app.i18n import LOCALES, _
from app.wire import public_url
from media.hls.web import MAY_WATCH
from media.webrtc.sdp import BadOffer, read_fragment
from media.webrtc.sessions import WEBRTC, Opened, Refusal
from media.webrtc.settings import WebRtcSettings

SDP_TYPE: Final = "application/sdp"
FRAGMENT_TYPE: Final = "application/trickle-ice-sdpfrag"
MAX_SDP_BYTES: Final = 64 * 1024

NO_SDP: Final = _("send the offer as application/sdp")
NO_FRAGMENT: Final = _("send ICE candidates as application/trickle-ice-sdpfrag")
EMPTY: Final = _("the body is empty: it must hold the offer")
SWITCHED_OFF: Final = _("WebRTC is switched off on this server")
TITLE: Final = _("This connection cannot be made")

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, Link, ETag, Accept-Patch, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Any page may publish or watch: a key, or an unguessable id, is what opens, and no cookie is asked for."""

Answer = Callable[[web.Request], Awaitable[web.Response]]


def answered(kind: str, handler: Answer) -> Answer:
    """Turns refusals into problem details that a client can show, in its reader's language."""

    async def handle(request: web.Request) -> web.Response:
        try:
            if WEBRTC not in request.app:
                raise Refusal(404, SWITCHED_OFF)
            response = await handler(request)
        except Refusal as refusal:
            response = _refused(request, refusal)
        if WEBRTC in request.app:
            request.app[WEBRTC].figures.answers.labels(kind, response.status).inc()
        return response

    return handle


async def publish(request: web.Request) -> web.Response:
    """`POST /whip`, `POST /whip/{name}`: the bearer token is the stream key; the name is the client's own business."""
    offer = await _body(request, SDP_TYPE, NO_SDP)
    opened = await request.app[WEBRTC].publish(_bearer(request), request.remote or "unknown", offer)
    return _created(request, opened, f"/whip/session/{opened.session_id}")


async def watch(request: web.Request) -> web.Response:
    """`POST /whep/{stream_id}`."""
    stream_id = request.match_info["stream_id"]
    if not await request.app[MAY_WATCH](request, stream_id):
        raise Refusal(404, _("nothing is on air here now"))
    offer = await _body(request, SDP_TYPE, NO_SDP)
    opened = await request.app[WEBRTC].watch(stream_id, request.remote or "unknown", offer)
    return _created(request, opened, f"/whep/session/{opened.session_id}")


def ended(kind: str) -> Answer:
    """`DELETE` of a session."""

    async def handle(request: web.Request) -> web.Response:
        await request.app[WEBRTC].end(kind, request.match_info["session"])
        return web.Response(status=200, headers=CORS)

    return handle


def trickled(kind: str) -> Answer:
    """`PATCH` of a session: candidates that the client found later (RFC 8840)."""

    async def handle(request: web.Request) -> web.Response:
        text = await _body(request, FRAGMENT_TYPE, NO_FRAGMENT)
        try:
            fragment = read_fragment(text)
        except BadOffer as problem:
            raise Refusal(400, str(problem)) from None
        request.app[WEBRTC].trickle(kind, request.match_info["session"], fragment)
        return web.Response(status=204, headers=CORS)

    return handle


async def answer_preflight(request: web.Request) -> web.Response:
    """`OPTIONS`: what may be asked, and by which ICE servers (RFC 9725 §4.6)."""
    headers = {
        **CORS,
        "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
        "Access-Control-Max-Age": "86400",
        "Accept-Post": SDP_TYPE,
    }
    response = web.Response(status=204, headers=headers)
    if WEBRTC in request.app:
        _add_links(response, request.app[WEBRTC].settings)
    return response


def ice_servers(settings: WebRtcSettings) -> list[str]:
    """Values of `Link` headers that name STUN and TURN servers (RFC 9725 §4.6)."""
    links = [f'<{url}>; rel="ice-server"' for url in settings.stun_urls]
    user, password = _quoted(settings.turn_user), _quoted(settings.turn_password)
    links += [
        f'<{url}>; rel="ice-server"; username="{user}"; credential="{password}"; credential-type="password"'
        for url in settings.turn_urls
    ]
    return links


def _created(request: web.Request, opened: Opened, path: str) -> web.Response:
    response = web.Response(
        status=201,
        body=opened.answer.encode(),  # bytes: with a text aiohttp would add a charset, which clients do not expect
        headers={
            **CORS,
            hdrs.CONTENT_TYPE: SDP_TYPE,
            hdrs.LOCATION: public_url(request, request.app, path),
            hdrs.ETAG: f'"{opened.etag}"',
            hdrs.CACHE_CONTROL: "no-store",
            "Accept-Patch": FRAGMENT_TYPE,
        },
    )
    _add_links(response, request.app[WEBRTC].settings)
    return response


def _add_links(response: web.Response, settings: WebRtcSettings) -> None:
    for link in ice_servers(settings):
        response.headers.add(hdrs.LINK, link)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _refused(request: web.Request, refusal: Refusal) -> web.Response:
    locale = request.app[LOCALES].choose(request)
    problem = Problem(
        type="urn:gryf:problem:webrtc",
        title=locale.gettext(TITLE),
        status=refusal.status,
        detail=locale.gettext(refusal.message),
        instance=request.path,
    )
    headers = {**CORS, hdrs.CACHE_CONTROL: "no-store"}
    if refusal.status == 401:
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if refusal.status == 415:
        headers["Accept-Post"] = SDP_TYPE
    if refusal.retry_after_s:
        headers[hdrs.RETRY_AFTER] = str(refusal.retry_after_s)
    return web.Response(
        status=refusal.status, body=msgspec.json.encode(problem), content_type=PROBLEM_TYPE, headers=headers
    )


def _bearer(request: web.Request) -> str:
    scheme, _space, token = request.headers.get(hdrs.AUTHORIZATION, "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _body(request: web.Request, content_type: str, otherwise: str) -> str:
    if request.content_type != content_type:
        raise Refusal(415, otherwise)
    raw = await request.content.read(MAX_SDP_BYTES + 1)
    while raw and len(raw) <= MAX_SDP_BYTES and (more := await request.content.read(MAX_SDP_BYTES + 1 - len(raw))):
        raw += more
    if len(raw) > MAX_SDP_BYTES:
        raise Refusal(413, _("the body is far too large for an offer"))
    if not raw.strip():
        raise Refusal(400, EMPTY)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refusal(400, _("the body is no session description that can be read")) from None
