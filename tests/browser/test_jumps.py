"""The archive's jumps land within a second of the true moment: read off the clock that the camera burns in.

The camera writes the time of its own clock into each picture; a mark has the time of the server's. So the clock under a
jump tells how far it is from what was there when somebody pressed, the encoder's own delay included.
"""

import asyncio
import re
from datetime import datetime

import pytest

from media.codec.clock_strip import read_row
from tests.browser.test_cable import PLAYING, camera
from tests.browser.watching import person
from tests.flows.cable import cable
from tests.flows.processes import product
from tests.flows.test_session import browser, live_session, recording_of, sign_in, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

MOST_OFF_S = 1.0

SHOWN = """async (position) => {
    const video = document.querySelector('video');
    if (position !== null) {
        const seeked = new Promise((done) => video.addEventListener('seeked', done, { once: true }));
        video.currentTime = position;
        await seeked;
    }
    video.pause();
    await new Promise((done) => setTimeout(done, 300));
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth; canvas.height = 8;
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, video.videoWidth, 8, 0, 0, video.videoWidth, 8);
    const data = context.getImageData(0, 4, video.videoWidth, 1).data;
    return Array.from({ length: video.videoWidth }, (_, x) => data[4 * x + 1]);
}"""


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def test_jumps_land_within_a_second_also_after_an_encoder_drop(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as clerk:
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        base = f"/api/council/sessions/{session['id']}"
        items = (await (await clerk.get(base)).json())["items"]
        host, port = re.match(r"rtmp://([^:/]+):(\d+)", ready["rtmp"]).groups()
        watcher = await (await person(chromium, ready)).new_page()

        async def begin(item: dict) -> None:
            async with clerk.post(f"{base}/current", json={"item_id": item["id"]}) as answer:
                assert answer.status == 200

        async def fed_by_the_camera() -> bool:
            """What is marked while nothing is recorded has no picture of its own."""
            async with clerk.get(f"{base}/encoders") as answer:
                return (await answer.json())["feeding"] == "primary"

        async with cable(int(port)) as wire, camera(f"rtmp://{host}:{wire.port}/live/{ready['stream_key']}"):
            await watcher.goto(ready["session"])
            await watcher.wait_for_function(PLAYING, timeout=40_000)
            await watcher.close()
            await asyncio.sleep(6)
            await begin(items[8])
            await asyncio.sleep(5)
            wire.pull()
            await asyncio.sleep(8)
            wire.plug()
            await until(fed_by_the_camera, 60)
            await asyncio.sleep(4)
            await begin(items[9])
            await asyncio.sleep(4)
            async with clerk.post(f"{base}/breaks", json={"minutes": 5}) as answer:
                pause = await answer.json()
            await asyncio.sleep(3)
            async with clerk.post(f"{base}/intervals/{pause['id']}/end", json={}) as answer:
                assert answer.status == 200
            await until(fed_by_the_camera, 60)
            await asyncio.sleep(3)
            await begin(items[10])
            await asyncio.sleep(5)
            async with clerk.post(f"{base}/end", json={}) as answer:
                assert answer.status == 200
        assert len(await recording_of(clerk, session["stream_id"])) >= 3, "the drop and the break part the recording"
        chapters = (await (await clerk.get(f"{base}/chapters")).json())["chapters"]
        marked = {one["item_id"]: seconds(one["marked_at"]) for one in chapters}

        page = await (await person(chromium, ready)).new_page()
        await page.goto(ready["session"])
        await page.locator("[data-start-button]").click()
        await page.wait_for_function(PLAYING, timeout=40_000)
        off = {}
        for item in items[8:11]:
            await page.locator(f"[data-position][data-item='{item['id']}']").click()
            await page.wait_for_timeout(1500)
            position = float(
                await page.locator(f"[data-position][data-item='{item['id']}']").get_attribute("data-position")
            )
            row = await page.evaluate(SHOWN, position)
            shown = read_row(row)
            assert shown is not None
            off[item["number"]] = shown / 1000 - marked[item["id"]]
        print("seconds off:", off)  # the numbers, for whoever asks how near
        assert all(abs(one) < MOST_OFF_S for one in off.values()), off

        # the mark of the break leads to the last picture before it; what the encoder had not sent yet is not recorded
        mark = page.locator("[data-moments] button[data-kind=break]")
        await mark.wait_for(state="attached")
        at = float(await mark.get_attribute("data-at"))
        shown = read_row(await page.evaluate(SHOWN, at))
        assert shown is not None
        began = (await (await clerk.get(f"{base}/intervals")).json())["intervals"][0]["began_at"]
        assert abs(shown / 1000 - seconds(began)) < 2 * MOST_OFF_S
        # an address shared from a moment opens there
        await page.goto(f"{ready['session']}#t={int(at) - 2}")
        await page.reload()
        await page.wait_for_function(
            "(at) => Math.abs(document.querySelector('video').currentTime - at) < 1.5", arg=int(at) - 2
        )
