"""Tables for spreadsheets: CSV for Excel, plain XLSX. Nothing in them is run: cells are what people have written.

Blocking where a table is long: call in a thread.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import xlsxwriter

Cell = str | int | float
TYPES: Final = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by the ending of a file's name."""
AS_WRITTEN: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""Options of a workbook in which a text stays a text."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet may run, also after blanks (OWASP, CSV Injection); some read full width too."""
_BLANK: Final = " \u00a0\ufeff\u200b"


class Sheet(msgspec.Struct, frozen=True):
    """A table with a name."""

    name: str
    header: list[str]
    rows: list[list[Cell]]


def guarded(cell: Cell) -> Cell:
    """A text that begins like a formula gets an apostrophe in front; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(_BLANK).startswith(_FORMULA) else cell


def csv_of(sheet: Sheet) -> bytes:
    return csv_lines([sheet.header, *sheet.rows])


def csv_lines(lines: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with BOM and semicolons, as Excel in Poland reads it; the first line holds the heads."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([guarded(cell) for cell in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(sheets: Sequence[Sheet], made_at: datetime) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, AS_WRITTEN)
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name[:31])
        for column, name in enumerate(sheet.header):
            page.write_string(0, column, name, bold)
        page.freeze_panes(1, 0)
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, column, cell[:32_000])
                else:
                    page.write_number(number, column, cell)
        page.autofit()
    book.close()
    return content.getvalue()
