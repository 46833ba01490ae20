"""A spatial plan with a map in Chromium: an entry by keyboard alone, live for others, on a phone, remarks on paper."""

import json
import re

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def plan_of(context) -> dict:
    """The demonstration's consultation of a spatial plan."""
    found = (await (await context.request.get("/api/dialog/consultations")).json())["running"]
    return next(one for one in found if "Nadrzecze" in one["title"])


async def entry_by_keyboard(page) -> None:
    """From «Zaznacz coś na mapie» to the entry's own page; nothing is pressed with a mouse."""
    await page.get_by_role("link", name="Zaznacz coś na mapie").focus()
    await page.keyboard.press("Enter")
    await page.locator(".leaflet-control-zoom").wait_for()
    await page.get_by_role("application").focus()
    before = await page.locator(".map-crosshair").evaluate("one => one.getBoundingClientRect().x")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp", "+"):
        await page.keyboard.press(key)
    assert await page.locator(".map-crosshair").evaluate("one => one.getBoundingClientRect().x") == before + 24
    await page.keyboard.press("Enter")
    assert re.fullmatch(r"Punkt 1 zaznaczony: 54\.\d{5}, 17\.\d{5}", await page.locator("[data-said]").inner_text())
    sent = json.loads(await page.locator("[data-geometry]").input_value())
    assert sent["type"] == "Point"
    assert await page.locator("[name=latitude]").input_value() == str(sent["coordinates"][1])
    await page.get_by_label("Komentarz").focus()
    await page.keyboard.type("Tu potrzebna jest **ławka** w cieniu.")
    await page.get_by_role("button", name="Dodaj wpis").focus()
    await page.keyboard.press("Enter")
    await page.locator(".field-error", has_text="Wybierz kategorię").wait_for()  # and nothing is lost
    assert json.loads(await page.locator("[data-geometry]").input_value()) == sent
    await page.get_by_label("Kategoria").focus()
    await page.keyboard.type("Zieleń")
    await page.get_by_role("button", name="Dodaj wpis").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Wpis jest na mapie").wait_for()
    assert await page.locator(".map-words strong").inner_text() == "ławka"


async def line_with_the_mouse(page, path: str) -> None:
    """Three points, one taken back; the form opens without tiles from elsewhere."""
    await page.goto(f"{path}/new")
    await page.locator(".leaflet-control-zoom").wait_for()
    await page.get_by_role("button", name="Linia").click()
    for x, y in ((150, 120), (200, 160), (240, 200)):
        await page.get_by_role("application").click(position={"x": x, "y": y})
    await page.get_by_role("button", name="Cofnij punkt").click()
    sent = json.loads(await page.locator("[data-geometry]").input_value())
    assert (sent["type"], len(sent["coordinates"])) == ("LineString", 2)
    await page.get_by_label("Adres albo nazwa miejsca").fill("ul. Kołłątaja")
    await page.get_by_label("Kategoria").select_option(label="Pieszo i rowerem")
    await page.get_by_label("Komentarz").fill("Tędy chodnik.")
    await page.get_by_role("button", name="Dodaj wpis").click()
    await page.get_by_text("Wpis jest na mapie").wait_for()


async def remark_on_paper(clerk, consultation: dict, block_id: str) -> None:
    await clerk.goto(f"/dialog/manage/{consultation['id']}/map/{block_id}/paper")
    await clerk.get_by_label("Imię i nazwisko").fill("Halina Kos")
    await clerk.get_by_label("Adres albo nazwa miejsca").fill("ul. Deotymy 3")
    await clerk.get_by_text("Współrzędne zamiast mapy").click()
    await clerk.get_by_label("Szerokość geograficzna").fill("52,2")
    await clerk.get_by_label("Długość geograficzna").fill("21,0")
    await clerk.get_by_label("Kategoria").select_option(label="Zabudowa")
    await clerk.get_by_label("Komentarz").fill("=Uwaga z listu")
    await clerk.get_by_role("button", name="Dodaj wpis").click()
    await clerk.locator(".field-error", has_text="leży poza miastem").wait_for()
    assert await violations(clerk) == []
    await clerk.get_by_label("Szerokość geograficzna").fill("54,4638")
    await clerk.get_by_label("Długość geograficzna").fill("17,0270")
    await clerk.get_by_role("button", name="Dodaj wpis").click()
    await clerk.get_by_text("Dodano wpis").wait_for()


async def test_a_plan_with_map_and_paper(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ola = await (await person(chromium, running.ready, "resident2", PHONE)).new_page()
        ewa = await (await person(chromium, running.ready, "resident3", LAPTOP)).new_page()
        clerk = await (await person(chromium, running.ready, "consultation_clerk", LAPTOP)).new_page()
        faults = [Faults(page, ("422",)) for page in (ola, ewa, clerk)]
        consultation = await plan_of(ola.context)
        await ola.goto(f"/dialog/{consultation['slug']}")
        await ola.locator(".map-pin").first.wait_for()
        block_id = await ola.locator("[data-map]").get_attribute("data-map")
        path = f"/dialog/{consultation['slug']}/map/{block_id}"
        await ewa.goto(path)
        await ewa.locator(".map-pin").first.wait_for()
        pins = await ewa.locator(".map-pin").count()
        assert (pins, await ewa.locator(".map-row").count()) == (25, 26)  # one entry is in words alone
        for page in (ola, ewa):
            assert await overflow(page) == 0
            assert await violations(page) == []

        await entry_by_keyboard(ola)
        news = ewa.get_by_role("button", name="Nowe wpisy: 1")
        await news.wait_for()  # live, and the list did not jump
        await ewa.wait_for_function("count => document.querySelectorAll('.map-pin').length === count", arg=pins + 1)
        await news.click()
        row = ewa.locator(".map-row").first
        assert await row.locator(".map-words strong").inner_text() == "ławka"
        assert await row.locator("[data-category]").inner_text() == "Zieleń i rzeka"
        assert await ola.locator(".author-name").first.inner_text() == await row.locator(".author-name").inner_text()

        await remark_on_paper(clerk, consultation, block_id)
        await ewa.get_by_role("button", name="Nowe wpisy: 1").click()
        first = ewa.locator(".map-row").first
        await first.get_by_text("=Uwaga z listu").wait_for()
        assert await first.get_by_text("z papieru").is_visible()
        await first.get_by_role("button", name="Pokaż na mapie").click()
        await ewa.locator(".map-pin.marked").wait_for()

        await line_with_the_mouse(ola, path)
        entry = ola.url
        assert await overflow(ola) == 0
        assert await violations(ola) == []
        await clerk.goto(entry)
        await clerk.get_by_text("Moderacja").click()
        await clerk.get_by_role("button", name="Ukryj wpis").click()
        await clerk.locator(".field-error", has_text="Napisz dlaczego").wait_for()
        await clerk.locator("#reason").fill("Powtórzenie")
        await clerk.get_by_role("button", name="Ukryj wpis").click()
        await clerk.get_by_role("button", name="Pokaż znowu").wait_for()
        assert await violations(clerk) == []
        await ewa.wait_for_function("count => document.querySelectorAll('.map-pin').length === count", arg=pins + 2)
        await ewa.goto(f"{path}?sort=endorsed")
        await ewa.locator(".map-row[data-state=hidden]", has_text="Powtórzenie").wait_for()

        sheet = (await (await ola.request.get(f"{path}/entries.csv")).body()).decode("utf-8-sig")
        assert "'=Uwaga z listu" in sheet
        assert "Tędy chodnik" not in sheet
        features = await (await ola.request.get(f"{path}/entries.geojson")).json()
        assert len(features["features"]) == 28
        assert [one.found for one in faults] == [[], [], []]
