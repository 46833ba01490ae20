"""Limits of tests, lines of a curriculum plan, places in a room. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from app.i18n import _
from schools.lessons.model import ClassTest, PlannedTopic, TestLimits

MOST_ROWS: Final = 12
MOST_COLUMNS: Final = 12
MOST_TOPICS: Final = 400
NUMBER: Final = ("nr", "lp", "lp.", "numer", "number", "no")
TOPIC: Final = ("temat", "temat lekcji", "topic")
POINT: Final = ("punkt", "podstawa", "podstawa programowa", "punkt podstawy", "point")
HOURS: Final = ("godziny", "liczba godzin", "godz.", "godz", "hours")


class Crowded(msgspec.Struct, frozen=True):
    """Which limit a further test would pass, and what stands there already."""

    per: str
    """day or week."""
    limit: int
    others: list[ClassTest]


class Fault(msgspec.Struct, frozen=True):
    """A line of a plan that cannot be taken; `line` counts from 1, the header being the first."""

    line: int
    text: str
    """A message id."""


def limits_of(settings: Mapping[str, Any]) -> TestLimits:
    """`settings` of the school; what is missing or senseless is the usual."""
    usual = TestLimits()
    found = settings.get("tests")
    if not isinstance(found, Mapping):
        return usual
    named = {
        name: value
        for name in ("per_day", "per_week")
        if isinstance(value := found.get(name), int) and 1 <= value <= 20
    }
    return msgspec.structs.replace(usual, **named)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def crowded(others: Sequence[ClassTest], day: date, limits: TestLimits) -> Crowded | None:
    """The limit that one more test on this day would pass: its number then is > the limit. Quizzes are not counted.

    `others`: of the class and its groups, in the week of the day.
    """
    counted = [one for one in others if one.kind == "test" and not one.removed]
    same_day = [one for one in counted if one.on_date == day]
    if len(same_day) + 1 > limits.per_day:
        return Crowded("day", limits.per_day, same_day)
    same_week = [one for one in counted if monday_of(one.on_date) == monday_of(day)]
    if len(same_week) + 1 > limits.per_week:
        return Crowded("week", limits.per_week, same_week)
    return None


def seats_fit(seats: Mapping[int, int]) -> bool:
    """Each place is in the room and taken once."""
    places = list(seats.values())
    inside = all(1 <= place // 100 <= MOST_ROWS and 1 <= place % 100 <= MOST_COLUMNS for place in places)
    return inside and len(set(places)) == len(places)


def plan_of(rows: Sequence[Sequence[str]]) -> tuple[list[PlannedTopic], list[Fault]]:
    """A plan out of a table: a header that names the columns, then a topic a line. Nothing is taken with a fault."""
    if not rows:
        return [], [Fault(1, _("The list is empty"))]
    header = [cell.strip().casefold() for cell in rows[0]]
    places = {name: _place(header, words) for name, words in _COLUMNS.items()}
    if places["topic"] is None:
        return [], [Fault(1, _("The first line must name the columns; one of them is “Temat”"))]
    topics: list[PlannedTopic] = []
    faults: list[Fault] = []
    for line, row in enumerate(rows[1:], start=2):
        cells = {name: _cell(row, place) for name, place in places.items()}
        if not any(cells.values()):
            continue
        fault = _fault(cells, {one.number for one in topics})
        if fault:
            faults.append(Fault(line, fault))
            continue
        number = int(cells["number"]) if cells["number"] else max((one.number for one in topics), default=0) + 1
        topics.append(
            PlannedTopic(number=number, topic=cells["topic"], point=cells["point"], hours=int(cells["hours"] or 1))
        )
    if not topics and not faults:
        faults.append(Fault(1, _("The list is empty")))
    if len(topics) > MOST_TOPICS:
        faults.append(Fault(MOST_TOPICS + 2, _("A plan has at most 400 topics")))
    return topics, faults


_COLUMNS: Final = {"number": NUMBER, "topic": TOPIC, "point": POINT, "hours": HOURS}


def _place(header: Sequence[str], words: Iterable[str]) -> int | None:
    return next((place for place, cell in enumerate(header) if cell in words), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _fault(cells: Mapping[str, str], numbers: set[int]) -> str:
    """A message id, empty where the line is good."""
    if not cells["topic"]:
        return _("There is no topic in this line")
    if len(cells["topic"]) > 500 or len(cells["point"]) > 200:
        return _("This line is too long")
    if cells["number"] and not (cells["number"].isdecimal() and 1 <= int(cells["number"]) <= 9999):
        return _("The number is not a whole number from 1 to 9999")
    if cells["number"] and int(cells["number"]) in numbers:
        return _("This number stands in the list twice")
    if cells["hours"] and not (cells["hours"].isdecimal() and 1 <= int(cells["hours"]) <= 99):
        return _("The hours are not a whole number from 1 to 99")
    return ""
