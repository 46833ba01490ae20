"""WebRTC as a feature: WHIP in, WHEP out, their UDP ports."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from app.feature import ANYONE, Feature, Probe, Route
from app.metrics import METRICS
from app.wire import section
from media.streams import STREAMS
from media.webrtc import web as pages
from media.webrtc.figures import WebRtcFigures
from media.webrtc.sessions import WEBRTC, WebRtc
from media.webrtc.settings import WebRtcSettings

_STREAM: Final = "/whep/{stream_id:[A-Za-z0-9_-]{1,64}}"
_SESSION: Final = "{session:[A-Za-z0-9_-]{1,64}}"


async def webrtc_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: opens the ports; at the end every session is closed."""
    settings = section(app, WebRtcSettings)
    if not settings.enabled:
        yield
        return
    webrtc = app[WEBRTC] = WebRtc(app[STREAMS], settings, WebRtcFigures(app[METRICS]))
    try:
        yield
    finally:
        await webrtc.close()


async def probe_ports(app: web.Application) -> Probe:
    """Without a UDP port nobody can publish or watch by WebRTC."""
    if WEBRTC not in app:
        return Probe(ok=True, detail="switched off")
    ports = app[WEBRTC].ports
    if not ports.ok:
        return Probe(ok=False, detail="no UDP port of the range is free")
    return Probe(ok=True, detail="UDP ports " + ", ".join(map(str, ports.numbers)))


def _routes() -> tuple[Route, ...]:
    found = [
        ("POST", "/whip", pages.answered("whip", pages.publish)),
        ("POST", "/whip/{name:[^/]{1,200}}", pages.answered("whip", pages.publish)),
        ("POST", _STREAM, pages.answered("whep", pages.watch)),
    ]
    for kind in ("whip", "whep"):
        path = f"/{kind}/session/{_SESSION}"
        found += [
            ("DELETE", path, pages.answered(kind, pages.ended(kind))),
            ("PATCH", path, pages.answered(kind, pages.trickled(kind))),
        ]
    found += [
        ("OPTIONS", path, pages.answer_preflight)
        for path in ("/whip", "/whip/{path:.{1,200}}", "/whep/{path:.{1,200}}")
    ]
    return tuple(
        Route(method=method, path=path, handler=handler, allow=ANYONE, foreign_origin=True)
        for method, path, handler in found
    )


WEBRTC_FEATURE: Final = Feature(
    name="webrtc",
    folder=Path(__file__).parent,
    needs=("media",),
    settings=WebRtcSettings,
    routes=_routes(),
    services=(webrtc_service,),
    probes={"ports": probe_ports},
)
