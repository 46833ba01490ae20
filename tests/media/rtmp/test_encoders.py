"""Real encoders against a real port: the ffmpeg binary, and libav inside PyAV."""

import asyncio
import contextlib
import sys

import av
import imageio_ffmpeg
import pytest

from media.packet import Kind, Packet, Tracks
from tests.media.rtmp.test_server import Port, until

X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25"]
AAC = ["-c:a", "aac"]


async def ffmpeg(url: str, *options: str) -> str:
    """Publishes two seconds; returns what ffmpeg said."""
    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error",
        "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000",
        "-t", "2", "-pix_fmt", "yuv420p", *options, "-f", "flv", url,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), 60)
    return said.decode()


def check(heard: list[object]) -> tuple[Tracks, dict[Kind, list[Packet]]]:
    """Tracks once, then packets whose time never falls, and a key frame first; returns both."""
    tracks, *rest = heard
    assert isinstance(tracks, Tracks)
    assert rest[-1] == "pause"
    packets = rest[:-1]
    assert all(isinstance(packet, Packet) for packet in packets)
    by_kind = {kind: [packet for packet in packets if packet.kind is kind] for kind in Kind}
    for kind in Kind:
        times = [packet.dts for packet in by_kind[kind]]
        assert times == sorted(times)
    if by_kind[Kind.VIDEO]:
        assert by_kind[Kind.VIDEO][0].key
        assert by_kind[Kind.VIDEO][-1].dts - by_kind[Kind.VIDEO][0].dts == pytest.approx(49 * 3600, abs=180)
    return tracks, by_kind


async def published(port: Port, *options: str) -> tuple[Tracks, dict[Kind, list[Packet]]]:
    said = await ffmpeg(f"rtmp://127.0.0.1:{port.number}/live/KEY", *options)
    await until(lambda: port.sinks and port.sinks[0].heard[-1] == "pause")
    assert "Error" not in said
    return check(port.sinks[0].heard)


async def test_ffmpeg_with_h264_and_aac():
    async with Port() as port:
        tracks, packets = await published(port, *X264, *AAC, "-ac", "2")
    assert (tracks.video.name[:5], tracks.video.width, tracks.video.height) == ("avc1.", 320, 240)
    assert (tracks.audio.name, tracks.audio.sample_rate, tracks.audio.channels) == ("mp4a.40.2", 48000, 2)
    assert len(packets[Kind.VIDEO]) == 50
    assert [packet.key for packet in packets[Kind.VIDEO]].count(True) == 2
    assert len(packets[Kind.AUDIO]) >= 93


async def test_ffmpeg_with_b_frames():
    async with Port() as port:
        _, packets = await published(port, "-c:v", "libx264", "-bf", "2", "-g", "25", *AAC)
    shown = [packet.pts for packet in packets[Kind.VIDEO]]
    assert shown != sorted(shown)
    assert len(set(shown)) == 50


@pytest.mark.parametrize(
    ("options", "video", "audio"),
    [
        (
            ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-c:a", "libopus"],
            "hvc1.1.",
            "Opus",
        ),
        (["-c:v", "libsvtav1", "-preset", "12", *AAC], "av01.0.", "mp4a.40.2"),
        (["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", *AAC], "vp09.00.", "mp4a.40.2"),
    ],
)
async def test_ffmpeg_with_enhanced_rtmp(options, video, audio):
    async with Port() as port:
        tracks, packets = await published(port, *options)
    assert tracks.video.name.startswith(video)
    assert (tracks.video.width, tracks.video.height, tracks.audio.name) == (320, 240, audio)
    assert len(packets[Kind.VIDEO]) == 50
    decoder = av.CodecContext.create({"hvc1": "hevc", "av01": "libdav1d", "vp09": "vp9"}[video[:4]], "r")
    decoder.extradata = tracks.video.config
    frames = [frame for packet in packets[Kind.VIDEO] for frame in decoder.decode(av.Packet(packet.data))]
    assert len([*frames, *decoder.decode(None)]) == 50


async def test_ffmpeg_with_sound_alone_and_picture_alone():
    async with Port() as port:
        tracks, packets = await published(port, "-vn", *AAC)
        assert tracks.video is None
        assert len(packets[Kind.AUDIO]) >= 93
    async with Port() as port:
        tracks, packets = await published(port, "-an", *X264)
        assert tracks.audio is None
        assert len(packets[Kind.VIDEO]) == 50


@pytest.mark.parametrize("place", ["live?key=KEY", "live/any?key=KEY", "live/app/KEY", "KEY"])
async def test_ffmpeg_with_the_key_elsewhere(place):
    async with Port() as port:
        await ffmpeg(f"rtmp://127.0.0.1:{port.number}/{place}", "-an", *X264)
        await until(lambda: port.sinks and port.sinks[0].heard[-1] == "pause")
        check(port.sinks[0].heard)


async def test_ffmpeg_sees_why_it_was_refused():
    async with Port() as port:
        said = await ffmpeg(f"rtmp://127.0.0.1:{port.number}/live/wrong", *X264, *AAC)
        assert "Server error: the stream key is not valid, or no longer: copy the present one" in said
        await ffmpeg(f"rtmp://127.0.0.1:{port.number}/live/KEY", *X264, "-c:a", "libmp3lame")
        assert port.streams.problem("s1").values == {"codec": "MP3"}


async def test_pyav():
    async with Port() as port:
        # In a process of its own: libav connects while it holds the interpreter's lock.
        address = f"rtmp://127.0.0.1:{port.number}/live/KEY"
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.media.rtmp.pyav_encoder", address)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        await until(lambda: port.sinks and port.sinks[0].heard[-1] == "pause")
        tracks, *rest, _ = port.sinks[0].heard
        assert (tracks.video.width, tracks.video.height, tracks.audio.sample_rate, tracks.audio.channels) == (
            320,
            180,
            44100,
            2,
        )
        assert [packet.kind for packet in rest].count(Kind.VIDEO) == 25
        assert [packet.kind for packet in rest].count(Kind.AUDIO) >= 43


async def test_the_demo_encoder_shows_the_time_and_comes_back():
    from media.codec.clock_strip import read_row

    async with Port() as port:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media.codec.synthetic", "--url", f"rtmp://127.0.0.1:{port.number}/live/KEY",
            "--width", "640", "--height", "360", "--city", "Słupsk",
        )  # fmt: skip
        try:
            await until(lambda: port.sinks and len(port.sinks[0].heard) > 20)
            port.streams.get("s1").publisher.close("try again")
            await until(lambda: "pause" in port.sinks[0].heard)
            at = port.sinks[0].heard.index("pause")
            await until(lambda: len(port.sinks[0].heard) > at + 20)
        finally:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 10)
            if process.returncode is None:
                process.kill()
        tracks, *packets = port.sinks[0].heard[at + 1 : at + 20]
        assert (tracks.video.width, tracks.audio.channels) == (640, 1)
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = tracks.video.config
        pictures = [
            frame for packet in packets if packet.kind is Kind.VIDEO for frame in decoder.decode(av.Packet(packet.data))
        ]
        seen = [read_row(bytes(frame.planes[0])[4 * frame.planes[0].line_size :][:640]) for frame in pictures]
        assert len(seen) > 3
        assert all(seen)
        assert seen == sorted(seen)
        assert process.returncode == 0
