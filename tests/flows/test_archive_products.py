"""A session ends; minutes of machine work later its recording can be downloaded, skimmed, listened to."""

import io

import av
import pytest
from PIL import Image

from tests.flows.processes import ffmpeg_feed, product
from tests.flows.test_session import browser, live_session, sign_in, text_of, until

pytestmark = pytest.mark.slow


async def json_of(client, path: str):
    async with client.get(path) as answer:
        assert answer.status == 200, (path, answer.status)
        return await answer.json()


async def bytes_of(client, path: str) -> bytes:
    async with client.get(path) as answer:
        assert answer.status == 200, (path, answer.status)
        return await answer.read()


async def test_a_recording_is_worked_up_after_the_end(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as clerk:
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        live = f"/hls/{session['stream_id']}/live.m3u8"
        async with ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}"):

            async def enough():
                return (await text_of(clerk, live)).count("#EXTINF") >= 4

            await until(enough)
        async with clerk.post(f"/api/council/sessions/{session['id']}/end") as answer:
            assert answer.status == 200
        address = f"/api/media/recordings/{session['stream_id']}"

        async def worked_up():
            view = await json_of(clerk, address)
            kinds = {asset["kind"]: asset for asset in view["assets"]}
            states = {asset["state"] for asset in view["assets"]}
            assert "failed" not in states, view
            return (view, kinds) if states == {"ready"} and "podcast" in kinds else None

        view, assets = await until(worked_up, 60)
        assert view["duration_s"] > 7.5

        movie = await bytes_of(clerk, assets["mp4"]["files"][0]["url"])
        assert 0 < movie.find(b"moov") < movie.find(b"mdat")
        with av.open(io.BytesIO(movie)) as container:
            assert sum(1 for _ in container.decode(video=0)) / 25 == pytest.approx(view["duration_s"], abs=0.05)
        poster = Image.open(io.BytesIO(await bytes_of(clerk, assets["poster"]["files"][0]["url"])))
        assert poster.size == (320, 180)
        cues = (await bytes_of(clerk, assets["storyboard"]["files"][0]["url"])).decode()
        assert cues.startswith("WEBVTT\n")
        sheet = Image.open(io.BytesIO(await bytes_of(clerk, assets["storyboard"]["files"][1]["url"])))
        assert sheet.size == (160 * cues.count("-->"), 90)
        for kind, codec in (("audio", "aac"), ("podcast", "mp3float")):
            with av.open(io.BytesIO(await bytes_of(clerk, assets[kind]["files"][0]["url"]))) as container:
                assert container.streams.audio[0].codec_context.name == codec
                assert container.duration / 1e6 == pytest.approx(view["duration_s"], abs=0.15)
        peaks = await json_of(clerk, assets["waveform"]["files"][0]["url"])
        assert len(peaks["peaks"]) == pytest.approx(2 * view["duration_s"], abs=1)
        assert -40 < assets["loudness"]["details"]["integrated_lufs"] < -5
        async with clerk.get(assets["mp4"]["files"][0]["url"] + "&download", headers={"Range": "bytes=0-9"}) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
            assert await answer.read() == movie[:10]
