"""ffmpeg publishes by WHIP: a client that shares no line of code with us."""

import asyncio
import subprocess

import imageio_ffmpeg
import pytest

from media.packet import Codec, Kind
from tests.media.webrtc.conftest import KEY, STREAM
from tests.media.webrtc.test_whip import decoded, of, until

pytestmark = pytest.mark.slow

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def knows_whip() -> bool:
    listed = subprocess.run([FFMPEG, "-hide_banner", "-muxers"], capture_output=True, text=True, check=True)
    return " whip " in listed.stdout


@pytest.mark.skipif(not knows_whip(), reason="this ffmpeg has no WHIP")
async def test_ffmpeg_publishes(studio):
    heard = studio.listen()
    command = [FFMPEG, "-hide_banner", "-loglevel", "warning", "-re"]
    command += ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-bf", "0", "-g", "50"]
    command += ["-profile:v", "baseline", "-pix_fmt", "yuv420p", "-c:a", "libopus", "-ar", "48000", "-ac", "2"]
    command += ["-t", "20", "-f", "whip", "-authorization", KEY, f"{studio.url}/whip"]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        await until(lambda: len([one for one in of(heard, Kind.VIDEO) if one.key]) >= 2, 20)
        tracks = heard.tracks[-1]
        assert (tracks.video.codec, tracks.audio.codec) == (Codec.H264, Codec.OPUS)
        pictures, sounds = of(heard, Kind.VIDEO), of(heard, Kind.AUDIO)
        assert len(decoded(tracks.video, pictures)) >= len(pictures) - 2
        assert abs(pictures[-1].pts - sounds[-1].pts) < 45_000
    finally:
        process.terminate()
        _nothing, said = await process.communicate()
        print(said.decode()[-2000:])
    await until(lambda: studio.streams.get(STREAM).publisher is None, 20)
