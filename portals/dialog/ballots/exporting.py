"""Results as CSV, XLSX and PDF. Blocking: call in a thread. Nothing in them is run by a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typst
import xlsxwriter

SOURCE: Final = Path(__file__).with_name("result.typ")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float


class Sheet(msgspec.Struct, frozen=True):
    """A table with a name."""

    name: str
    header: list[str]
    rows: list[list[Cell]]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the PDF says."""

    title: str
    subtitle: str
    office: str
    language: str
    facts: list[tuple[str, str]]
    sheets: list[Sheet]
    note: str


def csv_of(sheet: Sheet) -> bytes:
    """UTF-8 with BOM for Excel."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(sheet.header)
    writer.writerows([[guarded(cell) for cell in row] for row in sheet.rows])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def guarded(cell: Cell) -> Cell:
    """A text that begins like a formula gets an apostrophe in front; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def xlsx_of(sheets: Sequence[Sheet], made_at: datetime) -> bytes:
    """Texts are written as texts, so no cell is a formula."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name[:31])
        page.write_row(0, 0, sheet.header, bold)
        page.freeze_panes(1, 0)
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, column, cell)
                else:
                    page.write_number(number, column, cell)
        page.autofit()
    book.close()
    return content.getvalue()


def pdf_of(report: Report, made_at: datetime) -> bytes:
    """Tagged (PDF/UA-1). What people wrote travels as data, never as source."""
    made: Any = typst.compile(
        SOURCE.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": msgspec.json.encode(report).decode()},
        ignore_system_fonts=True,
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made
