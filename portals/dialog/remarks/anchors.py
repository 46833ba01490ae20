"""Where a remark stands in a version, and where it goes in the next one. Pure.

exact: the same words in the same paragraph. context: the same words elsewhere, or a paragraph with other words.
fuzzy: words much like them. orphan: none of these; the remark keeps its old quote and is shown as without a place.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final
from uuid import UUID

from portals.dialog.remarks.model import AROUND, Anchor, Paragraph, Quoted

ALIKE: Final = 0.72
"""Least likeness of a quote and what it has become."""
ALIKE_ELSEWHERE: Final = 0.82
SHORT: Final = 12
"""A quote of fewer characters is found in another paragraph only with its surroundings."""
CANDIDATES: Final = 4
LOST: Final = Anchor(None, 0, 0, "orphan")
_ORDER: Final = ("exact", "context", "fuzzy", "orphan")


class Finder:
    """The paragraphs of a version, ready to be searched for thousands of quotes."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self.by_id: Mapping[UUID, Paragraph] = {one.paragraph_id: one for one in paragraphs}
        self._words: dict[str, set[UUID]] = {}
        for one in paragraphs:
            for word in _words(one.text):
                self._words.setdefault(word, set()).add(one.paragraph_id)

    def alike(self, text: str) -> list[Paragraph]:
        """Those that share most words with a text, rare ones first."""
        score: dict[UUID, float] = {}
        for word in _words(text):
            holders = self._words.get(word, set())
            for paragraph_id in holders:
                score[paragraph_id] = score.get(paragraph_id, 0.0) + 1 / len(holders)
        best = sorted(score, key=lambda one: (-score[one], self.by_id[one].ordinal))[:CANDIDATES]
        return [self.by_id[one] for one in best]

    def anchor(self, *ways: Quoted, reworded: bool = False) -> Anchor:
        """The best place for a remark; `ways`: its own words first, then what they had become.

        `reworded`: the paragraph has other words than those the remark was made on.
        """
        found = [self._one(way, reworded=reworded) for way in ways]
        return min(found, key=lambda one: _ORDER.index(one.how), default=LOST)

    def _one(self, way: Quoted, *, reworded: bool) -> Anchor:
        home = self.by_id.get(way.paragraph_id) if way.paragraph_id else None
        if not way.quote:
            return LOST if home is None else Anchor(home.paragraph_id, 0, 0, "context" if reworded else "exact")
        if home is not None:
            place = best_place(home.text, way)
            if place is not None:
                return Anchor(home.paragraph_id, place, place + len(way.quote), "exact")
        return self._elsewhere(way, home) or self._fuzzy(way, home) or LOST

    def _elsewhere(self, way: Quoted, home: Paragraph | None) -> Anchor | None:
        """The same words in another paragraph; short ones need their surroundings."""
        best: tuple[int, int, Paragraph, int] | None = None
        for one in self.by_id.values():
            place = best_place(one.text, way)
            if place is None or one is home:
                continue
            fits = _surroundings(one.text, place, way)
            if len(way.quote) < SHORT and fits < AROUND // 2:
                continue
            if best is None or (fits, -one.ordinal) > best[:2]:
                best = (fits, -one.ordinal, one, place)
        if best is None:
            return None
        return Anchor(best[2].paragraph_id, best[3], best[3] + len(way.quote), "context")

    def _fuzzy(self, way: Quoted, home: Paragraph | None) -> Anchor | None:
        if home is not None:
            span = like(home.text, way.quote, ALIKE)
            if span is not None:
                return Anchor(home.paragraph_id, *span, "fuzzy")
            between = _between(home.text, way)
            if between is not None:
                return Anchor(home.paragraph_id, *between, "fuzzy")
        if len(way.quote) >= SHORT:
            for one in self.alike(way.quote):
                span = like(one.text, way.quote, ALIKE_ELSEWHERE)
                if span is not None:
                    return Anchor(one.paragraph_id, *span, "fuzzy")
        return None


def quoted(paragraph: Paragraph, starts: int, ends: int) -> Quoted:
    """What stands at a place, with its surroundings; an empty range is the whole paragraph."""
    text = paragraph.text
    if starts >= ends:
        return Quoted(paragraph.paragraph_id, "", "", "")
    before, after = text[max(0, starts - AROUND) : starts], text[ends : ends + AROUND]
    return Quoted(paragraph.paragraph_id, text[starts:ends], before, after)


def selected(paragraph: Paragraph, quote: str, starts: int) -> tuple[int, int] | None:
    """Where a selection that somebody sent stands; `starts` may be a little off, the words may not."""
    if not quote:
        return 0, 0
    places = list(_occurrences(paragraph.text, quote))
    if not places:
        return None
    place = min(places, key=lambda one: abs(one - starts))
    return place, place + len(quote)


def best_place(text: str, way: Quoted) -> int | None:
    """Where the quote stands in a text: of several places, the one whose surroundings fit best."""
    places = list(_occurrences(text, way.quote))
    return max(places, key=lambda place: (_surroundings(text, place, way), -place), default=None)


def like(text: str, quote: str, least: float) -> tuple[int, int] | None:
    """The stretch of a text that is most like the quote, if it is like enough; whole words."""
    matcher = SequenceMatcher(None, text, quote, autojunk=False)
    blocks = [one for one in matcher.get_matching_blocks() if one.size >= 3]
    best: tuple[float, int, int] | None = None
    for first in range(len(blocks)):
        for last in range(first, len(blocks)):
            starts = _word_start(text, blocks[first].a)
            ends = _word_end(text, blocks[last].a + blocks[last].size)
            if ends - starts > 2 * len(quote) + 20:
                break
            ratio = SequenceMatcher(None, text[starts:ends], quote, autojunk=False).ratio()
            if ratio >= least and (best is None or ratio > best[0]):
                best = (ratio, starts, ends)
        if first > 8:
            break
    return None if best is None else (best[1], best[2])


def _between(text: str, way: Quoted) -> tuple[int, int] | None:
    """What stands now between the words that stood before and after the quote."""
    before, after = way.prefix.strip(), way.suffix.strip()
    if len(before) < 8 or len(after) < 8:
        return None
    start = text.find(before)
    end = text.find(after, start + len(before)) if start >= 0 else -1
    if start < 0 or end < 0:
        return None
    starts, ends = start + len(before), end
    while starts < ends and text[starts].isspace():
        starts += 1
    while ends > starts and text[ends - 1].isspace():
        ends -= 1
    return (starts, ends) if starts < ends and ends - starts <= 3 * len(way.quote) + 20 else None


def _occurrences(text: str, quote: str) -> Iterable[int]:
    place = text.find(quote)
    while place >= 0:
        yield place
        place = text.find(quote, place + 1)


def _surroundings(text: str, place: int, way: Quoted) -> int:
    """How many characters before and after fit."""
    before, after = text[:place], text[place + len(way.quote) :]
    fits = 0
    while fits < len(way.prefix) and fits < len(before) and way.prefix[-1 - fits] == before[-1 - fits]:
        fits += 1
    behind = 0
    while behind < len(way.suffix) and behind < len(after) and way.suffix[behind] == after[behind]:
        behind += 1
    return fits + behind


def _word_start(text: str, place: int) -> int:
    while place > 0 and text[place - 1].isalnum():
        place -= 1
    return place


def _word_end(text: str, place: int) -> int:
    while place < len(text) and text[place].isalnum() and text[place - 1].isalnum():
        place += 1
    return place


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{3,}", text.casefold()))
