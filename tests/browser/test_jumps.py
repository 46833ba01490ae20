"""The archive's jumps land within a second of the true moment: read off the clock that the camera burns in.

The camera writes the time of its own clock into each picture; a mark has the time of the server's. So the clock under a
jump tells how far it is from what was there when somebody pressed, the encoder's own delay included. Every kind of jump
is pressed for a moment before the encoder dropped out and for one after it.
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

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]

MOST_OFF_S = 1.0

PRESSED = """async (element) => {
    const video = document.querySelector('video');
    const seeked = new Promise((done) => video.addEventListener('seeked', done, { once: true }));
    element.click();
    await seeked;
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


class Desk:
    """Whoever runs the session; `pressed` keeps by each mark's selector when it was made."""

    def __init__(self, client, base: str, items: list[dict]):
        self.client, self.base, self.items = client, base, items
        self.pressed: dict[str, float] = {}
        self.begun: set[int] = set()
        self.track_id = 0

    async def post(self, path: str, body: dict, status: tuple[int, ...] = (200, 201)) -> dict:
        async with self.client.post(self.base + path, json=body) as answer:
            assert answer.status in status, await answer.text()
            return await answer.json()

    async def begin(self, item: dict) -> None:
        self.begun.add(item["id"])
        await self.post("/current", {"item_id": item["id"]})

    async def mark(self, when: str) -> None:
        """A vote, a speaker and a caption, a little apart, so that each has a picture of its own."""
        vote = await self.post("/votes", {"title": f"Głosowanie {when}"})
        opened = await self.post(f"/votes/{vote['id']}/open", {})
        self.pressed[f"[data-moments] [data-kind=vote][data-label*='{when}']"] = seconds(opened["opened_at"])
        await asyncio.sleep(0.7)
        guest = await self.post("/speeches", {"speaker": f"Gość {when}", "role": "mieszkaniec"})
        given = await self.post(f"/speeches/{guest['id']}/floor", {})
        self.pressed[f"[data-moments] [data-kind=speech][data-label*='{when}']"] = seconds(given["began_at"])
        await asyncio.sleep(0.7)
        typed = await self.post("/captions/lines", {"op": f"op-{len(self.pressed)}", "text": f"Powiedziano {when}."})
        self.pressed[f".transcript-line:has-text('{when}')"] = seconds(typed["lines"][0]["said_at"])
        self.track_id = typed["lines"][0]["track_id"]
        await self.post(f"/votes/{vote['id']}/close", {})

    async def feeding(self) -> bool:
        """What is marked while nothing is recorded has no picture of its own."""
        async with self.client.get(f"{self.base}/encoders") as answer:
            return (await answer.json())["feeding"] == "primary"

    async def end(self) -> None:
        """Chapters and the break join what was pressed; what was typed gets its places from the whole recording."""
        await self.post("/end", {})
        async with self.client.get(f"{self.base}/chapters") as answer:
            for one in (await answer.json())["chapters"]:
                if one["item_id"] in self.begun:
                    self.pressed[f"[data-position][data-item='{one['item_id']}']"] = seconds(one["marked_at"])
        async with self.client.get(f"{self.base}/intervals") as answer:
            (pause,) = (await answer.json())["intervals"]
            self.pressed["[data-moments] [data-kind=break]"] = seconds(pause["began_at"])
        async with self.client.post(f"/api/council/captions/{self.track_id}/publish", json={}) as answer:
            assert answer.status == 200, await answer.text()


async def test_jumps_land_within_a_second_also_after_an_encoder_drop(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed", ladder=True) as running, browser(running.ready) as clerk:
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        base = f"/api/council/sessions/{session['id']}"
        desk = Desk(clerk, base, (await (await clerk.get(base)).json())["items"])
        items = desk.items
        host, port = re.match(r"rtmp://([^:/]+):(\d+)", ready["rtmp"]).groups()
        watcher = await (await person(chromium, ready)).new_page()
        async with cable(int(port)) as wire, camera(f"rtmp://{host}:{wire.port}/live/{ready['stream_key']}"):
            await watcher.goto(ready["session"])
            await watcher.wait_for_function(PLAYING, timeout=40_000)
            await watcher.close()
            await asyncio.sleep(4)
            await desk.begin(items[8])
            await asyncio.sleep(2)
            await desk.mark("przed zerwaniem")
            await asyncio.sleep(2)
            wire.pull()
            await asyncio.sleep(8)
            wire.plug()
            await until(desk.feeding, 60)
            await asyncio.sleep(3)
            await desk.begin(items[9])
            await asyncio.sleep(2)
            await desk.mark("po zerwaniu")
            await asyncio.sleep(2)
            pause = await desk.post("/breaks", {"minutes": 5})
            await asyncio.sleep(3)
            await desk.post(f"/intervals/{pause['id']}/end", {})
            await until(desk.feeding, 60)
            await asyncio.sleep(3)
            await desk.begin(items[10])
            await asyncio.sleep(4)
            await desk.end()
        assert len(await recording_of(clerk, session["stream_id"])) >= 3, "the drop and the break part the recording"

        page = await (await person(chromium, ready)).new_page()
        await page.goto(ready["session"])
        await page.locator("[data-start-button]").click()
        await page.wait_for_function(PLAYING, timeout=40_000)
        await page.get_by_role("tab", name="Zapis słów").click()
        off = {}
        for selector, pressed in desk.pressed.items():
            mark = page.locator(selector).first
            await mark.wait_for(state="attached")
            shown = read_row(await mark.evaluate(PRESSED))
            assert shown is not None, selector
            off[selector] = round(shown / 1000 - pressed, 2)
        print("seconds off:", off)  # the numbers, for whoever asks how near
        assert len(off) == 10
        assert all(abs(one) < MOST_OFF_S for one in off.values()), off

        # an address shared from a moment opens there
        at = int(float(await page.locator("[data-moments] [data-kind=break]").get_attribute("data-at")))
        await page.goto(f"{ready['session']}#t={at - 2}")
        await page.reload()
        await page.wait_for_function(
            "(at) => Math.abs(document.querySelector('video').currentTime - at) < 1.5", arg=at - 2
        )
