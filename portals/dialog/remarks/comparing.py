"""What has changed between two versions, paragraph by paragraph and word by word. Pure.

A paragraph keeps its identity where its words are the same, wherever they stand now, and where it was reworded in its
place. So remarks follow it.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, Literal
from uuid import UUID, uuid4

import msgspec

from portals.dialog.remarks.model import Line, Paragraph

ALIKE: Final = 0.4
"""Share of common words from which on a paragraph counts as reworded, not as another one."""
SAME_LABEL: Final = 0.2
"""What the same label in the same place is worth."""
MOST_PAIRS: Final = 250_000
_TOKENS: Final = re.compile(r"\w+|\s+|[^\w\s]")

Change = Literal["same", "changed", "moved", "added", "removed"]
Piece = tuple[Literal["same", "added", "removed"], str]


class DiffRow(msgspec.Struct, frozen=True):
    """A paragraph in two versions. `pieces`: its words, with what was taken out and put in."""

    change: Change
    old: Paragraph | None
    new: Paragraph | None
    pieces: list[Piece]


def identified(old: Sequence[Paragraph], lines: Sequence[Line]) -> list[Paragraph]:
    """The new version's paragraphs; those that were there before keep their `paragraph_id`."""
    known = matched(old, lines)
    return [
        Paragraph(number, known.get(number - 1) or uuid4(), line.kind, line.level, line.label, line.place, line.text)
        for number, line in enumerate(lines, 1)
    ]


def matched(old: Sequence[Paragraph], lines: Sequence[Line]) -> dict[int, UUID]:
    """Index of a new line → id of the paragraph that it is."""
    found: dict[int, UUID] = {}
    left = set(range(len(old)))
    matcher = SequenceMatcher(
        None, [_plain(one.text) for one in old], [_plain(one.text) for one in lines], autojunk=False
    )
    gaps = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                found[j] = old[i].paragraph_id
                left.discard(i)
        else:
            gaps.append((range(i1, i2), range(j1, j2)))
    _take_moved(old, lines, left, found)
    words_old = {i: _words(old[i].text) for i in left}
    for olds, news in gaps:
        pairs = [(i, j) for i in olds if i in left for j in news if j not in found]
        if len(pairs) <= MOST_PAIRS:
            _take_reworded(old, lines, pairs, words_old, left, found)
    return found


def _take_moved(old: Sequence[Paragraph], lines: Sequence[Line], left: set[int], found: dict[int, UUID]) -> None:
    """The same words in another place; only where they are long enough to be no chance."""
    places: dict[str, list[int]] = {}
    for i in sorted(left):
        places.setdefault(_plain(old[i].text), []).append(i)
    for j, line in enumerate(lines):
        same = places.get(_plain(line.text), [])
        if j not in found and same and len(line.text) >= 20:
            i = same.pop(0)
            found[j] = old[i].paragraph_id
            left.discard(i)


def _take_reworded(
    old: Sequence[Paragraph],
    lines: Sequence[Line],
    pairs: list[tuple[int, int]],
    words_old: dict[int, frozenset[str]],
    left: set[int],
    found: dict[int, UUID],
) -> None:
    words_new = {j: _words(lines[j].text) for j in {j for _i, j in pairs}}
    scored = []
    for i, j in pairs:
        if old[i].kind != lines[j].kind:
            continue
        one, other = words_old[i], words_new[j]
        common = len(one & other)
        score = 2 * common / max(1, len(one) + len(other)) if common else 0.0
        if old[i].label and old[i].label == lines[j].label:
            score += SAME_LABEL
        if score >= ALIKE:
            scored.append((-score, abs(i - j), i, j))
    for _score, _distance, i, j in sorted(scored):
        if i in left and j not in found:
            found[j] = old[i].paragraph_id
            left.discard(i)


def difference(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> list[DiffRow]:
    """Every paragraph of both versions, in the order of the new one; what was removed stands where it stood."""
    by_id = {one.paragraph_id: one for one in old}
    kept = {one.paragraph_id for one in new}
    stayed = _in_order([one.paragraph_id for one in old if one.paragraph_id in kept], [one.paragraph_id for one in new])
    rows: list[DiffRow] = []
    place = 0
    for one in new:
        before = by_id.get(one.paragraph_id)
        if before is not None and one.paragraph_id in stayed:
            while place < len(old) and old[place].paragraph_id != one.paragraph_id:
                rows += _removed(old[place], kept)
                place += 1
            place += 1
        rows.append(_row(before, one, moved=one.paragraph_id not in stayed))
    for rest in old[place:]:
        rows += _removed(rest, kept)
    return rows


def _removed(old: Paragraph, kept: set[UUID]) -> list[DiffRow]:
    return [] if old.paragraph_id in kept else [DiffRow("removed", old, None, [("removed", old.text)])]


def _row(old: Paragraph | None, new: Paragraph, *, moved: bool) -> DiffRow:
    if old is None:
        return DiffRow("added", None, new, [("added", new.text)])
    if old.text != new.text:
        return DiffRow("changed", old, new, pieces(old.text, new.text))
    if old.label != new.label and not moved:
        return DiffRow("changed", old, new, [("same", new.text)])
    return DiffRow("moved" if moved else "same", old, new, [("same", new.text)])


def _in_order(old: Sequence[UUID], new: Sequence[UUID]) -> set[UUID]:
    """Those that stand in the same order in both; the others have moved."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {old[block.a + step] for block in blocks for step in range(block.size)}


def pieces(old: str, new: str) -> list[Piece]:
    """Word by word; pieces of one kind stand together."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    found: list[Piece] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(after[j1:j2])))
            continue
        if i1 < i2:
            found.append(("removed", "".join(before[i1:i2])))
        if j1 < j2:
            found.append(("added", "".join(after[j1:j2])))
    return found


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
