"""A principal takes pages out of the register and saves the year; the bar grows into a file that is whole."""

import pytest

from schools.reports.checking import faults
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG_MS = 120_000
"""The worker and the machine may be busy."""


async def test_the_register_leaves_as_pages_and_as_an_archive(chromium, tmp_path, filled_url):
    async with product(tmp_path / "data", "--no-feed", database_url=filled_url) as running:
        principal = await person(chromium, running.ready, "principal", LAPTOP)
        mine = await (await principal.request.get("/api/schools")).json()
        school = mine["schools"][0]["school_id"]
        page = await principal.new_page()
        faults_of_page = Faults(page)
        await page.goto(f"/schools/{school}")
        await page.get_by_role("link", name="Wydruk i eksport").click()
        await page.wait_for_url("**/reports")
        assert await page.get_by_text("Nie ma jeszcze archiwum").is_visible()
        for size in (PHONE, LAPTOP):
            await page.set_viewport_size(size)
            assert await violations(page) == []
            assert await overflow(page) <= 0
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="7a, Uczniowie, PDF").click()
        listed = await downloading.value
        assert (tmp_path / "list.pdf").write_bytes(await read(listed)) > 5_000
        await page.get_by_role("button", name="Zapisz rok").click()
        link = page.get_by_role("link", name="Pobierz")
        await link.wait_for(timeout=LONG_MS)
        assert await violations(page) == []
        digest = await page.locator(".report-digest code").inner_text()
        async with page.expect_download() as downloading:
            await link.click()
        archive = tmp_path / "archive.zip"
        archive.write_bytes(await read(await downloading.value))
        assert faults(archive, digest) == []
        await page.set_viewport_size({"width": 360, "height": 740})
        assert await overflow(page) <= 0
        assert faults_of_page.found == []


async def read(download) -> bytes:
    return (await download.path()).read_bytes()
