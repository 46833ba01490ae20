"""Bells and days unlike the others: for principal and secretary."""

from collections.abc import Sequence
from datetime import date

from app.actor import Actor
from app.database import Database
from app.errors import Conflict, Invalid, NotFound
from schools.structure.tenancy import school_transaction
from schools.timetable.days import store
from schools.timetable.days.model import DayDraft
from schools.timetable.model import Bell
from schools.timetable.substitutions.access import access_replanning

LONGEST = 100
"""Days of one entry: summer holidays are 70."""


async def save_schedule(
    database: Database, actor: Actor, school_id: int, schedule_id: int | None, name: str, bells: Sequence[Bell]
) -> int:
    """Lessons that were opened keep the times they had."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        if not name.strip():
            raise Invalid(fields={"name": "This is needed"})
        if schedule_id is not None and schedule_id not in {one.id for one in await store.schedules(tx)}:
            raise NotFound
        if await store.name_taken(tx, name.strip(), schedule_id):
            raise Invalid(fields={"name": "There are bells of this name"})
        found = await store.save_schedule(tx, schedule_id, name.strip(), bells)
        await tx.audit(actor, "timetable.bells", f"school/{school_id}/bells/{found}", name=name.strip())
        return found


async def set_days(database: Database, actor: Actor, school_id: int, draft: DayDraft) -> None:
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        if draft.last_on < draft.first_on:
            raise Invalid(fields={"last_on": "The last day comes before the first one"})
        if (draft.last_on - draft.first_on).days >= LONGEST:
            raise Invalid(fields={"last_on": "These are more than 100 days"})
        if not draft.is_off and draft.schedule_id is None and draft.taught_as is None:
            raise Invalid(fields={"kind": "Say what is different on that day"})
        if draft.schedule_id is not None and draft.schedule_id not in {one.id for one in await store.schedules(tx)}:
            raise Invalid(fields={"schedule_id": "Choose bells"})
        changes_lessons = draft.is_off or draft.taught_as is not None
        held = await store.held_between(tx, draft.first_on, draft.last_on) if changes_lessons else None
        if held is not None:
            raise Conflict("Lessons are opened on %(day)s already: that day stays as it is", day=held.isoformat())
        await store.set_day(tx, draft)
        await tx.audit(
            actor,
            "timetable.days",
            f"school/{school_id}",
            first_on=draft.first_on,
            last_on=draft.last_on,
            is_off=draft.is_off,
            name=draft.name,
            taught_as=draft.taught_as,
        )


async def clear_day(database: Database, actor: Actor, school_id: int, day: date) -> None:
    """A day like the others again."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        if await store.held_between(tx, day, day) is not None:
            raise Conflict("Lessons are opened on %(day)s already: that day stays as it is", day=day.isoformat())
        if not await store.clear_day(tx, day):
            raise NotFound
        await tx.audit(actor, "timetable.day_cleared", f"school/{school_id}", on_date=day)
