"""A participatory budget in Chromium, from a resident's idea to the result: by keyboard, at phone's width, live, with axe."""

import pytest

from app.database import DATABASE
from portals.dialog.budget.demo import demo_actors
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.portals.dialog.ballots.test_pages import path_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "Młodzieżowy Budżet Obywatelski 2027"


async def move_phase(site, title: str, starts_s: int, ends_s: int) -> None:
    """The clock of the city goes faster for this budget."""
    async with site.app[DATABASE].transaction() as tx:
        await tx.execute(
            "UPDATE consultation_phase SET starts_at = clock_timestamp() + make_interval(secs => $2),"
            " ends_at = clock_timestamp() + make_interval(secs => $3) WHERE title = $1 AND consultation_id ="
            " (SELECT id FROM consultation WHERE title LIKE 'Młodzieżowy%')",
            title,
            starts_s,
            ends_s,
        )


async def fine(page, faults: list[str]) -> None:
    """Nobody is shut out, and nothing is wider than the window."""
    faults += [f"{page.url}: {line}" for line in await violations(page)]
    if await overflow(page) > 0:
        faults.append(f"{page.url}: too wide")


async def test_an_idea_becomes_a_project_is_voted_on_and_wins(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    assert "resident" in await demo_actors(site.app)
    place = await path_of(site, TITLE)
    faults: list[str] = []
    watcher = await (await person(chromium, ready, "", LAPTOP)).new_page()
    await watcher.goto(place)
    jan = await (await person(chromium, ready, "resident", PHONE)).new_page()
    heard = [Faults(watcher), Faults(jan, ("422",))]

    # a draft that lacks something: each field says what, and nothing typed is lost
    await jan.goto(place)
    await jan.get_by_role("link", name="Napisz projekt").click()
    await fine(jan, faults)
    await jan.get_by_label("Tytuł").fill("Hamaki nad Słupią")
    await jan.get_by_label("Ile to kosztuje").fill("Hamaki: 8000\nMontaż: dużo")
    await jan.get_by_role("button", name="Zgłoś projekt").click()
    await jan.get_by_text("Każdy wiersz kończy dwukropek").first.wait_for()
    assert await jan.get_by_label("Tytuł").input_value() == "Hamaki nad Słupią"
    await jan.get_by_label("Ile to kosztuje").fill("Hamaki: 8000\nMontaż: 2000")
    await jan.get_by_role("button", name="Zgłoś projekt").click()
    await jan.get_by_text("Napisz, gdzie ma powstać").first.wait_for()
    await jan.get_by_label("W jednym zdaniu").fill("Osiem hamaków między lipami.")
    await jan.get_by_label("Opis").fill("Hamaki dla wszystkich, po drugiej stronie kładki; *zdejmowane* na zimę.")
    await jan.get_by_label("Gdzie ma powstać").fill("Bulwary, za kładką")
    await jan.locator(".leaflet-control-zoom").wait_for()
    ground = jan.get_by_role("application")
    await ground.focus()
    await jan.keyboard.press("ArrowRight")
    await jan.keyboard.press("Enter")  # the place is set by keys alone
    await jan.locator(".map-corner").wait_for()
    await jan.get_by_role("button", name="Zgłoś projekt").click()
    await jan.get_by_role("heading", name="Hamaki nad Słupią").wait_for()
    await fine(jan, faults)
    project = jan.url

    # who is looking sees it come by itself; the office checks it and puts it on the ballot
    await watcher.locator(".project-card", has_text="Hamaki nad Słupią").wait_for(timeout=10_000)
    clerk = await (await person(chromium, ready, "consultation_clerk", LAPTOP)).new_page()
    heard.append(Faults(clerk))
    await clerk.goto(project)
    await clerk.get_by_role("link", name="Ocena formalna").click()
    for box in await clerk.locator("main [type=checkbox]").all():
        await box.check()
    await fine(clerk, faults)
    await clerk.get_by_role("button", name="Dopuść").click()
    await clerk.get_by_role("button", name="Przenieś na kartę").click()
    await clerk.get_by_text("Nowe na karcie: 2").wait_for()
    await watcher.locator(".project-card[data-state=admitted]", has_text="Hamaki").wait_for(timeout=10_000)

    # the vote begins; two people vote, one of them by keyboard alone
    await move_phase(site, "Zgłaszanie projektów", -9 * 86400, -60)
    await move_phase(site, "Głosowanie", -1, 3600)
    await jan.goto(place)
    await jan.get_by_role("link", name="Głosuj", exact=True).click()
    first = jan.get_by_label("Hamaki nad Słupią")
    await first.focus()
    await jan.keyboard.type("9")
    await jan.keyboard.press("Enter")
    await jan.get_by_text("Rozdano punktów: 9; do rozdania jest 5").wait_for()
    assert await first.input_value() == "9"
    await first.fill("5")
    await jan.get_by_text("rozdane punkty: 5 z 5").wait_for()
    await fine(jan, faults)
    # gone away before the confirmation: it is here again, and the page reminds
    await jan.evaluate("() => { addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true) }")
    ballot = jan.url
    await jan.goto(place)
    await jan.get_by_text("Głos nie jest jeszcze potwierdzony").wait_for()
    await jan.get_by_role("link", name="Dokończ głosowanie").click()
    assert await first.input_value() == "5"
    other = await jan.context.new_page()
    await other.goto(ballot)
    await first.focus()
    await jan.keyboard.press("Enter")
    await jan.get_by_role("heading", name="Czy to Twój głos?").wait_for()
    await fine(jan, faults)
    await jan.get_by_role("button", name="Potwierdź głos").focus()
    await jan.keyboard.press("Enter")
    receipt = (await jan.locator("#receipt").inner_text()).strip()
    assert len(receipt.replace("-", "")) == 16
    await fine(jan, faults)
    await other.get_by_text("Głos oddano przed chwilą w innej karcie").wait_for(timeout=5_000)
    await other.goto(ballot)
    await other.get_by_text("Głos oddany. Dziękujemy.").wait_for()

    # the counter moves where somebody looks; the result comes by itself
    await watcher.goto(place)
    await watcher.get_by_text("Głosy oddane do tej pory").wait_for()
    await watcher.wait_for_function("() => document.querySelector('[data-voted]').textContent.trim() === '1'")
    assert "Hamaki" in await watcher.locator(".ballot").inner_text()
    assert await watcher.locator(".ballot-bars").count() == 0
    await move_phase(site, "Głosowanie", -3600, 0)
    await watcher.get_by_text("Wygrywa: Hamaki nad Słupią").wait_for(timeout=20_000)
    await fine(watcher, faults)
    await jan.goto(f"{place}?")
    await jan.get_by_role("link", name="Sprawdź potwierdzenie").click()
    await jan.get_by_label("Twoje potwierdzenie").fill(receipt.lower())
    await jan.keyboard.press("Enter")
    await jan.get_by_text("Hamaki nad Słupią: 5").wait_for()
    await fine(jan, faults)
    await jan.goto(project)
    await jan.get_by_text("wygrywa").first.wait_for()
    assert faults + [line for one in heard for line in one.found] == []
