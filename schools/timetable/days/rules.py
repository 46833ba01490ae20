"""Reading bells as people write them. Pure."""

import re
from datetime import time
from typing import Final

from app.i18n import _
from schools.timetable.model import Bell

_LINE: Final = re.compile(r"^(\d{1,2})[.:)]?\s+(\d{1,2})[:.](\d{2})\s*[-–—]\s*(\d{1,2})[:.](\d{2})$")
MOST: Final = 21


class BadLine(Exception):
    """A line that cannot be read: its number, and a message id."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def read_bells(text: str) -> list[Bell]:
    """`1 8:00–8:45`, an hour a line. Raises `BadLine`."""
    found: list[Bell] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.match(line.strip())
        if match is None:
            raise BadLine(number, _("Line %(line)s is not like: 1 8:00–8:45"))
        period, *clock = (int(part) for part in match.groups())
        try:
            starts, ends = time(clock[0], clock[1]), time(clock[2], clock[3])
        except ValueError:
            raise BadLine(number, _("Line %(line)s: there is no such time of day")) from None
        if period >= MOST:
            raise BadLine(number, _("Line %(line)s: lessons are numbered from 0 to 20"))
        if starts >= ends:
            raise BadLine(number, _("Line %(line)s: the lesson ends before it begins"))
        if found and period <= found[-1].period:
            raise BadLine(number, _("Line %(line)s: the numbers have to go up"))
        if found and starts < found[-1].ends:
            raise BadLine(number, _("Line %(line)s: the lesson before has not ended yet"))
        found.append(Bell(period=period, starts=starts, ends=ends))
    if not found:
        raise BadLine(1, _("Write at least one lesson: 1 8:00–8:45"))
    return found


def written(bells: list[Bell]) -> str:
    """The same the other way round."""
    return "\n".join(f"{one.period} {one.starts:%H:%M}–{one.ends:%H:%M}" for one in bells)
