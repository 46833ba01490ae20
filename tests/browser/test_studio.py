"""The studio: a computer's own camera and microphone become the session's picture; and the chamber's big screen."""

import asyncio

import pytest
from playwright.async_api import async_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

STATE = "document.querySelector('strong[data-state]').textContent"


async def open_browser(playwright, *options):
    return await playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", *options],
    )


async def planned_session(context):
    sessions = await (await context.request.get("/api/council/sessions")).json()
    return sessions["coming"][0]["id"]


async def open_studio(context, faults_allowed=()):
    session_id = await planned_session(context)
    page = await context.new_page()
    page.faults = Faults(page, faults_allowed)
    await page.goto(f"/council/desk/{session_id}/studio")
    return page, session_id


async def keys_of(context, session_id):
    page = await context.new_page()
    await page.goto(f"/council/desk/{session_id}")
    rows = await page.locator("[data-keys] > li").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('[data-text=label]').textContent, row.dataset.state])"
    )
    await page.close()
    return rows


async def test_the_studio_sends_and_gives_its_key_back(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, async_playwright() as playwright:
        browser = await open_browser(playwright, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        clerk = await person(browser, running.ready, "clerk")
        # of the transmission and its key one ends first, and the other's DELETE may find nothing any more
        page, session_id = await open_studio(clerk, ("404",))
        await page.get_by_role("button", name="Nadawaj", exact=True).click(timeout=30_000)
        await page.wait_for_function(f"() => {STATE} === 'Nadaje'", timeout=45_000)
        assert ["Studio", "valid"] in await keys_of(clerk, session_id)
        assert "tylko biuro" in await page.locator("[data-rehearsal]").inner_text()

        # the desk sees it
        desk = await clerk.new_page()
        await desk.goto(f"/council/desk/{session_id}")
        await desk.wait_for_function(
            "() => /×/.test(document.querySelector('[data-fact=picture]').textContent)", timeout=45_000
        )
        await desk.close()

        levels = [await page.locator("[data-level]").evaluate("meter => meter.value") for _ in range(2)]
        assert max(levels) > -60 or await page.locator("[data-level-text]").inner_text() != ""

        await page.get_by_role("button", name="Zatrzymaj").click()
        await page.wait_for_function(f"() => {STATE} === 'Nie nadaje'")
        for _ in range(20):
            rows = await keys_of(clerk, session_id)
            if ["Studio", "revoked"] in rows:
                break
            await asyncio.sleep(0.5)
        assert ["Studio", "revoked"] in rows
        assert page.faults.found == []
        await browser.close()


async def test_leaving_the_page_ends_it_too(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, async_playwright() as playwright:
        browser = await open_browser(playwright, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        clerk = await person(browser, running.ready, "clerk")
        page, session_id = await open_studio(clerk)
        await page.get_by_role("button", name="Nadawaj", exact=True).click(timeout=30_000)
        await page.wait_for_function(f"() => {STATE} === 'Nadaje'", timeout=45_000)
        await page.close(run_before_unload=False)
        for _ in range(20):
            rows = await keys_of(clerk, session_id)
            if ["Studio", "revoked"] in rows:
                break
            await asyncio.sleep(0.5)
        assert ["Studio", "revoked"] in rows
        await browser.close()


async def test_what_is_wrong_is_said_with_what_to_do(shown):
    async with async_playwright() as playwright:
        # nobody allows anything
        browser = await open_browser(playwright, "--use-fake-device-for-media-stream", "--deny-permission-prompts")
        clerk = await person(browser, shown, "clerk")
        page, _ = await open_studio(clerk)
        await page.get_by_role("button", name="Włącz kamerę i mikrofon").click()
        await page.get_by_text("Przeglądarka nie pozwala tej stronie").wait_for()
        assert await page.get_by_role("button", name="Nadawaj", exact=True).is_disabled()
        await browser.close()

        # the server says no
        browser = await open_browser(playwright, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        clerk = await person(browser, shown, "clerk")
        answers = iter([(401, ""), (409, ""), (503, "")])

        async def refuse(route):
            status, body = next(answers, (503, ""))
            await route.fulfill(status=status, body=body)

        await clerk.route("**/whip", refuse)
        page, _ = await open_studio(clerk, ("Failed to load resource",))
        await page.get_by_role("button", name="Nadawaj", exact=True).click(timeout=30_000)
        await page.get_by_text("Serwer nie przyjął klucza").wait_for(timeout=15_000)
        await page.get_by_role("button", name="Nadawaj", exact=True).click()
        await page.get_by_text("Inny koder już nadaje").wait_for(timeout=15_000)
        await page.wait_for_function(f"() => {STATE} === 'Łączę ponownie…'", timeout=15_000)
        await page.get_by_role("button", name="Zatrzymaj").click()
        await browser.close()


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_studio_screen_and_desk_fit_and_axe_finds_nothing(shown, viewport):
    async with async_playwright() as playwright:
        browser = await open_browser(playwright, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        clerk = await person(browser, shown, "clerk", viewport)
        page, session_id = await open_studio(clerk)
        await page.get_by_label("Rozdzielczość").wait_for(timeout=30_000)
        found = [f"studio: {line}" for line in await violations(page)]
        assert await overflow(page) <= 0
        live = shown["session"].removeprefix(shown["http"])
        for path in (f"{live}/screen", f"/council/desk/{session_id}"):
            await page.goto(path)
            await asyncio.sleep(1)
            found += [f"{path}: {line}" for line in await violations(page)]
            assert await overflow(page) <= 0, path
        assert found == []
        await browser.close()


async def test_the_big_screen_shows_the_item_and_falls_back_to_hls(tmp_path):
    async with product(tmp_path / "data") as running, async_playwright() as playwright:
        browser = await open_browser(playwright)
        visitor = await person(browser, running.ready)
        path = running.ready["session"].removeprefix(running.ready["http"]) + "/screen"
        await visitor.route("**/whep/**", lambda route: route.fulfill(status=406))
        page = await visitor.new_page()
        page.faults = Faults(page, ("Failed to load resource",))
        await page.goto(path)
        playing = "() => document.querySelector('video').currentTime > 0.5"
        await page.wait_for_function(playing, timeout=45_000)
        assert await page.locator("[data-screen]").get_attribute("data-way") == "hls"
        assert (await page.locator("[data-item=now] [data-item-text]").inner_text()).startswith("7. ")
        assert (await page.locator("[data-item=next] [data-item-text]").inner_text()).startswith("8. ")

        # the clerk moves on, and the screen follows
        clerk = await person(browser, running.ready, "clerk")
        sessions = await (await clerk.request.get("/api/council/sessions")).json()
        session_id = sessions["live"][0]["id"]
        view = await (await clerk.request.get(f"/api/council/sessions/{session_id}")).json()
        eighth = next(item["id"] for item in view["items"] if item["number"] == "8")
        answer = await clerk.request.post(f"/api/council/sessions/{session_id}/current", data={"item_id": eighth})
        assert answer.ok
        await page.locator("[data-item=now] [data-item-text]", has_text="8. ").wait_for(timeout=10_000)
        assert page.faults.found == []

        # where WHEP answers, it is what is shown
        await visitor.unroute("**/whep/**")
        page = await visitor.new_page()
        await page.goto(path)
        await page.wait_for_function(playing, timeout=45_000)
        await page.locator("[data-screen][data-way=webrtc]").wait_for(timeout=30_000)
        await browser.close()
