"""What the Education Department sees of a range of days, made safe."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from app.database import Tx
from app.feature import Event
from schools.dashboard import city_rules, city_store
from schools.dashboard.city_rules import ALL, Sum, Sums
from schools.dashboard.city_store import CitySchool

LONGEST: Final = timedelta(days=31)
ROOM: Final = "schools/city"


class SchoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A school in numbers. `sum` None and `told` true: hidden; `told` false: nothing was entered."""

    school: CitySchool
    lessons: int
    taken: int
    sum: Sum | None
    told: bool


class CityDays(msgspec.Struct, frozen=True, kw_only=True):
    """A range of days."""

    first: date
    last: date
    smallest: int
    schools: list[SchoolRow]
    grades: list[int]
    """As places: -1 for grade 0."""
    cells: Sums
    """(school, grade) over the range."""
    days: list[date]
    by_day: dict[tuple[int, date], Sum | None]
    """(school, day)."""

    @property
    def hidden(self) -> int:
        return sum(one is None for one in self.cells.values()) + sum(one is None for one in self.by_day.values())


class CityRow(msgspec.Struct, frozen=True, kw_only=True):
    """A school in the live table. `share` None: hidden, or nothing yet (`told`)."""

    id: int
    lessons: int
    taken: int
    pupils: int | None
    share: float | None
    told: bool


class CityView(msgspec.Struct, frozen=True, kw_only=True):
    """Today, for the live table. The first row (id 0) is the city."""

    on_date: date
    now: datetime
    rows: list[CityRow]


class CityCounted(Event, frozen=True, tag=True):
    """In `schools/city`, once a minute: today anew."""

    view: CityView


class CityRoom(msgspec.Struct, frozen=True):
    """What the room begins with: that one is in it. The page is drawn with the sums, and events bring them anew."""


async def city_days(tx: Tx, first: date, last: date, smallest: int) -> CityDays:
    """Everything the pages and the sheet show. `last` at most 31 days after `first`."""
    last = max(first, min(last, first + LONGEST - timedelta(days=1)))
    rows: dict[date, list[city_rules.GradeDay]] = {}
    for row in await city_store.grade_days(tx, first, last, smallest):
        rows.setdefault(row.on_date, []).append(row)
    safe = {day: city_rules.safe_day(found, smallest) for day, found in sorted(rows.items())}
    held: dict[int, tuple[int, int]] = {}
    for one in await city_store.school_days(tx, first, last, smallest):
        lessons, taken = held.get(one.school_id, (0, 0))
        held[one.school_id] = (lessons + one.lessons, taken + one.taken)
    cells = city_rules.over_days(safe)
    schools = await city_store.schools(tx)
    return CityDays(
        first=first,
        last=last,
        smallest=smallest,
        schools=[
            SchoolRow(
                school=one,
                lessons=held.get(one.id, (0, 0))[0],
                taken=held.get(one.id, (0, 0))[1],
                sum=cells.get((one.id, ALL)),
                told=(one.id, ALL) in cells,
            )
            for one in schools
        ],
        grades=sorted({grade for _school, grade in cells} - {ALL}),
        cells=cells,
        days=list(safe),
        by_day=_by_day(safe),
    )


def _by_day(safe: Mapping[date, Sums]) -> dict[tuple[int, date], Sum | None]:
    return {(school, day): one for day, cells in safe.items() for (school, grade), one in cells.items() if grade == ALL}


async def city_view(tx: Tx, today: date, smallest: int) -> CityView:
    """Today's totals of schools."""
    found = await city_days(tx, today, today, smallest)
    return CityView(
        on_date=today,
        now=await city_store.now(tx),
        rows=[
            _row(
                ALL,
                sum(one.lessons for one in found.schools),
                sum(one.taken for one in found.schools),
                found.cells.get((ALL, ALL)),
                told=(ALL, ALL) in found.cells,
            ),
            *(_row(one.school.id, one.lessons, one.taken, one.sum, told=one.told) for one in found.schools),
        ],
    )


def _row(school_id: int, lessons: int, taken: int, one: Sum | None, *, told: bool) -> CityRow:
    return CityRow(
        id=school_id,
        lessons=lessons,
        taken=taken,
        pupils=one.pupils if one else None,
        share=one.share if one else None,
        told=told,
    )
