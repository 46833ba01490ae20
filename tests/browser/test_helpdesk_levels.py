"""A lead sets up what is promised, an agent watches rings and warnings, and reads the report; keyboard, 360 px, axe."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from portals.helpdesk import store
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.sla import actions, setup_store
from portals.helpdesk.sla.model import AgreementDraft, Target
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, violations
from tests.portals.helpdesk.desk import LEAD, NUMBER
from tests.portals.helpdesk.sla.office import open_office
from tests.portals.helpdesk.sla.test_clocks import ALWAYS, age

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def signed_in(chromium, site, who: str):
    context = await chromium.new_context(base_url=site.http, viewport=LAPTOP, locale="pl-PL", reduced_motion="reduce")
    login, password = site.logins[who]
    answer = await context.request.post("/api/sign-in", data={"login": login, "password": password})
    assert answer.status == 200, await answer.text()
    return await context.new_page()


async def looked_at(page, *sizes) -> None:
    for size in sizes or (PHONE, LAPTOP):
        await page.set_viewport_size(size)
        assert await violations(page) == []
        assert await overflow(page) <= 0


async def test_promises_are_set_up_and_watched(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        lead = await signed_in(chromium, site, "beata")
        faults = Faults(lead, allowed=("422",))  # a form that is refused
        await lead.goto("/pomoc/ustawienia/terminy")
        await looked_at(lead)
        await lead.get_by_role("link", name="Nowy kalendarz").click()
        await lead.get_by_label("Nazwa").fill("Szkoły")
        await lead.get_by_label("Poniedziałek", exact=True).fill("16-8")
        await lead.get_by_role("button", name="Zapisz").click()
        await lead.get_by_text("Koniec musi być po początku").first.wait_for()
        assert await lead.get_by_label("Nazwa").input_value() == "Szkoły"
        await looked_at(lead)
        await lead.get_by_label("Poniedziałek", exact=True).fill("7-16")
        await lead.keyboard.press("Enter")
        await lead.get_by_role("heading", name="Własne dni").wait_for()
        eve = date(datetime.now(ZoneInfo("Europe/Warsaw")).year + 1, 12, 24)  # days that are over are folded away
        await lead.locator("#day").fill(eve.isoformat())
        await lead.locator("#why").fill("Wigilia")
        await lead.get_by_role("button", name="Dodaj dzień").click()
        await lead.get_by_text("Wigilia").wait_for()
        await looked_at(lead)
        await lead.get_by_role("button", name="Usuń: ").first.click()
        await lead.get_by_role("button", name="Cofnij").click()
        await lead.get_by_text("Wigilia").wait_for()
        await lead.goto("/pomoc/ustawienia/terminy/nowa")
        await lead.get_by_label("Nazwa").fill("Szkoły")
        await lead.get_by_label("Szkoła Podstawowa nr 5").check()
        await lead.locator("#response_4").fill("szybko")
        await lead.get_by_role("button", name="Zapisz").click()
        await lead.get_by_text("Wpisz czas, na przykład").first.wait_for()
        assert await lead.get_by_label("Szkoła Podstawowa nr 5").is_checked()
        await looked_at(lead)
        await lead.locator("#response_4").fill("15 min")
        await lead.get_by_role("button", name="Zapisz").click()
        await lead.wait_for_url("**/terminy")
        assert await lead.get_by_role("link", name="Szkoły").first.is_visible()
        assert faults.found == []


async def test_rings_go_on_and_warnings_come_by_themselves(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        calendar = await actions.save_calendar(desk.database, LEAD, None, ALWAYS)
        async with desk.database.transaction(readonly=True) as tx:
            rev = (await setup_store.agreement(tx, 1)).rev
        draft = AgreementDraft(
            name="Wszyscy", calendar_id=calendar.id, rev=rev, warn_percent=50, paused_by=["requester"],
            targets=[Target(priority=2, response_min=60, solution_min=240)],
        )  # fmt: skip
        await actions.save_agreement(desk.database, LEAD, 1, draft)
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent)
        await agent.goto("/pomoc/obsluga/terminy")
        assert await agent.get_by_text("Nic tu nie ma terminu").is_visible()
        async with site.client("jan") as teacher:
            sent = {"text": "Laptop się nie włącza", "device_label": NUMBER}
            async with teacher.post("/api/helpdesk/tickets", json=sent) as answer:
                assert answer.status == 201, await answer.text()
        await agent.locator("[data-clocks-new]:visible").click()
        await agent.get_by_role("link", name="Laptop się nie włącza").wait_for()
        ring = agent.locator(".sla-due .sla-ring")
        assert await ring.count() == 2
        assert (await ring.first.get_attribute("data-state"), await ring.last.get_attribute("data-state")) == (
            "running",
            "running",
        )
        await looked_at(agent)
        async with desk.database.transaction(readonly=True) as tx:
            (ticket,) = await store.tickets(tx, [await tx.value("SELECT max(id) FROM ticket")])
        await age(desk, ticket, 61)
        # the product finds out by its look every few seconds; its own changes wake it at once
        await agent.locator('.sla-due .sla-ring[data-state="late"]').wait_for(timeout=20_000)
        assert "po terminie od" in await agent.locator('.sla-ring[data-state="late"]').inner_text()
        assert await agent.locator("[data-clocks-told] > li").count() >= 2
        await looked_at(agent)
        async with site.client("adam") as client:
            path = f"/api/helpdesk/tickets/{digits_of(ticket.id)}/replies"
            async with client.post(path, json={"text": "Już idę"}) as answer:
                assert answer.status == 201, await answer.text()
        await agent.locator('.sla-ring[data-state="missed"]').wait_for(timeout=20_000)
        assert faults.found == []
        lead = await signed_in(chromium, site, "beata")
        await lead.goto("/pomoc/raporty")
        await lead.get_by_text("HP M404").first.wait_for()
        await looked_at(lead)
        await lead.get_by_text("Jako tabela").first.click()
        async with lead.expect_download() as downloading:
            await lead.get_by_role("link", name="Arkusz (XLSX)").click()
        assert (await downloading.value).suggested_filename.endswith(".xlsx")
