"""Chromium as a viewer and as a publisher."""

import asyncio
import itertools
import shutil

import pytest
from playwright.async_api import async_playwright

from media.packet import Codec, Kind
from tests.media.webrtc.conftest import KEY, STREAM
from tests.media.webrtc.test_whep import on_air
from tests.media.webrtc.test_whip import decoded, of, until

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

WATCH = """async path => {
    const connection = new RTCPeerConnection();
    for (const kind of ["video", "audio"]) connection.addTransceiver(kind, {direction: "recvonly"});
    const video = document.createElement("video");
    video.muted = true;
    video.autoplay = true;
    document.body.append(video);
    const stream = video.srcObject = new MediaStream();
    connection.ontrack = event => stream.addTrack(event.track);
    await connection.setLocalDescription();
    const answer = await fetch(path, {
        method: "POST", headers: {"Content-Type": "application/sdp"}, body: connection.localDescription.sdp,
    });
    if (answer.status !== 201) return answer.status;
    await connection.setRemoteDescription({type: "answer", sdp: await answer.text()});
    Object.assign(window, {connection, video});
    return answer.status;
}"""

FIGURES = """async () => {
    const found = {time: video.currentTime, width: video.videoWidth};
    for (const report of (await connection.getStats()).values())
        if (report.type === "inbound-rtp") found[report.kind] = {
            packets: report.packetsReceived, lost: report.packetsLost, decoded: report.framesDecoded,
            keys: report.keyFramesDecoded, delay: report.jitterBufferDelay / report.jitterBufferEmittedCount,
            concealed: report.concealedSamples / report.totalSamplesReceived,
        };
    return found;
}"""

PUBLISH = """async ([path, key, codec]) => {
    const media = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360}});
    const connection = new RTCPeerConnection();
    for (const track of media.getTracks()) {
        const transceiver = connection.addTransceiver(track, {direction: "sendonly", streams: [media]});
        if (track.kind === "video" && codec) transceiver.setCodecPreferences(
            RTCRtpSender.getCapabilities("video").codecs.filter(one => one.mimeType === "video/" + codec));
    }
    await connection.setLocalDescription();
    const answer = await fetch(path, {
        method: "POST",
        headers: {"Content-Type": "application/sdp", "Authorization": "Bearer " + key},
        body: connection.localDescription.sdp,
    });
    if (answer.status !== 201) return await answer.text();
    await connection.setRemoteDescription({type: "answer", sdp: await answer.text()});
    Object.assign(window, {connection, session: answer.headers.get("Location")});
    return "";
}"""


@pytest.fixture
async def page(studio):
    """A page of the studio's origin, with a camera that does not exist."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        try:
            found = await browser.new_page()
            await found.goto(studio.url)
            yield found
        finally:
            await browser.close()


async def test_chromium_plays(studio, page):
    async with on_air(studio.streams, ahead_s=1.5):
        assert await page.evaluate(WATCH, f"/whep/{STREAM}") == 201
        await page.wait_for_function("() => video.currentTime > 0.5", timeout=15_000)
        first = await page.evaluate(FIGURES)
        await asyncio.sleep(2)
        second = await page.evaluate(FIGURES)
    assert second["width"] == 320
    assert second["time"] - first["time"] > 1
    assert second["video"]["decoded"] - first["video"]["decoded"] > 25
    assert second["video"]["keys"] >= 1
    assert second["video"]["lost"] == 0
    assert second["video"]["delay"] < 0.5
    assert second["audio"]["packets"] - first["audio"]["packets"] > 50


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_chromium_publishes(studio, page, codec):
    offered = await page.evaluate("() => RTCRtpSender.getCapabilities('video').codecs.map(one => one.mimeType)")
    if f"video/{codec}" not in offered:
        pytest.skip(f"this Chromium does not encode {codec}")
    heard = studio.listen()
    assert await page.evaluate(PUBLISH, ["/whip", KEY, codec]) == ""
    await until(lambda: len([one for one in of(heard, Kind.VIDEO) if one.key]) >= 3, 20)
    tracks = heard.tracks[-1]
    assert tracks.video.codec is Codec.H264
    assert tracks.audio.codec is Codec.OPUS
    begins = next(index for index, one in enumerate(heard.packets) if one.kind is Kind.VIDEO and one.key)
    last_tracks = [one for one in heard.packets[begins:] if one.kind is Kind.VIDEO]
    assert len(decoded(heard.tracks[0].video or tracks.video, last_tracks)) > 20
    keys = [one.dts for one in last_tracks if one.key]
    assert max(b - a for a, b in itertools.pairwise(keys)) < 4 * 90_000
    await until(lambda: "#EXT-X-PART:" in studio.packagers[STREAM].playlist(skip=False)[0].decode())
    await page.evaluate("async () => (await fetch(session, {method: 'DELETE'})).status")
    await until(lambda: studio.streams.get(STREAM).publisher is None)
