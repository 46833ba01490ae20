"""A school year of long ago in the demonstration's full school, so that there is something to decide."""

from datetime import date, timedelta
from typing import Final

from aiohttp import web
from asyncpg import Range

from app.database import DATABASE, Tx
from schools.invented.people import People
from schools.retention import demo_store
from schools.retention.store import today
from schools.structure import bulk_store
from schools.structure import store as structure
from schools.structure.demo import FULL, school_year
from schools.structure.rules import polish_key
from schools.structure.tenancy import enter_school

YEARS_AGO: Final = 7
PUPILS: Final = 12


async def fill(app: web.Application) -> None:
    """Once: where there is a year so old, all is there."""
    async with app[DATABASE].transaction() as tx:
        school = next((one for one in await structure.schools(tx) if one.name == FULL), None)
        if school is None:
            return
        await enter_school(tx, school.id)
        begins = school_year(await today(tx)) - YEARS_AGO
        if await structure.year_on(tx, school.id, date(begins, 10, 1)) is None:
            await _year(tx, begins)
        await structure.leave_tenant(tx)


async def _year(tx: Tx, begins: int) -> None:
    first, after = date(begins, 9, 1), date(begins + 1, 9, 1)
    year_id = await bulk_store.add_year(
        tx, f"{begins}/{begins + 1}", first, date(begins + 1, 2, 1), after - timedelta(days=1)
    )
    (class_id,) = await bulk_store.insert_many(
        tx,
        "school_class",
        {"year_id": "bigint", "level": "smallint", "letter": "text", "building": "text"},
        [(year_id, 8, "a", "A")],
    )
    people = People(19)
    drawn = [people.pupil(begins - 14, 900 + number) for number in range(PUPILS)]
    drawn.sort(key=lambda one: (polish_key(one[1]), polish_key(one[0])))
    pupils = await bulk_store.insert_many(
        tx,
        "pupil",
        {"first_name": "text", "last_name": "text", "born_on": "date", "pesel": "text", "left_on": "date"},
        [(given, last, born, pesel, after) for given, last, born, pesel in drawn],
    )
    await bulk_store.insert_many(
        tx,
        "class_membership",
        {"pupil_id": "bigint", "class_id": "bigint", "during": "daterange", "number": "smallint"},
        [(one, class_id, Range(first, after), number) for number, one in enumerate(pupils, start=1)],
    )
    await demo_store.hold_old_lessons(tx, year_id, class_id, date(begins, 10, 5))
