"""Reads a table out of CSV bytes, whose encoding and delimiter are found and not asked for, or out of a workbook."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from app.i18n import _
from schools.secretariat.imports.model import Fault, Refused, Table

MOST_ROWS: Final = 5000
MOST_COLUMNS: Final = 40
MOST_CELL: Final = 300
_ISO: Final = frozenset(b"\xa1\xa6\xac\xb1\xb6\xbc")
"""Ą Ś Ź ą ś ź of ISO-8859-2, which are signs nobody writes in names in CP1250."""


def decoded(data: bytes) -> tuple[str, str]:
    """Text and the encoding's name: UTF-8 or UTF-16 by their marks, UTF-8 where it fits, else CP1250 or ISO-8859-2."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise Refused(Fault(line=1, text=_("This file is damaged"))) from None
    if b"\0" in data:
        raise Refused(Fault(line=1, text=_("This is not a table of text. Save it as CSV and send that file")))
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    high = {byte for byte in data if byte >= 0x80}
    name = "iso-8859-2" if not any(byte < 0xA0 for byte in high) and high & _ISO else "cp1250"
    try:
        return data.decode(name), {"cp1250": "CP1250", "iso-8859-2": "ISO-8859-2"}[name]
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise Refused(Fault(line=line, text=_("This line holds signs that fit no known encoding"))) from None


def delimiter_of(line: str) -> str:
    """The one that stands most often outside of quotes; `;` where none does."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(";,\t", key=lambda sign: (bare.count(sign), sign == ";"))


def tidy(cell: str) -> str:
    """NFC, so that «Ł» and «ó» typed in two ways are the same; single spaces; no invisible signs."""
    text = "".join(sign for sign in cell if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFC", text).split())


def read_csv(data: bytes, delimiter: str = "") -> Table:
    """Raises `Refused`. Empty lines are left out and still counted."""
    text, encoding = decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise Refused(Fault(line=1, text=_("This file is empty")))
    sign = delimiter or delimiter_of(first)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begins, [tidy(cell) for cell in cells]))
            begins = reader.line_num + 1
            if len(rows) > MOST_ROWS:
                raise Refused(
                    Fault(line=begins, text=_("At most %(count)s lines at once"), values={"count": str(MOST_ROWS)})
                )
    except csv.Error:
        raise Refused(Fault(line=begins, text=_("A quotation mark opens here and does not close"))) from None
    return _table(rows, encoding, sign)


def sheet_table(sheet: Sequence[Sequence[str]]) -> Table:
    """The same out of a workbook's rows; empty columns at the right end are none. Raises `Refused`."""
    rows = [(line, _without_tail(cells)) for line, cells in enumerate(sheet, start=1)]
    rows = [(line, cells) for line, cells in rows if cells]
    if not rows:
        raise Refused(Fault(line=1, text=_("This file is empty")))
    if len(rows) > MOST_ROWS + 1:
        most = {"count": str(MOST_ROWS)}
        raise Refused(Fault(line=rows[MOST_ROWS + 1][0], text=_("At most %(count)s lines at once"), values=most))
    return _table(rows, "XLSX", "")


def _without_tail(cells: Sequence[str]) -> list[str]:
    tidied = [tidy(cell) for cell in cells]
    while tidied and not tidied[-1]:
        tidied.pop()
    return tidied


def _table(rows: Sequence[tuple[int, list[str]]], encoding: str, delimiter: str) -> Table:
    header = rows[0][1]
    if len(header) > MOST_COLUMNS:
        raise Refused(Fault(line=rows[0][0], text=_("This file has too many columns")))
    return Table(header=header, rows=list(rows[1:]), encoding=encoding, delimiter=delimiter)
