"""A resolution draft in Chromium: remarks by touch, by mouse and by keyboard alone, live; the next version; answers; the report."""

import csv
import io

import pypdfium2
import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SELECT = """(element, words) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (!walker.nextNode().textContent.includes(words));
    const from = walker.currentNode.textContent.indexOf(words);
    getSelection().setBaseAndExtent(walker.currentNode, from, walker.currentNode, from + words.length);
}"""

PICK = """(field, words) => {
    const from = field.value.indexOf(words);
    field.focus();
    field.setSelectionRange(from, from + words.length);
}"""


async def square(context) -> dict:
    """The demonstration's consultation with a resolution draft."""
    found = (await (await context.request.get("/api/dialog/consultations")).json())["running"]
    return next(one for one in found if "Plac Zwyci" in one["title"])


async def phone_of(chromium, running, role: str):
    """A telephone with touch, signed in."""
    context = await chromium.new_context(
        viewport=PHONE, locale="pl-PL", base_url=running.ready["http"], reduced_motion="reduce", has_touch=True,
        is_mobile=True,
    )  # fmt: skip
    login, password = running.ready["logins"][role]
    assert (await context.request.post("/api/sign-in", data={"login": login, "password": password})).ok
    return context


def paragraph(page, place: str):
    return page.locator(f"[data-paragraph][data-place='{place}']")


async def remarks_by_touch(phone) -> None:
    """From a selection in the text, then from the paragraph's button with words picked in the dialog."""
    words = paragraph(phone, "§ 1").locator("[data-body]")
    await words.scroll_into_view_if_needed()
    await words.evaluate(SELECT, "placu Zwycięstwa")
    await phone.get_by_role("button", name="Uwaga do zaznaczonych słów").tap()
    assert await phone.locator("[data-picked]").inner_text() == "Zaznaczono: „placu Zwycięstwa”"
    await phone.get_by_role("button", name="Wyślij uwagę").tap()
    await phone.get_by_text("Napisz uwagę").wait_for()  # nothing was written: it is said beside the field
    await phone.get_by_label("Uwaga z uzasadnieniem").fill("Czy strefa obejmie też schody ratusza?")
    await phone.get_by_role("button", name="Wyślij uwagę").tap()
    await phone.locator(".remark", has_text="schody ratusza").wait_for()
    assert await paragraph(phone, "§ 1").locator("mark").inner_text() == "placu Zwycięstwa"
    await paragraph(phone, "§ 3 ust. 2").get_by_role("button", name="Uwaga do tego akapitu").tap()
    await phone.locator("[data-picker]").evaluate(PICK, "30 %")
    await phone.get_by_text("Zaznaczono: „30 %”").wait_for()
    await phone.get_by_label("Uwaga z uzasadnieniem").fill("Proszę o 50 %.")
    await phone.get_by_role("button", name="Wyślij uwagę").tap()
    await phone.locator(".remark", has_text="Proszę o 50 %.").wait_for()


async def remark_by_keyboard(page) -> None:
    """No mouse at all: the button of a paragraph, words by Shift and arrows, the focus comes back."""
    button = paragraph(page, "§ 5").get_by_role("button", name="Uwaga do tego akapitu")
    await button.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("document.activeElement.matches('[data-picker]')")
    await page.keyboard.press("Control+Home")
    for _ in range(7):
        await page.keyboard.press("Shift+ArrowRight")
    await page.get_by_text("Zaznaczono: „Ogródki”").wait_for()
    await page.keyboard.press("Tab")
    if await page.evaluate("document.activeElement.matches('[data-whole]')"):
        await page.keyboard.press("Tab")
    await page.keyboard.type("Ogródki zostawiają za mało miejsca dla wózków.")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Ogródki gastronomiczne, z przejściem 2 m,")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.locator(".remark", has_text="dla wózków").wait_for()
    assert await button.evaluate("one => one === document.activeElement")


async def next_version(clerk, consultation: dict, block_id: str) -> None:
    await clerk.goto(f"/dialog/manage/{consultation['id']}/remarks/{block_id}/draft")
    field = clerk.get_by_label("Tekst", exact=True)
    text = await field.input_value()
    assert "nie więcej niż 15 %" in text
    text = text.replace("na co najmniej 30 % powierzchni placu", "na co najmniej 45 % powierzchni placu")
    await field.fill(text.replace("nie więcej niż 15 %", "nie więcej niż 12 %"))
    await clerk.get_by_label("Nazwa tej wersji").fill("Projekt trzeci")
    await clerk.get_by_role("button", name="Pokaż, co z tego wyjdzie").click()
    await clerk.get_by_text("2 akapity są inne").wait_for()
    assert await clerk.locator("ins").all_inner_texts() == ["45", "12"]
    await clerk.get_by_role("button", name="Zapisz jako wersję 3").click()
    await clerk.get_by_text("Zapisano wersję 3").wait_for()


async def report_of_it(clerk, jan, consultation: dict) -> None:
    """The office's conclusions; the report holds the remark with its answer, as a page, as a PDF and as open data."""
    slug, words = consultation["slug"], "Proszę o 50 %."
    await clerk.goto(f"/dialog/manage/{consultation['id']}")
    await clerk.locator(".plan-block a", has_text="Co z tego wynikło").click()
    await clerk.get_by_role("link", name="Odpowiedzi na głosy").click()
    await clerk.get_by_role("heading", name="Odpowiedzi na głosy").wait_for()
    assert await clerk.locator("main", has_text=words).count() == 0  # nobody has to answer it twice
    await clerk.go_back()
    await clerk.get_by_role("link", name="Wnioski").first.click()
    await clerk.get_by_label("Wnioski urzędu").fill("Zieleni będzie **45 %**. Reszta zostaje, jak w projekcie trzecim.")
    await clerk.get_by_role("button", name="Opublikuj jako wersję 1").click()
    await clerk.get_by_text("Opublikowano").first.wait_for()
    await jan.goto(f"/dialog/{slug}/outcome")
    await jan.get_by_text("Reszta zostaje, jak w projekcie trzecim").wait_for()
    assert await overflow(jan) == 0
    assert await violations(jan) == []
    await jan.goto(f"/dialog/{slug}/outcome/answers?status=partly")
    said = jan.locator(".outcome-list > *", has_text=words)
    assert await said.get_by_text("Zwiększono do 45 %; więcej nie pozwala nośność.").is_visible()
    address = f"/dialog/{slug}/outcome/report"
    with pypdfium2.PdfDocument(await (await jan.request.get(f"{address}.pdf")).body()) as printed:
        text = " ".join(" ".join(page.get_textpage().get_text_range() for page in printed).split())
    for part in ("Reszta zostaje, jak w projekcie trzecim", words, "Zwiększono do 45 %"):
        assert part in text, part
    opened = await (await jan.request.get(f"{address}.json")).json()
    one = next(one for one in opened["contributions"] if one["text"] == words)
    assert (one["kind"], one["status"]) == ("remarks", "partly")
    assert one["answer"] == "Zwiększono do 45 %; więcej nie pozwala nośność."
    sheet = (await (await jan.request.get(f"{address}.csv")).body()).decode("utf-8-sig")
    row = next(row for row in csv.DictReader(io.StringIO(sheet), delimiter=";") if row["text"] == words)
    assert (row["status"], row["answer"]) == (one["status"], one["answer"])


async def slides_by_keyboard(page, slug: str) -> None:
    """A presentation among the materials: arrow keys, the page's text, a link to a page."""
    await page.goto(f"/dialog/{slug}")
    await page.get_by_role("link", name="Koncepcja placu Zwycięstwa").click()
    slides = page.locator("[data-pages]")
    await page.locator("[data-pages][data-shown='1']").wait_for()
    assert await slides.locator("[data-total]").inner_text() == "z 5"
    await slides.focus()
    await page.keyboard.press("End")
    await page.locator("[data-pages][data-shown='5']").wait_for()
    await page.get_by_text("Tekst tej strony").click()
    assert "spacer badawczy" in await page.locator("[data-page-text]").inner_text()
    await page.evaluate("location.hash = '#page=2'")
    await page.locator("[data-pages][data-shown='2']").wait_for()
    assert await violations(page) == []


async def test_a_draft_from_remarks_to_answers(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        jan = await (await phone_of(chromium, running, "resident")).new_page()
        ola = await (await person(chromium, running.ready, "resident2", LAPTOP)).new_page()
        clerk = await (await person(chromium, running.ready, "consultation_clerk", LAPTOP)).new_page()
        faults = [Faults(page, ("422",)) for page in (jan, ola, clerk)]
        consultation = await square(ola.context)
        await jan.goto(f"/dialog/{consultation['slug']}")
        await jan.locator("mark").first.wait_for()
        block_id = await jan.locator("[data-draft]").get_attribute("data-draft")
        await ola.goto(f"/dialog/{consultation['slug']}/blocks/{block_id}")
        await ola.locator("mark").first.wait_for()
        assert await overflow(jan) == 0

        await remarks_by_touch(jan)
        await ola.get_by_role("button", name="Nowe uwagi: 2").wait_for()  # live, and the list did not jump
        await ola.get_by_role("button", name="Nowe uwagi: 2").click()
        assert await ola.locator(".remark").first.locator(".remark-text").first.inner_text() == "Proszę o 50 %."
        await remark_by_keyboard(ola)
        assert await violations(ola) == []

        await next_version(clerk, consultation, block_id)
        for page in (jan, ola):  # the page draws itself anew for everybody
            await page.get_by_text("Projekt trzeci").first.wait_for()
            await page.locator("mark").first.wait_for()
        assert await paragraph(ola, "§ 3 ust. 2").locator("mark").inner_text() == "45 %"
        assert await paragraph(ola, "§ 5").locator("mark").first.inner_text() == "Ogródki"
        await paragraph(ola, "§ 3 ust. 2").locator("[data-show]").click()
        await ola.get_by_text("tekst tu się zmienił").first.wait_for()

        await clerk.goto(f"/dialog/manage/{consultation['id']}/remarks/{block_id}/positions")
        row = clerk.locator(".position-row", has_text="Proszę o 50 %.")
        await row.get_by_label("Stanowisko").select_option("partly")
        await row.get_by_role("button", name="Zapisz").click()
        await clerk.get_by_text("Napisz dlaczego").first.wait_for()
        row = clerk.locator(".position-row", has_text="Proszę o 50 %.")
        await row.get_by_label("Uzasadnienie").fill("Zwiększono do 45 %; więcej nie pozwala nośność.")
        assert await violations(clerk) == []
        await row.get_by_role("button", name="Zapisz").click()
        answer = ola.locator(".remark", has_text="Proszę o 50 %.").locator(".remark-answer")
        await answer.get_by_text("Zwiększono do 45 %").wait_for()  # live again
        assert await answer.get_by_text("Uwzględniona częściowo").is_visible()

        await jan.goto(f"/dialog/{consultation['slug']}/blocks/{block_id}")
        await jan.locator("mark").first.wait_for()
        assert await violations(jan) == []
        await jan.goto(f"/dialog/{consultation['slug']}/remarks/{block_id}/table")
        assert await jan.locator("tr", has_text="Proszę o 50 %.").get_by_text("Zwiększono do 45 %").is_visible()
        assert await overflow(jan) == 0
        for end in ("pdf", "xlsx"):
            sent = await jan.request.get(f"/dialog/{consultation['slug']}/remarks/{block_id}/table.{end}")
            assert sent.ok
            assert len(await sent.body()) > 5000
        await report_of_it(clerk, jan, consultation)
        await slides_by_keyboard(ola, consultation["slug"])
        assert [one.found for one in faults] == [[], [], []]
