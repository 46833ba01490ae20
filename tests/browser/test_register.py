"""A class register in Chromium: quick, with a colleague, without a network, over a lost session and a killed server."""

import asyncio
import re
import time
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.browser.school_days import teach_today_at
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product, start_product
from tests.local_day import local_day

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("register")]

COUNTED = "() => { window.presses = 0; addEventListener('keydown', () => { window.presses += 1; }, true); }"
READY = "[data-grid][data-ready]"
CUT = ("422", "ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "WebSocket", "401", "503")
KEPT = """async () => {
  const pages = [];
  for (const name of await caches.keys()) {
    if (name.startsWith('gryf-schools-pages')) pages.push(...await (await caches.open(name)).keys());
  }
  const db = await new Promise((resolve) => {
    const request = indexedDB.open('gryf-register', 1);
    request.onsuccess = () => resolve(request.result);
  });
  const lessons = await new Promise((resolve) => {
    const request = db.transaction('lessons').objectStore('lessons').getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  return [pages.length, lessons.length];
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    async with product(tmp_path_factory.mktemp("register") / "data", "--no-feed") as found:
        await teach_today_at(found.ready)
        yield found


class Class:
    """A lesson that nobody has marked, and what the server says of it."""

    def __init__(self, api, school_id: int, view: dict):
        self.api = api
        self.school_id = school_id
        self.lesson_id = view["lesson"]["id"]
        self.path = f"/schools/{school_id}/lessons/{self.lesson_id}"
        self.pupils = {one["number"]: one["pupil_id"] for one in view["pupils"]}
        self.types = {one["code"]: one["id"] for one in view["types"]}
        self.codes = {one["id"]: one["code"] for one in view["types"]}

    async def marks(self) -> dict[int, str]:
        """Number of the pupil → code."""
        view = await (await self.api.get(f"/api{self.path}")).json()
        return {
            one["number"]: self.codes[one["mark"]["type_id"]]
            for one in view["pupils"]
            if one["mark"] and one["mark"]["type_id"]
        }

    async def written(self, since: int) -> list[tuple[int, str]]:
        """Changes that were made after the first `since`: pupil and code."""
        changes = (await (await self.api.get(f"/api{self.path}/history")).json())["changes"]
        return [(one["pupil_id"], one["to_code"]) for one in changes[since:]]

    async def count(self) -> int:
        return len(await self.written(0))

    async def mark(self, api, number: int, code: str | None, base_rev: int, op: str) -> dict:
        patch = {"pupil_id": self.pupils[number], "type": self.types.get(code), "op_id": op, "base_rev": base_rev}
        answer = await api.post(f"/api{self.path}/marks", data={"patches": [patch]})
        assert answer.ok, await answer.text()
        return (await answer.json())["results"][0]


async def unmarked(context, *, pupils: int = 0, class_name: str = "") -> Class:
    """A lesson of the teacher's last taught day, opened, with every mark taken back."""
    api = context.request
    school_id = (await (await api.get("/api/schools")).json())["schools"][0]["school_id"]
    for back in range(14):
        day = local_day() - timedelta(days=back)
        found = (await (await api.get(f"/api/schools/{school_id}/day?day={day}")).json())["lessons"]
        for one in found:
            if one["kind"] == "cancellation" or (class_name and one["class_name"] != class_name):
                continue
            opened = await api.post(
                f"/api/schools/{school_id}/lessons", data={"entry_id": one["entry_id"], "on_date": one["on_date"]}
            )
            if not opened.ok:
                continue
            path = f"/api/schools/{school_id}/lessons/{(await opened.json())['id']}"
            view = await (await api.get(path)).json()
            if pupils and len(view["pupils"]) != pupils:
                continue
            patches = [
                {
                    "pupil_id": row["pupil_id"],
                    "type": None,
                    "op_id": f"back-{row['mark']['rev']}-x",
                    "base_rev": row["mark"]["rev"],
                }
                for row in view["pupils"]
                if row["mark"]
            ]
            if patches:
                assert (await api.post(f"{path}/marks", data={"patches": patches})).ok
            return Class(api, school_id, view)
    raise AssertionError("the teacher has no such lesson")


async def opened(context, lesson: Class):
    page = await context.new_page()
    await page.goto(lesson.path)
    await page.locator(READY).wait_for()
    return page


def cell(page, number: int):
    return page.locator(f"tr[data-number='{number}'] [data-cell]")


async def saved(page) -> None:
    await page.locator("[data-saving][data-state=saved]").wait_for(timeout=60_000)


async def test_a_class_of_25_with_three_absent_takes_ten_presses(chromium, running):
    context = await person(chromium, running.ready, "teacher", LAPTOP)
    lesson = await unmarked(context, pupils=25)
    page = await opened(context, lesson)
    faults = Faults(page)
    await page.evaluate(COUNTED)
    for key in ".12-17-23-":
        await page.keyboard.press(key)
    await saved(page)
    assert await page.evaluate("window.presses") <= 10
    wanted = {number: "—" if number in {12, 17, 23} else "●" for number in range(1, 26)}
    assert await lesson.marks() == wanted

    # one group of marks is one «Cofnij»
    await page.keyboard.press("Control+z")
    await cell(page, 23).locator("[data-code]", has_text="●").wait_for()
    await page.keyboard.press("s")
    await cell(page, 23).press("Enter")
    await page.keyboard.type("7")
    await page.keyboard.press("Enter")
    await cell(page, 23).locator("[data-minutes]", has_text="7 min").wait_for()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("u")
    await saved(page)
    assert await lesson.marks() == wanted | {22: "u", 23: "s"}

    # the room: the same cells; its arrangement is kept
    await page.locator("[data-show=seats]").click()
    await page.locator("[data-arrange]").click()
    await page.locator("[data-grid][data-arranging]").wait_for()
    first = page.locator("[data-room] .seat").first
    name = await first.get_attribute("data-name")
    await first.click()
    await page.locator("[data-room] .seat-empty[data-place='608']").click()
    await page.locator("[data-arrange]").click()
    await page.locator("#flashes", has_text="Zapisano").wait_for()
    await page.reload()
    await page.locator(READY).wait_for()
    await page.locator(f"[data-room] .seat[data-place='608'][data-name='{name}']").wait_for()
    assert await violations(page) == []
    await page.locator("[data-show=list]").click()
    assert await violations(page) == []
    await page.set_viewport_size(PHONE)
    assert await overflow(page) <= 0
    assert await violations(page) == []
    assert faults.found == []
    await context.close()


async def test_marks_without_a_network_arrive_once_and_a_conflict_is_shown(chromium, running):
    context = await person(chromium, running.ready, "teacher", LAPTOP)
    lesson = await unmarked(context, class_name="8a")
    principal = await person(chromium, running.ready, "principal", LAPTOP)
    page = await opened(context, lesson)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function(
        "async () => (await caches.keys()).some((one) => one.startsWith('gryf-schools-pages'))"
    )
    await page.wait_for_function(f"async () => Boolean(await caches.match('{lesson.path}', {{ignoreVary: true}}))")
    before = await lesson.count()
    await context.set_offline(True)
    for key in ".3-9-":
        await page.keyboard.press(key)
    await cell(page, 3).and_(page.locator("[data-state=unsent]")).wait_for()
    assert await page.locator("[data-cell][data-state=unsent]").count() == len(lesson.pupils)

    # meanwhile the principal marks pupil 9 as late
    base = (await (await principal.request.get(f"/api{lesson.path}")).json())["pupils"][8]["mark"]
    assert (
        await lesson.mark(
            principal.request,
            9,
            "s",
            base["rev"] if base else 0,
            f"principal-{base['rev'] if base else 0}-{time.monotonic_ns()}",
        )
    )["outcome"] == "saved"

    # the tab is closed and opened again, still without a network
    await page.close()
    page = await context.new_page()
    await page.goto(lesson.path)
    await page.locator(READY).wait_for()
    await cell(page, 3).and_(page.locator("[data-state=unsent]")).wait_for()
    assert await cell(page, 3).locator("[data-code]").inner_text() == "—"

    await context.set_offline(False)
    clash = page.locator("tr[data-number='9'] [data-clash]")
    await clash.wait_for(timeout=60_000)
    assert re.search(r"spóźnienie.*nieobecność", await clash.inner_text(), flags=re.DOTALL)
    assert await page.locator("[data-clash]:not([hidden])").count() == 1
    marks = await lesson.marks()
    assert marks[9] == "s"
    assert marks == {number: {3: "—", 9: "s"}.get(number, "●") for number in lesson.pupils}
    assert await violations(page) == []
    await clash.get_by_role("button").nth(1).click()
    await saved(page)
    assert (await lesson.marks())[9] == "—"
    written = await lesson.written(before)
    assert sorted(pupil for pupil, _code in written) == sorted([*lesson.pupils.values(), lesson.pupils[9]])

    # signing out takes the names away
    assert min(await page.evaluate(KEPT)) >= 1
    await page.locator("details.account summary").click()
    await page.locator("details.account form button").click()
    await page.wait_for_url(lambda url: "/lessons/" not in url)
    assert await page.evaluate(KEPT) == [0, 0]
    for one in (context, principal):
        await one.close()


async def test_two_teachers_see_each_other_and_a_lost_session_loses_nothing(chromium, running):
    context = await person(chromium, running.ready, "teacher", LAPTOP)
    lesson = await unmarked(context, class_name="7a")
    other = await person(chromium, running.ready, "homeroom", PHONE)
    mine, theirs = await opened(context, lesson), await opened(other, lesson)
    faults = [Faults(mine, CUT), Faults(theirs, CUT)]
    await mine.keyboard.press(".")
    await cell(theirs, 1).locator("[data-code]", has_text="●").wait_for()
    short = await cell(theirs, 1).locator("[data-by]").inner_text()
    assert short
    await theirs.locator("tr[data-number='2'] [data-pick]", has_text="—").click()
    await cell(mine, 2).locator("[data-code]", has_text="—").wait_for()
    assert await cell(mine, 2).locator("[data-by]").inner_text() not in {"", short}
    await asyncio.gather(saved(mine), saved(theirs))

    # both at once, the same pupils: nothing is lost, nobody is told «saved» of what is not
    await asyncio.gather(mine.keyboard.press("Home"), theirs.locator("tr[data-number='4']").click())
    for number in (5, 6, 7):
        await asyncio.gather(
            mine.locator(f"tr[data-number='{number}'] [data-pick]", has_text="—").first.click(),
            theirs.locator(f"tr[data-number='{number}'] [data-category=late]").first.click(),
        )
    for page in (mine, theirs):
        await page.locator("[data-saving]:is([data-state=saved], [data-state=clash])").wait_for()
    marks = await lesson.marks()
    for number in (5, 6, 7):
        shown = [(await cell(page, number).get_attribute("data-state")) for page in (mine, theirs)]
        assert marks[number] in {"—", "s"}
        assert all(one in {"saved", "clash"} for one in shown), shown

    # the session ends in the middle
    await context.clear_cookies()
    await mine.locator("tr[data-number='10'] .name").click()
    await mine.keyboard.press("z")
    dialog = mine.locator("#sign-in-again[open]")
    await dialog.wait_for()
    await cell(mine, 10).and_(mine.locator("[data-state=unsent]")).wait_for()
    login, password = running.ready["logins"]["teacher"]
    await dialog.locator("[name=login]").fill(login)
    await dialog.locator("[name=password]").fill("nie to")
    await dialog.locator("[type=submit]").click()
    await dialog.locator("[data-problem]:not([hidden])").wait_for()
    await dialog.locator("[name=password]").fill(password)
    await dialog.locator("[type=submit]").click()
    await dialog.wait_for(state="hidden")
    await cell(theirs, 10).locator("[data-code]", has_text="z").wait_for(timeout=60_000)
    # its room is alive again too
    await theirs.locator("tr[data-number='11'] [data-pick]", has_text="—").first.click()
    await cell(mine, 11).locator("[data-code]", has_text="—").wait_for(timeout=60_000)
    assert [line for one in faults for line in one.found] == []
    for one in (context, other):
        await one.close()


async def test_a_killed_server_loses_no_mark(chromium, tmp_path):
    data = tmp_path / "data"
    running = await start_product(data, "--no-feed")
    port = running.ready["http"].rpartition(":")[2]
    try:
        await teach_today_at(running.ready)
        context = await person(chromium, running.ready, "teacher", LAPTOP)
        lesson = await unmarked(context)
        page = await opened(context, lesson)
        before = await lesson.count()
        await page.keyboard.press(".")
        await page.keyboard.press("1")
        for key in "-su":
            await page.keyboard.press(key)
        await running.kill()
        for key in "3-4-":
            await page.keyboard.press(key)
        await cell(page, 4).and_(page.locator("[data-state=unsent]")).wait_for()
        running = await start_product(data, "--no-feed", "--port", port)
        await saved(page)
        marks = await lesson.marks()
        assert {number: marks[number] for number in (1, 2, 3, 4, 5)} == {
            number: await cell(page, number).locator("[data-code]").inner_text() for number in (1, 2, 3, 4, 5)
        }
        assert (marks[3], marks[4], len(marks)) == ("—", "—", len(lesson.pupils))
        written = await lesson.written(before)
        assert len({pupil for pupil, _code in written}) == len(lesson.pupils)
        assert max(sum(one == pupil for one, _code in written) for pupil in lesson.pupils.values()) <= 5
        await context.close()
    finally:
        if running.process.returncode is None:
            await running.stop()
