"""The live page of administrators: it moves, it fits, and it can be read without seeing the drawings."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_the_figures_move_and_can_be_read(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        resident = await person(chromium, ready)
        watching = await resident.new_page()
        await watching.goto(ready["session"].removeprefix(ready["http"]))
        for viewport in (PHONE, LAPTOP):
            admin = await person(chromium, ready, "admin", viewport)
            page = await admin.new_page()
            faults = Faults(page)
            await page.goto("/admin/live")
            await page.locator("[data-overview][data-seconds]").wait_for(timeout=20_000)
            await page.locator("[data-rooms] code", has_text="council/session/").first.wait_for(timeout=20_000)
            before = await page.locator("[data-processes] [data-text=process]").count()
            assert before == 1
            assert int(await page.locator("[data-now=sockets]").inner_text()) >= 1
            summary = await page.locator("[data-chart=sockets]").get_attribute("aria-label")
            assert summary.startswith("Otwarte połączenia: teraz ")
            table = page.get_by_text("Ostatnie dwie minuty w tabeli")
            await table.first.focus()
            await page.keyboard.press("Enter")
            await page.locator("[data-moments] tr").first.wait_for(timeout=20_000)
            assert await violations(page) == []
            assert await overflow(page) <= 0
            assert faults.found == []
