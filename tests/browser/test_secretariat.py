"""The office in Chromium: a file with two faults, mended and carried out; a pupil moved; the next year tried out."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FAULTY = "Nazwisko;Imię;Klasa;PESEL\nŹdźbło;Łucja;4a;44051401358\nZiółko;Święta;9x;\n"
MENDED = "Nazwisko;Imię;Klasa;PESEL\nŹdźbło;Łucja;4a;44051401359\nZiółko;Święta;4b;\n"


async def fine(page, faults):
    """Nobody is kept out, nothing stands outside, no complaints."""
    assert await violations(page) == []
    assert await overflow(page) <= 0
    assert faults.found == []


async def send(page, text):
    await page.set_input_files(
        "#file", files=[{"name": "klasy.csv", "mimeType": "text/csv", "buffer": text.encode("cp1250")}]
    )
    await page.get_by_role("button", name="Pokaż podgląd").click()
    await page.get_by_role("heading", name="Podgląd wczytywania").wait_for()


async def test_a_secretary_brings_a_class_in_and_moves_a_pupil(chromium, shown):
    context = await person(chromium, shown, "secretary", LAPTOP)
    page = await context.new_page()
    faults = Faults(page, allowed=("WebSocket",))
    await page.goto("/schools")
    await page.get_by_role("link", name="Sekretariat").click()
    await fine(page, faults)
    root = page.url.split("?")[0]
    await page.goto(f"{root}/imports")
    await fine(page, faults)
    await send(page, FAULTY)
    rows = await page.locator("tbody").first.locator("tr").all_inner_texts()
    assert [row.split("\t")[0].strip() for row in rows] == ["2", "3"]
    assert "PESEL" in rows[0]
    assert "9x" in rows[1]
    assert await page.get_by_role("button", name="Wykonaj").count() == 0
    await fine(page, faults)
    await page.get_by_role("link", name="Wyślij poprawiony plik").click()
    await send(page, MENDED)
    await page.get_by_role("button", name="Wykonaj 2 zmiany").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("wykonany", exact=True).first.wait_for()

    await page.set_viewport_size(PHONE)
    await page.goto(f"{root}?text=zdzblo")
    await fine(page, faults)
    await page.get_by_role("link", name="Źdźbło Łucja").click()
    await page.get_by_role("heading", name="Łucja Źdźbło").wait_for()
    assert "44051401359" not in await page.content()
    await page.get_by_role("button", name="Pokaż PESEL").click()
    await page.get_by_text("44051401359").wait_for()
    await fine(page, faults)
    await page.get_by_role("link", name="Przenieś do innej klasy").click()
    await page.locator("#class_id").select_option(label="4b")
    await page.get_by_role("button", name="Pokaż, co to znaczy").click()
    await page.get_by_role("heading", name="Co to znaczy").wait_for()
    await fine(page, faults)
    await page.get_by_role("button", name="Przenieś do 4b").click()
    await page.get_by_role("heading", name="Łucja Źdźbło").wait_for()
    await page.get_by_text("klasa 4b", exact=True).wait_for()

    await page.goto(f"{root}/year")
    assert "4b → 5b" in await page.locator("[data-class='4b']").inner_text()
    assert "kończy szkołę" in await page.locator("[data-class='8a']").inner_text()
    await fine(page, faults)
    await context.close()
