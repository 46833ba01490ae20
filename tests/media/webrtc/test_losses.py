"""What the network loses: asked for again, sent again, and a key frame where nothing else helps."""

import asyncio
import itertools

import pytest
from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket

from app.metrics import METRICS
from media.packet import Kind
from media.webrtc.ports import UdpPort
from tests.media.webrtc.client import publisher, viewer
from tests.media.webrtc.conftest import KEY, STREAM
from tests.media.webrtc.test_whep import moving, on_air
from tests.media.webrtc.test_whip import decoded, of, until


def sink_of(studio):
    """The only viewer's seat."""
    (broadcast,) = studio.webrtc._broadcasts.values()
    (seat,) = broadcast.viewers
    return broadcast, seat


async def test_lost_packets_are_sent_again_to_a_viewer(studio, monkeypatch):
    sent = itertools.count(1)
    whole = UdpPort.send_run

    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 5)
        _broadcast, seat = sink_of(studio)
        picture = seat.video_ssrc.to_bytes(4, "big")

        def lossy(port, datagrams, address):
            """Every twentieth packet of the picture, by count: whether a loss is seen is not left to chance."""
            kept = [one for one in datagrams if one[8:12] != picture or next(sent) % 20]
            return whole(port, kept, address) if kept else True

        monkeypatch.setattr(UdpPort, "send_run", lossy)
        await screen.received("video", 80)
        pictures = screen.frames["video"]
        assert moving(pictures) > 60
        assert studio.app[METRICS].get_sample_value("gryf_whep_nacked_packets_total") > 0


async def test_a_viewer_that_asks_gets_the_last_key_frame_again(studio):
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 30)
        _broadcast, seat = sink_of(studio)
        shelf = seat.video._shelf
        await until(lambda: shelf.key is not None and shelf.end - shelf.key > 20)  # the key frame is no longer the last
        began = seat.video.packets - seat.video.next

        def repeated():
            """Packets that were sent a second time: the others take the place along with them."""
            return seat.video.packets - seat.video.next - began

        receiver = next(one.receiver for one in screen.connection.getTransceivers() if one.kind == "video")
        await receiver._send_rtcp(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=seat.video_ssrc))
        await receiver._send_rtcp(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=seat.video_ssrc))
        await until(lambda: repeated() > 20)
        once = repeated()
        await asyncio.sleep(0.4)
        assert repeated() == once  # a group of pictures, once
        count = len(screen.frames["video"])
        await screen.received("video", count + 20)


async def test_a_browser_that_publishes_is_asked_for_a_key_frame(studio):
    heard = studio.listen()
    async with studio.http() as http, publisher("H264") as camera, viewer() as screen:
        await camera.post(http, "/whip", KEY)
        await until(lambda: of(heard, Kind.VIDEO))
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 20)
        await asyncio.sleep(0.6)
        broadcast, seat = sink_of(studio)
        keys = len([one for one in of(heard, Kind.VIDEO) if one.key])
        broadcast.send_key_frame(seat)
        await until(lambda: len([one for one in of(heard, Kind.VIDEO) if one.key]) > keys, 1.5)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_publisher_over_a_bad_network_stays_decodable(studio, codec):
    arrived = itertools.count(1)
    heard = studio.listen()
    async with studio.http() as http, publisher(codec, width=640, height=360) as camera:
        await camera.post(http, "/whip", KEY)
        await until(lambda: of(heard, Kind.VIDEO))
        (session,) = studio.webrtc._sessions.values()
        on_rtp = session.party.on_rtp
        session.link._dtls._ear = type(
            "Lossy",
            (),
            {
                "on_rtp": staticmethod(lambda data, at: on_rtp(data, at) if next(arrived) % 30 else None),
                "on_rtcp": session.party.on_rtcp,
            },
        )()
        begins = len(heard.packets)
        await until(lambda: len(heard.packets) - begins > 200 and session.party.nacks > 2, 25)
    pictures = of(heard, Kind.VIDEO)
    frames = decoded(heard.tracks[-1].video, pictures)
    assert len(frames) >= len(pictures) - 2
    times = [one.dts for one in pictures]
    assert times == sorted(set(times))


async def test_sound_alone_is_published(studio):
    heard = studio.listen()
    async with studio.http() as http, publisher() as microphone:
        await microphone.post(http, "/whip", KEY)
        await until(lambda: len(of(heard, Kind.AUDIO)) > 20)
        assert heard.tracks[-1].video is None
        await until(lambda: not studio.packagers[STREAM].window.is_empty)
