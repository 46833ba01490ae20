"""Hours and lengths of time as people write them. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from app.i18n import _
from app.search import folded
from portals.helpdesk.sla.model import Hours, Span
from portals.helpdesk.sla.rules import DAY_MIN, ROUND_THE_CLOCK

HOW: Final = _("Write hours such as 7:30–15:30, or several of them: 8–12, 12:30–16. Empty: closed")
BACKWARDS: Final = _("The end must come after the beginning. Over midnight: until 24 here, from 0 on the next day")
OVERLAPPING: Final = _("These hours overlap")
NEVER: Final = _("At least one day must have hours")
LENGTH: Final = _("Write a length such as 30 min, 4 h or 1:30. Empty: nothing is promised")
TOO_LONG: Final = _("This is too long: 1,600 hours at most")
MOST_MIN: Final = 96_000
_SPAN: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
_LENGTH: Final = re.compile(
    r"(?:(?P<hours>\d{1,4}(?:[.,]\d{1,2})?)\s*(?:h|godz\.?|год\.?))?\s*(?:(?P<minutes>\d{1,5})\s*(?:m|min\.?|хв\.?))?"
)
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d)")
_CLOSED: Final = frozenset({"", "-", "–", "—", "closed", "zamkniete", "зачинено"})
_ALWAYS: Final = frozenset({"24h", "24 h", "24/7", "cala dobe", "цілодобово"})


class Faulty(ValueError):
    """What somebody wrote cannot be read; the message is a message id."""


def read_hours(text: str) -> Hours:
    """`8-12, 12:30-16` as spans. Raises `Faulty`."""
    plain = " ".join(folded(text).split())
    if plain in _CLOSED:
        return ()
    if plain in _ALWAYS:
        return ROUND_THE_CLOCK
    spans = sorted(_span(part.strip()) for part in re.split(r"[,;]", text.strip().rstrip(",;")))
    merged: list[Span] = []
    for span in spans:
        if merged and span.opens < merged[-1].closes:
            raise Faulty(OVERLAPPING)
        if merged and span.opens == merged[-1].closes:
            merged[-1] = Span(merged[-1].opens, span.closes)
        else:
            merged.append(span)
    return tuple(merged)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Faulty(HOW)
    first, first_minutes, last, last_minutes = (int(part or 0) for part in found.groups())
    opens, closes = first * 60 + first_minutes, last * 60 + last_minutes
    if max(first_minutes, last_minutes) > 59 or max(opens, closes) > DAY_MIN:
        raise Faulty(HOW)
    if opens >= closes:
        raise Faulty(BACKWARDS)
    return Span(opens, closes)


def hours_text(hours: Sequence[Span]) -> str:
    """`7:30–15:30, 16:00–18:00`; empty: closed."""
    return ", ".join(f"{_clock(one.opens)}–{_clock(one.closes)}" for one in hours)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def read_length(text: str) -> int | None:
    """`4 h`, `1 h 30 min`, `1,5 h` or `1:30` in minutes; None: empty. Raises `Faulty`."""
    plain = " ".join(text.lower().split())
    if not plain:
        return None
    clock, words = _CLOCK.fullmatch(plain), _LENGTH.fullmatch(plain)
    if clock is not None:
        minutes = int(clock[1]) * 60 + int(clock[2])
    elif words is not None:
        minutes = round(float((words["hours"] or "0").replace(",", ".")) * 60) + int(words["minutes"] or 0)
    else:
        raise Faulty(LENGTH)
    if minutes > MOST_MIN:
        raise Faulty(TOO_LONG)
    if minutes < 1:
        raise Faulty(LENGTH)
    return minutes


def length_text(minutes: int | None) -> str:
    """`1 h 30 min`; empty: none."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])
