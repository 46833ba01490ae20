"""A teacher marks, and the principal's page, the alert, the homeroom teacher and the wallboard follow."""

import asyncpg
import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product
from tests.local_day import local_day, within_one_day

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

SCREEN = {"width": 1920, "height": 1080}
LONG_MS = 60_000
"""The machine may be busy with other tests."""
LONGEST_S = 120


async def seen(page) -> None:
    assert await violations(page) == []
    assert await overflow(page) <= 0


async def taught_today(database_url: str) -> None:
    """The walk goes on Sundays and holidays too: today is taught as a Monday."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO school_day (school_id, on_date, is_off, taught_as)"
            " SELECT DISTINCT school_id, $1::date, false, 1 FROM timetable_version"
            " ON CONFLICT (school_id, on_date) DO UPDATE SET is_off = false, taught_as = 1",
            local_day(),
        )
    finally:
        await connection.close()


async def mark(context, school: int, planned: dict, codes: dict[int, str], op: str) -> dict:
    """Opens a lesson and marks pupils by their place in the list: `present` or `absent`; the rest present."""
    answer = await context.request.post(
        f"/api/schools/{school}/lessons", data={"entry_id": planned["entry_id"], "on_date": local_day().isoformat()}
    )
    assert answer.ok, await answer.text()
    lesson = await answer.json()
    grid = await (await context.request.get(f"/api/schools/{school}/lessons/{lesson['id']}")).json()
    types = {one["code"]: one["id"] for one in grid["types"]}
    patches = [
        {
            "pupil_id": row["pupil_id"],
            "type": types[codes.get(place, "●")],
            "op_id": f"{op}-{row['pupil_id']}",
            "base_rev": row["mark"]["rev"] if row["mark"] else 0,
        }
        for place, row in enumerate(grid["pupils"])
    ]
    answer = await context.request.post(
        f"/api/schools/{school}/lessons/{lesson['id']}/marks", data={"patches": patches}
    )
    assert answer.ok, await answer.text()
    return grid


async def test_a_day_on_the_dashboard(chromium, tmp_path, filled_url):
    await within_one_day(LONGEST_S)
    async with product(tmp_path / "data", "--no-feed", database_url=filled_url) as running:
        await taught_today(filled_url)
        await day_walk(chromium, running.ready)
        await department_walk(chromium, running.ready)


async def day_walk(chromium, ready) -> None:
    principal, teacher = await person(chromium, ready, "principal"), await person(chromium, ready, "teacher")
    homeroom, wall = await person(chromium, ready, "homeroom", PHONE), await person(chromium, ready, "", SCREEN)
    mine = await (await principal.request.get("/api/schools")).json()
    school = mine["schools"][0]["school_id"]
    address = f"/schools/{school}/dashboard"

    # the principal makes an address for the screen; what is typed wrong is told beside its field
    desk = await principal.new_page()
    faults = [Faults(desk, ("422",))]
    await desk.goto(f"{address}/settings")
    await desk.locator("#unchecked_after_min").fill("0")
    await desk.get_by_role("button", name="Zapisz").click()
    assert "120" in await desk.locator("#unchecked_after_min-error").text_content()
    assert await desk.locator("#unchecked_after_min").input_value() == "0"
    await desk.locator("#unchecked_after_min").fill("12")
    await desk.get_by_role("button", name="Zapisz").click()
    await desk.get_by_text("Zapisano", exact=True).wait_for()
    await desk.locator("#name").fill("hol")
    await desk.get_by_role("button", name="Utwórz adres").click()
    secret = await desk.locator("[data-made]").get_attribute("href")
    await seen(desk)

    screen = await wall.new_page()
    faults.append(Faults(screen))
    await screen.goto(secret)
    await screen.wait_for_function("() => document.querySelector('[data-wall-link]').hidden")
    assert await violations(screen) == []

    await desk.goto(f"{address}?day={local_day()}")
    await desk.evaluate("() => { window.sameUntilTheEnd = true; }")
    day = await (await principal.request.get(f"/api/schools/{school}/dashboard?day={local_day()}")).json()
    seventh = next(one["id"] for one in day["classes"] if one["name"] == "7a")
    whole = [
        one for one in day["slots"]
        if one["class_ids"] == [seventh] and one["title"] == "7a" and one["kind"] not in {"cancellation", "joint"}
    ]  # fmt: skip
    first, second = sorted(whole, key=lambda one: one["period"])[:2]

    # her own lesson, wherever it is: the cell says so by itself
    own = await (await teacher.request.get(f"/api/schools/{school}/day?day={local_day()}")).json()
    held = [one for one in own["lessons"] if one["kind"] != "cancellation" and one["class_id"]]
    lesson = min(held, key=lambda one: one["taken"])  # in the afternoon the demo's teacher has checked them all
    grid = await mark(teacher, school, lesson, {0: "—", 1: "—"}, "walk-teacher")
    cell = f"[data-place='{lesson['class_id']}-{lesson['period']}']"
    await desk.wait_for_function(
        "(cell) => document.querySelector(cell).dataset.state === 'checked'"
        " && document.querySelector(cell).textContent.includes('nieob. 2')",
        arg=cell,
        timeout=LONG_MS,
    )
    await screen.wait_for_function(
        "(cell) => document.querySelector(cell).dataset.state === 'checked'", arg=cell, timeout=LONG_MS
    )
    shown = await screen.content()
    assert not any(row["last_name"] in shown for row in grid["pupils"][:2])

    # by keys alone: who is absent
    await desk.locator(cell).focus()
    await desk.keyboard.press("Enter")
    names = desk.locator("[data-names] li")
    await names.first.wait_for()
    assert grid["pupils"][0]["last_name"] in " ".join(await names.all_text_contents())
    assert await names.count() == 2
    await seen(desk)
    await desk.keyboard.press("Escape")
    assert await desk.evaluate("(cell) => document.activeElement === document.querySelector(cell)", cell)

    # somebody of 7a is there and then is not: an alert for the principal and the homeroom teacher
    form = await homeroom.new_page()
    faults.append(Faults(form))
    await form.goto(address)
    assert form.url.endswith(f"/dashboard/classes/{seventh}")
    await mark(principal, school, first, {}, "walk-first")
    missing = (await mark(principal, school, second, {3: "—"}, "walk-second"))["pupils"][3]
    for page in (desk, form):
        alert = page.locator("[data-alerts] > ul li", has_text=missing["last_name"])
        await alert.first.wait_for(timeout=LONG_MS)
    row = desk.locator("[data-alerts] > ul li", has_text=f"{missing['first_name']} {missing['last_name']}")
    number = await row.first.get_attribute("data-id")
    await desk.wait_for_function(
        "(id) => document.querySelector(`[data-id='${id}']`).textContent.includes('Hanna Stępień')",
        arg=number,
        timeout=LONG_MS,
    )
    await seen(form)
    await seen(desk)
    await desk.locator(f"[data-id='{number}'] [data-settle]").focus()
    await desk.keyboard.press("Enter")
    for page in (desk, form):
        await page.wait_for_function(
            "(id) => document.querySelector(`[data-over-list] [data-id='${id}']`)?.textContent.includes('załatwione')",
            arg=number,
            timeout=LONG_MS,
        )
    assert await desk.evaluate("() => window.sameUntilTheEnd")

    phone = await person(chromium, ready, "principal", PHONE)
    small = await phone.new_page()
    await small.goto(f"{address}?day={local_day()}")
    await seen(small)

    # the address is taken back: the screen is empty, and nobody opens it again
    await desk.goto(f"{address}/settings")
    await desk.get_by_role("button", name="Wycofaj: hol").click()
    await screen.wait_for_function("() => document.querySelector('[data-wall]').children.length === 0", timeout=LONG_MS)
    assert (await wall.request.get(secret)).status == 404
    assert [one.found for one in faults] == [[], [], []]
    for context in (principal, teacher, homeroom, wall, phone):
        await context.close()


async def department_walk(chromium, ready) -> None:
    department = await person(chromium, ready, "education_department", LAPTOP)
    page = await department.new_page()
    faults = Faults(page)
    await page.goto("/schools/city")
    assert await page.locator("[data-city] tr").count() == 29
    await seen(page)
    sheet = await department.request.get("/schools/city.xlsx")
    assert sheet.ok
    assert (await sheet.body())[:2] == b"PK"
    assert faults.found == []
    await department.close()
