"""Sheets of labels with QR codes, as PDF. `sheet` is blocking: call it in a thread."""

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import segno
import typst

from app.i18n import Locale, _
from portals.equipment.model import Device
from portals.equipment.rules import spoken

SOURCE: Final = Path(__file__).with_name("labels.typ")
MASK: Final = 3
"""Any of the eight can be read; choosing the prettiest takes ten times as long."""
MOST: Final = 2000
"""Labels of one file."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """How labels stand on a sheet of A4; millimetres. `left` and `top` are margins, `gap` is between columns."""

    columns: int
    rows: int
    width: float
    height: float
    left: float = 0
    top: float = 0
    gap: float = 0

    @property
    def on_a_sheet(self) -> int:
        return self.columns * self.rows


GRIDS: Final[dict[str, Grid]] = {
    "3x8": Grid(columns=3, rows=8, width=70, height=37.125),
    "4x10": Grid(columns=4, rows=10, width=52.5, height=29.7),
    "5x13": Grid(columns=5, rows=13, width=38.1, height=21.2, left=4.75, top=10.7, gap=2.5),
    "2x7": Grid(columns=2, rows=7, width=99.1, height=38.1, left=4.65, top=15.15, gap=2.5),
}
"""Sheets that shops have; the first one is offered."""
GRID_TITLES: Final = {
    "3x8": _("24 labels, 70 × 37 mm"),
    "4x10": _("40 labels, 52.5 × 29.7 mm"),
    "5x13": _("65 labels, 38.1 × 21.2 mm"),
    "2x7": _("14 labels, 99.1 × 38.1 mm"),
}


def sheet_data(
    devices: Sequence[Device], grid: Grid, first: int, address: str, office: str, locale: Locale
) -> dict[str, Any]:
    """What stands on the sheets. `first`: place of the first label, from 1, as some of a sheet may be used already.

    `address`: of a device's page for reports, with `{label}` in the label's place.
    """
    return {
        "title": locale.gettext(_("Labels of equipment")),
        "office": office,
        "language": locale.language,
        "hint": locale.gettext(_("Something broken? Scan the code")),
        "grid": msgspec.to_builtins(grid),
        "skip": first - 1,
        "labels": [
            {
                "number": spoken(one.inventory_number),
                "title": one.title,
                "place": one.unit_name,
                "code": qr_svg(address.replace("{label}", one.inventory_number)),
            }
            for one in devices
        ],
    }


def qr_svg(text: str) -> str:
    """A code that still works with a seventh of it scratched off."""
    out = io.BytesIO()
    segno.make(text, error="m", mask=MASK, micro=False, boost_error=False).save(
        out, kind="svg", border=2, xmldecl=False
    )
    return out.getvalue().decode()


def sheet(data: dict[str, Any], made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1). Names travel as data, never as source."""
    made: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
