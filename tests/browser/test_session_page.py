"""The session's page in Chromium: it plays, it is live, it is within reach of everybody."""

import asyncio
import statistics
import time

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, clock_of, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLAYING = "() => { const v = document.querySelector('video'); return v && v.readyState >= 3 && v.currentTime > 1; }"


async def test_picture_chat_and_agenda_are_live_and_become_the_archive(chromium, tmp_path):
    async with product(tmp_path / "data") as running:
        ready = running.ready
        path = ready["session"].removeprefix(ready["http"])
        resident = await person(chromium, ready, "resident")
        clerk = await person(chromium, ready, "clerk")
        other = await person(chromium, ready, "", PHONE)
        page, phone = await resident.new_page(), await other.new_page()
        faults = [Faults(page), Faults(phone)]
        await page.goto(path)
        await phone.goto(path)
        for one in (page, phone):
            await one.wait_for_function(PLAYING, timeout=30_000)

        # the clock in the picture is less than 6 s behind
        late = []
        for _ in range(12):
            behind_ms = await clock_of(page)
            if behind_ms is not None:
                late.append(behind_ms / 1000)
            await asyncio.sleep(0.25)
        assert len(late) >= 6
        assert 0 < statistics.median(late) < 6

        # a message written here appears there
        for one in (page, phone):
            await one.get_by_role("tab", name="Czat").click()
        await page.get_by_label("Wiadomość", exact=True).fill("Dzień dobry, piszę z laptopa")
        began = time.monotonic()
        await page.get_by_role("button", name="Wyślij").click()
        await phone.get_by_text("Dzień dobry, piszę z laptopa").wait_for(timeout=5_000)
        assert time.monotonic() - began < 3

        # the clerk moves on by one key, and both pages follow
        desk = await clerk.new_page()
        faults.append(Faults(desk))
        await desk.goto("/council/desk")
        await desk.get_by_role("link", name="XXXI sesja Rady Miejskiej").first.click()
        await desk.locator("[data-agenda] [data-state=current]").wait_for()
        await desk.wait_for_function("() => document.querySelector('[data-strip]').dataset.live === 'true'")
        await desk.keyboard.press("n")
        for one in (page, phone):
            await one.locator("[data-now] [data-text=number]", has_text="8").wait_for(timeout=5_000)

        # the moderator's hand: hidden here, hidden there, and back
        await desk.keyboard.press("3")
        row = desk.locator(".chat-message", has_text="piszę z laptopa")
        await row.get_by_role("button", name="Ukryj").click()
        await phone.locator(".chat-message[data-state=hidden]").wait_for(timeout=5_000)
        assert await phone.get_by_text("Dzień dobry, piszę z laptopa").count() == 0

        # a half-written message outlives the end, which is held for a second
        await asyncio.sleep(3)
        end = desk.locator("[data-end]")
        await end.dispatch_event("pointerdown")
        await asyncio.sleep(1.3)
        chapters = page.locator("[data-position]")
        await chapters.first.wait_for(state="attached", timeout=15_000)
        await page.get_by_role("tab", name="Porządek obrad").click()
        eighth = page.locator("[data-position]", has_text="Nadrzecze II")
        wanted = float(await eighth.get_attribute("data-position"))
        await eighth.click()
        await page.wait_for_function(
            "wanted => Math.abs(document.querySelector('video').currentTime - wanted) < 3", arg=wanted
        )
        await page.locator("[data-position][aria-current=true]", has_text="Nadrzecze II").wait_for(timeout=5_000)
        assert [fault for one in faults for fault in one.found] == []


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_every_page_fits_and_axe_finds_nothing(chromium, shown, viewport):
    ready = shown
    live = ready["session"].removeprefix(ready["http"])
    pages = {
        "": ["/", "/council/sessions", "/council/members", live, "/sign-in", "/register", "/reset", "/nothing"],
        "clerk": ["/council/desk", "/council/desk/4", "/council/desk/new", "/council/desk/4/edit", "/account"],
        "admin": ["/admin/accounts", "/admin/accounts/new", "/admin/accounts/1", "/admin/units", "/admin/audit"],
    }
    faults = []
    for role, paths in pages.items():
        context = await person(chromium, ready, role, viewport)
        page = await context.new_page()
        heard = Faults(page, ("404",))
        for path in paths:
            await page.goto(path)
            await page.wait_for_load_state("load")
            faults += [f"{path}: {line}" for line in await violations(page)]
            wide = await overflow(page)
            if wide > 0:
                faults.append(f"{path}: {wide} px wider than the window")
        faults += heard.found
    assert faults == []


async def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        clerk = await person(chromium, running.ready, "clerk")
        page = await clerk.new_page()
        await page.goto("/council/desk/new")
        await page.get_by_label("Tytuł").fill("XL sesja")
        await page.get_by_label("Numer").fill("X" * 21)
        await page.get_by_label("Porządek obrad").fill("1. Otwarcie\n2. Zamknięcie")
        await page.get_by_role("button", name="Zapisz").click()
        field = page.get_by_label("Numer")
        assert await field.get_attribute("aria-invalid") == "true"
        described = await field.get_attribute("aria-describedby")
        texts = [await page.locator(f"#{one}").inner_text() for one in described.split()]
        assert any("20 znaków" in text for text in texts)
        assert await field.input_value() == "X" * 21
        assert await page.get_by_label("Porządek obrad").input_value() == "1. Otwarcie\n2. Zamknięcie"
        await field.fill("XL")
        await page.get_by_role("button", name="Zapisz").click()
        await page.get_by_role("heading", name="XL sesja").wait_for()
        titles = await page.locator("[data-agenda] [data-text=title]").all_inner_texts()
        assert titles == ["Otwarcie", "Zamknięcie"]
