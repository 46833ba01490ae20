"""Sheets of labels: their codes hold the address, their pages fit the sheets that shops sell."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from babel.support import NullTranslations

from app.i18n import Locale
from portals.equipment import labels
from portals.equipment.model import Device
from portals.equipment.rules import label_of

LOCALE = Locale("pl", NullTranslations(), ZoneInfo("Europe/Warsaw"))
ADDRESS = "https://gryf.example/pomoc/urzadzenie/{label}"


def device(number, **fields):
    words = {
        "id": number, "rev": 1, "inventory_number": label_of(number), "asset_number": "", "kind": "laptop",
        "model_id": 1, "maker": "Łódź", "model": "#strong[x] *L14*", "serial": "", "unit_id": 1, "unit_name": "SP 4",
        "unit_path": "1.4", "room": "", "state": "in_use", "assigned_to": "", "account_id": None, "bought": None,
        "warranty_until": None, "note": "", "mac": None, "channel": None, "seen_at": None,
    }  # fmt: skip
    return Device(**{**words, **fields})


@pytest.mark.parametrize(("name", "grid"), labels.GRIDS.items())
def test_a_sheet_is_a4_and_holds_its_labels(name, grid):
    assert grid.columns * grid.width + (grid.columns - 1) * grid.gap + 2 * grid.left <= 210.1
    assert grid.rows * grid.height + 2 * grid.top <= 297.1
    assert name in labels.GRID_TITLES
    count = grid.on_a_sheet + 1
    data = labels.sheet_data([device(n) for n in range(1, count)], grid, 2, ADDRESS, "Urząd", LOCALE)
    document = pypdfium2.PdfDocument(labels.sheet(data, datetime(2026, 11, 30, tzinfo=UTC)))
    assert len(document) == 2  # one place was used before, so the last label is on the next sheet
    text = " ".join(document[0].get_textpage().get_text_range().split())
    assert "00001-3" in text
    assert "#strong[x] *L14*" in text  # data, not markup
    assert label_of(grid.on_a_sheet)[:-1] + "-" in document[1].get_textpage().get_text_range()
    width, height = document[0].get_size()
    assert (round(width), round(height)) == (595, 842)


def test_a_code_holds_the_address_of_its_device():
    data = labels.sheet_data([device(1), device(2)], labels.GRIDS["3x8"], 1, ADDRESS, "Urząd", LOCALE)
    codes = [one["code"] for one in data["labels"]]
    assert codes[0] == labels.qr_svg("https://gryf.example/pomoc/urzadzenie/000013")
    assert codes[0] != codes[1]
    assert (data["skip"], data["labels"][0]["number"]) == (0, "00001-3")
