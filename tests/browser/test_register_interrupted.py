"""Marking that is interrupted: in one burst, by a page that goes, by a lid that closes for two hours, by a lost session."""

import asyncio
import time
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from tests.browser.school_days import teach_today, teach_today_at
from tests.browser.test_register import CUT, cell, opened, saved, unmarked
from tests.browser.watching import LAPTOP, Faults, person
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("register")]

BURST = "(keys) => { for (const key of keys) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }"
SENDS = "/marks"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    async with product(tmp_path_factory.mktemp("interrupted") / "data", "--no-feed") as found:
        await teach_today_at(found.ready)
        yield found


def sent(page) -> list[dict]:
    """Bodies of the marks that the page sends from now on."""
    found: list[dict] = []
    page.on(
        "request",
        lambda one: found.append(one.post_data_json) if one.method == "POST" and one.url.endswith(SENDS) else None,
    )
    return found


async def test_a_burst_is_one_request_and_a_page_that_goes_takes_its_marks_along(chromium, running):
    context = await person(chromium, running.ready, "teacher", LAPTOP)
    lesson = await unmarked(context, pupils=25)
    page = await opened(context, lesson)
    requests = sent(page)
    await page.evaluate(BURST, list(".12-17-23-"))
    await saved(page)
    assert [len(one["patches"]) for one in requests] == [25]  # the corrected ones went once, with their last value
    wanted = {number: "—" if number in {12, 17, 23} else "●" for number in range(1, 26)}
    assert await lesson.marks() == wanted

    # a key, and the page is gone in the same moment: nobody comes back to it
    before = await lesson.count()
    await page.evaluate(f"(keys) => {{ ({BURST})(keys); location.href = 'about:blank'; }}", list("5-"))
    for _ in range(100):
        if (await lesson.marks())[5] == "—":
            break
        await asyncio.sleep(0.1)
    assert (await lesson.marks())[5] == "—"
    # whoever comes back sends it once more under the same name, and it counts once
    page = await opened(context, lesson)
    await saved(page)
    await page.wait_for_function("() => !document.querySelector('[data-cell][data-state=sending]')")
    assert await lesson.written(before) == [(lesson.pupils[5], "—")]
    await context.close()


async def test_a_laptop_that_slept_two_hours_goes_on_where_it_was(chromium, running):
    context = await person(chromium, running.ready, "teacher", LAPTOP)
    lesson = await unmarked(context, class_name="8a")
    principal = await person(chromium, running.ready, "principal", LAPTOP)
    page = await context.new_page()
    await page.clock.install()
    await page.goto(lesson.path)
    await page.locator("[data-grid][data-ready]").wait_for()
    faults = Faults(page, CUT)
    await page.keyboard.press(".")
    await saved(page)
    before = await lesson.count()
    await page.locator("[name=topic]").fill("Ułamki, których nikt nie zapisał")

    await context.set_offline(True)  # the lid closes: the radio first
    await page.locator("tr[data-number='3'] .name").click()
    await page.keyboard.press("-")
    await cell(page, 3).and_(page.locator("[data-state=unsent], [data-state=sending]")).wait_for()
    # meanwhile the principal marks one that was touched here and one that was not
    grid = await (await principal.request.get(f"/api{lesson.path}")).json()
    revs = {row["number"]: row["mark"]["rev"] for row in grid["pupils"]}
    for number, code in ((3, "s"), (6, "z")):
        assert (
            await lesson.mark(principal.request, number, code, revs[number], f"asleep-{number}-{time.monotonic_ns()}")
        )["outcome"] == "saved"
    await page.clock.fast_forward(timedelta(hours=2) // timedelta(milliseconds=1))
    await context.set_offline(False)

    await page.locator("tr[data-number='3'] [data-clash]:not([hidden])").wait_for(timeout=60_000)
    await cell(page, 6).locator("[data-code]", has_text="z").wait_for(timeout=60_000)
    assert await page.locator("[name=topic]").input_value() == "Ułamki, których nikt nie zapisał"
    assert await page.locator("[data-clash]:not([hidden])").count() == 1
    await page.locator("tr[data-number='3'] [data-clash]").get_by_role("button").nth(1).click()
    await saved(page)
    marks = await lesson.marks()
    assert (marks[3], marks[6], marks[1]) == ("—", "z", "●")
    changes = await lesson.written(before)
    assert sorted(changes) == sorted([(lesson.pupils[3], "s"), (lesson.pupils[6], "z"), (lesson.pupils[3], "—")])
    # and the grid is live again
    assert (await lesson.mark(principal.request, 7, "u", revs[7], f"awake-{time.monotonic_ns()}"))["outcome"] == "saved"
    await cell(page, 7).locator("[data-code]", has_text="u").wait_for(timeout=60_000)
    assert faults.found == []
    for one in (context, principal):
        await one.close()


async def test_a_session_that_expires_in_the_middle_of_marking_loses_nothing_typed(chromium, tmp_path, filled_url):
    await teach_today(filled_url)
    async with product(tmp_path / "data", "--no-feed", database_url=filled_url) as running:
        context = await person(chromium, running.ready, "teacher", LAPTOP)
        lesson = await unmarked(context, class_name="7a")
        page = await opened(context, lesson)
        faults = Faults(page, CUT)
        await page.keyboard.press(".")
        await saved(page)
        await page.locator("[name=topic]").fill("Twierdzenie Pitagorasa")
        homework = page.locator("[data-new-homework] [name=text]")
        await page.locator("details:has([data-new-homework]) > summary").click()
        await homework.fill("Zadania 1–3 ze strony 40")
        connection = await asyncpg.connect(filled_url)
        try:
            ended = await connection.execute(
                "UPDATE web_session SET expires_at = now() - interval '1 second' WHERE account_id ="
                " (SELECT id FROM account WHERE login = $1)",
                running.ready["logins"]["teacher"][0],
            )
        finally:
            await connection.close()
        assert ended != "UPDATE 0"
        await page.locator("tr[data-number='10'] .name").click()
        await page.keyboard.press("z")
        dialog = page.locator("#sign-in-again[open]")
        await dialog.wait_for(timeout=60_000)
        url = page.url
        login, password = running.ready["logins"]["teacher"]
        await dialog.locator("[name=login]").fill(login)
        await dialog.locator("[name=password]").fill(password)
        await dialog.locator("[type=submit]").click()
        await dialog.wait_for(state="hidden")
        await saved(page)
        assert (await lesson.marks())[10] == "z"
        assert page.url == url
        assert await page.locator("[name=topic]").input_value() == "Twierdzenie Pitagorasa"
        assert await homework.input_value() == "Zadania 1–3 ze strony 40"
        await page.locator("[name=topic]").press("Enter")
        await page.locator("[data-topic-shown]", has_text="Twierdzenie Pitagorasa").wait_for(state="attached")
        await page.locator("[data-new-homework] [type=submit], [data-new-homework] button").first.click()
        await page.locator("[data-homework] li", has_text="Zadania 1–3").wait_for()
        assert faults.found == []
        await context.close()
