"""The player in Chromium: rewinding while a session is live, quality, sound alone, keys, the archive, a lost network."""

import asyncio
import re

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, clock_of, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

STARTED = "() => { const v = document.querySelector('video'); return v && v.readyState >= 3 && v.currentTime > 1; }"
MODE = "document.querySelector('[data-player]').dataset.mode"
RENDITIONS = (
    "#EXTM3U\n#EXT-X-VERSION:9\n"
    '#EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720\nlive.m3u8\n'
    '#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=426x240\nlive.m3u8?small\n'
    '#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS="mp4a.40.2"\nlive.m3u8?sound\n'
)
STORYBOARD = (
    "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nsheet.jpg#xywh=0,0,160,90\n\n"
    "00:00:02.000 --> 00:10:00.000\nsheet.jpg#xywh=160,90,160,90\n"
)


async def open_session(context, ready, fragment="", allowed=()):
    page = await context.new_page()
    page.faults = Faults(page, allowed)
    await page.goto(ready["session"].removeprefix(ready["http"]) + fragment)
    return page


async def started(page):
    await page.wait_for_function(STARTED, timeout=45_000)


async def on_the_bar(page, seconds):
    """Waits until so much can be rewound."""
    await page.wait_for_function(
        "seconds => Number(document.querySelector('.timeline-range').max) >= seconds", arg=seconds, timeout=60_000
    )


async def behind_s(page):
    """How old the picture is, by the clock in it."""
    for _ in range(40):
        behind_ms = await clock_of(page)
        if behind_ms is not None:
            return behind_ms / 1000
        await asyncio.sleep(0.25)
    pytest.fail("the picture's clock cannot be read")


async def mode(page, name):
    await page.wait_for_function(f"name => {MODE} === name", arg=name, timeout=30_000)


async def advancing(page):
    """The picture moves: not merely a player that says so."""
    at = await page.evaluate("document.querySelector('video').currentTime")
    await page.wait_for_function("at => document.querySelector('video').currentTime > at + 0.5", arg=at, timeout=30_000)


async def end_session(context, ready):
    sessions = await (await context.request.get("/api/council/sessions")).json()
    answer = await context.request.post(
        f"/api/council/sessions/{sessions['live'][0]['id']}/end", headers={"Content-Type": "application/json"}
    )
    assert answer.ok, await answer.text()


async def test_an_earlier_moment_of_a_live_session_and_back_again(chromium, on_air):
    resident = await person(chromium, on_air, "resident")
    page = await open_session(resident, on_air)
    await started(page)
    await on_the_bar(page, 32)
    assert await behind_s(page) < 8
    assert await page.locator("[data-live-badge]").get_attribute("data-at-edge") == "true"

    # to the first second: the growing recording takes over, and the page says how far behind it is
    bar = page.get_by_role("slider", name="Oś czasu")
    await bar.focus()
    await page.keyboard.press("Home")
    await mode(page, "recording")
    await advancing(page)
    assert await behind_s(page) > 24
    assert await page.locator("[data-live-badge]").get_attribute("data-at-edge") == "false"
    assert re.fullmatch(r"−\d+:\d\d", await page.locator("[data-behind]").inner_text())
    assert "z" in await bar.get_attribute("aria-valuetext")

    # a short step stays in the recording; an item of the agenda is a moment too
    before = float(await bar.input_value())
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function(
        "before => Number(document.querySelector('.timeline-range').value) >= before + 4", arg=before
    )
    await page.get_by_role("button", name="Pierwsze czytanie projektu budżetu").first.click()
    await page.locator(".agenda-item.is-playing", has_text="projektu budżetu").wait_for(timeout=15_000)

    await page.get_by_role("button", name="Wróć na żywo").click()
    await mode(page, "live")
    await advancing(page)
    await page.locator("[data-live-badge][data-at-edge=true]").wait_for(timeout=20_000)
    assert await behind_s(page) < 8
    assert await page.locator("[data-back-to-live]").is_hidden()

    # letters typed into the chat are letters
    await page.get_by_role("tab", name="Czat").click()
    chat = page.get_by_label("Wiadomość", exact=True)
    await chat.fill("")
    await chat.press_sequentially("kjl mf 05")
    assert await chat.input_value() == "kjl mf 05"
    assert await page.evaluate("document.querySelector('video').paused") is False
    assert page.faults.found == []


async def test_keys_of_the_player(chromium, on_air):
    visitor = await person(chromium, on_air)
    page = await open_session(visitor, on_air)
    await started(page)
    await on_the_bar(page, 35)  # its beginning has left the live playlist
    video = "document.querySelector('video')"
    await page.locator("h1").click()
    await page.keyboard.press("k")
    await page.wait_for_function(f"() => {video}.paused")
    await page.keyboard.press(" ")
    await page.wait_for_function(f"() => !{video}.paused")
    muted = await page.evaluate(f"{video}.muted")
    await page.keyboard.press("m")
    assert await page.evaluate(f"{video}.muted") is not muted

    # ten seconds back within the live playlist: no other source is needed
    await page.keyboard.press("j")
    await page.wait_for_function("() => document.querySelector('[data-behind]').hidden === false")
    await page.keyboard.press("0")
    await mode(page, "recording")
    await advancing(page)
    await page.keyboard.press(">")
    assert await page.evaluate(f"{video}.playbackRate") == 1.25
    await page.keyboard.press("<")
    assert await page.evaluate(f"{video}.playbackRate") == 1

    # captions: the button is there when captions are, and `c` turns them on and off
    button = page.get_by_role("button", name="Napisy")
    shown = f"[...{video}.textTracks].filter((track) => track.mode === 'showing').length"
    await page.evaluate(f"{video}.addTextTrack('captions', 'Polski', 'pl')")
    assert await page.evaluate(shown) == 0
    await page.keyboard.press("c")
    await page.wait_for_function(f"() => {shown} === 1")
    await button.and_(page.locator("[aria-pressed=true]")).wait_for(timeout=10_000)
    await page.keyboard.press("c")
    assert await page.evaluate(shown) == 0

    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Skróty klawiszowe")
    await sheet.get_by_text("10 sekund wstecz lub naprzód").wait_for()
    assert page.faults.found == []


async def test_quality_and_sound_alone(chromium, on_air):
    visitor = await person(chromium, on_air)
    asked = []

    async def offer(route):
        await route.fulfill(body=RENDITIONS, content_type="application/vnd.apple.mpegurl")

    await visitor.route(re.compile(r"/hls/[^/]+/index\.m3u8"), offer)
    visitor.on("request", lambda request: asked.append(request.url) if "live.m3u8" in request.url else None)
    page = await open_session(visitor, on_air)
    await started(page)
    await page.locator(".player").hover()
    await page.get_by_role("button", name="Ustawienia odtwarzacza").click()
    names = await page.locator("[data-settings] label").all_inner_texts()
    assert [re.sub(r" \(.*", "", name) for name in names[:4]] == [
        "Automatycznie",
        "720p · oryginał",
        "240p",
        "Tylko dźwięk",
    ]
    await page.get_by_role("radio", name="240p", exact=True).check()
    asked.clear()
    await asyncio.sleep(4)
    assert asked
    assert all("small" in url for url in asked[-3:])
    assert await page.get_by_role("radio", name="240p", exact=True).is_checked()

    await page.get_by_role("radio", name="Tylko dźwięk").check()
    await page.locator("[data-audio-card]").wait_for(state="visible")
    await page.wait_for_function("() => document.querySelector('[data-player]').dataset.audioOnly === 'true'")
    await advancing(page)
    assert "sound" in asked[-1]
    assert await violations(page) == []
    await page.get_by_role("radio", name="Automatycznie").check()
    await page.locator("[data-audio-card]").wait_for(state="hidden")
    await advancing(page)
    await page.keyboard.press("Escape")
    assert await page.locator("[data-settings]").is_hidden()
    assert page.faults.found == []


async def test_it_goes_on_by_itself_when_the_network_is_back(chromium, on_air):
    visitor = await person(chromium, on_air)
    page = await open_session(visitor, on_air, allowed=("ERR_INTERNET_DISCONNECTED", "WebSocket"))
    await started(page)
    for seconds in (1, 10):
        await visitor.set_offline(True)
        await page.locator("[data-status-text]", has_text="Łączę ponownie").wait_for(timeout=15_000)
        await asyncio.sleep(seconds)
        await visitor.set_offline(False)
        await advancing(page)
        await page.locator(".player [data-status]").wait_for(state="hidden", timeout=30_000)
    await page.locator("[data-live-badge][data-at-edge=true]").wait_for(timeout=30_000)
    assert page.faults.found == []


async def test_the_archive_with_its_pictures_files_and_addresses(chromium, tmp_path):
    async with product(tmp_path / "data", ladder=True) as running:
        clerk = await person(chromium, running.ready, "clerk")
        page = await open_session(clerk, running.ready)
        await started(page)
        await on_the_bar(page, 15)
        await end_session(clerk, running.ready)
        await page.locator("[data-start-button]").wait_for(timeout=30_000)

        visitor = await person(chromium, running.ready)
        await visitor.grant_permissions(["clipboard-read", "clipboard-write"])
        await visitor.route("**/sheet.jpg", lambda route: route.fulfill(body=b"", content_type="image/jpeg"))
        await visitor.route("**/storyboard.vtt*", lambda route: route.fulfill(body=STORYBOARD, content_type="text/vtt"))
        await visitor.route("**/api/media/recordings/*", answer_assets)
        page = await open_session(visitor, running.ready, allowed=("net::ERR_FAILED", "Failed to load resource"))

        # it waits for a press; then it plays from the beginning
        assert await page.evaluate("document.querySelector('video').paused") is True
        links = page.locator("[data-downloads] a")
        await links.first.wait_for()
        assert await links.all_inner_texts() == ["Film (MP4)"]
        assert "1,2 GB" in (await page.locator("[data-downloads] li").first.inner_text()).replace("\u00a0", " ")
        assert "przygotowuję 40" in (await page.locator("[data-downloads] li").nth(1).inner_text()).replace(
            "\u00a0", " "
        )
        await page.get_by_role("button", name="Odtwórz").first.click()
        await started(page)

        # the small picture of the moment under the pointer
        await page.locator(".player").hover()
        box = await page.locator(".timeline-range").bounding_box()
        await page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
        tile = page.locator("[data-tile]")
        await tile.wait_for(state="visible")
        assert await tile.evaluate("tile => tile.style.backgroundPosition") == "-160px -90px"
        assert re.match(r"\d+:\d\d · \d\d:\d\d:\d\d", await page.locator("[data-tile-time]").inner_text())

        # the address of a moment
        await page.keyboard.press("5")
        await page.get_by_role("button", name="Udostępnij od tej chwili").click()
        address = await page.evaluate("navigator.clipboard.readText()")
        second = int(re.search(r"#t=(\d+)$", address)[1])
        assert 5 <= second <= 30
        other = await visitor.new_page()
        await other.goto(address)
        await started(other)
        assert await other.evaluate("document.querySelector('video').currentTime") >= second
        await other.evaluate("location.hash = 't=2'")
        await other.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 2) < 3")
        assert await violations(page) == []
        assert page.faults.found == []


async def answer_assets(route):
    base = "/recordings/x/assets"
    file = {"type": "", "sha256": "00", "begin_s": 0.0, "end_s": 60.0}
    ready = {"state": "ready", "progress": 1.0, "reason": "", "changed_at": "2026-11-25T10:00:00Z", "details": {}}
    assets = [
        {"kind": "mp4", "rev": 10**9, "files": [{**file, "name": "recording.mp4", "url": f"{base}/recording.mp4?v=1", "bytes": 1_230_000_000}], **ready},
        {"kind": "storyboard", "rev": 10**9, "files": [{**file, "name": "storyboard.vtt", "url": f"{base}/storyboard.vtt?v=1", "bytes": 90}], **ready},
        {"kind": "podcast", "rev": 10**9, "files": [], **ready, "state": "running", "progress": 0.4},
    ]  # fmt: skip
    await route.fulfill(json={"stream_id": "x", "duration_s": 60.0, "trim": None, "assets": assets})


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_every_control_is_within_reach(chromium, on_air, viewport):
    visitor = await person(chromium, on_air, viewport=viewport)
    page = await open_session(visitor, on_air)
    await started(page)
    await on_the_bar(page, 30)
    await page.get_by_role("button", name="Od początku").click()
    await mode(page, "recording")
    await page.get_by_role("button", name="Ustawienia odtwarzacza").click()
    assert await violations(page) == []
    assert await overflow(page) <= 0
    small = await page.evaluate(
        """() => [...document.querySelectorAll('.player-row > *')]
            .filter((one) => one.checkVisibility() && !one.matches('.player-space, media-volume-range'))
            .map((one) => [one.getAttribute('aria-label') || one.textContent.trim() || one.localName, one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 43.5 || box.width < 43.5 || box.right > innerWidth + 0.5)
            .map(([name, box]) => `${name} ${box.width}x${box.height} to ${box.right}`)"""
    )
    assert small == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Wróć na żywo").click()
    await mode(page, "live")
    await advancing(page)
    assert page.faults.found == []
