"""Tables that people send as files: read out of CSV whose encoding and delimiter are found and not asked for, or out of
a workbook's rows; headings are matched with the columns that are known. Pure.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from app.i18n import _
from app.search import folded

MOST_COLUMNS: Final = 40
_ISO: Final = frozenset(b"\xa1\xa6\xac\xb1\xb6\xbc")
"""Ą Ś Ź ą ś ź of ISO-8859-2, which are signs nobody writes in names in CP1250."""
_DAY: Final = (re.compile(r"\d{4}-\d{1,2}-\d{1,2}"), re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}"))
_CONTROL: Final = dict.fromkeys(range(32), " ")
_CALL: Final = re.compile(r"[|!]|[A-Za-z]\s*\(")
"""Of another program, of another sheet, of a function."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong: `text` is a message id with places from `values`. Lines count from 1, as an editor shows them."""

    line: int
    column: str = ""
    text: str
    values: dict[str, str] = {}


class Refused(Exception):
    """The whole file cannot be read; nothing of it is looked at."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A file as read. `encoding` and `delimiter` are what was found; rows come with the line on which they begin."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    encoding: str
    delimiter: str


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """`headings` are compared without diacritics, case and signs; the first one is named to people."""

    key: str
    headings: tuple[str, ...]
    required: bool = False
    """The file must have it."""
    filled: bool = False
    """And something in each line."""


class Row(msgspec.Struct, frozen=True):
    """A line's cells by column key; NFC, single spaces. Columns that the file has not are missing."""

    line: int
    cells: dict[str, str]


def read_csv(data: bytes, most_rows: int, delimiter: str = "", cell_of: Callable[[str], str] | None = None) -> Table:
    """Raises `Refused`. Empty lines are left out and still counted. `cell_of`: what becomes of a cell; else `tidy`."""
    kept = cell_of or tidy
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
                rows.append((begins, [kept(cell) for cell in cells]))
            begins = reader.line_num + 1
            if len(rows) > most_rows + 1:
                raise _too_many(begins - 1, most_rows)
    except csv.Error:
        raise Refused(Fault(line=begins, text=_("A quotation mark opens here and does not close"))) from None
    return _table(rows, encoding, sign)


def sheet_table(sheet: Sequence[Sequence[str]], most_rows: int, cell_of: Callable[[str], str] | None = None) -> Table:
    """The same out of a workbook's rows; empty columns at the right end are none. Raises `Refused`."""
    rows = [(line, _without_tail(cells, cell_of or tidy)) for line, cells in enumerate(sheet, start=1)]
    rows = [(line, cells) for line, cells in rows if cells]
    if not rows:
        raise Refused(Fault(line=1, text=_("This file is empty")))
    if len(rows) > most_rows + 1:
        raise _too_many(rows[most_rows + 1][0], most_rows)
    return _table(rows, "XLSX", "")


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
    if cell.isascii():
        return " ".join(cell.translate(_CONTROL).split())
    text = "".join(sign for sign in cell if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFC", text).translate(_CONTROL).split())


def rows_of(
    table: Table,
    columns: Sequence[Column],
    cell_fault: Callable[[str, str], str],
    mended: Callable[[str, str], str] | None = None,
) -> tuple[list[Row], list[Fault]]:
    """Cells by column, and what is wrong with them. Raises `Refused` for a heading that is unknown, doubled or missing.

    `cell_fault`: column key and text → what is wrong with it, a message id; empty where nothing is.
    `mended`: column key and text → the text as it is taken, before anything is judged.
    """
    keys = _keys(table, columns)
    by_key = {column.key: column for column in columns}
    rows, faults = [], []
    for line, cells in table.rows:
        if len(cells) > len(keys) and any(cells[len(keys) :]):
            faults.append(
                Fault(line=line, text=_("This line has more cells than the header: is a name split by a sign?"))
            )
            continue
        found = dict(zip(keys, cells, strict=False))
        if mended is not None:
            found = {key: mended(key, cell) for key, cell in found.items()}
        row = Row(line, dict.fromkeys(keys, "") | found)
        for key, value in row.cells.items():
            column = by_key[key]
            if column.filled and not value:
                text = _("Nothing stands here")
            else:
                text = (formula_fault(value) or cell_fault(key, value)) if value else ""
            if text:
                faults.append(Fault(line=line, column=column.headings[0], text=text))
        rows.append(row)
    return rows, faults


def formula_fault(value: str) -> str:
    """What a spreadsheet would run, where somebody opened the table in one later. A lone dash is none, nor «+48 …».

    `-2+cmd|'/C calc'!A0` and `+1+HYPERLINK(…)` begin like numbers.
    """
    signed = value[0] in "+-" and len(value) > 1
    if value[0] in "=@" or (signed and (not value[1:].lstrip()[:1].isdigit() or _CALL.search(value))):
        return _("This begins like a formula of a spreadsheet")
    return ""


def day_of(text: str) -> date | None:
    """A date as people write it: `2014-03-25`, `25.03.2014`, `25/3/2014`; None for anything else."""
    try:
        if _DAY[0].fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a day has no time zone
        if _DAY[1].fullmatch(text):
            return datetime.strptime(re.sub(r"[/-]", ".", text), "%d.%m.%Y").date()  # noqa: DTZ007  # the same
    except ValueError:
        pass
    return None


def plain(heading: str) -> str:
    """A heading, or a word of a list, as it is compared: letters and digits alone."""
    return re.sub(r"[^a-z0-9]+", "", folded(heading))


def _keys(table: Table, columns: Sequence[Column]) -> list[str]:
    """Which column each heading is."""
    known = {plain(heading): column.key for column in columns for heading in column.headings}
    names = ", ".join(column.headings[0] for column in columns)
    keys: list[str] = []
    for heading in table.header:
        key = known.get(plain(heading))
        if key is None:
            text = _("The column «%(heading)s» is not known. Known are: %(names)s")
            raise Refused(Fault(line=1, column=heading, text=text, values={"heading": heading, "names": names}))
        if key in keys:
            raise Refused(Fault(line=1, column=heading, text=_("This column stands twice")))
        keys.append(key)
    for column in columns:
        if column.required and column.key not in keys:
            text = _("The column «%(heading)s» is missing")
            raise Refused(Fault(line=1, text=text, values={"heading": column.headings[0]}))
    return keys


def _without_tail(cells: Sequence[str], cell_of: Callable[[str], str]) -> list[str]:
    tidied = [cell_of(cell) for cell in cells]
    while tidied and not tidied[-1]:
        tidied.pop()
    return tidied


def _table(rows: Sequence[tuple[int, list[str]]], encoding: str, delimiter: str) -> Table:
    header = rows[0][1]
    if len(header) > MOST_COLUMNS:
        raise Refused(Fault(line=rows[0][0], text=_("This file has too many columns")))
    return Table(header=header, rows=list(rows[1:]), encoding=encoding, delimiter=delimiter)


def _too_many(line: int, most_rows: int) -> Refused:
    return Refused(Fault(line=line, text=_("At most %(count)s lines at once"), values={"count": str(most_rows)}))
