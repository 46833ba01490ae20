"""The lead sets up an address, sees a letter being set aside while the list is open, decides; keyboard, 360 px, axe."""

import os
from pathlib import Path

import pytest

from portals.helpdesk.post.intake import take_in
from portals.helpdesk.post.post import POST
from tests.browser.test_helpdesk_levels import looked_at, signed_in
from tests.browser.watching import LAPTOP, PHONE, Faults
from tests.portals.helpdesk.post.make_corpus import FOLDER, MIXED, TEXT, one
from tests.portals.helpdesk.post.making import EXE, attached, multipart
from tests.portals.helpdesk.sla.office import open_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("GRYF_PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look."""


async def pictured(page, name: str) -> None:
    await looked_at(page)
    if PICTURES:
        for label, size in (("360", PHONE), ("1366", LAPTOP)):
            await page.set_viewport_size(size)
            await page.screenshot(path=Path(PICTURES) / f"{name}-{label}.png", full_page=True)


async def test_letters_are_looked_after(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        post = site.app[POST]
        lead = await signed_in(chromium, site, "beata")
        faults = Faults(lead, allowed=("422",))
        await lead.goto("/pomoc/ustawienia/poczta")
        await pictured(lead, "settings-empty")
        await lead.keyboard.press("n")
        await lead.wait_for_url("**/poczta/0")
        await lead.get_by_label("Adres e-mail").fill("pomoc")
        await lead.get_by_label("Do czego służy").fill("Sprawy techniczne")
        await lead.keyboard.press("Enter")
        await lead.locator("#address-error").wait_for()
        assert await lead.get_by_label("Do czego służy").input_value() == "Sprawy techniczne"
        await pictured(lead, "address-wrong")
        await lead.get_by_label("Adres e-mail").fill("pomoc@gryf.example")
        await lead.keyboard.press("Enter")
        await lead.get_by_role("link", name="pomoc@gryf.example").wait_for()
        await pictured(lead, "settings")

        await lead.goto("/pomoc/poczta")
        await lead.get_by_role("heading", name="Żaden list nie czeka").wait_for()
        await pictured(lead, "letters-empty")
        for name in ("list", "hops"):
            await take_in(post, (FOLDER / f"{name}.eml").read_bytes(), "lmtp", ["pomoc@gryf.example"])
        await lead.get_by_role("link", name="Są nowe listy").click()  # told live
        rows = lead.locator("[data-letters] .rows li")
        assert await rows.count() == 2
        await pictured(lead, "letters")

        await rows.first.get_by_role("link").first.click()
        await (
            lead.get_by_text("krąży w kółko", exact=False)
            .or_(lead.get_by_text("Krąży w kółko", exact=False))
            .first.wait_for()
        )
        await pictured(lead, "letter-aside")
        await lead.get_by_role("button", name="Odrzuć").click()
        await lead.get_by_role("button", name="Cofnij").click()
        await lead.get_by_role("button", name="Zrób z tego zgłoszenie").click()
        await lead.wait_for_url("**/pomoc/obsluga/*")

        letter = one("exe", MIXED, body=multipart(TEXT, attached("faktura.exe", "application/octet-stream", EXE)))
        (came,) = await take_in(post, letter, "lmtp", ["pomoc@gryf.example"])
        await lead.goto(f"/pomoc/poczta/{came.letter_id}")
        await lead.get_by_text("takich plików nie przyjmujemy").wait_for()
        await pictured(lead, "letter-ticket")
        async with lead.expect_download() as loading:
            await lead.get_by_role("link", name="Pobierz").click()
        assert (await (await loading.value).path()).read_bytes() == letter
        assert desk.first
        assert faults.found == []
