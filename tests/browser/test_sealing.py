"""Breaks, closed parts and the page of a recording, pressed by a clerk and seen by others."""

import re

import pytest

from tests.browser.test_cable import PLAYING, camera
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product
from tests.flows.test_session import browser, live_session, recording_of, sign_in, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


async def hold(page, selector: str) -> None:
    box = await page.locator(selector).bounding_box()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.wait_for_timeout(1200)  # what is tested is that it takes a second
    await page.mouse.up()


async def test_a_break_and_a_closed_part_from_the_desk_to_the_other_pages(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        async with browser(ready) as anybody:
            session = await live_session(anybody)
        clerk = await (await person(chromium, ready, "clerk")).new_page()
        resident = await (await person(chromium, ready, viewport=PHONE)).new_page()
        screen = await (await person(chromium, ready)).new_page()
        faults = [Faults(page, ("404", "Failed to load resource")) for page in (clerk, resident, screen)]
        await clerk.goto(f"/council/desk/{session['id']}")
        await resident.goto(ready["session"])
        await screen.goto(f"{ready['session']}/screen")

        await clerk.locator("[data-break='15']").click()
        for page in (clerk, resident, screen):
            strip = page.locator("[data-interval]").first
            await strip.wait_for()
            assert await strip.locator("[data-interval-name]").inner_text() == "Przerwa"
            text = await strip.locator("[data-interval-time]").inner_text()
            assert re.fullmatch(r"wznowienie o \d\d:\d\d, za 1[45]:\d\d", text), text
        assert await violations(clerk) == []
        assert await violations(resident) == []
        assert await overflow(resident) <= 0

        # another time, by keyboard; then the break becomes a closed part
        await clerk.keyboard.press("b")
        await clerk.fill("#break-note", "posiedzenia klubów")
        await clerk.keyboard.press("Enter")
        await resident.get_by_text("posiedzenia klubów").wait_for()
        await resident.get_by_text("godzina wznowienia pojawi się tutaj").wait_for()

        await clerk.locator("[data-when='break'] [data-opens='closed-dialog']").click()
        await clerk.locator("#closed-dialog button[type=submit]").click()
        assert await clerk.locator("#closed-recording-error").is_visible(), "there is no usual choice"
        await clerk.check("#closed-none")
        await clerk.locator("#closed-dialog button[type=submit]").click()
        await clerk.locator("#closed-basis-error:visible").wait_for()
        assert await clerk.locator("#closed-reason-error").is_visible()
        assert await clerk.is_checked("#closed-none"), "what was chosen stays"
        await clerk.fill("#closed-basis", "art. 5 ust. 2 ustawy o dostępie do informacji publicznej")
        await clerk.fill("#closed-reason", "dane osobowe stron postępowania")
        assert await violations(clerk) == []
        await clerk.locator("#closed-dialog button[type=submit]").click()
        for page in (resident, screen):
            await page.locator("[data-interval][data-kind=closed]").wait_for()
            assert "dane osobowe" not in await page.content(), "the reason is for the record"
        await resident.get_by_text("art. 5 ust. 2").first.wait_for()

        # a press is not enough to let the public in; holding is
        await clerk.locator("[data-end-closed]").click()
        await clerk.wait_for_timeout(500)
        assert await resident.locator("[data-interval][data-kind=closed]").is_visible()
        await hold(clerk, "[data-end-closed]")
        await resident.locator("[data-interval]").wait_for(state="hidden")
        assert [fault for one in faults for fault in one.found] == []


async def test_a_clerk_trims_cuts_and_redacts(chromium, tmp_path, playlist_guard):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as api:
        ready = running.ready
        await sign_in(api, ready["logins"]["clerk"])
        session = await live_session(api)
        clerk = await (await person(chromium, ready, "clerk", viewport=LAPTOP)).new_page()
        async with camera(f"{ready['rtmp']}/{ready['stream_key']}"):
            await clerk.goto(ready["session"])
            await clerk.wait_for_function(PLAYING, timeout=40_000)
            await clerk.wait_for_timeout(14_000)  # that much is recorded
            async with api.post(f"/api/council/sessions/{session['id']}/end", json={}) as answer:
                assert answer.status == 200
        await recording_of(api, session["stream_id"])
        faults = Faults(clerk, ("422",))  # a field that is refused is told by this status
        await clerk.goto(f"/council/desk/{session['id']}")
        await clerk.get_by_role("link", name="Nagranie: przycięcie, wycinki, anonimizacja").click()
        await clerk.wait_for_url("**/recording")
        await clerk.wait_for_function("() => document.querySelector('video').readyState >= 2", timeout=30_000)
        assert await violations(clerk) == []

        # a span by time, a clip of it
        await clerk.fill("[data-begin]", "0:04")
        await clerk.fill("[data-end]", "0:02")
        await clerk.locator("[data-trim]").click()
        assert await clerk.locator("[data-span-problem]").inner_text() == "Koniec wypada przed początkiem"
        await clerk.fill("[data-end]", "0:08")
        await clerk.fill("#clip-title", "Głos z sali")
        await clerk.locator("[data-new-clip] button").click()
        await clerk.locator("[data-clips] li").wait_for()
        await clerk.locator("[data-clip-file]:visible").wait_for(timeout=60_000)

        # a redaction: looked at, published, in the public log
        await clerk.get_by_text("Anonimizuj fragment").click()
        await clerk.check("#redact-mute")
        await clerk.select_option("#redact-picture", "black")
        await clerk.fill("#area-left", "50")
        await clerk.fill("#area-width", "50")
        await clerk.locator("[data-new-redaction] button[type=submit]").click()
        await clerk.locator("#redact-basis-error:visible").wait_for()
        await clerk.fill("#redact-basis", "art. 6 RODO")
        await clerk.fill("#redact-reason", "dane osoby z publiczności")
        await clerk.locator("[data-new-redaction] button[type=submit]").click()
        row = clerk.locator("[data-redactions] li")
        await row.locator("[data-do=publish]:visible").wait_for(timeout=90_000)
        await row.locator("[data-do=preview]").click()
        await clerk.wait_for_function(
            "() => document.querySelector('.recording-preview').readyState >= 2", timeout=20_000
        )
        assert await violations(clerk) == []
        await row.locator("[data-do=publish]").click()
        await clerk.locator("[data-publish-now]").click()
        await row.locator("[data-do=withdraw]:visible").wait_for()

        async def published() -> str:
            playlist_guard.forget()  # from now on it is another
            return await patched(api, session["stream_id"])

        playlist = await until(published)
        assert "1000000.mp4" in playlist
        resident = await (await person(chromium, ready, viewport=PHONE)).new_page()
        await resident.goto(f"{ready['session']}/redactions")
        assert "art. 6 RODO" in await resident.inner_text("main")
        assert await violations(resident) == []
        await clerk.set_viewport_size(PHONE)
        assert await overflow(clerk) <= 0
        assert faults.found == []


async def patched(api, stream_id: str) -> str:
    async with api.get(f"/recordings/{stream_id}/media.m3u8") as answer:
        text = await answer.text()
    return text if "1000000.mp4" in text else ""
