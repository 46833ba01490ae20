"""What is different between two texts, line by line and word by word. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, Literal

import msgspec

from portals.helpdesk.knowledge.model import Revision

AROUND: Final = 2
"""Lines that stay the same and are shown beside those that changed."""
MOST_LINES: Final = 1500
MOST_WORDS: Final = 400
"""Of a changed line in both versions; a longer one is shown as taken out and put in."""
MOST_PAIRS: Final = 20_000
"""Of equal lines: so many steps a comparison may take each time it looks for the longest stretch they share."""
MOST_EMPTY: Final = 500
"""Empty lines of a text, which are equal to all others."""
MOST_WORD_PAIRS: Final = 6_000
MOST_COMPARED: Final = 300
"""Changed lines that are compared word by word; those after them are shown as taken out and put in."""
_PARTS: Final = re.compile(r"\w+|\s+|[^\w\s]")

Kind = Literal["same", "out", "in"]


class Part(msgspec.Struct, frozen=True):
    """A stretch of a line."""

    kind: Kind
    text: str


class Line(msgspec.Struct, frozen=True):
    """A line of the difference; `left_out`: so many lines that stay the same are not shown here."""

    parts: tuple[Part, ...]
    left_out: int = 0


class FieldDifference(msgspec.Struct, frozen=True):
    """A field that is different: `title`, `lead`, `keywords`, `category`, `audience`, `models`, `text`."""

    field: str
    lines: tuple[Line, ...]


def differences(old: Revision, new: Revision, models: dict[int, str]) -> list[FieldDifference]:
    """Fields that are different. `models`: their names."""
    pairs = (
        ("title", old.title, new.title),
        ("lead", old.lead, new.lead),
        ("keywords", ", ".join(old.keywords), ", ".join(new.keywords)),
        ("category", old.category_name, new.category_name),
        ("audience", old.audience, new.audience),
        ("models", _names(old.models, models), _names(new.models, models)),
        ("text", old.text, new.text),
    )
    return [FieldDifference(name, tuple(lines_between(was, now))) for name, was, now in pairs if was != now]


def _names(ids: Sequence[int], models: dict[int, str]) -> str:
    return ", ".join(sorted(models.get(one, f"#{one}") for one in ids))


def lines_between(old: str, new: str, around: int = AROUND) -> list[Line]:
    """Changed lines with some of those around them. What would take too long to compare (thousands of lines, or the
    same few over and over) is shown as taken out and put in as a whole.
    """
    before, after = old.splitlines(), new.splitlines()
    words = [[one for one in lines if one.strip()] for lines in (before, after)]
    if (
        max(len(before), len(after)) > MOST_LINES
        or max(before.count(""), after.count("")) > MOST_EMPTY
        or _pairs(*words) > MOST_PAIRS
    ):
        return [Line((Part("out", old),)), Line((Part("in", new),))]
    found: list[Line] = []
    compared = 0
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, begin, end, second_begin, second_end in matcher.get_opcodes():
        if tag == "equal":
            last = end == len(before) and second_end == len(after)
            found += _around(before[begin:end], around, first=begin == 0 and second_begin == 0, last=last)
            continue
        found += _changed(before[begin:end], after[second_begin:second_end], MOST_COMPARED - compared)
        compared += end - begin
    return found


def _pairs(before: Sequence[str], after: Sequence[str]) -> int:
    """How many places of the one equal a place of the other."""
    counts = Counter(after)
    return sum(counts[one] for one in before)


def _around(lines: Sequence[str], around: int, *, first: bool, last: bool) -> list[Line]:
    """Lines that stay: those next to a change, and how many lie between."""
    head = 0 if first else around
    tail = 0 if last else around
    if len(lines) <= head + tail:
        return [_same(line) for line in lines]
    shown = [_same(line) for line in lines[:head]]
    shown.append(Line((), len(lines) - head - tail))
    return [*shown, *(_same(line) for line in lines[len(lines) - tail :])] if tail else shown


def _same(line: str) -> Line:
    return Line((Part("same", line),))


def _changed(before: Sequence[str], after: Sequence[str], by_words: int) -> list[Line]:
    """Lines that took each other's place are compared word by word, in pairs, the first `by_words` of them; the rest
    are out or in as a whole.
    """
    found = []
    for place in range(max(len(before), len(after))):
        old = before[place] if place < len(before) else None
        new = after[place] if place < len(after) else None
        if old is not None and new is not None and place < by_words:
            found += _words(old, new)
            continue
        if old is not None:
            found.append(Line((Part("out", old),)))
        if new is not None:
            found.append(Line((Part("in", new),)))
    return found


def _words(old: str, new: str) -> list[Line]:
    before, after = _PARTS.findall(old), _PARTS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    too_many = len(before) + len(after) > MOST_WORDS or _pairs(before, after) > MOST_WORD_PAIRS
    if too_many or matcher.ratio() < 0.4:
        return [Line((Part("out", old),)), Line((Part("in", new),))]
    parts: list[Part] = []
    for tag, begin, end, second_begin, second_end in matcher.get_opcodes():
        if tag == "equal":
            parts.append(Part("same", "".join(before[begin:end])))
            continue
        if begin < end:
            parts.append(Part("out", "".join(before[begin:end])))
        if second_begin < second_end:
            parts.append(Part("in", "".join(after[second_begin:second_end])))
    return [Line(tuple(parts))]
