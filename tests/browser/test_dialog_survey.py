"""A survey with conditions from a phone without an account to the clerk's results, and an opinion map by keys."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAVED = "() => document.querySelector('[data-saved]').textContent === 'zapisano'"


async def consultation(context, title: str) -> dict:
    found = await (await context.request.get("/api/dialog/consultations")).json()
    return next(one for part in found.values() for one in part if one["title"].startswith(title))


async def seen(page) -> None:
    """Nothing is wrong with the page as it stands."""
    assert await violations(page) == []
    assert await overflow(page) <= 0


async def test_a_survey_with_conditions_and_an_opinion_map(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        await survey_walk(chromium, running.ready)
        await opinion_walk(chromium, running.ready)


async def survey_walk(chromium, ready) -> None:
    guest = await person(chromium, ready, "", PHONE)
    reader = await person(chromium, ready, "", LAPTOP)
    phone, screen = await guest.new_page(), await reader.new_page()
    faults = [Faults(phone, ("422",)), Faults(screen)]
    night = await consultation(guest, "Nocne autobusy")
    await phone.goto(f"/dialog/{night['slug']}")
    block = await phone.locator("[data-kind=surveys]").get_attribute("data-block")
    survey = f"/dialog/{night['slug']}/surveys/{block}"
    await screen.goto(f"{survey}/results")
    before = int(await screen.locator("[data-sent]").text_content())
    await phone.get_by_role("link", name="Wypełnij ankietę").click()

    # what is required is asked for beside its question; conditions hide and show by keys alone
    await phone.get_by_role("button", name="Dalej").click()
    await phone.locator(".error-summary").wait_for()
    assert "wymagane" in await phone.locator("#q-q2-error").text_content()
    await seen(phone)
    how = phone.locator("[data-question=q3]")
    await phone.locator("#q-q2-o4").focus()
    await phone.keyboard.press("Space")  # «nigdy»: nobody is asked how
    assert await how.is_hidden()
    await phone.keyboard.press("ArrowUp")
    assert await how.is_visible()
    why = phone.locator("[data-question=q4]")
    assert await why.is_hidden()
    await phone.locator("#q-q3-o4").focus()
    await phone.keyboard.press("Space")
    await phone.locator("#q-q4").fill("Ciemno przy torach")
    await phone.wait_for_function(SAVED)

    # this browser finds it again; another one finds nothing
    await phone.goto(survey)
    assert await phone.locator("#q-q4").input_value() == "Ciemno przy torach"
    await screen.goto(survey)
    assert await screen.locator("[data-survey-form] input:checked").count() == 0
    await screen.goto(f"{survey}/results")
    await phone.get_by_role("button", name="Dalej").click()
    await phone.locator("#q-q6-4").focus()
    await phone.keyboard.press("Space")
    await phone.locator("#q-q8-o4").focus()
    for _step in range(3):
        await phone.keyboard.press("ArrowUp")  # to the first place
    assert await phone.locator("#q-q8-o4").input_value() == "1"
    assert "miejsce 1 z 4" in await phone.locator("[data-ranking-said]").text_content()
    await seen(phone)
    await phone.get_by_role("button", name="Wyślij").click()
    await phone.get_by_role("heading", name="Ankieta wysłana").wait_for()
    assert "Ciemno przy torach" in await phone.locator("dl.survey-answers").text_content()
    await seen(phone)
    # the results on another screen have moved by themselves
    await screen.wait_for_function(f"() => document.querySelector('[data-sent]').textContent === '{before + 1}'")
    await seen(screen)

    # the clerk enters a sheet of paper and sees both in the groups
    clerk = await person(chromium, ready, "consultation_clerk")
    desk = await clerk.new_page()
    faults.append(Faults(desk, ("422",)))
    managed = f"/dialog/manage/{night['id']}/surveys/{block}"
    await desk.goto(f"{managed}/paper")
    await desk.locator("#q-q6-2").focus()
    await desk.keyboard.press("Space")
    await desk.get_by_role("button", name="Zapisz formularz").click()
    await desk.locator("#sheet-error").wait_for()
    assert await desk.locator("#q-q6-2").is_checked()  # nothing typed is lost
    await seen(desk)
    await desk.locator("#sheet").fill("BOM/77")
    await desk.get_by_role("button", name="Zapisz formularz").click()
    await desk.get_by_text("Formularz BOM/77 wpisany").wait_for()
    await screen.wait_for_function(f"() => document.querySelector('[data-sent]').textContent === '{before + 2}'")
    export = await (await clerk.request.get(f"{managed}/answers.csv")).text()
    assert export.count("\r\n") == before + 3
    assert "Ciemno przy torach" in export
    for path in ("", "/questions/q3", "/results?by=source", "/answers"):
        await desk.goto(f"{managed}{path}" if path else f"/dialog/manage/{night['id']}/blocks/{block}")
        await seen(desk)
    assert [one.found for one in faults] == [[], [], []]
    for context in (guest, reader, clerk):
        await context.close()


async def opinion_walk(chromium, ready) -> None:
    resident = await person(chromium, ready, "resident3", PHONE)
    page = await resident.new_page()
    faults = Faults(page)
    square = await consultation(resident, "Plac Zwycięstwa")
    await page.goto(f"/dialog/{square['slug']}")
    root = page.locator("[data-kind=opinions]")
    block = await root.get_attribute("data-block")
    await page.goto(f"/dialog/{square['slug']}/blocks/{block}")
    first = await page.locator(".opinion-statement").text_content()
    await page.keyboard.press("a")
    await page.wait_for_function(f"() => document.querySelector('.opinion-statement').textContent !== {first!r}")
    assert "1 z 8" in await page.locator("[data-progress]").text_content()
    await page.get_by_role("button", name="Cofnij").click()
    await page.wait_for_function(f"() => document.querySelector('.opinion-statement').textContent === {first!r}")
    for number, key in enumerate("adpadpad", start=1):
        await page.keyboard.press(key)
        await page.wait_for_function(
            f"() => document.querySelector('[data-progress]').textContent.startsWith('{number} z 8')"
        )
    await page.get_by_text("To było ostatnie stwierdzenie").wait_for()
    assert await page.locator("[data-choices]").is_hidden()
    await seen(page)
    park = await consultation(resident, "Park Kultury")
    view = await (await resident.request.get(f"/api/dialog/{park['id']}")).json()
    block = next(one["id"] for one in view["blocks"] if one["kind"] == "opinions")
    await page.goto(f"/dialog/{park['slug']}/opinions/{block}")
    await page.locator(".opinion-map svg polygon").first.wait_for(state="attached")
    assert await page.locator(".opinion-groups section").count() >= 2
    assert await page.locator("tbody tr").count() == 18
    await seen(page)
    assert faults.found == []
    await resident.close()
