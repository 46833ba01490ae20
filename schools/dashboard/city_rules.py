"""What the Education Department may see of sums: small cells are hidden, and others with them, so that nobody computes
a hidden one from totals. Pure.

All is decided for the finest cells: a school's grade on a day, with totals of each school, each grade and the city. A
sum over several days is told only where it is told on each of them, so two ranges that differ by a day say no more than
that day does.

Schools and grades (each with «all») are two sides of a graph, hidden cells its edges: each school and each grade says
one equation. What can be computed is exactly what is a bridge of this graph, so each small cell is put on a circle.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import product
from typing import Final

import msgspec

ALL: Final = 0
"""In the place of a school's id or of a grade: the total. Grade 0 (preschools) stands as -1."""
_TOTAL_COST: Final = 1_000_000
"""A total is hidden when nothing else helps."""
Place = tuple[int, int]


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """What is added up. `pupils` of several days: of the fullest one, since they are the same people."""

    pupils: int = 0
    present: int = 0
    counted: int = 0

    def later(self, other: "Sum") -> "Sum":
        """With another day of the same people."""
        return Sum(
            pupils=max(self.pupils, other.pupils),
            present=self.present + other.present,
            counted=self.counted + other.counted,
        )

    @property
    def share(self) -> float | None:
        return self.present / self.counted if self.counted else None


Sums = dict[Place, Sum | None]
"""(school, grade) → sum; None: hidden."""


class GradeDay(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `city_attendance_grades`: without school or level a total, without numbers too few pupils."""

    school_id: int | None
    level: int | None
    on_date: date
    pupils: int | None
    present: int | None
    counted: int | None

    @property
    def place(self) -> Place:
        level = ALL if self.level is None else self.level or -1
        return (self.school_id or ALL, level)


def safe_day(rows: Iterable[GradeDay], smallest: int) -> Sums:
    """One day's cells and totals, with None for what is small and for what is hidden beside it."""
    known: Sums = {}
    for row in rows:
        whole = row.pupils is not None and row.present is not None and row.counted is not None
        known[row.place] = (
            Sum(pupils=row.pupils or 0, present=row.present or 0, counted=row.counted or 0) if whole else None
        )
    small = {place for place, one in known.items() if one is None}
    hidden = set(small)
    while more := _uncovered(known, hidden, small, smallest) or _computable(known, hidden, small):
        hidden |= more
    return {place: None if place in hidden else one for place, one in known.items()}


def _uncovered(known: Sums, hidden: set[Place], small: set[Place], smallest: int) -> set[Place]:
    """One more cell of a line in which those hidden together may cover too few pupils; each is one pupil or more."""
    for side in (0, 1):
        for name in sorted({place[side] for place in hidden}):
            gone = [place for place in hidden if place[side] == name]
            if len(gone) >= 2 and (len(gone) >= smallest or any(place not in small for place in gone)):
                continue
            left = [place for place in known if place[side] == name and place not in hidden]
            if left:
                return {min(left, key=lambda place: (_cost(known, place), place))}
    return set()


def _computable(known: Sums, hidden: set[Place], small: set[Place]) -> set[Place]:
    """Cells that put a small one on a circle, if there is one that is on none."""
    schools, grades = {place[0] for place in known}, {place[1] for place in known}
    for place in sorted(small):
        if _on_a_circle(place, hidden):
            continue
        ways = []
        for school, grade in product(schools - {place[0]}, grades - {place[1]}):
            three = {(place[0], grade), (school, place[1]), (school, grade)}
            if three <= known.keys():
                new = three - hidden
                ways.append((sum(_cost(known, one) for one in new), sorted(new)))
        if ways:
            return set(min(ways)[1])
    return set()


def _on_a_circle(place: Place, hidden: set[Place]) -> bool:
    """Whether its school and its grade are joined by other hidden cells, too."""
    school, grade = place
    reached, new = {("school", school)}, [("school", school)]
    while new:
        side, name = new.pop()
        for one in hidden - {place}:
            if one[0 if side == "school" else 1] != name:
                continue
            other = ("grade", one[1]) if side == "school" else ("school", one[0])
            if other not in reached:
                reached.add(other)
                new.append(other)
    return ("grade", grade) in reached


def _cost(known: Sums, place: Place) -> int:
    one = known[place]
    return (one.pupils if one else 0) + (_TOTAL_COST if ALL in place else 0)


def over_days(days: Mapping[date, Sums]) -> Sums:
    """Sums over days: hidden where hidden on any of them."""
    found: Sums = {}
    for cells in days.values():
        for place, one in cells.items():
            before = found.get(place, Sum())
            found[place] = None if one is None or before is None else before.later(one)
    return found
