"""Attendance of the last three weeks in the demonstration's schools, and a lesson for the teacher now.

The last days are there when the server is ready; the weeks before come from the worker a moment later. In holidays they
are the weeks before these.
"""

from datetime import date, timedelta
from typing import Final

import msgspec
from aiohttp import web

from app.database import DATABASE, Database
from app.feature import Job
from schools.register import demo_store
from schools.structure import store as structure
from schools.structure.demo import FULL, PEOPLE, SMALL
from schools.structure.tenancy import enter_school, school_transaction
from schools.timetable import store as timetable

SOON: Final = timedelta(days=4)
LATER: Final = timedelta(weeks=3)


class Earlier(msgspec.Struct, frozen=True):
    """Payload of the job: days of a school."""

    school_id: int
    first: date
    last: date


async def _hold_earlier(database: Database, payload: Earlier) -> None:
    async with school_transaction(database, payload.school_id) as tx:
        await demo_store.hold_lessons(tx, payload.first, payload.last)


EARLIER: Final = Job(name="register.demo", payload=Earlier, run=_hold_earlier)


async def fill(app: web.Application) -> None:
    """Adds what is missing since the last start, up to the lessons that have ended."""
    async with app[DATABASE].transaction() as tx:
        for school in await structure.schools(tx):
            if school.name not in {FULL, SMALL}:
                continue
            await enter_school(tx, school.id)
            last, today = await demo_store.last_day(tx), await demo_store.today(tx)
            if school.name == FULL:
                await demo_store.stand_in(tx, PEOPLE["teacher"][0], today)
            anchor = min(await timetable.nearest_taught_day(tx, today) or today, today)
            await demo_store.hold_lessons(tx, max(last or anchor - SOON, anchor - SOON), today)
            if last is None:
                await tx.enqueue(EARLIER, Earlier(school.id, anchor - LATER, anchor - SOON - timedelta(days=1)))
        await structure.leave_tenant(tx)
