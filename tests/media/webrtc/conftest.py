"""WHIP and WHEP on a port of this machine, without a database: streams, their HLS window, and the routes."""

import contextlib
import logging

import aiohttp
import msgspec
import pytest
from aiohttp import web

from app.config import City, Server
from app.i18n import LOCALES, Locales
from app.metrics import METRICS, new_registry
from app.wire import CITY, ROOT, SECTIONS, SERVER, Sections, mount
from media.hls.muxer import Timing
from media.hls.web import MAY_WATCH
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Packet, Tracks
from media.publishing import PublishGrant
from media.streams import STREAMS, Streams
from media.webrtc.feature import WEBRTC_FEATURE
from media.webrtc.sessions import WEBRTC
from media.webrtc.settings import WebRtcSettings

KEY = "sesja-key"
REHEARSAL_KEY = "rehearsal-key"
STREAM = "stream1"


class Heard:
    """A sink that keeps everything."""

    def __init__(self):
        self.tracks: list[Tracks] = []
        self.packets: list[Packet] = []
        self.pauses = 0

    def on_tracks(self, tracks):
        self.tracks.append(tracks)

    def on_packet(self, packet):
        self.packets.append(packet)

    def on_pause(self):
        self.pauses += 1

    def on_end(self):
        pass


class Studio:
    """What a test works with."""

    def __init__(self, app: web.Application, url: str, streams: Streams):
        self.app = app
        self.url = url
        self.streams = streams
        self.packagers: dict[str, Packager] = {}
        self.forbidden: set[str] = set()

    @property
    def webrtc(self):
        return self.app[WEBRTC]

    def listen(self, stream_id: str = STREAM) -> Heard:
        heard = Heard()
        stream = self.streams.get(stream_id) or self.streams.put_on_air(stream_id)
        stream.attach(heard)
        return heard

    @contextlib.asynccontextmanager
    async def http(self):
        async with aiohttp.ClientSession(self.url) as session:
            yield session


async def authorise(key: str, _address: str) -> PublishGrant | None:
    if key == KEY:
        return PublishGrant(stream_id=STREAM, on_air=True, label="test")
    if key == REHEARSAL_KEY:
        return PublishGrant(stream_id="stream2", on_air=False, label="test")
    return None


@contextlib.asynccontextmanager
async def open_studio(**settings):
    """`settings` of WebRTC; the system chooses ports."""
    chosen = msgspec.structs.replace(WebRtcSettings(udp_port_min=0, udp_port_max=0), **settings)
    app = web.Application()
    streams = Streams(authorise)
    studio = Studio(app, "", streams)

    async def may_watch(_request: web.Request, stream_id: str) -> bool:
        return stream_id not in studio.forbidden

    def package(stream, _on_air):
        packager = Packager(stream.id, Timing(), Bounds(24, 64 << 20), Start())
        studio.packagers[stream.id] = packager
        return packager

    streams.packager_factory = package
    app[SECTIONS] = Sections([chosen])
    app[SERVER], app[CITY], app[METRICS] = Server(), City(), new_registry()
    app[LOCALES] = Locales.read(ROOT, City())
    app[STREAMS], app[MAY_WATCH] = streams, may_watch
    for service in WEBRTC_FEATURE.services:
        app.cleanup_ctx.append(service)
    for route in WEBRTC_FEATURE.routes:
        mount(app, WEBRTC_FEATURE, route)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    studio.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with streams.watched():
            yield studio
    finally:
        await runner.cleanup()


@pytest.fixture
async def studio():
    logging.getLogger("aiortc").setLevel(logging.ERROR)
    async with open_studio() as found:
        yield found
