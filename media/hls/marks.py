"""Marks on a stream's time (RFC 8216bis §4.4.5.1): agenda items of a session, for instance. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from media.hls.playlist import date_time

CLASS_PREFIX: Final = "pl.gryf."
MARKS_KEPT: Final = 1000
"""More than any session has; the oldest go first."""

LONGEST_TEXT: Final = 200


class Mark(msgspec.Struct, frozen=True, gc=False):
    """A span of a stream that has a name. Times are Unix time in seconds; `ended_at_s` None: it goes on.

    `kind` is a word such as `agenda-item`; `number` is how people call it, such as `4a`.
    """

    id: str
    began_at_s: float
    ended_at_s: float | None = None
    title: str = ""
    kind: str = ""
    number: str = ""


class Marks:
    """A stream's marks. What was said of a mark stays said: only its end may be added."""

    def __init__(self) -> None:
        self.version = 0
        """Grows with every change."""
        self._by_id: dict[str, Mark] = {}

    def add(self, mark: Mark) -> None:
        """A new mark, or the end of a known one."""
        known = self._by_id.get(mark.id)
        if known is not None:
            if known.ended_at_s is not None or mark.ended_at_s is None:
                return
            mark = msgspec.structs.replace(known, ended_at_s=mark.ended_at_s)
        self._by_id[mark.id] = mark
        self.version += 1
        while len(self._by_id) > MARKS_KEPT:
            del self._by_id[next(iter(self._by_id))]

    def touching(self, began_at_s: float, ended_at_s: float) -> list[Mark]:
        """Those with a moment in this span of Unix time."""
        return touching(self._by_id.values(), began_at_s, ended_at_s)


def touching(marks: Iterable[Mark], began_at_s: float, ended_at_s: float) -> list[Mark]:
    """Those with a moment in this span of Unix time."""
    return [
        mark
        for mark in marks
        if mark.began_at_s <= ended_at_s and (mark.ended_at_s is None or mark.ended_at_s >= began_at_s)
    ]


def mark_lines(marks: Iterable[Mark]) -> str:
    """EXT-X-DATERANGE for each. It may stand anywhere in a playlist with EXT-X-PROGRAM-DATE-TIME."""
    return "".join(_line(mark) for mark in marks)


def _line(mark: Mark) -> str:
    attributes = [f'ID="{_quotable(mark.id)}"']
    if mark.kind:
        attributes.append(f'CLASS="{CLASS_PREFIX}{_quotable(mark.kind)}"')
    attributes.append(f'START-DATE="{date_time(mark.began_at_s)}"')
    if mark.ended_at_s is not None:
        attributes.append(f'END-DATE="{date_time(max(mark.began_at_s, mark.ended_at_s))}"')
    if mark.number:
        attributes.append(f'X-NUMBER="{_quotable(mark.number)}"')
    if mark.title:
        attributes.append(f'X-TITLE="{_quotable(mark.title)}"')
    return f"#EXT-X-DATERANGE:{','.join(attributes)}\n"


def _quotable(text: str) -> str:
    """A quoted string holds neither line ends nor double quotes (§4.2), and no control characters help anybody."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    plain = plain.replace('"', "\N{RIGHT DOUBLE QUOTATION MARK}")
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - 1] + "…"
