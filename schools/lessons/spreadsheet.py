"""The first sheet of an XLSX file (ECMA-376) as texts: what a list of topics needs. Pure."""

import io
import re
import zipfile
import zlib
from typing import Final
from xml.etree import ElementTree as ET

MOST_BYTES: Final = 8 * 1024 * 1024
"""Unpacked, of one part: a list of topics is far smaller, a bomb is not."""
DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    RuntimeError,  # what zipfile says of a part under a password
    *(ET.ParseError, KeyError, IndexError),
)
SPACE: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows_of(data: bytes) -> list[list[str]]:
    """Raises ValueError where it is no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            shared = _shared(_part(book, "xl/sharedStrings.xml")) if "xl/sharedStrings.xml" in book.namelist() else []
            sheets = sorted(name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
            if not sheets:
                raise ValueError("no sheet")
            return [_row(row, shared) for row in ET.fromstring(_part(book, sheets[0])).iter(f"{SPACE}row")]  # noqa: S314 - no entities: expat ≥ 2.4 limits them, _part the size
    except DAMAGED as problem:
        raise ValueError("no workbook") from problem


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    if book.getinfo(name).file_size > MOST_BYTES:
        raise ValueError("too large")
    with book.open(name) as part:
        return part.read(MOST_BYTES)


def _shared(xml: bytes) -> list[str]:
    return ["".join(text.text or "" for text in one.iter(f"{SPACE}t")) for one in ET.fromstring(xml)]  # noqa: S314 - as above


def _row(row: ET.Element, shared: list[str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{SPACE}c"):
        place = _column(cell.get("r", ""), len(cells))
        cells += [""] * (place - len(cells))
        kind, value = cell.get("t", "n"), cell.findtext(f"{SPACE}v") or ""
        if kind == "s":
            value = shared[int(value)]
        elif kind == "inlineStr":
            value = "".join(text.text or "" for text in cell.iter(f"{SPACE}t"))
        elif value.endswith(".0"):
            value = value[:-2]
        cells.append(value)
    return cells


def _column(reference: str, following: int) -> int:
    """Zero-based, of `AB12`; a cell without a reference comes next."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return following
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return max(number - 1, following)
