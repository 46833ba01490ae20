"""Text of a legal act into paragraphs, and back. Pure.

What a line begins with makes it a paragraph and is kept: § 3., Art. 5., ust. 1., pkt 1), lit. a), tiret –; headings
are Markdown's #, «Rozdział 2», «Załącznik», lines in capitals. Lines that were only wrapped are joined again.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from app.i18n import _
from portals.dialog.remarks.model import Line

MOST_LINES: Final = 1500
MOST_LETTERS: Final = 400_000
LONGEST: Final = 20_000
TOO_LONG: Final = _("This is too long: 400,000 characters and 1,500 paragraphs at most")
_MARKDOWN: Final = re.compile(r"(#{1,6})\s+(.*\S)\s*$")
_NUMBER: Final = r"\d{1,4}[a-z]{0,2}"
_UNIT: Final = re.compile(rf"((?:§|Art\.|art\.)\s*{_NUMBER}\.?)(?:\s+({_NUMBER}\.)(?=\s|$))?\s*(.*)$")
_LABELS: Final = (
    (1, re.compile(rf"((?:ust\.\s*)?{_NUMBER}\.)\s+(\S.*)$|((?:ust\.\s*)?{_NUMBER}\.)$")),
    (2, re.compile(rf"((?:pkt\s*)?{_NUMBER}\))\s*(.*)$")),
    (3, re.compile(r"((?:lit\.\s*)?[a-z]{1,2}\))\s*(.*)$")),
    (4, re.compile(r"([–—•-])\s+(\S.*)$")),
)
_HEADING: Final = re.compile(r"(rozdział|dział|część|tytuł|załącznik|uzasadnienie|postanowienia)\b", re.IGNORECASE)
_CHAPTER: Final = re.compile(r"(rozdział|dział|część|tytuł)\s+\w{1,8}$", re.IGNORECASE)
_ABBREVIATIONS: Final = ("art.", "ust.", "pkt", "poz.", "nr", "r.", "dz.", "u.", "lit.", "ul.", "t.j.", "zm.", "m.in.")
_ENDS: Final = (".", ";", ":", "!", "?", "…")


def read_lines(text: str) -> list[Line]:
    """Paragraphs of a text, in order. Empty for an empty text; too long ones are for `faults` to tell."""
    found: list[Line] = []
    blank = True
    for raw in unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = " ".join("".join(sign for sign in raw if sign == "\t" or sign >= " ").split())
        if not line:
            blank = True
            continue
        before = found[-1] if found else None
        read = _line(line)
        if before is not None and not blank and before.text and _is_cut(before.text):
            read = Line("text", 0, "", line)  # «… (Dz. U. z 2025 r. poz.» and «1153)»
        if before is not None and before.kind == "text" and before.label and not before.text and read.kind == "text":
            found[-1] = _filled(before, read)  # «§ 2.» alone on its line
        elif before is not None and not read.label and read.kind == "text" and _goes_on(before, read, blank=blank):
            found[-1] = msgspec.structs.replace(before, text=f"{before.text} {read.text}")
        elif before is not None and _is_heading_of(before, read):
            found[-1] = msgspec.structs.replace(before, text=f"{before.text}. {read.text}")
        else:
            found.append(read)
        blank = False
    return with_places(found)


def _line(line: str) -> Line:
    heading = _MARKDOWN.match(line)
    if heading:
        return Line("heading", len(heading[1]), "", heading[2])
    line = re.sub(r"\*\*(.+?)\*\*|__(.+?)__", lambda found: found[1] or found[2], line)
    line = re.sub(r"^(\d{1,4}[a-z]{0,2})\\([.)])", r"\1\2", line)  # «1\.» of Markdown
    unit = _UNIT.match(line)
    if unit:
        label = f"{unit[1]} {unit[2]}" if unit[2] else unit[1]
        return Line("text", 0, label, unit[3])
    for level, pattern in _LABELS:
        found = pattern.match(line)
        if found:
            groups = [one for one in found.groups() if one is not None]
            return Line("text", level, groups[0], groups[1] if len(groups) > 1 else "")
    letters = [sign for sign in line if sign.isalpha()]
    capitals = len(letters) >= 4 and all(sign.isupper() for sign in letters)
    if len(line) <= 200 and (capitals or (_HEADING.match(line) and not line.endswith((".", ";", ",")))):
        return Line("heading", 2, "", line)
    return Line("text", 0, "", line)


def _filled(before: Line, read: Line) -> Line:
    """A label that stood alone, with what follows it: words, or the first «ust.» below it."""
    if not read.label:
        return msgspec.structs.replace(before, text=read.text)
    if before.level == 0 and read.level == 1:
        return Line("text", 0, f"{before.label} {read.label}", read.text)
    return Line("text", before.level, f"{before.label} {read.label}", read.text)


def _goes_on(before: Line, read: Line, *, blank: bool) -> bool:
    """Whether a line without label is the rest of the one before it."""
    if blank or before.kind == "heading":
        return False
    return _is_cut(before.text) or read.text[:1].islower() or not before.text.endswith(_ENDS)


def _is_cut(text: str) -> bool:
    """Whether a line ends where no sentence does."""
    return text.rsplit(" ", 1)[-1].lower() in _ABBREVIATIONS


def _is_heading_of(before: Line, read: Line) -> bool:
    """«Rozdział 2» with its name on the next line."""
    alone = before.kind == "heading" and _CHAPTER.match(before.text) is not None
    return alone and not read.label and read.kind == "text" and len(read.text) < 120 and not read.text.endswith(_ENDS)


def with_places(lines: Iterable[Line]) -> list[Line]:
    """Each with how it is cited: «§ 3 ust. 2 pkt 1 lit. a»; a part without number is cited by what it hangs below."""
    found: list[Line] = []
    path = ["", "", "", "", ""]
    for line in lines:
        if line.kind == "heading":
            path = ["", "", "", "", ""]
            found.append(msgspec.structs.replace(line, place=_short(line.text, 60)))
            continue
        if line.label:
            unit, _space, second = line.label.partition(" ")
            if line.level == 0:
                path = [*_unit_path(line.label), "", "", ""]
            else:
                words = ("", "ust.", "pkt", "lit.", "tiret")
                number = (second or unit).strip(".)")
                path[line.level] = words[line.level] if line.level == 4 else f"{words[line.level]} {number}"
                path[line.level + 1 :] = [""] * (4 - line.level)
        place = " ".join(one for one in path if one)
        found.append(msgspec.structs.replace(line, place=place or _short(line.text, 40)))
    return found


def _unit_path(label: str) -> tuple[str, str]:
    """«§ 3. 2.» → («§ 3», «ust. 2»)."""
    found = re.match(rf"(§|Art\.|art\.)\s*({_NUMBER})\.?(?:\s+({_NUMBER})\.)?", label)
    if found is None:
        return label, ""
    return f"{found[1].lower()} {found[2]}", f"ust. {found[3]}" if found[3] else ""


def _short(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def as_text(lines: Sequence[Line]) -> str:
    """The text that `read_lines` reads into these paragraphs: what the clerk edits."""
    parts = []
    for line in lines:
        if line.kind == "heading":
            parts.append(f"{'#' * max(1, line.level)} {line.text}")
        else:
            parts.append(f"{line.label} {line.text}".strip())
    return "\n\n".join(parts)


def faults(lines: Sequence[Line]) -> str:
    """What is wrong with a draft's paragraphs; empty where nothing is. A message id."""
    if not lines:
        return _("Paste the text, or choose a file with it")
    if len(lines) > MOST_LINES:
        return TOO_LONG
    if any(len(line.text) > LONGEST or len(line.label) > 60 for line in lines):
        return _("One paragraph is longer than 20,000 characters: divide it with an empty line")
    return ""
