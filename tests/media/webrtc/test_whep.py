"""Viewers through real UDP: real pictures and sound, from the first moment on."""

import array
import asyncio
import contextlib
import time

from media.continuity.model import SlateKind
from media.packet import Packet, Tracks
from media.streams import Streams
from tests.media.hls import feed
from tests.media.webrtc.client import publisher, viewer
from tests.media.webrtc.conftest import KEY, REHEARSAL_KEY, STREAM, open_studio
from tests.media.webrtc.test_whip import until


class Encoder:
    """A publisher without a socket."""

    def close(self, reason):
        self.reason = reason


@contextlib.asynccontextmanager
async def on_air(streams: Streams, *, b_frames=0, key=KEY, ahead_s=0.0, sound=True):
    """A stream that is fed in real time, over and over; `ahead_s` of it have come already."""
    video, pictures = feed.video(6, b_frames=b_frames)
    audio, sounds = feed.audio(6)
    packets = sorted([*pictures, *(sounds if sound else ())], key=lambda one: one.dts)
    stream = await streams.claim(key, "127.0.0.1", Encoder())
    stream.set_tracks(Tracks(video, audio if sound else None))
    fed = asyncio.Event()

    async def run():
        began = time.monotonic() - ahead_s
        for turn in range(100):
            for packet in packets:
                at = packet.dts + turn * 540_000
                wait_s = began + at / 90_000 - time.monotonic()
                if wait_s > 0:
                    fed.set()
                    await asyncio.sleep(wait_s)
                stream.push(Packet(packet.kind, at, packet.pts + turn * 540_000, packet.key, packet.data))

    task = asyncio.create_task(run())
    await fed.wait()
    try:
        yield stream
    finally:
        task.cancel()


def moving(frames) -> int:
    """How many different pictures there are."""
    return len({bytes(frame.planes[0])[:64] for frame in frames})


async def test_picture_and_sound_from_the_middle_of_a_group(studio):
    async with on_air(studio.streams, ahead_s=1.6), studio.http() as http, viewer() as screen:
        began = time.monotonic()
        await screen.post(http, f"/whep/{STREAM}")
        assert screen.status == 201, screen.text
        assert screen.headers["Location"].startswith(f"{studio.url}/whep/session/")
        assert screen.headers["Content-Type"] == "application/sdp"
        pictures = await screen.received("video", 60)
        sounds = await screen.received("audio", 40)
        assert screen.arrived["video"][0] - began < 5
        assert (pictures[0].width, pictures[0].height) == (320, 180)
        assert moving(pictures[:60]) > 30
        times = [frame.pts for frame in pictures]
        assert times == sorted(set(times))
        assert sounds[0].sample_rate == 48_000
        assert max(max(array.array("h", bytes(frame.planes[0]))) for frame in sounds[10:40]) > 1000
        assert studio.webrtc.count("whep") == 1
        async with http.delete(screen.headers["Location"]) as answer:
            assert answer.status == 200
        assert studio.webrtc.count("whep") == 0


async def test_two_viewers_share_what_is_packed(studio):
    async with (
        on_air(studio.streams),
        studio.http() as http,
        viewer() as first,
        viewer() as second,
    ):
        await first.post(http, f"/whep/{STREAM}")
        await first.received("video", 10)
        await second.post(http, f"/whep/{STREAM}")
        await second.received("video", 30)
        await second.received("audio", 10)
        assert len(studio.webrtc._broadcasts) == 1
        await first.connection.close()
        await until(lambda: studio.webrtc.count("whep") == 1)
        count = len(second.frames["video"])
        await second.received("video", count + 25)


async def test_a_whip_publisher_is_watched(studio):
    async with studio.http() as http, publisher("H264") as camera, viewer() as screen:
        await camera.post(http, "/whip/obs", KEY)
        await until(lambda: studio.streams.get(STREAM) and studio.streams.get(STREAM).tracks.video)
        await screen.post(http, f"/whep/{STREAM}")
        assert screen.status == 201, screen.text
        pictures = await screen.received("video", 40)
        await screen.received("audio", 20)
        assert moving(pictures) > 15


async def test_b_frames_are_refused_with_advice(studio):
    async with on_air(studio.streams, b_frames=2, ahead_s=1.5), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        assert screen.status == 406
        assert "zerolatency" in screen.text
        assert studio.webrtc.count("whep") == 0
        assert "B-frames" in studio.webrtc.obstacle(STREAM)
    assert studio.webrtc.obstacle("another") == ""


async def test_a_player_without_h264_is_told(studio):
    async with on_air(studio.streams), studio.http() as http, viewer("VP8") as screen:
        await screen.post(http, f"/whep/{STREAM}")
        assert screen.status == 406


async def test_a_rehearsal_is_seen_under_its_own_id_alone(studio):
    async with (
        on_air(studio.streams, key=REHEARSAL_KEY),
        studio.http() as http,
        viewer() as stranger,
        viewer() as clerk,
    ):
        await stranger.post(http, "/whep/stream2")
        assert stranger.status == 404
        await clerk.post(http, f"/whep/{studio.streams.preview_id('stream2')}")
        assert clerk.status == 201
        await clerk.received("video", 5)


async def test_who_may_not_watch_learns_nothing(studio):
    studio.forbidden.add(STREAM)
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        assert screen.status == 404


async def test_the_limit_of_viewers():
    async with open_studio(viewers=1) as studio, on_air(studio.streams), studio.http() as http:
        async with viewer() as first, viewer() as second:
            await first.post(http, f"/whep/{STREAM}")
            await second.post(http, f"/whep/{STREAM}")
            assert (first.status, second.status) == (201, 503)
            assert int(second.headers["Retry-After"]) > 0


async def test_the_end_of_a_stream_ends_its_viewers(studio):
    async with on_air(studio.streams), studio.http() as http, viewer() as screen:
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 5)
        studio.streams.take_off_air(STREAM)
        await until(lambda: studio.webrtc.count("whep") == 0)


async def test_a_viewer_that_never_connects_is_forgotten():
    async with open_studio(connect_timeout_s=0.5) as studio, on_air(studio.streams), studio.http() as http:
        async with viewer() as screen:
            await screen.connection.setLocalDescription(await screen.connection.createOffer())
            offer = screen.connection.localDescription.sdp
            async with http.post(f"/whep/{STREAM}", data=offer, headers={"Content-Type": "application/sdp"}) as answer:
                assert answer.status == 201
            assert studio.webrtc.count("whep") == 1
            await until(lambda: studio.webrtc.count("whep") == 0)


async def settled(screen) -> tuple[int, int]:
    """How many pictures and sounds there are when what was on the way has come and been decoded."""
    seen = -1, -1
    async with asyncio.timeout(15):
        while seen != (seen := (len(screen.frames["video"]), len(screen.frames["audio"]))):
            await asyncio.sleep(0.5)
    return seen


async def test_nothing_of_a_closed_part_is_sent(studio, monkeypatch):
    hidden = False
    monkeypatch.setattr(studio.streams, "slate", lambda _id: SlateKind.CLOSED if hidden else None)
    async with on_air(studio.streams), studio.http() as http, viewer() as screen, viewer() as late:
        await screen.post(http, f"/whep/{STREAM}")
        await screen.received("video", 10)
        hidden = True
        seen = await settled(screen)
        await late.post(http, f"/whep/{STREAM}")
        assert late.status == 503
        await asyncio.sleep(0.7)
        assert (len(screen.frames["video"]), len(screen.frames["audio"])) == seen
        hidden = False
        await screen.received("video", seen[0] + 10)
