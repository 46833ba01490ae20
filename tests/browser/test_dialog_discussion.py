"""A discussion in Chromium: one types while another posts, a moderator decides by keyboard, everybody sees it at once."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TYPED = "Piszę powoli: **lipy** są"
HOSTILE = '<img src=x onerror="document.title=1"> [klik](javascript:document.title=2) @Olcha'


async def thread_address(page) -> str:
    """The page of the block alone, from the consultation's."""
    await page.goto("/dialog")
    await page.get_by_role("link", name="Plac Zwycięstwa: mniej aut, więcej zieleni").first.click()
    block = await page.locator("[data-discussion]").first.get_attribute("data-block")
    return f"{page.url.split('?')[0].split('#')[0]}/blocks/{block}"


async def says(page, text: str) -> None:
    await page.locator("[data-main-composer] textarea").fill(text)
    await page.locator("[data-main-composer] [type=submit]").click()
    await page.locator(
        "[data-main-composer] textarea:placeholder-shown, [data-main-composer] textarea"
    ).first.wait_for()


def row(page, text: str):
    return page.locator(".comment", has=page.locator(".comment-body", has_text=text)).first


async def walk(chromium, ready) -> None:
    jan = await (await person(chromium, ready, "resident", LAPTOP)).new_page()
    ola = await (await person(chromium, ready, "resident2", PHONE)).new_page()
    mod = await (await person(chromium, ready, "consultation_moderator", LAPTOP)).new_page()
    faults = [Faults(one, ("409", "422")) for one in (jan, ola, mod)]
    address = await thread_address(jan)
    await jan.goto(address)
    await ola.goto(address)
    await ola.wait_for_timeout(500)

    # she types; what he posts waits behind a button and moves nothing
    field = ola.locator("[data-main-composer] textarea")
    await field.press_sequentially(TYPED)
    place = (await field.bounding_box())["y"]
    await says(jan, HOSTILE)
    mine = row(jan, "onerror")
    await mine.wait_for()
    assert await mine.locator(".comment-body img, .comment-body script").count() == 0
    assert await mine.locator(".comment-body a").count() == 0
    await mine.locator(".mention", has_text="@Olcha").wait_for()
    pill = ola.locator("[data-new]")
    await pill.get_by_text("1 nowa").wait_for()
    assert await field.input_value() == TYPED
    assert await field.evaluate("field => field === document.activeElement")
    assert abs((await field.bounding_box())["y"] - place) < 1
    assert await row(ola, "onerror").count() == 0
    await ola.locator("[data-summary]", has_text="1 nowa wypowiedź").wait_for(state="attached", timeout=9000)
    await pill.click()
    await row(ola, "onerror").wait_for()
    assert await field.input_value() == TYPED
    await ola.reload()
    assert await field.input_value() == TYPED  # kept in the browser
    await field.fill("")

    # she answers and endorses; he sees it
    hers = row(ola, "onerror")
    await hers.locator("[data-do=endorse]").first.click()
    await mine.locator("[data-text=endorsements]", has_text="1").first.wait_for()
    await hers.locator("[data-do=reply]").first.click()
    await hers.locator("form textarea").fill("Odpowiadam od razu")
    await hers.locator("form [type=submit]").click()
    await hers.get_by_text("Odpowiadam od razu").wait_for()
    await (
        mine.locator("[data-do=more-replies]", has_text="1 nowa odpowiedź")
        .or_(mine.get_by_text("Odpowiadam od razu"))
        .first.wait_for()
    )

    # a word of the rules: it waits; the moderator lets it pass with a key
    queue = await mod.goto(
        f"/dialog/manage/{await jan.locator('[data-consultation]').get_attribute('data-consultation')}/discussion"
    )
    assert queue.status == 200
    before = await mod.locator(".queue-entry").count()
    await says(jan, "To jakieś oszustwo z tymi drzewami")
    await jan.locator("[data-own]", has_text="oszustwo").wait_for()
    entry = mod.locator(".queue-entry", has_text="To jakieś oszustwo")
    await entry.wait_for()
    assert await mod.locator(".queue-entry").count() == before + 1
    for _step in range(before):
        await mod.keyboard.press("j")
    assert "current" in await entry.get_attribute("class")
    await mod.keyboard.press("a")
    await entry.wait_for(state="detached")
    await row(jan, "oszustwo").or_(jan.locator("[data-new]:not([hidden])")).first.wait_for()

    # reported, removed with a reason: a dated tombstone, everywhere, with the reply still there
    await hers.locator("[data-do=report]").first.click()
    await ola.locator("[data-dialog=report] [type=submit]").click()
    entry = mod.locator(".queue-entry", has_text="onerror")
    await entry.wait_for()
    await entry.locator("article").focus()
    await mod.keyboard.press("r")
    await mod.keyboard.type("To nie na temat")
    await entry.locator("[data-reason] [type=submit]").click()
    await entry.wait_for(state="detached")
    for page in (jan, ola):
        await page.locator(".comment-gone", has_text="To nie na temat").first.wait_for()
    assert await ola.get_by_text("Odpowiadam od razu").count() == 1
    assert await ola.locator(".comment-body", has_text="onerror").count() == 0

    await jan.reload()
    await jan.locator("[data-own-do=appeal]").first.click()
    await jan.locator("[data-dialog=appeal] textarea").fill("Było na temat: chodzi o lipy")
    await jan.locator("[data-dialog=appeal] [type=submit]").click()
    entry = mod.locator(".queue-entry", has_text="Było na temat")
    await entry.wait_for()
    await entry.locator("[data-decide=approve]").click()
    await ola.locator(".comment-body", has_text="onerror").first.wait_for()

    for page in (jan, ola, mod):
        assert await violations(page) == []
    await mod.set_viewport_size(PHONE)
    assert await overflow(mod) <= 0
    assert await overflow(ola) <= 0
    assert [one.found for one in faults] == [[], [], []]


async def test_one_types_while_another_posts_and_a_moderator_decides(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        await walk(chromium, running.ready)
