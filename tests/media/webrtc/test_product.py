"""The product as its user runs it: the addresses of its ready line work."""

import asyncio

import aiohttp
import pytest

from tests.flows.processes import product
from tests.media.webrtc.client import publisher, viewer

pytestmark = pytest.mark.slow


async def watched(screen, http, running):
    """Asks until something is on air: an encoder needs a moment to begin."""
    async with asyncio.timeout(60):
        while screen.status != 201:
            await screen.post(http, running.ready["whep"])
            assert screen.status in {201, 404, 503}, screen.text
            await asyncio.sleep(0.3)


async def test_the_ready_line_leads_to_a_picture(tmp_path):
    async with product(tmp_path / "data") as running, aiohttp.ClientSession() as http, viewer() as screen:
        assert running.ready["whip"] == running.ready["http"] + "/whip"
        async with http.options(running.ready["whip"]) as answer:
            assert answer.status == 204
        await watched(screen, http, running)
        pictures = await screen.received("video", 30)
        await screen.received("audio", 20)
        assert (pictures[0].width, pictures[0].height) == (1280, 720)
        async with http.get(running.ready["http"] + "/readyz") as answer:
            assert (await answer.json())["parts"]["webrtc.ports"]["ok"]


async def test_a_browser_studio_is_a_sessions_encoder(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, aiohttp.ClientSession() as http:
        async with publisher("H264") as camera, viewer() as screen:
            await camera.post(http, running.ready["whip"], running.ready["stream_key"])
            assert camera.status == 201, camera.text
            await watched(screen, http, running)
            await screen.received("video", 20, within_s=30)
            text = ""
            async with asyncio.timeout(30):
                while 'CODECS="avc1.' not in text or ",Opus" not in text:
                    async with http.get(running.ready["hls"]) as answer:
                        text = await answer.text()
                    await asyncio.sleep(0.5)
