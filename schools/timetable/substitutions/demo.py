"""A day with substitutions in the demonstration's full school: three teachers away, most of it arranged."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from app.database import DATABASE, Tx
from schools.structure import store as structure
from schools.structure.demo import FULL
from schools.structure.tenancy import enter_school
from schools.timetable import store as timetable
from schools.timetable.model import Planned
from schools.timetable.substitutions import rules, store
from schools.timetable.substitutions.model import AbsenceDraft, Colleague, Decision

PLACES: Final = ("parter", "piętro I", "piętro II", "stołówka", "boisko")
AWAY: Final = 3


async def fill(app: web.Application) -> None:
    """Once a day; the next taught day where today is off."""
    async with app[DATABASE].transaction() as tx:
        for school in await structure.schools(tx):
            if school.name == FULL:
                await enter_school(tx, school.id)
                await _day(tx)
        await structure.leave_tenant(tx)


async def _day(tx: Tx) -> None:
    today = await store.today(tx)
    days = [today + timedelta(days=offset) for offset in range(8)]
    taught = [one for one in days if await timetable.planned(tx, one)]
    if not taught or await store.absences(tx, taught[0]):
        return
    day = taught[0]
    people = await store.colleagues(tx, day, rules.month_of(day))
    known = {one.id for one in await structure.staff_list(tx) if one.account_id is not None}
    if not await store.all_duties(tx, day):
        for number, one in enumerate(people[:25]):
            await store.add_duty(tx, one.id, number % 5 + 1, number % 4 + 1, PLACES[number % len(PLACES)], day)
    lessons = await timetable.planned(tx, day)
    away = _away(people, lessons, known)
    for one in away:
        await store.add_absence(tx, AbsenceDraft(staff_id=one.id, first_on=day, last_on=day), None)
    await _decided(tx, day, away)


def _away(people: Sequence[Colleague], lessons: Sequence[Planned], known: set[int]) -> list[Colleague]:
    """Busy teachers whom nobody signs in as."""
    counted = {one.id: sum(lesson.staff_id == one.id and not lesson.kind for lesson in lessons) for one in people}
    fitting = [one for one in people if one.id not in known and 3 <= counted[one.id] <= 5]
    return fitting[:AWAY]


async def _decided(tx: Tx, day: date, away: Sequence[Colleague]) -> None:
    """Each first lesson waits; of the others one is cancelled, the rest is stood in for."""
    absences = await store.absences(tx, day)
    waiting: set[int] = set()
    cancelled = False
    for number, one in enumerate(await timetable.planned(tx, day)):
        if one.kind or one.staff_id not in {person.id for person in away} or one.class_id is None:
            continue
        if one.staff_id == away[-1].id and one.staff_id not in waiting:
            waiting.add(one.staff_id)
            continue
        original = (await store.originals(tx, [one.entry_id]))[one.entry_id]
        lessons = await timetable.planned(tx, day)
        people = await store.colleagues(tx, day, rules.month_of(day))
        ranked = rules.candidates(original, [one.class_id], lessons, people, absences, day)
        if not one.taken and not cancelled:
            decision, cancelled = Decision(kind="cancellation", note="Klasa kończy wcześniej"), True
        elif ranked:
            note = "Proszę zabrać zeszyt ćwiczeń" if number % 2 else ""
            decision = Decision(kind="substitution", staff_id=ranked[0].id, note=note)
        else:
            continue
        absent_id = original.staff_id if decision.kind == "substitution" else None
        await store.write_substitution(tx, one.entry_id, day, decision, absent_id, None)
        if one.lesson_id is not None:
            await store.follow_in_lesson(tx, one.lesson_id)
        people_ids = [original.staff_id, *([decision.staff_id] if decision.staff_id else [])]
        await store.mark_change(tx, one.entry_id, day, people_ids, [one.class_id])
