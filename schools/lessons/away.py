"""Verbs of pupils who are elsewhere: events of the school, individual teaching."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.lessons import away_store as store
from schools.lessons.model import IndividualPupil, SchoolEvent
from schools.register import store as register
from schools.register.model import DayLessonChanged, MarkChanged, day_room, lesson_room
from schools.structure.access import access_class, access_office, access_pupil, access_staff_room
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction

MOST_CLASSES = 40


async def events(tx: Tx, actor: Actor, school_id: int) -> tuple[Member, list[SchoolEvent]]:
    """Of today and later: all who work in the school see who is away."""
    member = await access_staff_room(tx, actor, school_id)
    return member, await store.events_from(tx, member.today)


async def add_event(
    database: Database,
    actor: Actor,
    school_id: int,
    *,
    name: str,
    place: str,
    on_date: date,
    periods: tuple[int, int],
    class_ids: Sequence[int],
) -> int:
    """A trip or contest of whole classes that the actor teaches.

    Their pupils are marked as away in the lessons of these hours, at once where they are open already. Raises `Invalid`
    beside the field.
    """
    name = name.strip()
    if not name:
        raise Invalid(fields={"name": "Give the event a name"})
    if periods[0] > periods[1]:
        raise Invalid(fields={"to_period": "The last hour is before the first"})
    if not class_ids or len(class_ids) > MOST_CLASSES:
        raise Invalid(fields={"classes": "Choose the classes that go"})
    async with school_transaction(database, school_id) as tx:
        member = await access_staff_room(tx, actor, school_id)
        if member.staff_id is None or not member.has("teacher", "principal"):
            raise Forbidden("Events are made by teachers")
        if on_date < member.today:
            raise Invalid(fields={"on_date": "This day is over"})
        for class_id in class_ids:
            await access_class(tx, actor, school_id, class_id)
        event_id = await store.add_event(tx, name, place.strip(), on_date, periods, member.staff_id, class_ids)
        await tx.audit(
            actor, "event.add", f"school/{school_id}/event/{event_id}", name=name, on=on_date, classes=list(class_ids)
        )
        for lesson_id in await store.lessons_of_event(tx, event_id):
            await _tell(tx, school_id, lesson_id, await store.mark_away(tx, lesson_id))
        return event_id


async def cancel_event(database: Database, actor: Actor, school_id: int, event_id: int) -> None:
    """By its leader or the principal. Marks that it made go, unless somebody has changed them since."""
    async with school_transaction(database, school_id) as tx:
        member = await access_staff_room(tx, actor, school_id)
        found = await store.event(tx, event_id)
        if found is None:
            raise NotFound
        if member.staff_id != found.leader_id and not member.has("principal"):
            raise Forbidden("An event is called off by whoever leads it")
        lessons = await store.lessons_of_event(tx, event_id)
        await store.cancel_event(tx, event_id)
        for lesson_id in lessons:
            await _tell(tx, school_id, lesson_id, await store.unmark(tx, event_id, lesson_id))
        await tx.audit(actor, "event.cancel", f"school/{school_id}/event/{event_id}", name=found.name)


async def _tell(tx: Tx, school_id: int, lesson_id: int, pupil_ids: Sequence[int]) -> None:
    for mark in await store.marks_of(tx, lesson_id, pupil_ids) if pupil_ids else []:
        tx.publish(lesson_room(school_id, lesson_id), MarkChanged(mark))
    if pupil_ids:
        tx.publish(day_room(school_id), DayLessonChanged(await register.day_lesson(tx, lesson_id)))


async def individual_pupils(tx: Tx, actor: Actor, school_id: int) -> list[IndividualPupil]:
    """For the principal and the secretary."""
    await access_office(tx, actor, school_id)
    return await store.individual_pupils(tx)


async def begin_individual(database: Database, actor: Actor, school_id: int, pupil_id: int, starts_on: date) -> int:
    """From this day on the pupil is released in lessons of the class. Raises `Conflict` where it is so already."""
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        await access_pupil(tx, actor, school_id, pupil_id)
        try:
            found = await store.add_individual(tx, pupil_id, starts_on)
        except asyncpg.ExclusionViolationError:
            raise Conflict("This pupil is taught individually already") from None
        await tx.audit(actor, "individual.begin", f"school/{school_id}/pupil/{pupil_id}", starts=starts_on)
        return found


async def end_individual(
    database: Database, actor: Actor, school_id: int, individual_id: int, ends_on: date | None = None
) -> None:
    """`ends_on`: the first day without it; today where none is said."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        pupil_id = await store.end_individual(tx, individual_id, ends_on or member.today)
        if pupil_id is None:
            raise NotFound
        await tx.audit(actor, "individual.end", f"school/{school_id}/pupil/{pupil_id}", ends=ends_on or member.today)
