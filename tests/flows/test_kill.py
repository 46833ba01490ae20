"""kill −9 at a random moment, again and again: what was recorded plays to within a part of the kill."""

import asyncio
import os
import random
import re
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.flows.processes import ffmpeg_feed, product, start_product
from tests.flows.test_session import (
    browser,
    fed_by,
    live_session,
    recording_of,
    seconds_in,
    sign_in,
    text_of,
    until,
)

pytestmark = [pytest.mark.slow, pytest.mark.alone]

KILLS = int(os.environ.get("GRYF_TEST_KILLS", "2"))
"""Fifty were done by hand; the suite does a few."""

PART_S = 0.5
ON_THE_WAY_S = 0.6
"""From ffmpeg's clock through its encoder and its socket to our part, on a machine with other work."""


def newest_part(playlist: str) -> tuple[int, int]:
    """Number of the last listed part: (segment, part)."""
    found = [(int(msn), int(part)) for msn, part in re.findall(r'#EXT-X-PART:[^\n]*URI="(\d+)\.(\d+)\.m4s"', playlist)]
    return max(found, default=(0, -1))


def end_of_take(playlist: str, name: str) -> float:
    """Unix time at which a take of the archive ends."""
    end, began, lasts = 0.0, 0.0, 0.0
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            began = datetime.fromisoformat(line.partition(":")[2]).timestamp()
        elif line.startswith("#EXTINF:"):
            lasts = float(line[8:].partition(",")[0])
        elif line == name:
            end = began + lasts
    return end


async def test_whatever_moment_it_is_killed_at(tmp_path: Path):
    dice = random.Random()
    killed: list[float] = []
    rtmp_port, key, stream_id = 0, "", ""
    for _ in range(KILLS):
        options = {"rtmp_port": rtmp_port, "from_nothing": True}
        async with product(tmp_path / "data", "--no-feed", **options) as running, browser(running.ready) as viewer:
            ready = running.ready
            rtmp_port = int(ready["rtmp"].split(":")[2].split("/")[0])
            assert key in {"", ready["stream_key"]}
            key = ready["stream_key"]
            await sign_in(viewer, ready["logins"]["clerk"])
            session = await live_session(viewer)
            stream_id = session["stream_id"]
            live = f"/hls/{stream_id}/live.m3u8"
            assert await text_of(viewer, ready["session"].removeprefix(ready["http"]))
            async with ffmpeg_feed(f"{ready['rtmp']}/{key}"):
                await fed_by(viewer, session, "primary")
                before = newest_part(await text_of(viewer, live))

                async def goes_on(viewer=viewer, live=live, before=before):
                    return newest_part(await text_of(viewer, live)) > (before[0] + 1, 0)

                await until(goes_on, 30)
                await asyncio.sleep(dice.uniform(0.5, 5.0))
                killed.append(time.time())
                await running.kill()

    running = await start_product(tmp_path / "data", "--no-feed", rtmp_port=rtmp_port)
    try:
        async with browser(running.ready) as clerk:
            await sign_in(clerk, running.ready["logins"]["clerk"])
            session = await live_session(clerk)
            async with clerk.post(f"/api/council/sessions/{session['id']}/end") as answer:
                assert answer.status == 200
            takes = await recording_of(clerk, stream_id)
            playlist = await text_of(clerk, f"/recordings/{stream_id}/media.m3u8")
    finally:
        assert await running.stop() < 10
    names = list(dict.fromkeys(line for line in playlist.splitlines() if line.endswith(".mp4")))
    assert len(names) == len(takes) == KILLS
    lost = [moment - end_of_take(playlist, name) for moment, name in zip(killed, names, strict=True)]
    print("seconds between the kill and the end of the recording:", [round(one, 2) for one in lost])
    assert all(one < PART_S + ON_THE_WAY_S for one in lost)
    listed_s = sum(float(line[8:].partition(",")[0]) for line in playlist.splitlines() if line.startswith("#EXTINF"))
    assert sum(map(seconds_in, takes)) == pytest.approx(listed_s, abs=0.1 * KILLS)
