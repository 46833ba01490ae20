"""An agent searches, filters and saves a view by keyboard; a lead imports; a teacher searches in their own; 360 px, axe."""

import pytest

from app.database import DATABASE
from portals.helpdesk import actions
from portals.helpdesk.drafts import Written
from tests.browser.test_helpdesk_levels import looked_at, signed_in
from tests.browser.watching import LAPTOP, Faults
from tests.portals.helpdesk.desk import AGENT, COLLEAGUE
from tests.portals.helpdesk.finding.test_imports import FIRST, SECOND, table
from tests.portals.helpdesk.finding.test_search import indexed
from tests.portals.helpdesk.sla.office import open_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_searched_filtered_and_saved_by_keyboard(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        printer = await desk.send("Drukarka w sali 12 zacina papier", device_label="000013")
        await desk.send("Drukarka sieciowa bez tonera", COLLEAGUE)
        await desk.send("Poczta nie przyjmuje załączników", COLLEAGUE)
        await actions.note(desk.database, AGENT, printer.id, Written(text="Bęben do wymiany, zamówić rolki"))
        await indexed(desk)
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent, allowed=("422",))
        await agent.goto("/pomoc/obsluga")
        await agent.keyboard.press("/")
        await agent.keyboard.type("drukarki")
        await agent.keyboard.press("Enter")
        await agent.wait_for_url("**/pomoc/szukaj?q=drukarki")
        await agent.get_by_role("heading", name="2 zgłoszenia").wait_for()
        assert await agent.locator(".hf-hit mark").count() == 2
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await agent.keyboard.press("j")
        await agent.keyboard.press("j")
        second = await agent.evaluate("document.activeElement.textContent")
        await agent.keyboard.press("k")
        assert second != await agent.evaluate("document.activeElement.textContent")
        # filters: written ones stand in the form afterwards, and both stay in the address
        await agent.keyboard.press("/")
        await agent.keyboard.press("ControlOrMeta+a")
        await agent.keyboard.type('wymiana jednostka:"SP 5" stan:otwarte')
        await agent.keyboard.press("Enter")
        await agent.get_by_role("heading", name="1 zgłoszenie").wait_for()
        assert await agent.get_by_label("Stan", exact=True).input_value() == "any_open"
        assert await agent.get_by_label("Czego szukać").input_value() == "wymiana"
        assert await agent.locator(".hf-fragment mark").inner_text() == "wymiany"
        assert 'wymiana stan:otwarte jednostka:"SP 5"' in await agent.locator(".hf-written code").inner_text()
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await agent.get_by_label("Stan", exact=True).focus()
        await agent.keyboard.type("Rozw")
        await agent.get_by_role("button", name="Szukaj").last.press("Enter")
        await agent.get_by_role("heading", name="Nic nie znaleziono").wait_for()
        await agent.goto("/pomoc/szukaj?q=drukarka&state=dziwny")
        await agent.get_by_text("Nieznane: «dziwny»").wait_for()
        await looked_at(agent)
        # a view
        await agent.set_viewport_size(LAPTOP)
        await agent.goto("/pomoc/szukaj?q=drukarka&state=any_open")
        await agent.get_by_label("Nazwa widoku").fill("Drukarki")
        await agent.keyboard.press("Enter")
        await agent.get_by_text("Zapisano widok «Drukarki»").wait_for()
        await agent.locator('[data-view] [data-count]:text-is("2")').wait_for()
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await agent.goto("/pomoc/obsluga")
        shown = agent.get_by_role("navigation", name="Zapisane widoki").get_by_role("link", name="Drukarki")
        await shown.wait_for()
        await agent.locator('[data-desk-views] [data-count]:text-is("2")').wait_for()
        desk.database = site.app[DATABASE]  # its changes are told by this process
        await desk.send("Drukarka w świetlicy")
        await indexed(desk)
        await agent.locator('[data-desk-views] [data-count]:text-is("3")').wait_for(timeout=20_000)
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await shown.press("Enter")
        await agent.get_by_role("heading", name="3 zgłoszenia").wait_for()
        # removed and taken back
        await agent.goto("/pomoc/widoki")
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await agent.get_by_role("button", name="Usuń: Drukarki").press("Enter")
        await agent.get_by_text("Usunięto widok").wait_for()
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await agent.get_by_role("button", name="Cofnij").press("Enter")
        await agent.get_by_role("link", name="Zmień: Drukarki").press("Enter")
        await agent.get_by_label("Nazwa widoku").wait_for()
        await looked_at(agent)
        assert faults.found == []


async def test_many_that_were_found_are_changed_together_and_put_back(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        tickets = [await desk.send(f"Drukarka {number}") for number in ("pierwsza", "druga", "trzecia")]
        await desk.change(AGENT, tickets[2], priority=4)
        await indexed(desk)
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent)
        await agent.goto("/pomoc/szukaj?q=drukarek")  # the form with a fleeting e finds the others
        await agent.get_by_role("heading", name="3 zgłoszenia").wait_for()
        many, said = agent.locator("[data-many]"), agent.locator("#flashes .flash")
        for key in ("j", "x", "j", "j", "X"):  # from the first to the third
            await agent.keyboard.press(key)
        await many.get_by_text("Zaznaczono 3 zgłoszenia").wait_for()
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await agent.keyboard.press("p")
        await agent.locator("#choose-priority").get_by_label("Krytyczny").check()
        await agent.keyboard.press("Enter")
        await said.filter(has_text="Zmieniono 2 zgłoszenia.").wait_for()
        assert await many.is_hidden()
        assert await agent.locator("[data-pick]:checked").count() == 0
        await agent.locator(".hf-signs .badge", has_text="Krytyczny").nth(2).wait_for()
        assert [(await desk.fresh(one)).priority for one in tickets] == [4, 4, 4]
        await agent.keyboard.press("z")
        await said.filter(has_text="Cofnięto zmianę 2 zgłoszeń.").wait_for()
        await agent.locator(".hf-signs .badge", has_text="Krytyczny").nth(1).wait_for(state="detached")
        assert [(await desk.fresh(one)).priority for one in tickets] == [2, 2, 4]
        await agent.get_by_role("button", name="Zaznacz wszystkie na tej stronie").click()
        await many.get_by_text("Zaznaczono 3 zgłoszenia").wait_for()
        await many.get_by_role("button", name="Odznacz").click()
        await many.wait_for(state="hidden")
        assert faults.found == []
        auditor = await signed_in(chromium, site, "teresa")  # reads, and changes nothing
        await auditor.goto("/pomoc/szukaj?q=drukarka")
        await auditor.get_by_role("heading", name="3 zgłoszenia").wait_for()
        assert await auditor.locator("[data-pick], [data-many], [data-choice]").count() == 0


async def test_a_file_is_imported(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        lead = await signed_in(chromium, site, "beata")
        faults = Faults(lead, allowed=("422",))
        await lead.goto("/pomoc/ustawienia")
        await lead.get_by_role("link", name="Import zgłoszeń").click()
        await lead.get_by_label("Nazwa systemu").fill("OTRS")
        await lead.get_by_label("Plik", exact=True).set_input_files(
            {"name": "zepsuty.csv", "mimeType": "text/csv", "buffer": b"Numer;Temat\n1;x"}
        )
        await lead.get_by_role("button", name="Pokaż podgląd").click()
        await lead.get_by_text("Zgłoszono").first.wait_for()
        assert await lead.get_by_label("Nazwa systemu").input_value() == "OTRS"
        await looked_at(lead)
        wrong = ("A-9", *SECOND[1:5], "SP 99", *SECOND[6:])
        content = table(FIRST, SECOND, wrong).encode("cp1250")
        await lead.get_by_label("Plik", exact=True).set_input_files(
            {"name": "zgłoszenia.csv", "mimeType": "text/csv", "buffer": content}
        )
        await lead.get_by_role("button", name="Pokaż podgląd").click()
        await lead.get_by_text("1 błąd w pliku.").wait_for()
        await looked_at(lead)
        await lead.get_by_role("button", name="Wczytaj 2 zgłoszenia").click()
        await lead.get_by_role("heading", name="Co zaimportowano").wait_for(timeout=30_000)
        assert await lead.locator("[data-made]").inner_text() == "2"
        await looked_at(lead)
        assert faults.found == []


async def test_a_teacher_searches_in_their_own(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        ticket = await desk.send("Rzutnik gaśnie na lekcji")
        await actions.note(desk.database, AGENT, ticket.id, Written(text="Lampa kupiona za późno"))
        await indexed(desk)
        teacher = await signed_in(chromium, site, "jan")
        faults = Faults(teacher)
        await teacher.goto("/pomoc")
        await looked_at(teacher)
        await teacher.get_by_label("Szukaj w moich zgłoszeniach").fill("rzutniki")
        await teacher.keyboard.press("Enter")
        await teacher.get_by_role("heading", name="1 zgłoszenie").wait_for()
        await looked_at(teacher)
        await teacher.goto("/pomoc/moje?q=lampa")
        await teacher.get_by_role("heading", name="Nic nie znaleziono").wait_for()
        await looked_at(teacher)
        assert faults.found == []
