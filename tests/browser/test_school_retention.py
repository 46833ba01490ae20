"""An administrator decides what may go, takes it back, and sees what another one has decided; keyboard, 360 px, axe."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GROUND = "Zgoda Archiwum Państwowego nr 12/2026"


async def test_what_is_over_is_decided_told_to_others_and_taken_back(chromium, tmp_path, filled_url):
    async with product(tmp_path / "data", "--no-feed", database_url=filled_url) as running:
        await decide_and_take_back(chromium, running.ready)


async def decide_and_take_back(chromium, ready):
    admin = await person(chromium, ready, "admin", LAPTOP)
    auditor = await person(chromium, ready, "auditor", LAPTOP)
    page, other = await admin.new_page(), await auditor.new_page()
    faults = Faults(page, allowed=("422",))
    await other.goto("/schools/retention")
    await page.goto("/schools/retention")
    for size in (PHONE, LAPTOP):
        await page.set_viewport_size(size)
        assert await violations(page) == []
        assert await overflow(page) <= 0
    assert await other.get_by_role("button", name="Usuń dziś w nocy").count() == 0
    assert await page.get_by_text("dopiero po dziennikach z tych lat").count() == 0  # pupils wait for fifty years
    box = page.get_by_role("checkbox").first
    await box.focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Usuń dziś w nocy").press("Enter")
    await page.locator("#ground-error").wait_for()  # nothing is lost
    assert await box.is_checked()
    assert await violations(page) == []
    assert await other.locator("[data-news]").is_hidden()
    await page.get_by_label("Podstawa").fill(GROUND)
    await page.keyboard.press("Enter")
    decided = page.get_by_role("heading", name="Zniknie w nocy")
    await decided.wait_for()
    assert await page.get_by_text(GROUND).is_visible()
    await other.locator("[data-news]").wait_for(state="visible")
    assert await violations(other) == []
    for size in (PHONE, LAPTOP):
        await page.set_viewport_size(size)
        assert await violations(page) == []
        assert await overflow(page) <= 0
    await page.get_by_role("button", name="Wycofaj").press("Enter")
    await page.get_by_text("Nic nie zostanie usunięte").first.wait_for()
    assert await decided.count() == 0
    assert await page.get_by_role("checkbox").first.is_visible()
    assert faults.found == []
    await admin.close()
    await auditor.close()
