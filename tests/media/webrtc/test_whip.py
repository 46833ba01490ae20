"""A publisher through real UDP: what it sends is a stream's packets, and an HLS playlist."""

import asyncio
import itertools

import av
import pytest

from media.packet import Codec, Kind
from tests.media.webrtc.client import publisher
from tests.media.webrtc.conftest import KEY, STREAM


async def until(condition, within_s=15):
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


def of(heard, kind):
    return [packet for packet in heard.packets if packet.kind is kind]


def decoded(track, packets):
    """Pictures of packets in our form, by an independent decoder."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = track.config
    return [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_publisher_becomes_packets_and_a_playlist(studio, codec):
    heard = studio.listen()
    async with studio.http() as http, publisher(codec) as camera:
        await camera.post(http, "/whip", KEY)
        assert camera.status == 201, camera.text
        assert camera.headers["Location"].startswith(f"{studio.url}/whip/session/")
        await until(lambda: len([one for one in of(heard, Kind.VIDEO) if one.key]) >= 2)
        pictures, sounds = of(heard, Kind.VIDEO), of(heard, Kind.AUDIO)
        tracks = heard.tracks[-1]
        assert tracks.video.codec is Codec.H264
        assert (tracks.video.width, tracks.video.height) == (320, 180)
        assert tracks.audio.codec is Codec.OPUS
        assert pictures[0].key
        for packets in (pictures, sounds):
            times = [one.dts for one in packets]
            assert times == sorted(set(times))
        steps = [b.dts - a.dts for a, b in itertools.pairwise(pictures)]
        assert sorted(steps)[len(steps) // 2] == pytest.approx(3600, abs=200)
        assert abs(sounds[-1].pts - pictures[-1].pts) < 90_000
        frames = decoded(tracks.video, pictures)
        assert len(frames) >= len(pictures) - 2
        assert len({bytes(frame.planes[0])[0] for frame in frames}) > 10
        await until(lambda: not studio.packagers[STREAM].window.is_empty)
        text = studio.packagers[STREAM].playlist(skip=False)[0].decode()
        assert "#EXT-X-PART:" in text
        async with http.delete(camera.headers["Location"]) as answer:
            assert answer.status == 200
        assert studio.streams.get(STREAM).publisher is None
        assert heard.pauses == 1
        async with http.delete(camera.headers["Location"]) as answer:
            assert answer.status == 404
