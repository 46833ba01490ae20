"""Equipment in Chromium: a file imported, labels printed, many moved by keyboard alone, changes seen live, a phone."""

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILE = (
    "Rodzaj;Producent;Model;Numer seryjny;Jednostka;Sala;Stan\r\n"
    "laptop;Żółw;Szybki 14;ŻÓŁW-1;SP 4;pracownia 2;w użyciu\r\n"
    "laptop;Żółw;Szybki 14;ŻÓŁW-2;SP 4;pracownia 2;zapas\r\n"
    "ekspres;Żółw;Mokka;ŻÓŁW-3;SP 4;pokój;w użyciu\r\n"
)


async def a_file_is_imported(page) -> None:
    await page.goto("/equipment/imports")
    assert await violations(page) == []
    await page.locator("#file").set_input_files(
        {"name": "sprzęt.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp1250")}
    )
    await page.get_by_role("button", name="Pokaż podgląd").click()
    await page.locator(".alert", has_text="1 błąd w pliku.").wait_for()
    assert await page.get_by_role("row", name="4 Rodzaj Ten rodzaj nie jest znany").count() == 1
    assert await page.get_by_text("Nowe: 2 · zmienione: 0 · bez zmian: 0").count() == 1
    assert await violations(page) == []
    await page.get_by_role("button", name="Importuj 2 wiersze, pomiń błędne").click()
    await page.locator("#flashes", has_text="Zaimportowano. Nowe: 2, zmienione: 0").wait_for()
    assert await violations(page) == []


async def devices_are_moved_by_keyboard(page) -> None:
    await page.goto("/equipment")
    await page.keyboard.press("/")
    await page.keyboard.type("zolw-")  # without a Polish keyboard
    await page.keyboard.press("Enter")
    await page.locator(".list-bar", has_text="2 urządzenia").wait_for()
    assert await page.locator("[data-devices] tr").count() == 2
    for key in ("j", "x", "j", "x"):
        await page.keyboard.press(key)
    assert await page.locator("[name=ids]:checked").count() == 2
    assert await page.locator("[data-said]").inner_text() == "Zaznaczone: 2"
    await page.keyboard.press("m")
    await page.get_by_role("heading", name="Przenieś lub zmień").wait_for()
    assert await violations(page) == []
    await page.locator("#room").fill("magazyn główny")
    await page.keyboard.press("Enter")
    await page.locator("#flashes", has_text="Zmienione urządzenia: 2").wait_for()
    assert await page.locator("[data-devices] tr", has_text="magazyn główny").count() == 2
    await page.locator("#flashes").get_by_role("button", name="Cofnij").click()
    await page.locator("#flashes", has_text="Cofnięto: 2").wait_for()


async def labels_are_printed(page) -> None:
    await page.goto("/equipment?kind=projector")
    await page.locator("#all").check()
    await page.keyboard.press("p")
    await page.get_by_role("heading", name="Drukuj etykiety").wait_for()
    assert await violations(page) == []
    await page.locator("#first").fill("25")
    await page.get_by_role("button", name="Utwórz PDF").click()
    await page.locator(".field-error", has_text="nie ma takiego miejsca").wait_for()
    await page.locator("#first").fill("3")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Utwórz PDF").click()
    file = await (await coming.value).path()
    assert file.read_bytes()[:5] == b"%PDF-"
    assert file.stat().st_size > 50_000


async def a_change_is_seen_by_others(keeper, auditor) -> None:
    await auditor.goto("/equipment?text=zolw-1")
    await auditor.locator("[data-devices] tr a").first.click()
    await auditor.locator("[data-device]").wait_for()
    address = auditor.url
    listing = await auditor.context.new_page()
    await listing.goto("/equipment?text=zolw-")
    lost = listing.locator("[data-count=lost]")
    before = int(await lost.inner_text())
    await keeper.goto(address)
    await keeper.keyboard.press("e")
    await keeper.get_by_label("Stan", exact=True).select_option(label="zaginione")
    await keeper.locator("#model").fill("")
    await keeper.get_by_role("button", name="Zapisz", exact=True).click()
    await keeper.get_by_role("alert").first.wait_for()
    assert await keeper.get_by_label("Stan", exact=True).input_value() == "lost"  # nothing typed is lost
    assert await violations(keeper) == []
    await keeper.locator("#model").fill("Szybki 14")
    await keeper.get_by_role("button", name="Zapisz", exact=True).click()
    await keeper.locator("#flashes", has_text="Zapisano").wait_for()
    await auditor.locator(".device-history ins", has_text="zaginione").wait_for()
    await listing.locator("[data-devices] tr[data-state=lost]").wait_for()
    await listing.wait_for_function(f"() => document.querySelector('[data-count=lost]').textContent === '{before + 1}'")
    assert await violations(auditor) == []


async def a_head_adds_somebody(principal) -> None:
    await principal.goto("/intranet")
    assert await violations(principal) == []
    await principal.get_by_role("link", name="Szkoła Podstawowa nr 5 im. Gryfa Pomorskiego").first.click()
    await principal.locator("#who").fill("nikt")
    await principal.keyboard.press("Enter")
    await principal.locator(".field-error", has_text="Nie ma konta").wait_for()
    await principal.locator("#who").fill("jan.mieszkaniec")
    await principal.keyboard.press("Enter")
    await principal.locator("[data-people] li", has_text="Jan Wrona").wait_for()
    await principal.get_by_role("button", name="Usuń: Jan Wrona").click()
    await principal.locator("#flashes", has_text="już tu nie pracuje").wait_for()
    await principal.locator("#flashes").get_by_role("button", name="Cofnij").click()
    await principal.locator("[data-people] li", has_text="Jan Wrona").wait_for()
    assert await violations(principal) == []


async def units_are_found(page) -> None:
    await page.goto("/intranet/units")
    assert await violations(page) == []
    await page.keyboard.press("/")
    await page.keyboard.type("nie ma takiej")
    await page.locator("[data-nothing]:not([hidden])").wait_for()
    await page.locator("#unit-search").fill("urzad stanu")
    assert await page.locator("[data-units] tbody tr:visible").count() == 1


@pytest.mark.timeout(400)
async def test_equipment_from_a_file_to_a_lost_laptop(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        keeper = await (await person(chromium, ready, "equipment_keeper")).new_page()
        auditor = await (await person(chromium, ready, "auditor", LAPTOP)).new_page()
        principal = await (await person(chromium, ready, "principal")).new_page()
        faults = [Faults(page, ("422",)) for page in (keeper, auditor, principal)]
        await keeper.goto("/equipment")
        assert await violations(keeper) == []
        await a_file_is_imported(keeper)
        await devices_are_moved_by_keyboard(keeper)
        await labels_are_printed(keeper)
        await a_change_is_seen_by_others(keeper, auditor)
        await a_head_adds_somebody(principal)
        await units_are_found(principal)
        for path in ("/equipment/wifi", "/equipment/wifi/keys", "/equipment/new"):
            await keeper.goto(path)
            assert await violations(keeper) == [], path
        assert [one.found for one in faults] == [[], [], []]
        phone = await (await person(chromium, ready, "equipment_keeper", PHONE)).new_page()
        device = auditor.url
        unit = principal.url
        for address in (
            "/intranet", unit, "/intranet/units", "/equipment", device, "/equipment/new", "/equipment/imports",
            "/equipment/wifi", "/equipment/wifi/keys",
        ):  # fmt: skip
            await phone.goto(address)
            assert await overflow(phone) <= 0, address
            assert await violations(phone) == [], address
