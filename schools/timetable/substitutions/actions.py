"""Deciding what becomes of a day's lessons, and telling everybody concerned."""

from datetime import date, timedelta
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.register import store as register
from schools.register.model import DayLessonChanged, LessonChanged, day_room, lesson_room
from schools.structure import store as structure
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.model import Planned
from schools.timetable.substitutions import rules, store
from schools.timetable.substitutions.access import access_replanning
from schools.timetable.substitutions.model import (
    AbsenceDraft,
    Change,
    ChangeMark,
    ChangesView,
    Decision,
    LessonReplanned,
    Original,
    all_room,
    class_room,
    staff_room,
)

TOLD_DAYS: Final = 14
"""How far ahead rooms tell of changes."""


async def decide(
    database: Database, actor: Actor, school_id: int, entry_id: int, on_date: date, decision: Decision
) -> Change:
    """One lesson of one day; a second decision takes the place of the first. `Invalid` names what speaks against it."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        await store.lock_day(tx, school_id, on_date)
        before, original = await _lesson_to_change(tx, entry_id, on_date)
        await _check(tx, decision, before, original)
        absent_id = original.staff_id if decision.kind in {"substitution", "joint"} else None
        await store.write_substitution(tx, entry_id, on_date, decision, absent_id, actor.account_id)
        change = await _told(tx, school_id, before)
        await tx.audit(
            actor,
            f"substitutions.{decision.kind}",
            f"school/{school_id}/entry/{entry_id}",
            on_date=on_date,
            class_name=change.class_name,
            subject=change.subject,
            period=change.period,
            planned=original.staff,
            staff=change.staff,
            room=change.room,
        )
        return change


async def withdraw(database: Database, actor: Actor, school_id: int, entry_id: int, on_date: date) -> Change:
    """The lesson is as planned again."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        await store.lock_day(tx, school_id, on_date)
        before, original = await _lesson_to_change(tx, entry_id, on_date)
        if not before.kind:
            raise NotFound
        if before.taken:
            raise Conflict("Attendance of this lesson is taken already")
        room_id = original.room_id
        lessons = await timetable.planned(tx, on_date)
        others = [one for one in lessons if one.entry_id != entry_id and one.period == before.period]
        if original.staff_id in rules.busy_at(others, before.period):
            raise Conflict("%(name)s stands in elsewhere at that hour: take that back first", name=original.staff)
        if room_id is not None and any(one.room_id == room_id and not one.cancelled for one in others):
            raise Conflict("Room %(room)s is taken at that hour by now", room=original.room)
        await store.delete_substitution(tx, entry_id, on_date)
        change = await _told(tx, school_id, before)
        await tx.audit(
            actor,
            "substitutions.withdraw",
            f"school/{school_id}/entry/{entry_id}",
            on_date=on_date,
            class_name=change.class_name,
            was=before.kind,
            staff=before.staff,
        )
        return change


async def _lesson_to_change(tx: Tx, entry_id: int, on_date: date) -> tuple[Planned, Original]:
    planned = await timetable.planned_entry(tx, entry_id, on_date)
    if planned is None:
        raise NotFound
    return planned, (await store.originals(tx, [entry_id]))[entry_id]


async def _check(tx: Tx, decision: Decision, before: Planned, original: Original) -> None:
    day = before.on_date
    if not rules.may_change_held(decision.kind, taken=before.taken):
        raise Conflict("Attendance of this lesson is taken already")
    if decision.kind in {"cancellation", "joint"} and await store.joined_by(tx, before.entry_id, day):
        raise Conflict("Another lesson is joined to this one: change that first")
    staff = decision.kind == "substitution" and decision.staff_id is not None
    known = {one.id for one in await store.colleagues(tx, day, rules.month_of(day))}
    if staff and decision.staff_id not in known:
        raise Invalid(fields={"staff_id": "Choose who stands in"})
    if decision.room_id is not None and decision.room_id not in dict(await store.rooms(tx)):
        raise Invalid(fields={"room_id": "Choose a room"})
    if decision.subject_id is not None and decision.subject_id not in dict(await store.subjects(tx)):
        raise Invalid(fields={"subject_id": "Choose a subject"})
    found = rules.clash(decision, original, await timetable.planned(tx, day), await store.absences(tx, day), day)
    if found is not None:
        raise Invalid(fields=dict([found]))


async def _told(tx: Tx, school_id: int, before: Planned) -> Change:
    """Counts the change, lets a lesson that is open follow, and tells everybody it concerns or has concerned."""
    day = before.on_date
    if before.lesson_id is not None:
        await store.follow_in_lesson(tx, before.lesson_id)
        lesson = await register.lesson(tx, before.lesson_id)
        assert lesson is not None
        tx.publish(lesson_room(school_id, lesson.id), LessonChanged(lesson))
        tx.publish(day_room(school_id), DayLessonChanged(await register.day_lesson(tx, lesson.id)))
    after = await timetable.planned_entry(tx, before.entry_id, day)
    assert after is not None
    people = {
        one
        for state in (before, after)
        for one in (state.staff_id, state.second_staff_id, state.absent_id)
        if one is not None
    }
    classes = await store.classes_of(tx, after.class_id, after.group_id, day)
    mark = await store.mark_change(tx, after.entry_id, day, sorted(people), classes)
    original = (await store.originals(tx, [after.entry_id]))[after.entry_id]
    change = change_of(after, original, mark)
    rooms = [all_room(school_id)]
    rooms += [staff_room(school_id, one) for one in mark.staff_ids]
    rooms += [class_room(school_id, one) for one in mark.class_ids]
    for room in rooms:
        tx.publish(room, LessonReplanned(change))
    return change


def change_of(planned: Planned, original: Original, mark: ChangeMark) -> Change:
    return Change(
        entry_id=planned.entry_id,
        on_date=planned.on_date,
        rev=mark.rev,
        kind=planned.kind,
        period=planned.period,
        starts_at=planned.starts_at,
        class_name=planned.class_name,
        subject=planned.subject,
        was_subject=original.subject,
        staff_id=planned.staff_id,
        staff=planned.staff,
        absent=planned.absent,
        room=planned.room,
        was_room=original.room,
        note=planned.note,
    )


async def changes_view(
    tx: Tx, first: date, *, staff_id: int | None = None, class_ids: list[int] | None = None
) -> ChangesView:
    """What rooms begin with. The caller has let the actor in."""
    last = first + timedelta(days=TOLD_DAYS)
    marks = await store.change_marks(tx, first, last, staff_id=staff_id, class_ids=class_ids)
    originals = await store.originals(tx, [one.entry_id for one in marks])
    found = []
    for day in sorted({one.on_date for one in marks}):
        planned = {one.entry_id: one for one in await timetable.planned(tx, day)}
        found += [
            change_of(planned[one.entry_id], originals[one.entry_id], one)
            for one in marks
            if one.on_date == day and one.entry_id in planned
        ]
    return ChangesView(found)


async def add_absence(database: Database, actor: Actor, school_id: int, draft: AbsenceDraft) -> int:
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        staff = await structure.staff(tx, draft.staff_id)
        if staff is None or "teacher" not in staff.roles:
            raise Invalid(fields={"staff_id": "Choose who is away"})
        if draft.last_on < draft.first_on:
            raise Invalid(fields={"last_on": "The last day comes before the first one"})
        if (draft.last_on - draft.first_on).days > 366:
            raise Invalid(fields={"last_on": "This is longer than a year"})
        if draft.to_period < draft.from_period:
            raise Invalid(fields={"to_period": "The last hour comes before the first one"})
        await store.lock_day(tx, school_id, draft.first_on)
        if await store.overlapping(tx, draft):
            raise Invalid(fields={"staff_id": "This teacher is entered as away at that time already"})
        absence_id = await store.add_absence(tx, draft, actor.account_id)
        await tx.audit(
            actor,
            "substitutions.absence",
            f"school/{school_id}/staff/{draft.staff_id}",
            name=staff.name,
            first_on=draft.first_on,
            last_on=draft.last_on,
        )
        return absence_id


async def end_absence(database: Database, actor: Actor, school_id: int, absence_id: int) -> None:
    """Entered by mistake, or back already. Substitutions that were arranged stay: each is taken back by itself."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        found = await store.absence(tx, absence_id)
        if found is None:
            raise NotFound
        await store.delete_absence(tx, absence_id)
        await tx.audit(
            actor, "substitutions.absence_end", f"school/{school_id}/staff/{found.staff_id}", name=found.staff
        )
