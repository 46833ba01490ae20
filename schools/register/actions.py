"""The two verbs the register stands on: a lesson is opened, and pupils are marked in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.register import rules, store
from schools.register.access import access_lesson, access_lesson_to_mark
from schools.register.model import (
    DayLessonChanged,
    DayView,
    Lesson,
    LessonView,
    MarkAnswer,
    MarkChanged,
    Patch,
    PatchResult,
    PupilMarked,
    day_room,
    lesson_room,
    pupil_mark,
    pupil_room,
)
from schools.structure import store as structure
from schools.structure.access import access_staff_room, access_whole_school
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.model import Planned

MOST_PATCHES: Final = 200
"""A class is smaller; a queue of a lost hour is sent in several batches."""


async def open_lesson(database: Database, actor: Actor, school_id: int, entry_id: int, on_date: date) -> Lesson:
    """Opens what is planned, once: whoever comes second gets the same row. Raises `Conflict` for a cancelled lesson."""
    async with school_transaction(database, school_id, by_key=True) as tx:
        return await open_in(tx, actor, school_id, entry_id, on_date)


async def open_in(tx: Tx, actor: Actor, school_id: int, entry_id: int, on_date: date) -> Lesson:
    """The same inside the caller's transaction."""
    member = await access_staff_room(tx, actor, school_id)
    planned = await timetable.planned_entry(tx, entry_id, on_date)
    if planned is None:
        raise NotFound
    homeroom_id = await store.homeroom_of(tx, planned.class_id, planned.group_id)
    if not rules.can_open(member, planned, homeroom_id):
        assert member.staff_id is not None  # who is in the staff room
        if not await store.assists(tx, member.staff_id, planned):
            raise NotFound
    if planned.lesson_id is None:
        if planned.cancelled:
            raise Conflict("This lesson is cancelled")
        if not rules.can_open_now(member.today, on_date):
            raise Conflict("This lesson can be opened on its day")
        lesson_id = await _opened(tx, actor, school_id, planned)
    else:
        lesson_id = planned.lesson_id
    found = await store.lesson(tx, lesson_id)
    assert found is not None
    return found


async def _opened(tx: Tx, actor: Actor, school_id: int, planned: Planned) -> int:
    year = await structure.year_on(tx, school_id, planned.on_date)
    if year is None:
        raise NotFound
    lesson_id = await store.open_planned(tx, planned, year.id, actor.account_id)
    if lesson_id is None:  # another one was faster, by the blink of an eye
        lesson_id = await store.lesson_of_entry(tx, planned.entry_id, planned.on_date)
        assert lesson_id is not None
        return lesson_id
    await tx.audit(
        actor,
        "register.open",
        f"school/{school_id}/lesson/{lesson_id}",
        class_name=planned.class_name,
        subject=planned.subject,
        on_date=planned.on_date,
        period=planned.period,
    )
    tx.publish(day_room(school_id), DayLessonChanged(await store.day_lesson(tx, lesson_id)))
    return lesson_id


async def mark(
    database: Database, actor: Actor, school_id: int, lesson_id: int, patches: Sequence[Patch], reason: str = ""
) -> MarkAnswer:
    """Marks pupils: each cell by itself, all in one transaction.

    A change that was written before (`op_id`) is not written again; one that was made upon an older mark than the one
    that stands comes back as a conflict with both values. The history of marks is their log: no audit line beside it.
    """
    if len(patches) > MOST_PATCHES:
        raise Invalid("These are too many changes at once")
    async with school_transaction(database, school_id, by_key=True) as tx:
        return await mark_in(tx, actor, school_id, lesson_id, patches, reason)


async def mark_in(
    tx: Tx, actor: Actor, school_id: int, lesson_id: int, patches: Sequence[Patch], reason: str = ""
) -> MarkAnswer:
    """The same inside the caller's transaction."""
    place = await access_lesson_to_mark(tx, actor, school_id, lesson_id)
    lesson, offered = place.lesson, {one.id: one for one in place.offered}
    asked = [rules.asks_for_excuse(one, offered) for one in patches]
    absent = [one.pupil_id for one, waits in zip(patches, asked, strict=True) if waits]
    batch = [one.pupil_id for one in patches], [one.op_id for one in patches]
    found = await store.standing(tx, lesson_id, *batch, absent)
    # An absence whose excuse was accepted before it was marked begins excused, unless the writer says otherwise.
    patches = [
        msgspec.structs.replace(one, excused=True) if waits and one.pupil_id in found.excused else one
        for one, waits in zip(patches, asked, strict=True)
    ]
    writer = rules.Writer(by=place.member.short, at=datetime.now(UTC), rev=lesson.marks_rev + 1)
    steps = rules.apply_patches(patches, lesson, found.pupils, offered, found.marks, found.done, writer)
    saved = [step for step in steps if step.outcome == "saved"]
    if saved:
        types = {one.id: one for one in place.types}
        newest = {step.patch.pupil_id: step.after for step in saved if step.after is not None}
        author = store.Author(actor, place.member.staff_id, reason)
        await store.write(tx, lesson_id, writer.rev, writer.at, author, list(newest.values()), saved, types)
        for one in newest.values():
            tx.publish(lesson_room(school_id, lesson_id), MarkChanged(one))
            told = pupil_mark(lesson, one, types.get(one.type_id or 0))
            tx.publish(pupil_room(school_id, one.pupil_id), PupilMarked(told))
        day = rules.day_lesson(lesson, found.pupils, found.marks | newest, types, writer)
        tx.publish(day_room(school_id), DayLessonChanged(day))
    return MarkAnswer(
        results=[
            PatchResult(
                op_id=step.patch.op_id,
                pupil_id=step.patch.pupil_id,
                outcome=step.outcome,
                mark=step.after,
                wanted=step.wanted,
            )
            for step in steps
        ]
    )


async def lesson_view(tx: Tx, actor: Actor, school_id: int, lesson_id: int) -> LessonView:
    """The grid, for its page, the API and its room."""
    place = await access_lesson(tx, actor, school_id, lesson_id)
    return LessonView(
        lesson=place.lesson,
        types=place.offered,
        pupils=await store.grid(tx, lesson_id),
        may_mark=place.may_mark,
    )


async def day_view(tx: Tx, actor: Actor, school_id: int, day: date | None = None) -> DayView:
    """Held lessons of a day (today's), for those who read the whole school."""
    member = await access_whole_school(tx, actor, school_id)
    day = day or member.today
    return DayView(on_date=day, lessons=await store.day_lessons(tx, day))
