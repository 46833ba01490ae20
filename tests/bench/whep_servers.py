"""What `bench_whep` measures, each a process of its own: our WHEP, and aiortc as it comes.

`python -m tests.bench.whep_servers ours|aiortc FEED` prints its port and serves `POST /whep/s` until it is killed. Both
send the same coded frames in the same pace: no encoder is involved. FEED is a Matroska file with H.264 and Opus.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import uvloop
from aiohttp import web
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from prometheus_client import CollectorRegistry

from app.log import set_up_logging
from media.headers import opus_track
from media.headers.nal import h264_track
from media.packet import CLOCK_HZ, Kind, Packet, Tracks
from media.publishing import PublishGrant
from media.streams import Streams
from media.webrtc.assembly import OPUS_HEAD
from media.webrtc.figures import WebRtcFigures
from media.webrtc.rtp import nal_units, parameter_sets
from media.webrtc.sessions import WebRtc
from media.webrtc.settings import WebRtcSettings


class Feed(msgspec.Struct):
    """A piece of programme that is sent over and over."""

    tracks: Tracks
    packets: list[Packet]
    length_90k: int


def read_feed(path: Path) -> Feed:
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        track = h264_track(bytes(video.codec_context.extradata or b""))
        packets = []
        for packet in container.demux(video, audio):
            if packet.pts is None or packet.dts is None:
                continue
            kind = Kind.VIDEO if packet.stream is video else Kind.AUDIO
            at = int(packet.pts * packet.time_base * CLOCK_HZ)
            packets.append(Packet(kind, at, at, packet.is_keyframe, bytes(packet)))
    packets.sort(key=lambda one: one.dts)
    pictures = [one for one in packets if one.kind is Kind.VIDEO]
    length = pictures[-1].dts + (pictures[1].dts - pictures[0].dts)
    packets = [one for one in packets if 0 <= one.dts < length]
    return Feed(Tracks(track, opus_track(OPUS_HEAD)), packets, length)


async def paced(feed: Feed, kind: Kind | None = None) -> AsyncIterator[Packet]:
    """Its packets in real time, without end."""
    began = time.monotonic()
    chosen = [one for one in feed.packets if kind in (None, one.kind)]
    for turn in itertools.count():
        for one in chosen:
            at = one.dts + turn * feed.length_90k
            wait_s = began + at / CLOCK_HZ - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            yield Packet(one.kind, at, at, one.key, one.data)


class Encoder:
    """A publisher without a socket."""

    def close(self, reason: str) -> None:
        print(reason, file=sys.stderr)


async def ours(feed: Feed) -> web.Application:
    async def authorise(_key: str, _address: str) -> PublishGrant:
        return PublishGrant(stream_id="s", on_air=True, label="bench")

    streams = Streams(authorise)
    settings = WebRtcSettings(udp_port_min=0, udp_port_max=0, viewers=1000, silence_s=600, connect_timeout_s=60)
    webrtc = WebRtc(streams, settings, WebRtcFigures(CollectorRegistry()))
    stream = await streams.claim("key", "127.0.0.1", Encoder())
    stream.set_tracks(feed.tracks)

    async def run() -> None:
        async for packet in paced(feed):
            stream.push(packet)

    async def watch(request: web.Request) -> web.Response:
        opened = await webrtc.watch("s", "127.0.0.1", await request.text())
        return web.Response(status=201, body=opened.answer.encode(), content_type="application/sdp")

    return _application(watch, run)


class PacketTrack(MediaStreamTrack):
    """Coded frames for aiortc, which sends a packet as it is: H.264 in Annex B."""

    def __init__(self, feed: Feed, kind: Kind) -> None:
        super().__init__()
        self.kind = kind.value
        self._packets = paced(feed, kind)
        assert feed.tracks.video is not None
        self._parameters = parameter_sets(feed.tracks.video.config)

    async def recv(self) -> av.Packet:
        packet = await anext(self._packets)
        data = packet.data
        if packet.kind is Kind.VIDEO:
            units = [*(self._parameters if packet.key else ()), *nal_units(data)]
            data = b"".join(b"\0\0\0\1" + unit for unit in units)
        coded = av.Packet(data)
        coded.pts = coded.dts = packet.pts
        coded.time_base = Fraction(1, CLOCK_HZ)
        return coded


async def stock(feed: Feed) -> web.Application:
    """aiortc as its documentation shows it: one source, a relay, a peer connection a viewer."""
    relay = MediaRelay()
    tracks = [PacketTrack(feed, kind) for kind in (Kind.VIDEO, Kind.AUDIO)]
    connections = []

    async def nothing() -> None:
        return

    async def watch(request: web.Request) -> web.Response:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connections.append(connection)
        await connection.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        for transceiver, track in zip(connection.getTransceivers(), tracks, strict=True):
            transceiver.direction = "sendonly"
            transceiver.sender.replaceTrack(relay.subscribe(track))
        await connection.setLocalDescription(await connection.createAnswer())
        answer = connection.localDescription.sdp
        return web.Response(status=201, body=answer.encode(), content_type="application/sdp")

    return _application(watch, nothing)


def _application(watch, run) -> web.Application:
    app = web.Application()
    app.router.add_post("/whep/s", watch)

    async def feeding(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(run())
        yield
        task.cancel()

    app.cleanup_ctx.append(feeding)
    return app


async def serve(name: str, path: Path) -> None:
    set_up_logging("text", "warning")
    feed = read_feed(path)
    runner = web.AppRunner(await (ours if name == "ours" else stock)(feed), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(serve(sys.argv[1], Path(sys.argv[2])))
