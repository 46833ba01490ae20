"""Workbooks that people send: their cells as texts, and files that are made to harm their reader."""

import io
import time
import zipfile
from datetime import date

import pytest
import xlsxwriter

from app.workbook.reading import Unreadable, rows_of


def workbook(fill) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        fill(book)
    return made.getvalue()


async def test_cells_come_as_they_would_be_typed_and_rows_keep_their_numbers():
    def fill(book):
        hidden = book.add_worksheet("Dane")
        hidden.write(0, 0, "nothing of this")
        page = book.add_worksheet("Lista")
        page.activate()
        page.set_first_sheet()
        hidden.hide()
        page.write_row(2, 1, [1, "Źdźbło", 2.5, True, 14251212340])
        page.write_datetime(3, 1, date(2014, 3, 25), book.add_format({"num_format": "dd.mm.yyyy"}))
        page.write_formula(3, 2, "=1+1", None, 2)
        page.write_string(3, 3, "0123")

    rows = await rows_of(workbook(fill))
    assert rows == [
        [""] * 6,
        [""] * 6,
        ["", "1", "Źdźbło", "2.5", "1", "14251212340"],
        ["", date(2014, 3, 25).isoformat(), "2", "0123", "", ""],
    ]


async def test_a_cell_at_the_far_corner_ends_its_reader_and_nothing_else():
    def fill(book):
        page = book.add_worksheet()
        page.write(0, 0, "Nazwisko")
        page.write(1_048_575, 16_383, "x")

    content = workbook(fill)
    assert len(content) < 10_000
    began = time.monotonic()
    with pytest.raises(Unreadable):
        await rows_of(content)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("fault", ["locked", "torn", "short", "no book", "bomb"])
async def test_what_is_no_workbook_is_said(fault):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", "<worksheet/>" * (20_000_000 if fault == "bomb" else 50))
    data = bytearray(made.getvalue())
    if fault == "locked":
        data[6] |= 1
        data[data.index(b"PK\1\2") + 8] |= 1
    elif fault == "torn":
        begins = data.index(b"sheet1.xml") + len(b"sheet1.xml")
        data[begins : begins + 8] = b"\xff" * 8
    elif fault == "short":
        del data[-30:]
    with pytest.raises(Unreadable):
        await rows_of(bytes(data))
