"""What became of a consultation in Chromium: the clerk answers by keyboard, a reader hears of it, the report at 360 px."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def path_of(context, part: str, title: str) -> str:
    found = (await (await context.request.get("/api/dialog/consultations")).json())[part]
    return f"/dialog/{next(one['slug'] for one in found if title in one['title'])}"


async def looked_at(page, address: str) -> None:
    """Fits on a telephone, and axe finds nothing."""
    assert (await page.goto(address)).ok, address
    assert await violations(page) == [], address
    await page.set_viewport_size(PHONE)
    assert await overflow(page) <= 0, address
    await page.set_viewport_size(LAPTOP)


async def answer_by_keyboard(page) -> None:
    """J, X, J, X, A: two contributions, one answer; what is missing is said beside its field."""
    await page.locator("input[name=chosen]").first.wait_for()
    for key in ("j", "x", "j", "x"):
        await page.keyboard.press(key)
    await page.get_by_text("Zaznaczono: 2").wait_for()
    await page.get_by_label("Status").last.select_option("rejected")
    await page.get_by_role("button", name="Zapisz odpowiedź").press("Enter")
    await page.get_by_text("Napisz, co odpowiada urząd").first.wait_for()
    assert await page.locator("input[name=chosen]:checked").count() == 2
    await page.evaluate("() => document.activeElement.blur()")
    await page.keyboard.press("a")
    await page.keyboard.type("Nie, bo jak już pisaliśmy w axe.")  # letters that are keys elsewhere
    await page.get_by_role("button", name="Zapisz odpowiedź").press("Enter")
    await page.get_by_text("Zapisano odpowiedzi: 2").wait_for()


async def test_answers_report_and_following(tmp_path, chromium):
    async with product(tmp_path / "data") as running:
        clerk = await person(chromium, running.ready, "consultation_clerk")
        reader = await person(chromium, running.ready, "resident")
        park = await path_of(clerk, "ended", "Park Kultury")
        page, desk = await reader.new_page(), await clerk.new_page()
        faults = Faults(page)
        await page.goto(park)
        await page.get_by_role("heading", name="Co wynikło z konsultacji").wait_for()
        await page.get_by_text("z oparciem i podłokietnikami").first.wait_for()

        await desk.goto(park)
        await desk.get_by_role("link", name="Prowadź", exact=True).last.click()
        await desk.locator(".plan-block a", has_text="Co wynikło z konsultacji").click()
        await desk.get_by_role("link", name="Odpowiedzi na głosy").click()
        await looked_at(desk, desk.url.removeprefix(running.ready["http"]))
        await answer_by_keyboard(desk)
        await page.get_by_text("Nowe odpowiedzi urzędu: 2").wait_for()  # live, and nothing has moved

        for address in (park, f"{park}/outcome", f"{park}/outcome/answers", f"{park}/outcome/follow", f"{park}/people"):
            await looked_at(page, address)
        await page.goto(f"{park}/outcome/follow")
        await page.get_by_label("Wiadomości o tych konsultacjach").select_option("weekly")
        await page.get_by_role("button", name="Zapisz").click()
        await page.get_by_text("Zapisano").wait_for()
        await looked_at(page, "/dialog/mine/following")
        assert await page.get_by_label("Wiadomości o „Park Kultury").input_value() == "weekly"
        pdf = await reader.request.get(f"{park}/outcome/report.pdf")
        assert (await pdf.body()).startswith(b"%PDF")
        assert faults.found == []
