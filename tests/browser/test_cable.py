"""The encoder's cable is pulled: the page plays on by itself, and the archive knows what is missing."""

import asyncio
import contextlib
import io
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise

import av
import pytest

from tests.browser.watching import Faults, person
from tests.flows.cable import cable
from tests.flows.processes import ROOT, product
from tests.flows.test_session import browser, live_session, recording_of, sign_in, text_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLAYING = "() => { const v = document.querySelector('video'); return v && v.readyState >= 3 && v.currentTime > 1; }"
LONGEST_HALT_S = 2.0
"""This machine may be busy for a moment; a player that stalled does not move for much longer."""


@contextlib.asynccontextmanager
async def camera(url: str) -> AsyncIterator[None]:
    """The demo encoder, small: it connects again when its server was away."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.codec.synthetic", "--url", "-"),
        *("--width", "320", "--height", "180", "--kbit", "400"),
        cwd=ROOT,
        env={**os.environ, "GRYF_ENCODER_URL": url},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def longest_halt(page, seconds: float) -> float:
    """The longest time for which the picture's position stood still."""
    clock = asyncio.get_running_loop().time
    end, moved_at, place, longest = clock() + seconds, clock(), -1.0, 0.0
    while clock() < end:
        now = await page.evaluate("() => document.querySelector('video').currentTime")
        if now > place + 0.01:
            place, moved_at = now, clock()
        longest = max(longest, clock() - moved_at)
        await asyncio.sleep(0.1)
    return longest


@pytest.mark.parametrize("pulled_s", [1, 10])
async def test_the_page_plays_on_and_the_archive_has_the_gap(chromium, tmp_path, pulled_s):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        host, port = re.match(r"rtmp://([^:/]+):(\d+)", ready["rtmp"]).groups()
        async with cable(int(port)) as wire, camera(f"rtmp://{host}:{wire.port}/live/{ready['stream_key']}"):
            page = await (await person(chromium, ready)).new_page()
            faults = Faults(page)
            await page.goto(ready["session"])
            await page.wait_for_function(PLAYING, timeout=30_000)
            await page.evaluate("() => { window.sameDocument = true; }")
            await asyncio.sleep(4)
            wire.pull()
            during = await longest_halt(page, pulled_s)
            wire.plug()
            after = await longest_halt(page, 8)
            assert max(during, after) < LONGEST_HALT_S
            assert await page.evaluate("() => window.sameDocument === true"), "the page was loaded anew"
            assert faults.found == []
            async with browser(ready) as clerk:
                await sign_in(clerk, ready["logins"]["clerk"])
                session = await live_session(clerk)
                async with clerk.post(f"/api/council/sessions/{session['id']}/end", json={}) as answer:
                    assert answer.status == 200, await answer.text()
                takes = await recording_of(clerk, session["stream_id"])
                playlist = await text_of(clerk, f"/recordings/{session['stream_id']}/media.m3u8")
    missing = missing_s(playlist)
    if pulled_s >= 3:
        assert len(missing) == 1
        assert pulled_s - 1 <= missing[0] <= pulled_s + 4, "the gap is as long as the cable was out, and a key frame"
    else:
        assert sum(missing) <= 4
    for take in takes:
        begin, end = apart_s(take)
        assert abs(begin) < 0.045
        assert abs(end) < 0.1


def missing_s(playlist: str) -> list[float]:
    """Holes on the wall clock between what the archive's playlist lists."""
    begins = [datetime.fromisoformat(text).timestamp() for text in re.findall(r"PROGRAM-DATE-TIME:(\S+)Z", playlist)]
    lengths = [float(text) for text in re.findall(r"EXTINF:([\d.]+)", playlist)]
    ends = [begin + length for begin, length in zip(begins, lengths, strict=True)]
    holes = [later - end for end, later in zip(ends, begins[1:], strict=False)]
    return [hole for hole in holes if hole > 1]


def apart_s(take: bytes) -> tuple[float, float]:
    """How far sound begins and ends after the picture."""
    times: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(take)) as container:
        for packet in container.demux():
            if packet.pts is not None:
                times[packet.stream.type].append(float(packet.pts * packet.time_base))
    picture, sound = sorted(times["video"]), sorted(times["audio"])
    assert all(later > earlier for earlier, later in pairwise(sound))
    return sound[0] - picture[0], sound[-1] - picture[-1]
