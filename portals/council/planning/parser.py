"""Reads an agenda pasted from a document. Pure; it never fails, and every word of the text is in what it returns.

Numbered lines become items, wrapped lines are joined, lines that name attachments belong to their item. A number counts
as one only where it continues those before it: «na dzień / 25. listopada» stays a sentence.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from portals.council.model import ItemDraft
from portals.council.planning.cleaning import SOFT_HYPHEN, clean_lines, joined
from portals.council.planning.marks import Mark, Style, read_mark
from portals.council.planning.outline import MAX_DEPTH, MAX_NUMBER, Layout

_ATTACHMENT = re.compile(
    r"^[\[(]?\s*(załącznik|zał\.|załączniki|w\s+załączeniu|załączono|materiały?\s*:|druk\s+nr)", re.IGNORECASE
)
_PAGE = re.compile(
    r"^(?:strona|str\.)\s*\d+(?:\s*(?:z|/)\s*\d+)?$|^[-–—]?\s*\d{1,3}\s*[-–—]?$|^\d{1,3}\s*/\s*\d{1,3}$", re.IGNORECASE
)
_FARTHEST: Final = 5
"""How many numbers a list may leave out."""
_MOST_PARTS: Final = 30
"""Highest Roman number that begins a list; «C. d.» is no hundred."""


class ParsedItem(msgspec.Struct, frozen=True):
    """`mark` is the number as it was written; `attachments` are lines that name what is attached."""

    title: str
    depth: int = 0
    mark: str = ""
    number: str = ""
    attachments: list[str] = []


class ParsedAgenda(msgspec.Struct, frozen=True):
    """`preamble` stood before the first item; `skipped` are page numbers, signatures and the like."""

    items: list[ItemDraft]
    read: list[ParsedItem]
    preamble: list[str]
    skipped: list[str]


class _Item:
    def __init__(self, title: str, depth: int, mark: Mark | None) -> None:
        self.title = title
        self.depth = depth
        self.mark = mark
        self.attachments: list[str] = []


class _Level:
    def __init__(self, style: Style, parts: tuple[int, ...]) -> None:
        self.style = style
        self.parts = parts


def parse_agenda(text: str) -> ParsedAgenda:
    """What `text` says, ready to be corrected."""
    lines = clean_lines(text)
    reader = _read(lines, numbered=_is_numbered(lines))
    if not reader.items:
        reader = _read(lines, numbered=False)
    read = [_finished(item) for item in reader.items]
    return ParsedAgenda(_drafts(read), read, reader.preamble, reader.skipped)


def _read(lines: Sequence[str], *, numbered: bool) -> "_Reader":
    reader = _Reader(numbered=numbered)
    for line in lines:
        reader.take(line)
    reader.end()
    return reader


def _is_numbered(lines: Sequence[str]) -> bool:
    """Whether numbers or bullets part the items; else each line is one."""
    marks = [found[0] for found in map(read_mark, lines) if found]
    return any(mark.sure for mark in marks) or len(marks) > 1


class _Reader:
    def __init__(self, *, numbered: bool) -> None:
        self.numbered = numbered
        self.items: list[_Item] = []
        self.preamble: list[str] = []
        self.skipped: list[str] = []
        self._levels: list[_Level] = []
        self._newest: dict[Style, tuple[int, ...]] = {}
        """The last number of each kind, in whatever list: parts I and II may count their items through."""
        self._after_gap = False
        self._goes_on: Literal["title", "attachment", "skipped"] = "title"
        """What a line without a mark continues."""
        self._waiting: Mark | None = None
        """A number alone on its line, as tables are pasted: its title follows."""

    def take(self, line: str) -> None:
        if not line:
            self._after_gap = True
            return
        found = read_mark(line)
        if _PAGE.match(line):
            self.skipped.append(line)
            return
        if self.items and _ATTACHMENT.match(line):
            self._attach(line)
        elif found is not None and self._believed(found[0]):
            self._begin(*found, line)
        elif self._waiting is not None:
            self._add(line, self._waiting)
        elif self.numbered:
            self._continue(line)
        elif self.items and line[0].islower() and not self._after_gap:
            self.items[-1].title = joined(self.items[-1].title, line)
        else:
            self._add(line, None)
        self._after_gap = False

    def end(self) -> None:
        if self._waiting is not None:
            self.skipped.append(self._waiting.text)

    def _begin(self, mark: Mark, rest: str, line: str) -> None:
        if self._waiting is not None:
            self.skipped.append(self._waiting.text)
            self._waiting = None
        if not rest:
            self._waiting = mark
        elif self.items and mark.style == "bullet" and _ATTACHMENT.match(rest):
            self._attach(line)
        else:
            self._add(rest, mark)

    def _add(self, title: str, mark: Mark | None) -> None:
        self.items.append(_Item(title, self._placed(mark) if mark is not None else 0, mark))
        self._waiting, self._goes_on = None, "title"

    def _attach(self, line: str) -> None:
        self.items[-1].attachments.append(line)
        self._goes_on = "attachment"

    def _continue(self, line: str) -> None:
        """A line without a mark: the rest of a sentence, or a paragraph of its own."""
        if not self.items:
            self.preamble.append(line)
            return
        item = self.items[-1]
        if self._after_gap and not line[0].islower():
            self._goes_on = "skipped"
        if self._goes_on == "skipped":
            self.skipped.append(line)
        elif self._goes_on == "attachment":
            item.attachments[-1] = joined(item.attachments[-1], line)
        else:
            item.title = joined(item.title, line)

    def _believed(self, mark: Mark) -> bool:
        """Whether the mark is the next one of a list that is open, or begins a new one."""
        if mark.style == "bullet":
            return True
        level = self._level(mark.style)
        if mark.style == "parted":
            return self._parted_fits(mark, level)
        value = mark.parts[0]
        if level is None and mark.style == "paren" and value != 1:
            level = self._level("number")
        if level is None:
            if mark.style == "roman":
                return value <= _MOST_PARTS
            unmarked = not any(item.mark for item in self.items)
            goes_on = self._newest.get(mark.style, (value,))[0] == value - 1
            return value == 1 or (mark.sure and mark.style != "letter" and (unmarked or goes_on))
        step = value - level.parts[0]
        if not mark.sure:
            return step == 1
        same = step == 0 and mark.number[-1:].isalpha() and mark.style == "number"
        return same or 0 < step <= _FARTHEST or value == 1

    def _level(self, style: Style) -> _Level | None:
        return next((level for level in reversed(self._levels) if level.style == style), None)

    def _parted_fits(self, mark: Mark, level: _Level | None) -> bool:
        head, last = mark.parts[:-1], mark.parts[-1]
        if level is not None:
            if level.parts[:-1] == head:
                return 0 < last - level.parts[-1] <= _FARTHEST or mark.number[-1:].isalpha()
            if len(level.parts) < len(mark.parts):
                return last == 1 and level.parts == head
            return level.parts < mark.parts and mark.parts[0] - level.parts[0] <= 1
        above = self._level("number") or self._level("paren")
        if above is not None:
            return head[0] in {above.parts[0], above.parts[0] + 1} and last <= _FARTHEST
        return not self.items or last == 1

    def _placed(self, mark: Mark) -> int:
        """Depth of a mark: that of its list if it is open, else one below the newest."""
        levels, style = self._levels, mark.style
        if style == "paren" and mark.parts[0] != 1 and self._level("paren") is None and self._level("number"):
            style = "number"
        self._newest[style] = mark.parts
        if style == "parted":
            depth = self._parted_depth(mark)
        elif style == "roman":
            depth = 0
        else:
            depth = next((index for index, level in enumerate(levels) if level.style == style), len(levels))
        levels[depth:] = [_Level(style, mark.parts)]
        return min(depth, MAX_DEPTH)

    def _parted_depth(self, mark: Mark) -> int:
        for index, level in enumerate(self._levels):
            if level.style == "parted" and len(level.parts) == len(mark.parts):
                return index
        above = [
            index
            for index, level in enumerate(self._levels)
            if level.style in {"number", "paren"} or (level.style == "parted" and len(level.parts) < len(mark.parts))
        ]
        return above[-1] + 1 if above else 0


def _finished(item: _Item) -> ParsedItem:
    title = item.title.rstrip(SOFT_HYPHEN)
    attachments = [line.rstrip(SOFT_HYPHEN) for line in item.attachments]
    mark = item.mark
    return ParsedItem(title, item.depth, mark.text if mark else "", mark.number if mark else "", attachments)


def _drafts(read: Sequence[ParsedItem]) -> list[ItemDraft]:
    """Counted numbers where they say the same as the document; what it numbers otherwise stays as written."""
    layout = Layout()
    for item in read:
        counted, parent = layout.counted(item.depth)
        written = item.number
        if written.isalpha() and written.islower():  # a) below 7 is 7a
            written = parent + written
        elif written.isdigit() and item.mark.endswith(")") and parent[:1].isdigit():  # 1) below 7. is 7.1
            written = f"{parent}.{written}"
        by_hand = written not in {"", counted} and len(written) <= MAX_NUMBER
        layout.add(ItemDraft(item.title, item.depth, written if by_hand else ""))
    return [line.draft for line in layout.lines]
