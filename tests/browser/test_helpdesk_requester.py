"""A teacher's phone, 360 pixels wide: the code on a device, a photo, a few words, sent; then what is promised, live."""

import time

import pytest

from tests.browser.watching import PHONE, Faults, overflow, violations
from tests.portals.helpdesk.desk import AGENT, NUMBER
from tests.portals.helpdesk.sla.office import open_office
from tests.portals.helpdesk.test_pages import PHOTO

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_PRESSES = 4
"""The tile, the photo, the words, «send»: five seconds each make twenty."""
BY_A_PROGRAM_S = 20


async def signed_in(chromium, site, who: str):
    context = await chromium.new_context(
        base_url=site.http, viewport=PHONE, locale="pl-PL", reduced_motion="reduce", has_touch=True, is_mobile=True
    )
    login, password = site.logins[who]
    answer = await context.request.post("/api/sign-in", data={"login": login, "password": password})
    assert answer.status == 200, await answer.text()
    return await context.new_page()


async def test_a_broken_printer_is_reported_by_its_code_in_twenty_seconds(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        page = await signed_in(chromium, site, "jan")
        faults = Faults(page)
        presses = 0
        began = time.monotonic()
        await page.goto(f"/pomoc/urzadzenie/{NUMBER}")  # where the code leads
        await page.get_by_role("link", name="Zepsuty sprzęt").tap()
        presses += 1
        words = page.get_by_label("Co się dzieje?")
        await words.tap()
        presses += 1
        await words.fill("Nie drukuje, świeci na czerwono")
        presses += 1  # the photo: the camera opens, and one press takes it
        await page.get_by_label("Zdjęcie").set_input_files(
            {"name": "drukarka.png", "mimeType": "image/png", "buffer": PHOTO}
        )
        needed = await page.locator("#new-ticket [required]:visible, #new-ticket [aria-required=true]:visible").count()
        assert needed <= 1  # the words at most: device, unit and room are known by the code
        send = page.get_by_role("button", name="Wyślij")
        await send.tap()
        presses += 1
        await page.get_by_role("heading", name="Nie drukuje, świeci na czerwono").wait_for()
        took = time.monotonic() - began
        print(f"a report by a phone: {presses} presses, 1 field, {took:.1f} s of the machine's")
        assert presses <= MOST_PRESSES
        assert took < BY_A_PROGRAM_S
        promise = page.locator("[data-promise-words]")
        assert (await promise.inner_text()).startswith("Odpowiemy ")
        await (
            page.get_by_role("link", name="drukarka.png")
            .or_(page.get_by_alt_text("Zdjęcie: drukarka.png"))
            .first.wait_for()
        )
        assert await violations(page) == []
        assert await overflow(page) <= 0
        async with desk.database.transaction() as tx:
            row = await tx.record("SELECT source, device_id, room, unit_id FROM ticket")
        assert tuple(row) == ("qr", desk.device, "12", desk.school)
        assert faults.found == []


async def test_the_promise_changes_while_it_is_looked_at(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        ticket = await desk.send("Nie drukuje")
        page = await signed_in(chromium, site, "jan")
        await page.goto(ticket.path)
        promise = page.locator("[data-promise-words]")
        await promise.get_by_text("Odpowiemy ").wait_for()
        await desk.reply(AGENT, ticket, "Już idziemy")
        await page.get_by_text("Rozwiążemy to ").wait_for()
        await desk.change(AGENT, await desk.fresh(ticket), state="pending", pending_reason="requester")
        await page.get_by_text("Czas na rozwiązanie stoi, dopóki zgłoszenie czeka").wait_for()
        assert await violations(page) == []
        await desk.change(AGENT, await desk.fresh(ticket), state="solved", pending_reason=None)
        await page.locator("[data-promise-room]").wait_for(state="hidden")


async def test_help_is_in_the_menu_of_those_who_work_for_the_city_alone(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        for who, there in (("jan", True), ("adam", True), ("teresa", True), ("igor", False)):
            page = await signed_in(chromium, site, who)
            await page.goto("/")
            for path in ("/pomoc", "/intranet"):
                links = page.locator(f'nav a[href="{path}"]')
                assert (await links.count() > 0) == there, (who, path)
            await page.context.close()
