"""A phase that ends while people type, and rows and points that are dragged, in Chromium with mouse and finger."""

import json

import pytest

from app.database import DATABASE
from tests.browser.hands import drag, on_phone
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TYPED = "Jeszcze jedno zdanie o lipach"


async def consultation(context, title: str) -> dict:
    found = (await (await context.request.get("/api/dialog/consultations")).json())["running"]
    return next(one for one in found if title in one["title"])


async def block_of(site, kind: str, title: str) -> tuple[int, int]:
    """A block of the demonstration and its phase."""
    async with site.app[DATABASE].transaction(readonly=True) as tx:
        rows = await tx.records(
            "SELECT b.id, b.phase_id FROM consultation_block AS b JOIN consultation AS c ON c.id = b.consultation_id"
            " WHERE b.kind = $1 AND c.title LIKE $2 AND b.phase_id IS NOT NULL ORDER BY b.phase_id LIMIT 1",
            kind,
            f"%{title}%",
        )
    return rows[0]["id"], rows[0]["phase_id"]


async def written(site, table: str, text: str) -> int:
    async with site.app[DATABASE].transaction(readonly=True) as tx:
        return await tx.value(f"SELECT count(*) FROM {table} WHERE text LIKE $1", f"%{text}%")


async def test_what_is_typed_when_a_phase_ends_stays_and_is_not_sent(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    jan = await (await person(chromium, ready, "resident", LAPTOP)).new_page()
    ola = await (await person(chromium, ready, "resident2", PHONE)).new_page()
    faults = [Faults(page, ("409", "422")) for page in (jan, ola)]
    square, plan = await consultation(jan.context, "Plac Zwyci"), await consultation(jan.context, "Nadrzecze")
    talk, talk_phase = await block_of(site, "discussion", "Plac Zwyci")
    place, map_phase = await block_of(site, "map", "Nadrzecze")
    await jan.goto(f"/dialog/{square['slug']}/blocks/{talk}")
    field = jan.locator("[data-main-composer] textarea")
    await field.press_sequentially(TYPED)
    await ola.goto(f"/dialog/{plan['slug']}/map/{place}/new")
    await ola.locator(".leaflet-control-zoom").wait_for()
    await ola.get_by_label("Adres albo nazwa miejsca").fill("ul. Wiejska 1")
    await ola.get_by_label("Kategoria").select_option(index=1)
    await ola.get_by_label("Komentarz").fill(TYPED)
    async with site.app[DATABASE].transaction() as tx:
        await tx.execute(
            "UPDATE consultation_phase SET ends_at = clock_timestamp() WHERE id = ANY($1::bigint[])",
            [talk_phase, map_phase],
        )

    bar = jan.locator("[data-changed]:not([hidden])")
    await bar.get_by_text("zakończył").wait_for()
    assert await field.input_value() == TYPED
    assert await field.evaluate("field => field === document.activeElement")
    await jan.locator("[data-main-composer] [type=submit]").click()
    await jan.locator("[data-main-composer] [data-problem]", has_text="Zakończono").wait_for()
    assert await field.input_value() == TYPED
    assert await violations(jan) == []

    await ola.get_by_role("button", name="Dodaj wpis").click()
    await ola.locator(".error-summary", has_text="Zakończono").wait_for()
    assert await ola.get_by_label("Komentarz").input_value() == TYPED
    assert await ola.get_by_label("Adres albo nazwa miejsca").input_value() == "ul. Wiejska 1"
    assert await overflow(ola) == 0
    assert await violations(ola) == []
    assert await written(site, "discussion_comment", TYPED) == 0
    assert await written(site, "map_entry", TYPED) == 0
    assert [one.found for one in faults] == [[], []]


async def test_rows_and_points_are_dragged_by_mouse_and_by_finger(chromium, site):
    ready = {"http": site.http, "logins": site.logins}
    clerk = await (await person(chromium, ready, "consultation_clerk", LAPTOP)).new_page()
    phone = await on_phone(chromium, ready, "resident2")
    desk_phone = await on_phone(chromium, ready, "consultation_clerk")
    faults = [Faults(page) for page in (clerk, phone, desk_phone)]
    square, plan = await consultation(clerk.context, "Plac Zwyci"), await consultation(clerk.context, "Nadrzecze")

    for page, finger in ((clerk, False), (desk_phone, True)):  # the clerk's plan: the first block behind the second
        await page.goto(f"/dialog/manage/{square['id']}")
        rows = page.locator("[data-blocks]").first.locator(".plan-block")
        before = await rows.evaluate_all("all => all.map(one => one.dataset.block)")
        await rows.nth(1).scroll_into_view_if_needed()
        second = await rows.nth(1).bounding_box()
        grip = await rows.nth(0).locator(".plan-grip").bounding_box()
        await drag(page, grip, (grip["x"] + 20, second["y"] + second["height"] * 0.8), finger=finger)
        await page.locator("[data-said]", has_text="Przeniesiono").wait_for(state="attached")
        await page.reload()
        now = await rows.evaluate_all("all => all.map(one => one.dataset.block)")
        assert now == [before[1], before[0], *before[2:]]
        assert await violations(page) == []

    place, _phase = await block_of(site, "map", "Nadrzecze")
    await phone.goto(f"/dialog/{plan['slug']}/map/{place}/new")
    await phone.locator(".leaflet-control-zoom").wait_for()
    ground = phone.get_by_role("application")
    await ground.scroll_into_view_if_needed()
    await ground.tap(position={"x": 150, "y": 150})
    corner = phone.locator(".map-corner")
    await corner.wait_for()
    first = json.loads(await phone.locator("[data-geometry]").input_value())["coordinates"]
    box = await corner.bounding_box()
    await drag(phone, box, (box["x"] + 82, box["y"] + 62), finger=True)
    await phone.wait_for_function(
        "first => document.querySelector('[data-geometry]').value && "
        "JSON.parse(document.querySelector('[data-geometry]').value).coordinates[0] !== first",
        arg=first[0],
    )
    second = json.loads(await phone.locator("[data-geometry]").input_value())["coordinates"]
    assert second[0] > first[0]
    assert second[1] < first[1]
    assert await phone.locator("[name=latitude]").input_value() == str(second[1])
    assert await violations(phone) == []
    assert [one.found for one in faults] == [[], [], []]
