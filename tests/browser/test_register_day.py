"""A teacher's day in Chromium: a lesson opened by mistake, the bell, days without lessons; two people at one pupil's card."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.school_days import teach_today_at
from tests.browser.test_register import unmarked
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.local_day import local_day, within_one_day

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG_MS = 60_000
"""The machine may be busy with other tests."""
LONGEST_S = 120


@pytest.fixture(autouse=True)
async def a_school_day(shown):
    await within_one_day(LONGEST_S)
    await teach_today_at(shown)


async def school_of(context) -> int:
    return (await (await context.request.get("/api/schools")).json())["schools"][0]["school_id"]


async def free_place(context, school: int) -> tuple[str, int, int]:
    """A class in an hour in which it has nothing today: its name, its id, the hour."""
    board = await (await context.request.get(f"/api/schools/{school}/dashboard?day={local_day()}")).json()
    taken = {(class_id, slot["period"]) for slot in board["slots"] for class_id in slot["class_ids"]}
    return next(
        (one["name"], one["id"], period)
        for one in board["classes"]
        for period in range(8, 0, -1)
        if (one["id"], period) not in taken
    )


async def test_a_lesson_opened_by_mistake_leaves_the_dashboard_and_comes_back(chromium, shown):
    principal = await person(chromium, shown, "principal", LAPTOP)
    teacher = await person(chromium, shown, "teacher", PHONE)
    school = await school_of(teacher)
    name, class_id, period = await free_place(principal, school)
    desk, page = await principal.new_page(), await teacher.new_page()
    faults = [Faults(desk), Faults(page)]
    await desk.goto(f"/schools/{school}/dashboard?day={local_day()}")
    await desk.locator("#main").wait_for()
    cell = desk.locator(f"button[data-place='{class_id}-{period}']")
    assert await cell.count() == 0

    await page.goto(f"/schools/{school}/lessons/new")
    await page.locator("#place").select_option(label=name)
    await page.locator("#period").select_option(value=str(period))
    await page.locator("#subject_id").select_option(label="Matematyka")
    await page.get_by_role("button", name="Otwórz lekcję").click()
    await page.locator("[data-grid][data-ready]").wait_for()
    path = page.url
    await cell.wait_for(timeout=LONG_MS)

    assert await violations(page) == []
    assert await overflow(page) <= 0
    await page.get_by_role("button", name="Wycofaj lekcję").click()
    await page.get_by_text("Lekcja wycofana").wait_for()
    await cell.wait_for(state="detached", timeout=LONG_MS)
    assert await violations(page) == []
    assert await overflow(page) <= 0

    await page.locator("#flashes").get_by_role("button", name="Cofnij").click()
    await page.wait_for_url(path)
    await cell.wait_for(timeout=LONG_MS)
    await page.get_by_role("button", name="Wycofaj lekcję").click()  # so that the next run finds the hour free
    await cell.wait_for(state="detached", timeout=LONG_MS)
    assert [one.found for one in faults] == [[], []]
    for one in (principal, teacher):
        await one.close()


async def test_at_the_bell_the_next_lesson_is_one_press_away(chromium, shown):
    """Only the day is invented here: the teacher's next lesson begins four seconds after the page was opened."""
    context = await person(chromium, shown, "teacher", LAPTOP)
    lesson = await unmarked(context)
    path = f"/api/schools/{lesson.school_id}/day"
    day = (await (await context.request.get(f"{path}?day={await day_of(context, lesson)}")).json())["lessons"]
    now = datetime.now(UTC)
    first = {**day[0], "lesson_id": lesson.lesson_id, "kind": "", **hours(now - timedelta(minutes=45), 45)}
    second = {**day[-1], "lesson_id": None, "kind": "", "class_name": "8b", "subject": "Matematyka"}
    second |= hours(now + timedelta(seconds=4), 45)
    page = await context.new_page()
    faults = Faults(page)
    await page.route(f"**{path}", lambda route: route.fulfill(json={"lessons": [first, second]}))
    await page.goto(lesson.path)
    bar = page.locator("[data-next-lesson]")
    await page.locator("[data-grid][data-ready]").wait_for()
    await bar.get_by_text("Teraz: 8b Matematyka").wait_for(timeout=LONG_MS)
    assert await bar.locator("[name=entry]").input_value() == str(second["entry_id"])
    assert await bar.locator("[name=day]").input_value() == second["on_date"]
    assert await bar.get_by_role("button", name="Otwórz lekcję").is_visible()
    assert await violations(page) == []
    assert faults.found == []
    await context.close()


async def day_of(context, lesson) -> str:
    return (await (await context.request.get(f"/api{lesson.path}")).json())["lesson"]["on_date"]


def hours(begins: datetime, minutes: int) -> dict[str, str]:
    return {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(minutes=minutes)).isoformat()}


async def test_two_at_one_pupils_card_hear_of_each_other(chromium, shown):
    office = await person(chromium, shown, "secretary", LAPTOP)
    principal = await person(chromium, shown, "principal", LAPTOP)
    school = await school_of(office)
    listed, card, other = await office.new_page(), await office.new_page(), await principal.new_page()
    faults = [Faults(one) for one in (listed, card, other)]
    await listed.goto(f"/schools/{school}/people")
    row = listed.locator("[data-person^='pupil/']").first
    key = await row.get_attribute("data-person")
    address = f"/schools/{school}/people/pupils/{key.partition('/')[2]}"
    await card.goto(address)
    await card.locator("#phone").evaluate("(field) => { field.closest('details').open = true; }")
    await card.locator("#phone").fill("600 100 200")
    news = card.locator("[data-people-news]")
    assert await news.is_hidden()

    await other.goto(address)
    second = other.locator("#p-second")
    await second.fill("Zyta" if await second.input_value() != "Zyta" else "Olga")
    await second.press("Enter")
    await other.locator("#flashes").get_by_text("Zapisano").wait_for()
    await news.get_by_text("zmieni").wait_for(timeout=LONG_MS)
    assert await card.locator("#phone").input_value() == "600 100 200"  # nothing changes under the hand
    assert await violations(card) == []
    await news.get_by_role("button", name="Pokaż").click()
    await card.wait_for_function(
        "(name) => document.querySelector('#p-second')?.value === name", arg=await second.input_value()
    )
    assert [one.found for one in faults] == [[], [], []]
    for one in (office, principal):
        await one.close()
