"""A .docx file as the text that `reading` reads. Blocking: call it in a thread.

Word keeps the numbers of numbered paragraphs out of their text: they are counted here as Word counts them, so that §,
ust., pkt and letters stay.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final
from zipfile import BadZipFile

import docx
import msgspec
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]  # lxml brings no types

from app.errors import Invalid
from app.i18n import _

_ROMAN: Final = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
DEEPEST: Final = 9


class Level(msgspec.Struct, frozen=True):
    """How a level of a list is numbered: `text` such as «%1.%2)»."""

    format: str
    text: str
    start: int


def docx_text(source: Path | BinaryIO) -> str:
    """The document's paragraphs and tables, each with its number. Raises Invalid for a damaged file."""
    try:
        document = docx.Document(source if not isinstance(source, Path) else str(source))
    except (PackageNotFoundError, BadZipFile, XMLSyntaxError, KeyError, ValueError, OSError):
        raise Invalid(fields={"file": _("This document cannot be read. Save it once more as .docx")}) from None
    counter = _Counter(document)
    parts: list[str] = []
    for item in document.iter_inner_content():
        parts += _table(item) if isinstance(item, Table) else [_paragraph(item, counter)]
    return "\n\n".join(part for part in parts if part)


def _table(table: Table) -> Iterator[str]:
    for row in table.rows:
        cells: list[str] = []
        for cell in row.cells:  # a merged cell comes once for each place it takes
            text = " ".join(cell.text.split())
            if text and (not cells or cells[-1] != text):
                cells.append(text)
        yield " | ".join(cells)


def _paragraph(paragraph: Paragraph, counter: "_Counter") -> str:
    text = " ".join(paragraph.text.split())
    if not text:
        return ""
    number = counter.number(paragraph)
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if style.startswith(("Heading", "Title")):
        depth = style.removeprefix("Heading").strip()
        level = min(6, int(depth)) if depth.isdigit() and depth != "0" else 1
        return f"{'#' * level} {number} {text}".replace("  ", " ")
    return f"{number} {text}".strip()


class _Counter:
    """Counts the lists of one document."""

    def __init__(self, document: Any) -> None:
        self._levels = _numbering(document)
        self._counts: dict[tuple[str, int], int] = {}

    def number(self, paragraph: Paragraph) -> str:
        """The number in front of a paragraph; empty where it has none."""
        place = _place(paragraph)
        if place is None:
            return ""
        list_id, depth = place
        levels = self._levels.get(list_id, {})
        level = levels.get(depth)
        if level is None or level.format == "none":
            return ""
        if level.format == "bullet":
            return "–"
        self._counts[list_id, depth] = self._counts.get((list_id, depth), level.start - 1) + 1
        for deeper in range(depth + 1, DEEPEST):
            self._counts.pop((list_id, deeper), None)
        text = level.text
        for index in range(DEEPEST):
            mark = f"%{index + 1}"
            if mark in text:
                shown = levels.get(index, level)
                count = self._counts.get((list_id, index), shown.start)
                text = text.replace(mark, _written(count, shown.format))
        return text.strip()


def _place(paragraph: Paragraph) -> tuple[str, int] | None:
    """List and level of a paragraph, its own or its style's."""
    style = paragraph.style
    for properties in (paragraph._p.pPr, style.element.pPr if style is not None else None):  # noqa: SLF001  # python-docx has no public way to numbers
        number: Any = properties.numPr if properties is not None else None
        if number is not None and number.numId is not None:
            if number.numId.val == 0:
                return None  # numbering taken off by hand
            return str(number.numId.val), number.ilvl.val if number.ilvl is not None else 0
    return None


def _numbering(document: Any) -> dict[str, dict[int, Level]]:
    """Levels of each list of the document (w:num → w:abstractNum)."""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return {}
    abstract = {one.get(qn("w:abstractNumId")): _levels(one) for one in root.findall(qn("w:abstractNum"))}
    found = {}
    for one in root.findall(qn("w:num")):
        reference = one.find(qn("w:abstractNumId"))
        if reference is not None:
            found[str(one.get(qn("w:numId")))] = abstract.get(reference.get(qn("w:val")), {})
    return found


def _levels(abstract: Any) -> dict[int, Level]:
    found = {}
    for level in abstract.findall(qn("w:lvl")):
        depth = level.get(qn("w:ilvl")) or "0"
        start = _value(level, "w:start")
        if depth.isdigit() and int(depth) < DEEPEST:
            found[int(depth)] = Level(
                _value(level, "w:numFmt") or "decimal", _value(level, "w:lvlText"), int(start) if start.isdigit() else 1
            )
    return found


def _value(element: Any, name: str) -> str:
    child = element.find(qn(name))
    return (child.get(qn("w:val")) or "") if child is not None else ""


def _written(count: int, form: str) -> str:
    count = max(1, min(count, 9999))
    if form in {"lowerLetter", "upperLetter"}:
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters if form == "lowerLetter" else letters.upper()
    if form in {"lowerRoman", "upperRoman"}:
        tens, rest = divmod(count, 10)
        text = "x" * tens
        for value, sign in _ROMAN:
            while rest >= value:
                text, rest = text + sign, rest - value
        return text if form == "lowerRoman" else text.upper()
    return str(count)
