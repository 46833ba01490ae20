"""Planning in Chromium: an agenda by drag and by keys, papers that come live, pages that fit a phone."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PDF = {"name": "Opinia_komisji_żółta.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + b"0" * 2000}
PASTED = "Porządek obrad:\n1. Otwarcie sesji i stwierdzenie quorum\n2. Uchwały:\na) budżet\nna 2027 rok\nb) rondo\n3. Zamknięcie"


async def coming(context) -> dict:
    answer = await context.request.get("/api/council/sessions")
    return next(one for one in (await answer.json())["coming"] if not one["committee"])


async def titles(page) -> list[str]:
    return await page.locator("[data-row] [name=row_title]").evaluate_all("rows => rows.map(one => one.value)")


async def numbers(page) -> list[str]:
    return await page.locator("[data-row] [name=row_number]").evaluate_all(
        "fields => fields.map(one => one.value || one.placeholder)"
    )


async def test_an_agenda_is_pasted_corrected_and_ordered_by_keys_and_by_drag(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        clerk = await person(chromium, running.ready, "clerk")
        session = await coming(clerk)
        page = await clerk.new_page()
        faults = Faults(page)
        await page.goto(f"/council/desk/{session['id']}/agenda")
        await page.get_by_text("Wklej z dokumentu").click()
        await page.get_by_label("Tekst porządku obrad").fill(PASTED)
        await page.get_by_role("button", name="Wczytaj w miejsce porządku obrad").click()
        await page.get_by_text("Tak wczytano porządek obrad").wait_for()
        assert await page.get_by_text("Porządek obrad:", exact=True).count() == 1  # what was left out is shown
        assert await titles(page) == [
            "Otwarcie sesji i stwierdzenie quorum", "Uchwały:", "budżet na 2027 rok", "rondo", "Zamknięcie",
        ]  # fmt: skip
        assert await numbers(page) == ["1", "2", "2a", "2b", "3"]

        # by keyboard alone: «rondo» up, then the last one becomes a sub-item of the one before it
        await page.locator("[data-row]", has_text="rondo").locator("[data-handle]").focus()
        await page.keyboard.press("ArrowUp")
        await page.wait_for_function("() => document.activeElement.matches('[data-handle]')")
        assert (await titles(page))[2:4] == ["rondo", "budżet na 2027 rok"]
        await page.locator("[data-row]").last.locator("[data-handle]").focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowLeft")
        # a new item by Enter, taken out and taken back
        last = page.locator("[data-row] [name=row_title]").last
        await last.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.type("Wolne wnioski")
        await page.locator("[data-row]").last.get_by_role("button", name="Usuń").click()
        await page.get_by_role("button", name="Cofnij").click()
        assert (await titles(page))[-1] == "Wolne wnioski"

        # by drag: «Uchwały» goes with what hangs below it
        await page.locator("[data-row]").first.evaluate("row => row.scrollIntoView({block: 'start'})")
        handle = await page.locator("[data-row]").nth(1).locator("[data-handle]").bounding_box()
        goal = await page.locator("[data-row]").last.bounding_box()
        await page.mouse.move(handle["x"] + 10, handle["y"] + 10)
        await page.mouse.down()
        await page.mouse.move(goal["x"] + 20, goal["y"] + goal["height"] - 4, steps=8)
        await page.mouse.up()
        expected = [
            "Otwarcie sesji i stwierdzenie quorum", "Zamknięcie", "Wolne wnioski", "Uchwały:", "rondo", "budżet na 2027 rok",
        ]  # fmt: skip
        assert await titles(page) == expected
        await page.get_by_role("button", name="Zapisz porządek obrad").click()
        await page.get_by_text("Zapisano").first.wait_for()
        answer = await clerk.request.get(f"/api/council/sessions/{session['id']}")
        items = (await answer.json())["items"]
        assert [one["title"] for one in items] == expected
        assert [one["number"] for one in items] == ["1", "2", "3", "4", "2b", "2a"]
        assert faults.found == []


async def test_a_paper_that_is_added_appears_on_open_pages(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        clerk, resident = (
            await person(chromium, running.ready, "clerk"),
            await person(chromium, running.ready, "", PHONE),
        )
        session = await coming(clerk)
        page, desk = await resident.new_page(), await clerk.new_page()
        faults = [Faults(page), Faults(desk)]
        await page.goto(f"/council/sessions/{session['slug']}")
        await page.locator("[data-item-papers] a", has_text="Projekt uchwały budżetowej").wait_for()
        await desk.goto(f"/council/desk/{session['id']}/papers")
        assert await page.get_by_text("Plan pracy – wersja robocza").count() == 0  # for councillors only
        await desk.get_by_label("Punkt", exact=True).select_option(index=2)
        await desk.get_by_label("Pliki").set_input_files([PDF])
        await desk.get_by_role("button", name="Dodaj", exact=True).click()
        await desk.get_by_text("Dodano: Opinia komisji żółta").wait_for()
        row = page.locator("[data-agenda] > [data-id]").nth(1)
        await row.locator("a", has_text="Opinia komisji żółta").wait_for(timeout=5_000)
        assert "PDF, 2 kB" in await row.inner_text()
        # it is taken back: residents lose it without a reload
        await desk.get_by_role("link", name="Zmień: Opinia komisji żółta").click()
        await desk.get_by_label("Kto widzi").select_option("councillors")
        await desk.get_by_role("button", name="Zapisz").click()
        await row.locator("a", has_text="Opinia komisji żółta").wait_for(state="detached", timeout=5_000)
        assert [fault for one in faults for fault in one.found] == []


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_pages_fit_and_axe_finds_nothing(chromium, shown, viewport):
    ready = shown
    clerk, resident = await person(chromium, ready, "clerk", viewport), await person(chromium, ready, "", viewport)
    session = await coming(clerk)
    desk, public = f"/council/desk/{session['id']}", f"/council/sessions/{session['slug']}"
    pages = {
        clerk: [
            *(desk + path for path in ("/edit", "/agenda", "/papers", "/invitations")),
            "/council/desk/members", "/council/desk/members/councillors/1", "/council/desk/members/committees/1",
            "/council/papers/1/edit",
        ],
        resident: [
            "/council/calendar", public, f"{public}/papers", f"{public}/notice", "/council/papers/1",
        ],
    }  # fmt: skip
    faults = []
    for context, paths in pages.items():
        page = await context.new_page()
        heard = Faults(page)
        for path in paths:
            await page.goto(path)
            await page.wait_for_load_state("load")
            faults += [f"{path}: {line}" for line in await violations(page)]
            wide = await overflow(page)
            if wide > 0:
                faults.append(f"{path}: {wide} px wider than the window")
        faults += heard.found
    assert faults == []
