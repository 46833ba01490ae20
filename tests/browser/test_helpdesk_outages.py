"""An outage from its declaration to its end on three screens at once, and a lead's webhook; keyboard, 360 px, axe."""

import os
from pathlib import Path

import pytest

from portals.helpdesk.webhooks.dispatching import DISPATCHER
from portals.helpdesk.webhooks.sending import Sender
from tests.browser.test_helpdesk_levels import looked_at, signed_in
from tests.browser.watching import LAPTOP, PHONE, Faults
from tests.portals.helpdesk.sla.office import open_office
from tests.portals.helpdesk.webhooks.receiver import Receiver
from tests.portals.helpdesk.webhooks.test_dispatching import LOCAL

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("GRYF_PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look."""
WAIT_MS = 20_000


async def pictured(page, name: str) -> None:
    await looked_at(page)
    if PICTURES:
        for label, size in (("360", PHONE), ("1366", LAPTOP)):
            await page.set_viewport_size(size)
            await page.screenshot(path=Path(PICTURES) / f"{name}-{label}.png", full_page=True)
    await page.set_viewport_size(LAPTOP)


async def test_an_outage_is_declared_pressed_and_ended(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        agent, teacher = await signed_in(chromium, site, "adam"), await signed_in(chromium, site, "jan")
        visitor = await (await chromium.new_context(base_url=site.http, locale="pl-PL", viewport=PHONE)).new_page()
        faults = [Faults(one, allowed=("422",)) for one in (agent, teacher, visitor)]
        for page in (agent, teacher, visitor):
            page.set_default_timeout(WAIT_MS)
        await visitor.goto("/awarie")
        await visitor.get_by_text("Teraz nie ma awarii").wait_for()
        await pictured(visitor, "status-empty")
        await teacher.goto("/pomoc")
        await agent.goto("/pomoc/obsluga/awarie")
        await agent.get_by_role("heading", name="Wszystko działa").wait_for()
        await pictured(agent, "board-empty")

        await agent.keyboard.press("n")
        await agent.wait_for_url("**/awarie/nowa")
        await agent.get_by_label("Co nie działa, w kilku słowach").fill("Wi-Fi w SP 5 nie działa")
        await agent.get_by_role("button", name="Ogłoś").click()
        await agent.locator(".error-summary").wait_for()  # nobody is hit yet
        assert await agent.get_by_label("Co nie działa, w kilku słowach").input_value() == "Wi-Fi w SP 5 nie działa"
        await pictured(agent, "declare-wrong")
        await agent.get_by_label("Szkoła Podstawowa nr 5").check()
        await agent.locator("#category_id").select_option(label="Zepsuty sprzęt")
        await agent.get_by_label("Mieszkańcy widzą to na stronie publicznej").check()
        await agent.get_by_role("button", name="Ogłoś").click()
        await agent.get_by_role("heading", name="Wi-Fi w SP 5 nie działa").wait_for()
        await pictured(agent, "desk-new")

        # live, without a reload, where they are
        card = teacher.locator("[data-outage-offer] [data-outage]")
        await card.get_by_text("Wi-Fi w SP 5 nie działa").wait_for()
        await visitor.get_by_role("heading", name="Wi-Fi w SP 5 nie działa").wait_for()
        await pictured(teacher, "own-offer")
        await teacher.goto("/intranet")
        line = teacher.locator("#banners [data-outage]")
        await line.get_by_text("Wi-Fi w SP 5 nie działa").wait_for()
        await pictured(teacher, "banner")
        await line.get_by_role("button", name="Mnie też").focus()
        await teacher.keyboard.press("Enter")
        await teacher.locator("#banners [data-me-too][aria-pressed=true]").wait_for()
        await agent.get_by_text("SP 5", exact=True).first.wait_for()
        await agent.locator(".outage-counts strong", has_text="1").first.wait_for()

        await teacher.goto("/pomoc/nowe?category=1")
        await card.get_by_text("Wi-Fi w SP 5 nie działa").wait_for()
        await pictured(teacher, "new-offer")
        await (
            teacher.get_by_label("Co się dzieje", exact=False).or_(teacher.locator("#text")).first.fill("Nie ma sieci")
        )
        await teacher.get_by_role("button", name="Wyślij").click()
        await teacher.get_by_text("Należy do znanej awarii", exact=False).wait_for()
        await agent.get_by_text("podłączone automatycznie", exact=False).wait_for()
        await agent.locator("#outage-say textarea").fill("Wymieniamy **zasilacz**")
        await agent.get_by_role("button", name="Napisz do wszystkich").click()
        await agent.locator(".outage-log strong", has_text="zasilacz").wait_for()
        await pictured(agent, "desk")
        await visitor.locator(".outage-log strong", has_text="zasilacz").wait_for()
        await pictured(visitor, "status-running")

        await teacher.goto("/pomoc/awarie/1")
        await teacher.get_by_text("Wiemy, że Ciebie też to dotyczy").wait_for()
        await pictured(teacher, "outage")
        await agent.get_by_role("button", name="Zakończ", exact=True).click()
        await agent.get_by_label("Co to było, słowami dla ludzi").fill("Spalony zasilacz, wymieniony")
        await agent.get_by_role("button", name="Zakończ i powiadom").click()
        await agent.get_by_text("Zakończono:", exact=False).wait_for()
        await teacher.get_by_text("Spalony zasilacz, wymieniony").first.wait_for()  # live
        await visitor.get_by_text("Teraz nie ma awarii").wait_for()
        await visitor.get_by_text("Jako tabela").click() if await visitor.get_by_text("Jako tabela").count() else None
        await pictured(visitor, "status-over")
        await agent.goto("/pomoc/obsluga/awarie")
        await pictured(agent, "board")
        assert desk.first
        assert [one.found for one in faults] == [[], [], []]


async def test_planned_work_and_a_line_that_is_hidden(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        from datetime import timedelta

        from tests.portals.helpdesk.outages.test_outages import declared, now

        moment = await now(desk)
        await declared(
            desk, kind="planned", title="Wymiana serwera poczty", everywhere=True, unit_ids=[], public=True,
            starts_at=moment + timedelta(hours=5), expected_end=moment + timedelta(hours=8),
        )  # fmt: skip
        teacher = await signed_in(chromium, site, "jan")
        faults = Faults(teacher)
        await teacher.goto("/intranet")
        line = teacher.locator("#banners [data-outage]")
        await line.get_by_text("Planowane prace: Wymiana serwera poczty", exact=False).wait_for()
        assert await line.get_by_role("button", name="Mnie też").count() == 0
        await pictured(teacher, "planned-banner")
        await line.get_by_role("button", name="Ukryj").click()
        await line.wait_for(state="detached")
        await teacher.reload()
        await teacher.wait_for_timeout(500)
        assert await line.count() == 0
        await teacher.goto("/awarie")
        await pictured(teacher, "status-planned")
        assert faults.found == []


async def test_a_lead_sets_a_webhook_up(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk), Receiver.open() as receiver:
        site.app[DISPATCHER].sender = Sender(LOCAL, 2.0)
        lead = await signed_in(chromium, site, "beata")
        faults = Faults(lead, allowed=("422",))
        await lead.goto("/pomoc/ustawienia/webhooki")
        await pictured(lead, "webhooks-empty")
        await lead.keyboard.press("n")
        await lead.get_by_label("Nazwa").fill("Tablica dyżurnych")
        await lead.get_by_label("Adres odbiorcy").fill("http://10.1.2.3/hook")
        await lead.keyboard.press("Enter")
        await lead.locator("#url-error").wait_for()
        await pictured(lead, "webhook-wrong")
        await lead.get_by_label("Adres odbiorcy").fill(receiver.url)
        await lead.get_by_label("Nowe zgłoszenie").check()
        await lead.get_by_role("button", name="Utwórz i pokaż sekret").click()
        await lead.locator("#secret").wait_for()
        assert (await lead.locator("#secret").inner_text()).startswith("whsec_")
        await pictured(lead, "webhook-secret")
        await lead.get_by_role("link", name="Mam skopiowany").click()
        await lead.get_by_text("Nic jeszcze nie wysłano", exact=False).wait_for()
        await desk.send("Nie działa drukarka")
        await lead.locator("[data-part=log]").get_by_text("Przyjęte").wait_for()  # live
        await lead.get_by_role("button", name="Wyślij próbę").click()
        await lead.locator("[data-part=log] li").nth(1).wait_for()
        await pictured(lead, "webhook")
        await lead.locator("[data-part=log] a", has_text="Nowe zgłoszenie").first.click()
        await lead.get_by_role("heading", name="Co jest wysyłane").wait_for()
        await pictured(lead, "webhook-delivery")
        await lead.goto("/pomoc/ustawienia/webhooki")
        await pictured(lead, "webhooks")
        assert faults.found == []
