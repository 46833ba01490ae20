"""Rankings in Chromium: of a vote and of a survey, by mouse, finger, buttons and keys; what is typed is never moved away."""

import pytest

from app.database import DATABASE
from portals.dialog.ballots import store
from portals.dialog.ballots.model import OptionDraft, VoteSettings
from portals.dialog.demo import demo_block, demo_consultation
from tests.browser.hands import at_top, drag, on_phone
from tests.browser.watching import LAPTOP, Faults, overflow, person, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DRAWN = "one => [getComputedStyle(one).fontWeight, getComputedStyle(one.querySelector('.icon')).fill].join()"
TREES = ("Lipa", "Klon", "Dąb", "Brzoza")


async def a_ranking_vote(site) -> str:
    """The address of a running vote that ranks four trees."""
    settings = VoteSettings(method="ranked", counting="irv")
    block = await demo_block(site.app, "plac-zwyciestwa", "ballots", title="Jakie drzewa?", settings=settings)
    async with site.app[DATABASE].transaction() as tx:
        for title in TREES:
            await store.add_option(tx, block.id, OptionDraft(title=title))
    return f"{(await demo_consultation(site.app, 'plac-zwyciestwa')).path}/ballots/{block.id}"


async def order(page) -> list[str]:
    return await page.locator("[data-ranking] [data-name]").all_text_contents()


async def numbers(page) -> dict[str, str]:
    rows = page.locator("[data-option]")
    names = await rows.locator("[data-name]").all_text_contents()
    return dict(zip(names, await rows.locator("input").evaluate_all("all => all.map(one => one.value)"), strict=True))


def row(page, name: str):
    return page.locator("[data-option]", has=page.locator("[data-name]", has_text=name))


async def pull(page, name: str, place: str, *, finger: bool) -> None:
    """The row into the ranking: onto the upper edge of the row called `place`, or into the empty list."""
    to = await at_top(row(page, place) if place else page.locator("[data-ranking] [data-rows]"))
    grip = await row(page, name).locator(".drag-grip").bounding_box()
    await drag(page, grip, (to["x"] + 30, to["y"] + 6), finger=finger)


async def test_a_ranking_is_dragged_pressed_and_typed(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    address = await a_ranking_vote(site)
    mouse = await (await person(chromium, ready, "resident", LAPTOP)).new_page()
    phone = await on_phone(chromium, ready, "resident2")
    faults = [Faults(page) for page in (mouse, phone)]
    for page, finger in ((mouse, False), (phone, True)):
        await page.goto(address)
        await page.locator("[data-ranking]").wait_for()
        await pull(page, "Klon", "", finger=finger)
        assert await order(page) == ["Klon"]
        await pull(page, "Brzoza", "Klon", finger=finger)
        assert await order(page) == ["Brzoza", "Klon"]
        assert await numbers(page) == {"Brzoza": "1", "Klon": "2", "Lipa": "", "Dąb": ""}
        assert await page.locator("[data-ranking-said]").text_content() == "Brzoza: miejsce 1 z 2"
        assert await page.locator("[data-count]").text_content() == "w rankingu: 2"
        assert await violations(page) == []
        assert await overflow(page) <= 0
    # out again by the finger, anywhere below: it stands where it stood
    grip = await at_top(row(phone, "Klon").locator(".drag-grip"))
    below = await row(phone, "Dąb").bounding_box()
    await drag(phone, grip, (below["x"] + 30, below["y"] + below["height"] - 4), finger=True)
    assert await numbers(phone) == {"Brzoza": "1", "Lipa": "", "Klon": "", "Dąb": ""}
    # buttons and keys
    await row(mouse, "Lipa").get_by_role("button", name="Dodaj do rankingu: Lipa").press("Enter")
    await row(mouse, "Lipa").get_by_role("button", name="W górę: Lipa").press("Enter")
    assert await order(mouse) == ["Brzoza", "Lipa", "Klon"]
    await row(mouse, "Klon").locator("input").press("ArrowUp")
    assert await order(mouse) == ["Brzoza", "Klon", "Lipa"]
    await row(mouse, "Brzoza").get_by_role("button", name="Usuń z rankingu: Brzoza").press("Enter")
    assert await numbers(mouse) == {"Klon": "1", "Lipa": "2", "Dąb": "", "Brzoza": ""}
    # typed numbers: nothing moves while one types, and what cannot be right stays for the server to name
    await row(mouse, "Dąb").locator("input").fill("1")
    await row(mouse, "Klon").locator("input").fill("3")
    assert await order(mouse) == ["Klon", "Lipa"]
    await mouse.get_by_role("heading", level=1).click()
    await mouse.locator("[data-ranking] [data-option]").nth(2).wait_for()  # a moment later, once the press is over
    assert await order(mouse) == ["Dąb", "Lipa", "Klon"]
    await row(mouse, "Lipa").locator("input").fill("3")
    await mouse.get_by_role("button", name="Sprawdź głos").click()
    await mouse.locator(".error-summary", has_text="żadnej liczby dwa razy").wait_for()
    assert (await numbers(mouse))["Lipa"] == "3"
    await row(mouse, "Lipa").locator("input").fill("2")
    await mouse.get_by_role("button", name="Sprawdź głos").click()
    await mouse.get_by_role("heading", name="Czy to Twój głos?").wait_for()
    said = await mouse.locator(".ballot-chosen strong").all_text_contents()
    assert said == ["Dąb", "Lipa", "Klon"]
    # back to the choice: the ranking is as it was
    await mouse.get_by_role("button", name="Zmień wybór").click()
    await mouse.locator("[data-ranking]").wait_for()
    assert await order(mouse) == ["Dąb", "Lipa", "Klon"]
    assert [[line for line in one.found if "422" not in line] for one in faults] == [[], []]


async def test_a_surveys_ranking_is_dragged(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    night = await demo_consultation(site.app, "komunikacja-nocna")
    mouse = await (await person(chromium, ready, "", LAPTOP)).new_page()
    phone = await on_phone(chromium, ready)
    faults = [Faults(page) for page in (mouse, phone)]
    for page, finger in ((mouse, False), (phone, True)):
        await page.goto(night.path)
        block = await page.locator("[data-kind=surveys]").get_attribute("data-block")
        await page.goto(f"{night.path}/surveys/{block}?page=2")
        await page.locator("#q-q6-4").check()  # the ranking is asked of who needs the night bus
        rows = page.locator("[data-ranking] [data-option]")
        before = await rows.locator("label").all_text_contents()
        first, grip = await at_top(rows.nth(0)), await rows.nth(2).locator(".drag-grip").bounding_box()
        await drag(page, grip, (first["x"] + 30, first["y"] + 4), finger=finger)
        assert await rows.locator("label").all_text_contents() == [before[2], before[0], before[1], *before[3:]]
        values = await rows.locator("input").evaluate_all("all => all.map(one => one.value)")
        assert values == [str(place) for place in range(1, len(before) + 1)]
        assert f"{before[2]}: miejsce 1 z {len(before)}" in await page.locator("[data-ranking-said]").text_content()
        await page.wait_for_function("() => document.querySelector('[data-saved]').textContent === 'zapisano'")
        await page.reload()
        assert (await rows.locator("label").all_text_contents())[0] == before[2]
        assert await overflow(page) <= 0
    assert [one.found for one in faults] == [[], []]


async def test_following_is_seen_at_once(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    place = await demo_consultation(site.app, "plac-zwyciestwa")
    page = await (await person(chromium, ready, "resident3", LAPTOP)).new_page()
    faults = Faults(page)
    await page.goto(place.path)
    follow, said = page.locator("[data-follow-press]").first, page.locator("[data-follow-said]").first
    was = await follow.get_attribute("aria-pressed") == "true"
    for wanted in (not was, was):  # there and back, without loading the page
        drawn = await follow.evaluate(DRAWN)
        await follow.press("Enter")
        await page.locator(f"[data-follow-press][aria-pressed={str(wanted).lower()}]").first.wait_for()
        words = f"Ta dyskusja {'jest' if wanted else 'nie jest'} obserwowana"
        await page.locator("[data-follow-said]", has_text=words).first.wait_for()
        assert await said.text_content() == words
        assert await said.is_visible()
        assert await follow.evaluate(DRAWN) != drawn
        assert await follow.evaluate("one => one === document.activeElement")
    # the whole consultation: what is so stands on the button
    await page.get_by_role("link", name="Obserwuj", exact=True).click()
    await page.get_by_label("Wiadomości o tych konsultacjach").select_option("weekly")
    await page.get_by_role("button", name="Zapisz").click()
    await page.get_by_role("link", name="Obserwowane: raz w tygodniu").wait_for()
    assert await violations(page) == []
    assert faults.found == []
