"""Articles in the browser: read and found, offered while somebody types, beside a ticket, written by two; keyboard, 360 px, axe."""

import re

import pytest

from portals.helpdesk.knowledge import actions
from portals.helpdesk.knowledge.model import Draft
from portals.helpdesk.numbers import digits_of
from tests.browser.test_helpdesk_levels import looked_at, signed_in
from tests.browser.watching import Faults
from tests.portals.helpdesk.desk import LEAD
from tests.portals.helpdesk.knowledge.shelf import Shelf
from tests.portals.helpdesk.knowledge.test_pages import PNG
from tests.portals.helpdesk.sla.office import open_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEXT = "## Kolejka wydruku\n\nOtwórz kolejkę i anuluj wszystko.\n\n## Papier\n\nSprawdź podajnik.\n\n## Toner\n\nWymień, gdy jest pusty."


async def shelved(desk) -> tuple[Shelf, int]:
    """An article for everyone, one for agents."""
    shelf = Shelf(desk)
    lead = "Wyczyść kolejkę wydruku."
    row = await shelf.publish("Drukarka nie drukuje", TEXT, lead=lead, keywords=["toner"], category_id=desk.broken)
    await shelf.publish("Drukarka: hasło serwisowe", "Tylko u nas.", audience="agents")
    return shelf, row.id


async def test_an_article_is_found_read_and_rated(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        teacher = await signed_in(chromium, site, "jan")
        faults = Faults(teacher)
        await teacher.goto("/pomoc/wiedza")
        await teacher.get_by_text("Nie ma jeszcze artykułów").wait_for()
        await looked_at(teacher)
        shelf, article = await shelved(desk)
        await teacher.reload()
        await looked_at(teacher)
        await teacher.keyboard.press("/")
        await teacher.keyboard.type("drukrki nie drukuja")
        await teacher.keyboard.press("Enter")
        await teacher.get_by_role("link", name="Drukarka nie drukuje").wait_for()
        assert await teacher.locator("mark").all_inner_texts() != []
        await looked_at(teacher)
        await teacher.get_by_role("link", name="Drukarka nie drukuje").click()
        await teacher.get_by_role("link", name="Toner", exact=True).click()
        assert teacher.url.endswith("#s-3")
        await looked_at(teacher)
        await teacher.get_by_label("Czego tu brakuje?").fill("Zdjęcia lampek")
        await teacher.get_by_role("button", name="Tak, pomogło").click()
        await teacher.get_by_text("Twoja odpowiedź: tak.").wait_for()
        assert await teacher.get_by_label("Czego tu brakuje?").input_value() == "Zdjęcia lampek"
        # a newer version is told and does not jump under the reader's eyes
        row = await actions.save_draft(
            shelf.database, LEAD, article, Draft(title="Drukarka nie drukuje", text=f"{TEXT} Nowość."), base=1
        )
        async with site.client("beata") as lead:
            path = f"/api/helpdesk/knowledge/{article}/publication"
            async with lead.put(path, json={"number": row.latest}) as answer:
                assert answer.status == 200, await answer.text()
        await teacher.get_by_text("Jest nowsza wersja").wait_for()
        assert await teacher.get_by_text("Nowość.").count() == 0
        await looked_at(teacher)
        await teacher.get_by_role("link", name="Pokaż").click()
        await teacher.get_by_text("Nowość.").wait_for()
        await teacher.emulate_media(media="print")
        assert not await teacher.locator(".kb-rate").is_visible()
        assert await teacher.locator(".kb-text").is_visible()
        assert faults.found == []


async def test_articles_are_offered_while_somebody_types(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        shelf, article = await shelved(desk)
        teacher = await signed_in(chromium, site, "jan")
        faults = Faults(teacher)
        await teacher.goto(f"/pomoc/nowe?category={desk.broken}")
        text = teacher.locator("#text")
        await text.focus()
        assert await teacher.locator("[data-kb-offers]").is_hidden()
        await teacher.keyboard.type("Drukarki od rana nie drukują")
        offer = teacher.locator("[data-kb-list] summary")
        await offer.wait_for()
        assert await offer.all_inner_texts() == ["Drukarka nie drukuje\nWyczyść kolejkę wydruku."]
        # it was said politely and took no focus: typing goes on
        assert await teacher.locator("[data-kb-told]").get_attribute("role") == "status"
        assert "artykuł może pomóc" in await teacher.locator("[data-kb-told]").inner_text()
        await teacher.keyboard.type(", pokój 12")
        assert await text.input_value() == "Drukarki od rana nie drukują, pokój 12"
        await looked_at(teacher)
        # by keyboard: Tab reaches it, Enter opens it where it stands
        for _press in range(8):
            await teacher.keyboard.press("Tab")
            if await offer.evaluate("(one) => one === document.activeElement"):
                break
        await teacher.keyboard.press("Enter")
        await teacher.locator("[data-kb-list]").get_by_text("Otwórz kolejkę i anuluj wszystko.").wait_for()
        assert await text.input_value() == "Drukarki od rana nie drukują, pokój 12"
        await looked_at(teacher)
        await teacher.get_by_role("button", name="Pomogło, nie muszę wysyłać").press("Enter")
        await teacher.get_by_role("heading", name="Dobrze, że już działa").wait_for()
        assert await teacher.locator(".kb-ended").evaluate("(one) => one === document.activeElement")
        await looked_at(teacher)

        async def spared() -> int:
            async with site.client("adam") as client, client.get(f"/api/helpdesk/knowledge/{article}") as answer:
                return (await answer.json())["article"]["spared"]

        assert await spared() == 1
        await teacher.get_by_role("button", name="Jednak nie działa").click()
        assert await text.input_value() == "Drukarki od rana nie drukują, pokój 12"
        assert await text.evaluate("(one) => one === document.activeElement")
        await teacher.locator("#urgency-1").check()
        await teacher.get_by_role("button", name="Wyślij").click()
        await teacher.wait_for_url(re.compile(r"/pomoc/\d+$"))
        assert await spared() == 0
        assert faults.found == []
        assert shelf


async def test_the_form_works_when_nothing_can_be_offered(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        await shelved(desk)
        teacher = await signed_in(chromium, site, "jan")
        await teacher.route("**/api/helpdesk/knowledge/suggestions", lambda route: route.abort())
        await teacher.goto(f"/pomoc/nowe?category={desk.broken}")
        await teacher.locator("#text").fill("Drukarka nie drukuje")
        await teacher.wait_for_timeout(900)
        assert await teacher.locator("[data-kb-offers]").is_hidden()
        await teacher.get_by_role("button", name="Wyślij").click()
        await teacher.wait_for_url(re.compile(r"/pomoc/\d+$"))


async def test_beside_a_ticket(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        _shelf, article = await shelved(desk)
        ticket = await desk.send("Drukarka nie drukuje\n\nProszę dzwonić: 59 848 83 00")
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent)
        await agent.goto(f"/pomoc/obsluga/{digits_of(ticket.id)}")
        beside = agent.locator("[data-kb-beside]")
        await beside.get_by_role("link", name="Drukarka nie drukuje").wait_for()
        await agent.locator("#say-text").fill("Dzień dobry,")
        await beside.get_by_role("button", name="Wstaw link do odpowiedzi").first.click()
        expected = f"Dzień dobry,\n\n[Drukarka nie drukuje]({site.http}/pomoc/wiedza/{article})"
        assert await agent.locator("#say-text").input_value() == expected
        assert await beside.get_by_role("button").count() == 1  # what is for agents cannot be sent to the requester
        await looked_at(agent)
        await beside.get_by_role("link", name="Zrób artykuł z tego zgłoszenia").click()
        assert "59 848" not in await agent.locator("#text").input_value()
        assert await agent.locator("#title").input_value() == "Drukarka nie drukuje"
        await looked_at(agent)
        await agent.locator("#title").fill("")
        await agent.get_by_role("button", name="Zapisz szkic").click()
        await agent.locator("#title-error").wait_for()
        assert "## Objawy" in await agent.locator("#text").input_value()
        await looked_at(agent)
        assert [one for one in faults.found if "422" not in one] == []


async def test_two_editors_and_the_history(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        _shelf, article = await shelved(desk)
        adam, olga = await signed_in(chromium, site, "adam"), await signed_in(chromium, site, "olga")
        page = f"/pomoc/wiedza/redakcja/{article}"
        await adam.goto(page)
        await olga.goto(page)
        await olga.get_by_text("Ktoś jeszcze ma otwarty ten artykuł").wait_for()
        await olga.locator("#text").fill(f"{TEXT} Dopisek Olgi.")
        await adam.locator("#text").fill(f"{TEXT} Dopisek Adama.")
        await adam.get_by_role("button", name="Zapisz szkic").click()
        await adam.get_by_text("Zapisano jako wersję 2").wait_for()
        await olga.locator("[data-kb-news]").get_by_text("zapisano właśnie wersję 2").wait_for()
        await olga.get_by_role("button", name="Zapisz szkic").click()
        await olga.get_by_role("heading", name="Dwie osoby zmieniły ten sam artykuł").wait_for()
        assert "Dopisek Olgi." in await olga.locator("#text").input_value()
        assert "Dopisek Adama." in await olga.locator("#theirs").input_value()
        assert await olga.locator(".kb-lines del").all_inner_texts() == ["Adama"]
        await looked_at(olga)
        await olga.locator("#text").fill(f"{TEXT} Dopisek Adama. Dopisek Olgi.")
        await olga.get_by_role("button", name="Zapisz szkic").click()
        await olga.get_by_text("Zapisano jako wersję 3").wait_for()
        await looked_at(olga)
        await olga.get_by_role("link", name="Historia", exact=True).click()
        await looked_at(olga)
        lead = await signed_in(chromium, site, "beata")
        await lead.goto("/pomoc/wiedza/redakcja")
        await looked_at(lead)
        await lead.goto(f"{page}/wersje/3")
        await looked_at(lead)
        await lead.get_by_role("button", name="Opublikuj").first.click()
        await lead.get_by_role("dialog").get_by_role("button", name="Opublikuj").click()
        await lead.get_by_text("Dopisek Adama. Dopisek Olgi.").wait_for()


async def test_a_picture_is_put_into_the_text(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        _shelf, article = await shelved(desk)
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent)
        await agent.goto(f"/pomoc/wiedza/redakcja/{article}")
        await agent.locator("#pictures").set_input_files(
            {"name": "Lampka_drukarki.png", "mimeType": "image/png", "buffer": PNG}
        )
        await agent.get_by_role("button", name="Zapisz szkic").click()
        await agent.get_by_text("Zapisano jako wersję 2").wait_for()
        text = agent.locator("#text")
        assert (await text.input_value()).endswith("![Lampka drukarki](obraz:1)")
        await text.fill("Na początku: ")
        await agent.get_by_role("button", name="Wstaw obrazek 1 do tekstu").click()
        assert await text.input_value() == "Na początku: ![Obrazek 1](obraz:1)"
        assert await text.evaluate("(one) => one === document.activeElement")
        await looked_at(agent)
        await agent.get_by_role("button", name="Zapisz szkic").click()
        await agent.get_by_role("link", name="Zobacz").click()
        assert await agent.locator(".kb-text img").evaluate("(one) => one.complete && one.naturalWidth") == 2
        assert faults.found == []
