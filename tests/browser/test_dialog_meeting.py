"""A live consultation in two browsers and its host's: questions, a poll, a guest, the recording that plays it all back."""

import pytest

from tests.browser.cast import hold
from tests.browser.test_cable import PLAYING, camera
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PAST = "() => [...document.querySelectorAll('[data-timeline-list] > li')].filter(row => !row.hidden).length"


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
    await jan.locator("[data-studio] [data-allow]").wait_for()


async def test_a_live_consultation_and_its_replay(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        host, jan, ola, address = await open_pages(chromium, ready)
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
    assert [kind for kind, _at in rows] == ["asked", "answer", "poll", "result", "message"]
    places = [at for _kind, at in rows]
    assert places == sorted(places)
    assert await page.locator("[data-moments] button").count() == 2
    await page.locator("[data-timeline-list] > li[data-kind=poll] [data-jump]").click()
    await page.wait_for_function(f"() => document.querySelector('video').currentTime >= {places[2] - 0.6}")
    await page.locator("[data-timeline-list] > li[aria-current]").wait_for()
    await page.evaluate("() => document.querySelector('video').pause()")
    assert await page.evaluate(PAST) < await page.locator("[data-timeline-list] > li").count()
    answer = await page.request.get(f"/api/dialog/blocks/{address.rsplit('/', 1)[1]}/meeting/timeline")
    assert [one["position_s"] for one in (await answer.json())["moments"] if one["position_s"] is not None] == places
    assert await violations(page) == []
    assert await overflow(page) <= 0
