"""A week of a timetable, ready to be drawn."""

from datetime import date
from typing import Literal

import msgspec

from schools.timetable.model import Bell, Planned
from schools.timetable.substitutions.model import DutyDay, Original

Of = Literal["class", "staff", "room", "pupil"]


class SpecialDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day unlike the others: off, with bells of its own, or taught as another weekday."""

    on_date: date
    is_off: bool
    name: str
    schedule: str
    taught_as: int | None


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """The version in force on a day; `until`: the last day before the next one, None: to the end of the year."""

    id: int
    name: str
    valid_from: date
    until: date | None
    week_a_on: date | None


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A planned lesson; `original` where the day changes it; `week`: A or B where it is not taught every week."""

    planned: Planned
    original: Original | None
    week: str


class DayColumn(msgspec.Struct, frozen=True, kw_only=True):
    on_date: date
    special: SpecialDay | None
    bells: dict[int, Bell]
    lessons: dict[int, list[Lesson]]
    """By hour; several: groups, side by side."""
    duties: list[DutyDay]

    @property
    def changes(self) -> list[Lesson]:
        return [one for hour in self.lessons.values() for one in hour if one.planned.kind]


class Week(msgspec.Struct, frozen=True, kw_only=True):
    of: Of
    target_id: int
    title: str
    day: date
    """That is shown on a phone."""
    today: date
    letter: str
    validity: Validity | None
    days: list[DayColumn]
    periods: list[int]
    rooms: dict[str, int]
    """Live rooms, each with the sum of revs this was drawn with."""

    @property
    def is_empty(self) -> bool:
        return not any(one.lessons for one in self.days)
