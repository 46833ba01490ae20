"""Search, registers, councillors and documents in Chromium: by keyboard, at phone's width, live, with axe."""

import re

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PUBLIC = [
    "/council/search",
    "/council/search?q=rowerowa",
    "/council/search?q=w",
    "/council/resolutions",
    "/council/resolutions/1",
    "/council/interpellations",
    "/council/interpellations/1",
    "/council/members/1",
    "/council/agreement",
    "/council/open-data",
]


async def test_what_remains_of_sessions_as_residents_and_the_office_use_it(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        faults = []
        for viewport in (PHONE, LAPTOP):
            context = await person(chromium, ready, "", viewport)
            page = await context.new_page()
            heard = Faults(page, ("422",))
            for path in PUBLIC:
                await page.goto(path)
                await page.wait_for_load_state("load")
                faults += [f"{path}: {line}" for line in await violations(page)]
                if await overflow(page) > 0:
                    faults.append(f"{path}: wider than {viewport['width']} px")
            faults += heard.found
        assert faults == []

        # from any page by keyboard: the key of the search, words, Enter, the first hit
        resident = await person(chromium, ready, "", LAPTOP)
        page = await resident.new_page()
        await page.goto("/council/resolutions")
        await page.keyboard.press("/")
        await page.keyboard.type("sciezka rowerowa")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/council/search?q=*")
        hit = page.locator(".hit", has_text="Ścieżka rowerowa wzdłuż ulicy Szczecińskiej")
        await hit.wait_for()
        assert "rowerowa" in await hit.locator("mark").all_inner_texts()
        await hit.get_by_role("link").first.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/council/interpellations/*")

        # a councillor submits, and the list of a resident who is looking moves by itself
        await page.goto("/council/interpellations")
        await page.get_by_text("Remont kładki nad Słupią").wait_for()
        councillor = await (await person(chromium, ready, "councillor")).new_page()
        await councillor.goto("/council/interpellations/new")
        await councillor.get_by_label("Czego dotyczy").fill("Żółwie w parku")
        await councillor.get_by_label("Tekst").fill("Ile ich jest?")
        await councillor.get_by_role("button", name="Złóż").click()
        await councillor.get_by_role("heading", name="Żółwie w parku").wait_for()
        row = page.locator("[data-rows] tr", has_text="Żółwie w parku")
        await row.wait_for(timeout=10_000)
        assert re.search(r"za 1[4-8] dni", await row.inner_text()), "fourteen days, or until the next working day"

        # the office answers: the countdown gives way
        clerk = await (await person(chromium, ready, "clerk")).new_page()
        heard = Faults(clerk)
        await clerk.goto(councillor.url)
        await clerk.get_by_label("Kto odpowiada").fill("Zarząd Zieleni")
        await clerk.locator("textarea[name=body]").fill("Dwanaście.")
        await clerk.get_by_role("button", name="Opublikuj odpowiedź").click()
        await row.get_by_text("jest odpowiedź").wait_for(timeout=10_000)

        # documents: pressed, made by the worker, downloaded
        await clerk.goto("/council/desk")
        listed = await (await clerk.request.get("/api/council/sessions")).json()
        session = next(one for one in listed["past"] if one["number"] == "XXX")
        await clerk.goto(f"/council/desk/{session['id']}/documents")
        assert await violations(clerk) == []
        document = clerk.locator('[data-id="minutes.pdf"]')
        await document.get_by_role("button").focus()
        await clerk.keyboard.press("Enter")
        await clerk.locator('[data-id="minutes.pdf"][data-state=ready]').wait_for(timeout=60_000)
        async with clerk.expect_download() as download:
            await document.get_by_role("link", name="Pobierz").click()
        assert (await download.value).suggested_filename.startswith("protokol-xxx")
        assert heard.found == []
