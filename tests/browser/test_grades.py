"""A grade book in Chromium: a column by keyboard alone, a pasted one, a correction with its reason, a conflict, a phone."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ACTIVE = "document.activeElement.closest('tr')?.dataset.pupil"


async def opened(page, role_path: str, named: str) -> None:
    """A book by its link in the contents."""
    await page.goto(role_path)
    await page.get_by_role("link", name=named, exact=True).first.click()
    await page.locator("td[data-column] .gr-cell.active").wait_for()


async def new_column(page, title: str) -> str:
    """By the dialog; its id. In a cell «k» would begin an entry."""
    if await page.evaluate("document.activeElement.matches('.gr-cell')"):
        await page.get_by_role("button", name="Nowa kolumna").click()
    else:
        await page.keyboard.press("k")
    await page.get_by_label("Za co są oceny").fill(title)
    await page.get_by_label("Kategoria").select_option(label="Sprawdzian (spr)")
    assert await page.locator("#gc-weight").input_value() == "5"
    await page.keyboard.press("Enter")
    head = page.locator("th[data-column]", has_text=title)
    await head.wait_for()
    await page.wait_for_function("() => document.activeElement.matches('.gr-cell')")
    return await head.get_attribute("data-column")


async def saved(page) -> None:
    await page.wait_for_function(
        "() => document.querySelector('[data-saving]').textContent === 'Wszystkie oceny zapisane'"
    )


async def a_column_by_keyboard(page) -> None:
    column = await new_column(page, "Sprawdzian: ułamki")
    first = await page.evaluate(ACTIVE)
    for grade in ("5", "+4", "np", "2-", "9"):
        await page.keyboard.type(grade)
        await page.keyboard.press("Enter")
    await page.get_by_text("„9” nie zapisano").wait_for()  # said, and nothing lost: the others are there
    await page.get_by_role("button", name="Rozumiem").click()
    await saved(page)
    cells = page.locator(f"td[data-column='{column}'] .gr-cell")
    assert (await cells.all_inner_texts())[:5] == ["5", "4+", "np", "2−", ""]
    await cells.nth(3).focus()
    await cells.nth(3).click()
    await page.keyboard.type("/4")
    await page.keyboard.press("Enter")
    await saved(page)
    assert await cells.nth(3).inner_text() == "2−→4"
    means = await page.evaluate(
        """async (pupil) => {
            const school = location.pathname.split('/')[2];
            const subject = Number(location.pathname.split('/')[5]);
            const found = await (await fetch(`/api/schools/${school}/pupils/${pupil}/grades`)).json();
            const semester = Number(document.querySelector('#shown-semester').textContent);
            const mean = found.averages.find((one) => one.subject_id === subject && one.semester === semester);
            return [mean?.shown, document.querySelector(`tr[data-pupil='${pupil}'] [data-mean]`).textContent];
        }""",
        first,
    )
    assert means[0] == means[1]  # counted by the page as by the server


async def a_pasted_column(page) -> None:
    column = await new_column(page, "Kartkówka wklejona")
    await page.locator(f"th[data-column='{column}'] button").click()
    await page.get_by_role("button", name="Wklej kolumnę").click()
    await page.locator("#gp-content").fill("5\n4-\n=cmd()\n\n3+")
    await page.get_by_role("button", name="Sprawdź kolumnę").click()
    await page.get_by_text("Do zapisania: 3. Z błędem, więc pominięte: 1.").wait_for()
    assert await violations(page) == []
    await page.locator("#gr-paste-dialog").get_by_role("button", name="Zapisz oceny").click()
    await saved(page)
    texts = await page.locator(f"td[data-column='{column}'] .gr-cell").all_inner_texts()
    assert texts[:6] == ["5", "4−", "", "", "3+", ""]


async def a_correction_with_its_reason(page) -> None:
    """The proposed grade, published, then corrected: first without a reason, then with one; the trail is shown."""
    head = page.locator("th[data-column]", has_text="przewidywana").first
    column = await head.get_attribute("data-column")
    await head.get_by_role("button").click()
    publish = page.locator("#gr-column-dialog [data-publish]")
    await publish.click()
    await page.get_by_text("Tego nie da się cofnąć").wait_for()
    await publish.click()
    await page.locator("#gr-column-dialog").wait_for(state="hidden")
    cell = page.locator(f"td[data-column='{column}'] .gr-cell").first
    await cell.click()
    wanted = "2" if await cell.inner_text() != "2" else "3"
    await page.keyboard.type(wanted)
    await page.keyboard.press("Enter")
    dialog = page.locator("#gr-cell-dialog")
    await dialog.get_by_text("Uczniowie już widzą tę ocenę").wait_for()
    await dialog.get_by_label("Powód zmiany").fill("sprawdzona jeszcze raz praca")
    await page.keyboard.press("Enter")
    await saved(page)
    assert await cell.inner_text() == wanted
    await cell.click()
    await page.keyboard.press("Alt+Enter")
    await dialog.get_by_text("sprawdzona jeszcze raz praca").wait_for()
    assert await violations(page) == []
    await page.keyboard.press("Escape")


async def two_at_one_cell(page, principal) -> None:
    """The teacher loses the network; the principal writes; both values are shown and the teacher chooses."""
    column = await new_column(page, "Odpowiedź u tablicy")
    cell = f"td[data-column='{column}'] .gr-cell"
    await principal.goto(page.url)
    await principal.locator(cell).first.wait_for()
    await page.context.set_offline(True)
    await page.locator(cell).first.click()
    await page.keyboard.type("5")
    await page.keyboard.press("Enter")
    await page.get_by_text("Niewysłane oceny: 1").wait_for()
    await principal.locator(cell).first.click()
    await principal.keyboard.type("3")
    await principal.keyboard.press("Enter")
    await saved(principal)
    await page.context.set_offline(False)
    await page.locator("[data-clashes]", has_text="„3”").wait_for()
    await page.get_by_role("button", name="wpisz „5”").click()
    await saved(page)
    await principal.wait_for_function(f'() => document.querySelector("{cell}").textContent === "5"')  # live


async def walk(chromium, ready: dict) -> None:
    """Everybody's part of it."""
    teacher, principal, homeroom = [
        await (await person(chromium, ready, role, LAPTOP)).new_page() for role in ("teacher", "principal", "homeroom")
    ]
    faults = Faults(teacher, allowed=("ERR_INTERNET_DISCONNECTED", "WebSocket"))
    schools = (await (await teacher.context.request.get("/api/schools")).json())["schools"]
    grades = f"/schools/{schools[0]['school_id']}/grades"
    await opened(teacher, grades, "7a Matematyka")
    assert await violations(teacher) == []
    await a_column_by_keyboard(teacher)
    await a_pasted_column(teacher)
    await a_correction_with_its_reason(teacher)
    await two_at_one_cell(teacher, principal)
    assert faults.found == []
    await homeroom.goto(grades)
    await homeroom.get_by_role("link", name="Arkusz klasy").first.click()
    await homeroom.locator(".gr-sheet").wait_for()
    assert await violations(homeroom) == []
    await homeroom.get_by_role("link", name="Rada klasyfikacyjna").click()
    await homeroom.locator(".gr-spread").wait_for()
    assert await violations(homeroom) == []
    for path in ("", "/rules", "/categories"):
        await principal.goto(grades + path)
        assert await violations(principal) == [], path
    phone = await (await person(chromium, ready, "homeroom", PHONE)).new_page()
    for address in (
        homeroom.url,
        homeroom.url.split("/meeting")[0],
        teacher.url,
        teacher.url.rsplit("/", 1)[0] + "/0",
        grades,
    ):
        await phone.goto(address)
        assert await overflow(phone) <= 0, address
        assert await violations(phone) == [], address


@pytest.mark.timeout(600)
async def test_a_grade_book_from_the_first_column_to_the_meeting(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        await walk(chromium, running.ready)
