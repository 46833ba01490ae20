"""Files as text. Runs in a process of its own (`child.py`): files come from anybody."""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from media.speech.decoding import decoded
from portals.council.papers.reading.model import Answer, NoText, Passage, Read

MOST_PAGES: Final = 3000
MOST_CHARACTERS: Final = 5_000_000
PASSAGE: Final = 3000
"""Characters of a passage in files without pages, about a page."""
LEAST_LETTERS: Final = 20
"""Fewer letters than this on all pages are a stamp on a scan, not a text."""
MOST_UNPACKED: Final = 300 << 20

PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT: Final = "application/vnd.oasis.opendocument.text"
TEXTS: Final = frozenset({"text/plain", "text/markdown", "text/csv"})
KINDS: Final = TEXTS | {PDF, DOCX, ODT}

_WORD_NS: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT_NS: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_HYPHEN: Final = re.compile(r"[-\u00ad\u2010\ufffe\x02]\s*\n\s*(?=[^\W\d_])")
"""A word that was cut at a line's end; PDFium writes U+FFFE for such a hyphen."""


def text_of(path: Path, kind: str) -> Answer:
    """What can be found in the file."""
    if kind == PDF:
        return _of_pdf(path)
    if kind == DOCX:
        return _of_package(path, "word/document.xml", _docx_lines)
    if kind == ODT:
        return _of_package(path, "content.xml", _odt_lines)
    if kind in TEXTS:
        return _whole((None, text) for text in _cut(decoded(path.read_bytes())[0].splitlines()))
    return NoText("kind")


def _of_pdf(path: Path) -> Answer:
    import pypdfium2  # type: ignore[import-untyped]  # it ships no types

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as problem:
        return NoText("locked" if "password" in str(problem).lower() else "broken")
    try:
        return _whole(_pages(document), len(document) > MOST_PAGES)
    finally:
        document.close()


def _pages(document: Any) -> Iterator[tuple[int, str]]:
    import pypdfium2

    for number in range(min(len(document), MOST_PAGES)):
        try:
            page = document[number]
            yield number + 1, page.get_textpage().get_text_bounded()
            page.close()
        except pypdfium2.PdfiumError:
            continue  # one page that is broken leaves the others


def _of_package(path: Path, name: str, lines: Callable[[Any], Iterator[str]]) -> Answer:
    from lxml import etree  # type: ignore[import-untyped]  # it ships no types

    try:
        with zipfile.ZipFile(path) as package:
            if package.getinfo(name).flag_bits & 1:
                return NoText("locked")
            if package.getinfo(name).file_size > MOST_UNPACKED:
                return NoText("too_large")
            content = package.read(name)
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as problem:
        return NoText("too_demanding" if problem.code == etree.ErrorTypes.ERR_NO_MEMORY else "broken")
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError):
        return NoText("broken")
    return _whole((None, text) for text in _cut(lines(root)))


def _docx_lines(root: Any) -> Iterator[str]:
    for paragraph in root.iter(f"{_WORD_NS}p"):
        yield "".join(
            (one.text or "") if one.tag == f"{_WORD_NS}t" else " "
            for one in paragraph.iter(f"{_WORD_NS}t", f"{_WORD_NS}tab", f"{_WORD_NS}br")
        )


def _odt_lines(root: Any) -> Iterator[str]:
    for paragraph in root.iter(f"{_TEXT_NS}p", f"{_TEXT_NS}h"):
        yield "".join(paragraph.itertext())


def _cut(lines: Iterable[str]) -> Iterator[str]:
    """Lines joined to passages of about a page."""
    kept: list[str] = []
    size = 0
    for line in lines:
        for begin in range(0, len(line), PASSAGE) or (0,):
            piece = line[begin : begin + PASSAGE]
            kept.append(piece)
            size += len(piece) + 1
            if size >= PASSAGE:
                yield "\n".join(kept)
                kept, size = [], 0
    yield "\n".join(kept)


def _whole(pieces: Iterable[tuple[int | None, str]], cut: bool = False) -> Answer:
    passages: list[Passage] = []
    size = 0
    for page, raw in pieces:
        text = clean(raw)
        if size + len(text) > MOST_CHARACTERS:
            cut = True
            break
        size += len(text)
        if text:
            passages.append(Passage(page, text))
    if sum(one.isalpha() for passage in passages[:50] for one in passage.text) < LEAST_LETTERS:
        return NoText("scan")
    return Read(passages, cut)


def clean(text: str) -> str:
    """Words that were cut at a line's end joined, without what no reader sees."""
    joined = _HYPHEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = unicodedata.normalize("NFC", joined)
    shown = "".join(one if unicodedata.category(one) not in {"Cc", "Cs", "Co", "Cn", "Cf"} else " " for one in plain)
    return " ".join(shown.split())
