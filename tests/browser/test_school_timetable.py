"""A timetable in Chromium: taken in from aSc, settled, published; a substitution is seen live by teacher and pupil."""

from datetime import date, timedelta

import pytest

from tests.browser.school_days import holidays, no_holidays
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product
from tests.local_day import within_one_day

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONGEST_S = 120

PLAN = """<?xml version="1.0" encoding="windows-1250"?>
<timetable>
<subjects><subject id="S1" name="Matematyka" short="mat"/><subject id="S2" name="Edukacja zdrowotna" short="ez"/></subjects>
<teachers><teacher id="T1" name="Lewandowska Katarzyna" short="KLe"/><teacher id="T2" name="Żółkiewska Łucja" short="ŻŁ"/></teachers>
<classrooms><classroom id="R1" name="s. 104" short="104"/></classrooms>
<classes><class id="C1" name="VIIa" short="VIIa"/></classes>
<groups><group id="G1" name="Cała klasa" classid="C1" entireclass="1"/></groups>
<lessons>
<lesson id="L1" classids="C1" subjectid="S1" teacherids="T1" classroomids="R1" groupids="G1"/>
<lesson id="L2" classids="C1" subjectid="S2" teacherids="T2" groupids="G1"/>
</lessons>
<cards>
<card lessonid="L1" classroomids="R1" period="2" weeks="1" days="11111"/>
<card lessonid="L2" classroomids="" period="3" weeks="1" days="11111"/>
{more}</cards>
</timetable>
"""


def sent(more=""):
    return {"name": "plan.xml", "mimeType": "text/xml", "buffer": PLAN.format(more=more).encode("cp1250")}


async def clean(page):
    assert await violations(page) == []
    assert await overflow(page) <= 0


async def take_in(office, school):
    """A file with a fault, then the right one; the name that does not match; a draft, for a week of its own.

    The weeks before hold lessons of the old timetable, and the demonstration's substitutions.
    """
    await office.goto(f"/schools/{school}/timetable/imports")
    await office.get_by_label("Plik").set_input_files(sent('<card lessonid="L9" period="1" days="10000"/>\n'))
    await office.get_by_role("button", name="Sprawdź plik").click()
    await office.get_by_text("Ta karta nie należy do żadnej lekcji: L9").wait_for()
    assert await office.locator("td.number", has_text="15").count() == 1  # its line
    await clean(office)
    await office.get_by_label("Plik").set_input_files(sent())
    await office.get_by_role("button", name="Sprawdź plik").click()
    await office.get_by_text("2 nazwy czekają na ustalenie").wait_for()
    await clean(office)
    await office.get_by_label("Żółkiewska Łucja").select_option(index=5)
    await office.get_by_label("Edukacja zdrowotna").select_option(label="Biologia")
    await office.get_by_role("button", name="Zapisz nazwy").click()
    await office.get_by_text("Wszystkie nazwy są ustalone").wait_for()
    today = date.fromisoformat(await office.locator("[name=valid_from]").input_value())
    monday = today + timedelta(days=14 - today.weekday())
    await office.get_by_label("Nazwa", exact=False).fill("Plan z aSc")
    await office.get_by_label("Obowiązuje od").fill(monday.isoformat())
    await office.get_by_role("button", name="Utwórz szkic").click()
    await office.get_by_role("heading", name="Plan z aSc").wait_for()
    await office.get_by_text("Bez konfliktów").wait_for()
    await clean(office)
    return monday


async def edit(office):
    """A lesson is added in a place where its teacher is busy: the conflict is shown at once, and goes with the lesson."""
    await office.get_by_role("link", name="7a", exact=True).click()
    await office.get_by_role("link", name="Dodaj lekcję: poniedziałek, 2").focus()
    await office.keyboard.press("Enter")
    await office.get_by_label("Przedmiot").select_option(label="Matematyka")
    await office.get_by_label("Nauczyciel", exact=False).first.select_option(label="Lewandowska Katarzyna")
    await office.get_by_role("button", name="Zapisz lekcję").click()
    await office.get_by_role("heading", name="2 konflikty").wait_for()
    await clean(office)
    await office.get_by_role("button", name="Usuń: Matematyka 7a").nth(1).click()
    await office.get_by_text("Bez konfliktów").wait_for()


async def taught_day(office, teacher, school, first):
    """The first day with lessons from the new timetable: it may begin in holidays."""
    for offset in range(60):
        day = first + timedelta(days=offset)
        answer = await teacher.context.request.get(f"/api/schools/{school}/day?day={day}")
        if (await answer.json())["lessons"]:
            return day
    raise AssertionError("nothing is taught for two months")


@pytest.mark.timeout(600)
async def test_from_a_file_to_a_substitution_that_is_seen_live(chromium, tmp_path, filled_url):
    await within_one_day(LONGEST_S)
    await holidays(filled_url)
    await no_holidays(filled_url)
    async with product(tmp_path / "data", "--no-feed", database_url=filled_url) as running:
        office = await (await person(chromium, running.ready, "secretary", LAPTOP)).new_page()
        teacher = await (await person(chromium, running.ready, "teacher", LAPTOP)).new_page()
        homeroom = await (await person(chromium, running.ready, "homeroom", LAPTOP)).new_page()
        pupil = await (await person(chromium, running.ready, "pupil", PHONE)).new_page()
        faults = [Faults(page, ("422",)) for page in (office, teacher, homeroom, pupil)]
        schools = await (await office.context.request.get("/api/schools")).json()
        school = schools["schools"][0]["school_id"]
        monday = await take_in(office, school)
        await edit(office)
        await office.get_by_role("button", name="Opublikuj plan").click()
        await office.get_by_text("Opublikowano plan").wait_for()
        await clean(office)

        day = await taught_day(office, teacher, school, monday)
        await pupil.goto(f"/schools/{school}/timetable?day={day}")
        await pupil.goto(f"{pupil.url.split('?')[0]}?day={day}")
        await pupil.locator(".tt-days .tt-lesson", has_text="Katarzyna Lewandowska").wait_for()
        await clean(pupil)
        for page in (teacher, homeroom):
            await page.goto(f"/schools/{school}/timetable")
            await page.get_by_role("link", name="Mój plan lekcji").click()
            await page.wait_for_url("**/timetable/staff/*")
            await page.goto(f"{page.url}?day={day}")
        await teacher.locator(".tt-week .tt-lesson", has_text="Matematyka").first.wait_for()
        assert await homeroom.locator(".tt-week .tt-lesson").count() == 0
        for page in (teacher, homeroom, pupil):
            await page.wait_for_function("document.querySelector('[data-timetable][data-followed]')")

        await office.goto(f"/schools/{school}/substitutions?day={day}")
        await office.get_by_label("Nauczyciel").select_option(label="Katarzyna Lewandowska")
        await office.get_by_role("button", name="Wpisz nieobecność").click()
        await office.get_by_role("heading", name="1 lekcja czeka na decyzję").wait_for()
        await clean(office)
        await office.get_by_role("link", name="Rozstrzygnij: 2, 7a").focus()
        await office.keyboard.press("Enter")
        await office.get_by_label("Kto zastępuje").select_option(label="Marcin Wolny")
        await office.get_by_label("Notatka dla wszystkich").fill("Powtórka ułamków")
        await clean(office)
        await office.get_by_role("button", name="Zapisz i powiadom").click()
        await office.get_by_text("Wszyscy zainteresowani już to widzą").wait_for()

        await pupil.locator(".tt-days .tt-lesson.substitution", has_text="Marcin Wolny").wait_for()
        assert "zastępstwo za: Katarzyna Lewandowska" in await pupil.locator(".tt-days .substitution").inner_text()
        assert "Powtórka ułamków" in await pupil.locator(".tt-days .substitution").inner_text()
        await teacher.locator(".tt-week .tt-lesson.gone", has_text="zastępuje: Marcin Wolny").wait_for()
        await homeroom.locator(".tt-week .tt-lesson.substitution", has_text="7a").wait_for()
        assert (
            "Zmiana w planie: 2. 7a Matematyka Marcin Wolny"
            in await pupil.locator("[data-timetable-said]").inner_text()
        )
        for page in (teacher, homeroom, pupil):
            await clean(page)

        await office.get_by_role("button", name="Cofnij: 2, 7a").click()
        await office.get_by_text("Lekcja jest znowu według planu").wait_for()
        await pupil.locator(".tt-days .tt-lesson", has_text="Katarzyna Lewandowska").wait_for()
        await homeroom.locator(".tt-week .tt-lesson.substitution").wait_for(state="detached")
        sheet = await office.context.request.get(f"/schools/{school}/substitutions.pdf?day={day}")
        assert (sheet.status, (await sheet.body())[:5]) == (200, b"%PDF-")
        assert [one.found for one in faults] == [[]] * 4
