"""A parent on a phone: an absence appears, is excused, the homeroom teacher accepts, sums change; then a message."""

import asyncio
from datetime import timedelta

import pytest

from tests.browser.school_days import holidays, no_holidays
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product
from tests.local_day import local_day, within_one_day

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONGEST_S = 120


async def seen(page) -> None:
    """Nothing is wrong with the page as it stands."""
    assert await violations(page) == []
    assert await overflow(page) <= 0


async def test_from_an_absence_to_a_confirmed_message(chromium, tmp_path, filled_url):
    await within_one_day(LONGEST_S)
    await holidays(filled_url)  # at the end of August nothing was held for weeks
    await no_holidays(filled_url)
    async with product(tmp_path / "data", "--no-feed", database_url=filled_url) as running:
        await walk(chromium, running.ready)


async def walk(chromium, ready) -> None:
    parent = await person(chromium, ready, "parent", PHONE)
    homeroom = await person(chromium, ready, "homeroom", LAPTOP)
    phone, desk = await parent.new_page(), await homeroom.new_page()
    faults = [Faults(phone), Faults(desk)]
    schools = (await (await parent.request.get("/api/schools")).json())["schools"]
    school = next(one["school_id"] for one in schools if "nr 5" in one["name"])
    await phone.goto(f"/schools/{school}/diary")
    diary = phone.url
    pupil = int(diary.rpartition("/")[2])
    await phone.get_by_role("navigation", name="Dzieci").get_by_role("link", name="Hania").wait_for()
    await seen(phone)

    await weeks_are_there(homeroom, school, pupil)
    lesson, subject = await marked_absent(homeroom, school, pupil)
    row = phone.locator(f"[data-open] [data-lesson='{lesson}']")
    await row.wait_for(timeout=30_000)  # by itself
    assert subject in await row.text_content()
    await phone.goto(f"{diary}/attendance")
    await seen(phone)
    unexcused = phone.locator("[data-unexcused]")
    before = int(await unexcused.text_content())
    assert before >= 1

    link = phone.locator(f"[data-lesson='{lesson}']").get_by_role("link", name="Usprawiedliw")
    await desk.goto(f"/schools/{school}/excuses")
    waiting = await desk.locator("input[name=excuse]").count()
    await link.click()
    await phone.get_by_label("Powód").fill("Wizyta u dentysty")
    await seen(phone)
    await phone.get_by_role("button", name="Wyślij").click()
    await phone.get_by_text("Wysłano do wychowawcy").wait_for()
    sent = phone.locator("[data-excuse]").filter(has_text="Wizyta u dentysty")
    assert await sent.get_attribute("data-state") == "sent"

    on_desk = desk.locator("li[data-excuse]").filter(has_text="Wizyta u dentysty")
    await on_desk.wait_for(timeout=30_000)
    assert await desk.locator("input[name=excuse]").count() == waiting + 1
    await seen(desk)
    await on_desk.get_by_role("checkbox").check()
    await desk.get_by_label("Słowo do rodziców").fill("Dziękuję za wiadomość")
    await desk.get_by_role("button", name="Przyjmij").click()
    await desk.get_by_text("Przyjęte usprawiedliwienia: 1").wait_for()
    await (
        phone.locator("[data-excuse][data-state=accepted]")
        .filter(has_text="Wizyta u dentysty")
        .wait_for(timeout=30_000)
    )
    assert await phone.get_by_text("Dziękuję za wiadomość").count() == 1
    await phone.goto(f"{diary}/attendance")
    assert int(await unexcused.text_content()) == before - 1

    await a_message_to_confirm(phone, desk, school)
    assert faults[0].found == []
    assert faults[1].found == []


async def day_of(context, school, pupil, past: int) -> list[dict]:
    """A pupil's lessons, so many days ago."""
    day = local_day() - timedelta(days=past)
    return (await (await context.request.get(f"/api/schools/{school}/diary/{pupil}?day={day}")).json())["rows"]


async def weeks_are_there(context, school, pupil) -> None:
    """The demonstration adds its earlier weeks, all at once, a moment after the start: no sum stands still before."""
    for past in range(6, 20):
        if await day_of(context, school, pupil, past):
            async with asyncio.timeout(60):
                while not any(one["lesson_id"] for one in await day_of(context, school, pupil, past)):
                    await asyncio.sleep(0.25)
            return


async def marked_absent(homeroom, school, pupil) -> tuple[int, str]:
    """The homeroom teacher writes an absence into the last lesson of today: the first page shows the newest ones alone."""
    desk = (await homeroom.request.get(f"/schools/{school}/excuses")).url
    class_id = int(desk.split("/classes/")[1].split("/")[0])
    assert class_id > 0
    last = (await day_of(homeroom, school, pupil, 0))[-1]
    opened = await homeroom.request.post(
        f"/api/schools/{school}/lessons", data={"entry_id": last["id"], "on_date": local_day().isoformat()}
    )
    assert opened.ok, await opened.text()
    lesson = (await opened.json())["id"]
    view = await (await homeroom.request.get(f"/api/schools/{school}/lessons/{lesson}")).json()
    types = {one["code"]: one["id"] for one in view["types"]}
    mark = next(one["mark"] for one in view["pupils"] if one["pupil_id"] == pupil)
    rev = mark["rev"] if mark else 0
    patches = [
        {"pupil_id": pupil, "type": types[code], "op_id": f"browser-{code_name}", "base_rev": rev, "excused": False}
        for code, code_name in (("●", "present"), ("—", "absent"))
    ]
    answer = await homeroom.request.post(
        f"/api/schools/{school}/lessons/{lesson}/marks", data={"patches": patches, "reason": ""}
    )
    results = (await answer.json())["results"]
    assert results[-1]["outcome"] in {"saved", "same"}, results
    return lesson, view["lesson"]["subject"]


async def a_message_to_confirm(phone, desk, school) -> None:
    await phone.goto(f"/schools/{school}/messages")
    await seen(phone)
    counter = phone.locator("[data-messages]")
    await phone.wait_for_function("() => !document.querySelector('[data-messages]').hidden")
    before = int(await counter.locator("[data-unread]").text_content() or 0)
    await desk.goto(f"/schools/{school}/messages/new")
    await desk.locator("#to optgroup[label='Wszyscy rodzice'] option", has_text="7a").first.wait_for(state="attached")
    value = await desk.locator("#to optgroup[label='Wszyscy rodzice'] option", has_text="7a").first.get_attribute(
        "value"
    )
    await desk.locator("#to").select_option(value)
    await desk.get_by_label("Czego dotyczy").fill("Próba alarmu w piątek")
    await desk.get_by_label("Wiadomość").fill("Proszę nie przychodzić po dzieci wcześniej.")
    await desk.get_by_label("Poproś wszystkich o potwierdzenie").check()
    await seen(desk)
    await desk.get_by_role("button", name="Wyślij").click()
    title = desk.locator("#receipts-title")
    await title.wait_for()
    assert "potwierdziło 0" in await title.text_content()

    thread = phone.get_by_role("link", name="Próba alarmu w piątek")
    await thread.wait_for(timeout=30_000)
    await phone.wait_for_function(
        f"() => Number(document.querySelector('[data-unread]').textContent) === {before + 1}", timeout=30_000
    )
    await thread.click()
    await phone.get_by_role("button", name="Potwierdzam").click()
    await phone.get_by_text("Potwierdzono").first.wait_for()
    await seen(phone)
    await desk.wait_for_function(
        "() => document.querySelector('#receipts-title').textContent.includes('potwierdziło 1')", timeout=30_000
    )
    await seen(desk)
