"""A live consultation in two browsers and its host's: questions, a poll, slides, a guest who speaks with a browser's
camera, the recording that plays it all back.
"""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.browser.cast import hold
from tests.browser.conftest import CHROMIUM
from tests.browser.test_cable import PLAYING, camera
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
PATIENCE_MS = 90_000
"""Two browsers, their encoders and decoders and the mixer may have to share one core."""

GUEST_SEEN = """() => {
  const video = document.querySelector("video");
  if (video.videoWidth < 640 || video.readyState < 2) return false;
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const drawing = canvas.getContext("2d");
  drawing.drawImage(video, 0, 0, 1280, 720);
  const [red, green, blue] = drawing.getImageData(1100, 250, 1, 1).data;
  return green > red + 30 && green > blue + 30;
}"""
"""Where the guest stands, the green of Chromium's invented camera is seen; the host's picture is blue there."""

PAST = "() => [...document.querySelectorAll('[data-timeline-list] > li')].filter(row => !row.hidden).length"


@pytest.fixture
async def filming() -> AsyncIterator[Browser]:
    """Chromium with a camera and a microphone that are its own inventions."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", *flags],
        )
        try:
            yield browser
        finally:
            await browser.close()


async def open_pages(chromium, ready):
    """The host, and two residents of whom one has a phone."""
    host = await (await person(chromium, ready, "consultation_clerk", LAPTOP)).new_page()
    jan = await (await person(chromium, ready, "resident", PHONE)).new_page()
    ola = await (await person(chromium, ready, "resident2", LAPTOP)).new_page()
    await host.goto("/dialog")
    await host.get_by_role("link", name="Nowa szkoła na Zatorzu").first.click()
    await host.get_by_role("link", name="Do spotkania").click()
    address = host.url
    await host.get_by_role("link", name="Prowadź spotkanie").click()
    await jan.goto(address)
    await ola.goto(address)
    return host, jan, ola, address


async def ask_and_answer(host, jan, ola) -> None:
    await ola.fill("#ask-text", "Czy szkoła będzie miała <b>stołówkę</b>?")
    await ola.locator("[data-ask] [type=submit]").click()
    question = jan.locator(".meeting-question", has_text="<b>stołówkę</b>")
    await question.locator("[data-vote]").click()
    await (
        ola.locator(".meeting-question", has_text="stołówkę")
        .locator("[data-text=votes]", has_text="1")
        .first.wait_for()
    )
    # under the finger nothing moves; once it is calm the most wanted stands first
    await host.locator(".meeting-question:first-child", has_text="stołówkę").wait_for()
    await host.locator("body").press("n")
    await question.locator(".badge", has_text="trwa odpowiedź").wait_for()


async def poll(host, jan, ola) -> None:
    await host.locator("body").press("o")
    for page, choice in ((jan, "Boisko"), (ola, "Ogród szkolny")):
        await page.get_by_role("tab", name="Sondy").click()
        await page.locator(".meeting-poll label", has_text=choice).click()
        await page.locator(".meeting-poll [type=submit]").click()
    await host.locator(".meeting-poll [data-text=voters]", has_text="2").wait_for()
    await jan.locator(".meeting-results tr", has_text="Ogród").locator("[data-text=percent]", has_text="50").wait_for()
    await host.locator("body").press("c")
    await jan.locator(".meeting-poll[data-state=closed]").wait_for()


async def talk(host, jan, ola) -> None:
    await ola.get_by_role("tab", name="Czat").click()
    await ola.fill("#chat-text", "Słychać dobrze")
    await ola.locator("[data-send] [type=submit]").click()
    await host.locator(".chat-message", has_text="Słychać dobrze").wait_for()
    await jan.get_by_role("tab", name="Zgłoszenia").click()
    await jan.fill("#hand-about", "o boisku")
    await jan.locator("[data-raise]").click()
    await host.locator(".meeting-hand", has_text="o boisku").wait_for()
    await host.locator("body").press("g")
    await jan.locator("[data-invited] a").click()
    await speak(host, jan, ola)


async def lead_slides(host, jan, ola) -> None:
    """Everybody's page follows the host's; who wants looks alone and comes back."""
    await host.locator("[data-slides-tools] [type=submit]").click()
    for page in (host, jan, ola):
        await page.locator('[data-deck][data-shown="1"]').wait_for(timeout=PATIENCE_MS)
    await host.locator("body").press("PageDown")
    for page in (jan, ola):
        await page.locator('[data-deck][data-shown="2"]').wait_for()
    await ola.locator("[data-page-text] p", has_text="ogród szkolny").wait_for(state="attached")
    assert await ola.locator("[data-canvas]").get_attribute("aria-label") == "Szkoła na Zatorzu, strona 2 z 3"
    await ola.locator("[data-slides-leave]").click()
    await ola.locator("[data-deck]").press("ArrowLeft")
    await ola.locator('[data-deck][data-shown="1"]').wait_for()
    await host.locator("[data-deck]").press("ArrowRight")
    await jan.locator('[data-deck][data-shown="3"]').wait_for()
    assert await ola.locator("[data-deck]").get_attribute("data-shown") == "1"
    await ola.locator("[data-slides-return]").click()
    await ola.locator('[data-deck][data-shown="3"]').wait_for()
    assert await jan.locator("[data-slides-tools]").is_hidden()
    assert [await overflow(page) <= 0 for page in (jan, ola)] == [True, True]
    assert await violations(jan) == []


async def seen_within(page, limit_ms: int) -> bool:
    try:
        await page.wait_for_function(GUEST_SEEN, timeout=limit_ms)
    except PlaywrightTimeout:
        return False
    return True


async def speak(host, jan, ola) -> None:
    """From the guest's page: beside the host in one picture, then gone.

    Where other programs leave the mixer no time it says so, and the guest is shown alone: that is looked at then.
    """
    await jan.get_by_role("button", name="Nadawaj", exact=True).click(timeout=PATIENCE_MS)
    await host.locator("[data-source]", has_text="gość też wysyła").wait_for(timeout=PATIENCE_MS)
    await host.locator("[data-do=air]:visible").click()
    source = host.locator("[data-source]")
    await source.filter(has_text=re.compile("w jednym obrazie|nie da się teraz złożyć")).wait_for(
        timeout=2 * PATIENCE_MS
    )
    if not await seen_within(ola, 20_000):
        await host.locator("[data-do=solo]:visible").click()
        await ola.wait_for_function(GUEST_SEEN, timeout=PATIENCE_MS)
    await host.locator("[data-do=lower]:visible").click()
    await host.locator("[data-source]", has_text="Wysyłany jest obraz prowadzącego").wait_for(timeout=PATIENCE_MS)
    await ola.wait_for_function("() => document.querySelector('video').videoWidth < 1280", timeout=PATIENCE_MS)


async def test_a_live_consultation_and_its_replay(filming, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        host, jan, ola, address = await open_pages(filming, ready)
        faults = [Faults(page, ("404", "409")) for page in (host, jan, ola)]
        await host.fill("#key-label", "Kamera")
        await host.locator("[data-new-key] [type=submit]").click()
        await host.locator("[data-fresh]:visible").wait_for()
        key = await host.locator("[data-fresh-key]").input_value()
        async with camera(f"{ready['rtmp']}/{key}"):
            await host.locator("[data-source]", has_text="Wysyłany jest obraz prowadzącego").wait_for()
            await hold(host, "[data-start]")
            for page in (host, jan, ola):
                await page.locator("[data-meeting][data-state=live]").wait_for()
            await ola.wait_for_function(PLAYING)
            await ask_and_answer(host, jan, ola)
            await poll(host, jan, ola)
            await lead_slides(host, jan, ola)
            await talk(host, jan, ola)
            assert [await violations(page) for page in (host, ola)] == [[], []]
            await hold(host, "[data-end]")
            await ola.locator("[data-meeting][data-state=ended]").wait_for()
        await replay(jan, address)
        assert [one.found for one in faults] == [[], [], []]


async def replay(page, address: str) -> None:
    """The same address: what happened stands at its moment, comes as it is played, and leads there."""
    await page.goto(address)
    await page.locator("[data-timeline-list] > li[data-kind=poll][data-position]").wait_for()
    rows = await page.locator("[data-timeline-list] > li[data-position]").evaluate_all(
        "rows => rows.map(row => [row.dataset.kind, Number(row.dataset.position)])"
    )
    # questions of before the picture have no place in it
    assert [kind for kind, _at in rows] == ["asked", "answer", "poll", "result", "slides", "message", "guest"]
    places = [at for _kind, at in rows]
    assert places == sorted(places)
    assert await page.locator("[data-moments] button").count() == 4
    timeline = await (await page.request.get(f"/api/dialog/blocks/{address.rsplit('/', 1)[1]}/meeting/timeline")).json()
    assert [one["page"] for one in timeline["slides"]] == [1, 2, 3, 0]
    led = [one["position_s"] for one in timeline["slides"][:3]]
    assert led == sorted(led)
    assert led[0] > places[2]
    await page.locator("[data-timeline-list] > li[data-kind=slides] [data-jump]").click()
    await page.locator('[data-deck][data-shown="1"]').wait_for(timeout=PATIENCE_MS)
    await page.evaluate(f"() => (document.querySelector('video').currentTime = {led[2] + 0.3})")
    await page.locator('[data-deck][data-shown="3"]').wait_for(timeout=PATIENCE_MS)
    await page.locator("[data-timeline-list] > li[data-kind=poll] [data-jump]").click()
    await page.wait_for_function(f"() => document.querySelector('video').currentTime >= {places[2] - 0.6}")
    await page.locator("[data-timeline-list] > li[aria-current]").wait_for()
    await page.evaluate("() => document.querySelector('video').pause()")
    assert await page.evaluate(PAST) < await page.locator("[data-timeline-list] > li").count()
    answer = await page.request.get(f"/api/dialog/blocks/{address.rsplit('/', 1)[1]}/meeting/timeline")
    assert [one["position_s"] for one in (await answer.json())["moments"] if one["position_s"] is not None] == places
    assert await violations(page) == []
    assert await overflow(page) <= 0
