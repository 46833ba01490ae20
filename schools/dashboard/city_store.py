"""SQL of the Education Department's sums. Run in a `tenancy.city_transaction`."""

from datetime import date, datetime

import msgspec

from app.database import Tx
from schools.dashboard.city_rules import GradeDay


class CitySchool(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody may know of a school."""

    id: int
    name: str
    short_name: str
    kind: str


class SchoolDay(msgspec.Struct, frozen=True, kw_only=True):
    """Held lessons of a school's day: no sum over pupils."""

    school_id: int
    on_date: date
    lessons: int
    taken: int


async def schools(tx: Tx) -> list[CitySchool]:
    return await tx.all(
        CitySchool,
        "SELECT id, name, short_name, kind FROM school ORDER BY CASE kind WHEN 'primary' THEN 0 WHEN 'general' THEN 1"
        " WHEN 'technical' THEN 2 WHEN 'preschool' THEN 9 ELSE 5 END, number NULLS LAST, name",
    )


async def grade_days(tx: Tx, first: date, last: date, smallest: int) -> list[GradeDay]:
    return await tx.all(
        GradeDay,
        "SELECT school_id, level, on_date, pupils, present, counted FROM city_attendance_grades($1, $2, $3)",
        first,
        last,
        smallest,
    )


async def school_days(tx: Tx, first: date, last: date, smallest: int) -> list[SchoolDay]:
    return await tx.all(
        SchoolDay,
        "SELECT school_id, on_date, lessons, taken FROM city_attendance($1, $2, $3)",
        first,
        last,
        smallest,
    )


async def now(tx: Tx) -> datetime:
    found: datetime = await tx.value("SELECT now()")
    return found
