"""How an agenda nests and how its items are numbered. Pure."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from app.i18n import _
from portals.council import rules
from portals.council.model import AgendaItem, ItemDraft

MAX_DEPTH: Final = 2
MAX_NUMBER: Final = 12
"""Characters of a number that the clerk writes."""
MAX_MINUTES: Final = 1440

_LAST_DIGITS = re.compile(r"(\d{1,4})$")


class Line(msgspec.Struct, frozen=True):
    """An item as it will stand. `parent`: index of its parent's line, None for an item of the top."""

    draft: ItemDraft
    number: str
    depth: int
    parent: int | None


class Layout:
    """Takes drafts one after the other."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._counters = [0] * (MAX_DEPTH + 1)
        self._path: list[int] = []
        """Index of the open line at each depth."""

    def counted(self, depth: int) -> tuple[str, str]:
        """The number that an item of this depth would get, and its parent's."""
        depth = self._possible(depth)
        parent = self.lines[self._path[depth - 1]].number if depth else ""
        return (f"{parent}." if depth else "") + str(self._counters[depth] + 1), parent

    def add(self, draft: ItemDraft) -> Line:
        depth = self._possible(draft.depth)
        parent = self._path[depth - 1] if depth else None
        prefix = f"{self.lines[parent].number}." if parent is not None else ""
        number = draft.number.strip()
        if number:
            self._counters[depth] = _continued(number, prefix, self._counters[depth])
        else:
            self._counters[depth] += 1
            number = f"{prefix}{self._counters[depth]}"
        self._counters[depth + 1 :] = [0] * (MAX_DEPTH - depth)
        self._path[depth:] = [len(self.lines)]
        line = Line(draft, number, depth, parent)
        self.lines.append(line)
        return line

    def _possible(self, depth: int) -> int:
        return max(0, min(depth, MAX_DEPTH, len(self._path)))


def laid_out(drafts: Sequence[ItemDraft]) -> list[Line]:
    """Depths made consistent (nothing hangs below nothing), numbers counted: 7, 7.1, 7.2, 8.

    A number written by hand stays; where it ends in digits counting goes on from it, «7a» is passed over.
    """
    layout = Layout()
    for draft in drafts:
        layout.add(draft)
    return layout.lines


def _continued(number: str, prefix: str, counted: int) -> int:
    found = _LAST_DIGITS.fullmatch(number.removeprefix(prefix))
    return int(found[1]) if found else counted


def faults(drafts: Sequence[ItemDraft]) -> list[tuple[int | None, str]]:
    """What is wrong, as (index of the item or None for the whole, message id)."""
    found: list[tuple[int | None, str]] = []
    if not drafts:
        found.append((None, _("An agenda needs at least one item")))
    if len(drafts) > rules.MAX_ITEMS:
        found.append((None, _("This is too long: 200 items at most")))
    for index, draft in enumerate(drafts):
        if not draft.title.strip():
            found.append((index, _("An item needs a title")))
        if len(draft.title) > rules.MAX_TITLE:
            found.append((index, _("An item is too long: 500 characters at most")))
        if len(draft.number.strip()) > MAX_NUMBER:
            found.append((index, _("This number is too long: 12 characters at most")))
        if draft.minutes is not None and not 1 <= draft.minutes <= MAX_MINUTES:
            found.append((index, _("Minutes are between 1 and 1440")))
    return found


def drafts_of(items: Sequence[AgendaItem]) -> list[ItemDraft]:
    """A stored agenda as it can be written again."""
    return [
        ItemDraft(item.title, item.depth, item.number if item.by_hand else "", item.planned_minutes, item.id)
        for item in items
    ]


def matched(items: Sequence[AgendaItem], titles: Sequence[str]) -> list[ItemDraft]:
    """Titles written anew: one that was there keeps its item, wherever it moves, and what the item had."""
    left = list(items)
    drafts: list[ItemDraft] = []
    for title in titles:
        kept = next((item for item in left if item.title == title), None)
        if kept is None:
            drafts.append(ItemDraft(title))
        else:
            left.remove(kept)
            drafts += drafts_of([kept])
    return drafts
