"""A lesson that the plan does not hold: somebody stands in before the office has entered it, or a class has one more.

Any teacher of the school may, with any class: a class must not wait in a corridor for a form. It is of today alone, it
stands in the audit log and on the principal's dashboard at once, and what the plan held there keeps its teacher as the
absent one.
"""

from datetime import date

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.register import actions, rules, store
from schools.register import unplanned_store as own
from schools.register.access import LessonPlace, access_lesson
from schools.register.model import (
    ClassOrGroup,
    DayLessonChanged,
    HeldLesson,
    Lesson,
    LessonChanged,
    NewUnplanned,
    PupilMarked,
    day_room,
    lesson_room,
    pupil_mark,
    pupil_room,
)
from schools.structure import store as structure
from schools.structure.access import access_staff_room
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.model import Bell, Planned
from schools.timetable.rules import instant


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the form offers."""

    member: Member
    places: list[ClassOrGroup]
    subjects: list[tuple[int, str]]
    bells: list[Bell]


async def access_teaching(tx: Tx, actor: Actor, school_id: int) -> Member:
    """Somebody who holds lessons: a teacher, the principal, the counsellor."""
    member = await access_staff_room(tx, actor, school_id)
    if not member.has("teacher", "principal", "counsellor"):
        raise NotFound
    return member


async def choices(tx: Tx, actor: Actor, school_id: int) -> Choices:
    """Classes and groups of today's year, subjects, today's hours."""
    member = await access_teaching(tx, actor, school_id)
    year = await structure.year_on(tx, school_id, member.today)
    return Choices(
        member=member,
        places=[] if year is None else await own.places(tx, year.id),
        subjects=await own.subjects(tx),
        bells=await timetable.bells(tx, member.today),
    )


async def own_lessons(tx: Tx, member: Member, day: date) -> list[HeldLesson]:
    """Those of a day that a member holds beside the plan."""
    return [] if member.staff_id is None else await own.own_unplanned(tx, member.staff_id, day)


async def open_unplanned(database: Database, actor: Actor, school_id: int, wanted: NewUnplanned) -> Lesson:
    """Opens it, once. Raises `Invalid` beside a field, `Conflict` where the class has a lesson in this hour already."""
    async with school_transaction(database, school_id) as tx:
        offered = await choices(tx, actor, school_id)
        member = offered.member
        if wanted.on_date != member.today:
            raise Forbidden("A lesson without a plan is opened on its day")
        bell, place = _checked(offered, wanted)
        await own.lock_place(tx, place)
        planned = await _planned_there(tx, member, wanted)
        if planned is not None and not planned.cancelled and member.staff_id == planned.staff_id:
            return await actions.open_in(tx, actor, school_id, planned.entry_id, wanted.on_date)
        held = await own.held_at(tx, place, wanted.on_date, wanted.period)
        if held is not None and held.staff_id != member.staff_id:
            raise Conflict("%(class)s has a lesson in this hour already: %(subject)s, %(teacher)s", **_told(held))
        lesson_id = held.id if held is not None else await _open(tx, actor, member, wanted, bell, planned)
        found = await store.lesson(tx, lesson_id)
        assert found is not None
        return found


def _checked(offered: Choices, wanted: NewUnplanned) -> tuple[Bell, ClassOrGroup]:
    bell = next((one for one in offered.bells if one.period == wanted.period), None)
    asked = (wanted.place.class_id, wanted.place.group_id)
    place = next((one for one in offered.places if (one.class_id, one.group_id) == asked), None)
    faults = {}
    if bell is None:
        faults["period"] = "Choose a lesson hour of today"
    if place is None:
        faults["place"] = "Choose a class or a group"
    if wanted.subject_id not in {one for one, _name in offered.subjects}:
        faults["subject_id"] = "Choose a subject"
    if faults or bell is None or place is None:
        raise Invalid(fields=faults)
    return bell, place


async def _planned_there(tx: Tx, member: Member, wanted: NewUnplanned) -> Planned | None:
    """What the plan holds for this very class or group in this hour; one's own first, where weeks or groups overlap."""
    found = [
        one
        for one in await timetable.planned(tx, wanted.on_date)
        if one.period == wanted.period
        and (one.class_id, one.group_id) == (wanted.place.class_id, wanted.place.group_id)
    ]
    return min(found, key=lambda one: (one.staff_id != member.staff_id, one.cancelled), default=None)


async def take_back(database: Database, actor: Actor, school_id: int, lesson_id: int) -> Lesson:
    """A lesson that was opened by mistake counts nowhere any more; its marks and their history stay, out of all sums.

    Raises `Forbidden` for lessons of the plan. Whoever comes second finds it done.
    """
    async with school_transaction(database, school_id) as tx:
        place = await _place_to_take_back(tx, actor, school_id, lesson_id)
        if place.lesson.state == "void":
            return place.lesson
        await own.set_state(tx, lesson_id, "void", None)
        return await _told_state(tx, actor, place, "register.take_back")


async def bring_back(database: Database, actor: Actor, school_id: int, lesson_id: int) -> Lesson:
    """Undoes `take_back`. Raises `Conflict` where the class has another lesson in this hour by now."""
    async with school_transaction(database, school_id) as tx:
        place = await _place_to_take_back(tx, actor, school_id, lesson_id)
        lesson = place.lesson
        if lesson.state != "void":
            return lesson
        where = ClassOrGroup(class_id=lesson.class_id, group_id=lesson.group_id, name=lesson.class_name)
        await own.lock_place(tx, where)
        held = await own.held_at(tx, where, lesson.on_date, lesson.period)
        if held is not None:
            raise Conflict("%(class)s has a lesson in this hour already: %(subject)s, %(teacher)s", **_told(held))
        wanted = NewUnplanned(place=where, subject_id=lesson.subject_id, on_date=lesson.on_date, period=lesson.period)
        planned = await _planned_there(tx, place.member, wanted) if lesson.absent_id is not None else None
        await own.set_state(tx, lesson_id, "open", planned.entry_id if planned and not planned.cancelled else None)
        return await _told_state(tx, actor, place, "register.bring_back")


async def _place_to_take_back(tx: Tx, actor: Actor, school_id: int, lesson_id: int) -> LessonPlace:
    place = await access_lesson(tx, actor, school_id, lesson_id, lock=True)
    if not rules.can_take_back(place.member, place.lesson):
        raise Forbidden("Only a lesson without a plan is taken back, on its day, by whoever holds it")
    return place


async def _told_state(tx: Tx, actor: Actor, place: LessonPlace, action: str) -> Lesson:
    """All who saw the lesson hear of it: its page, the school's dashboards, families of pupils who were marked."""
    changed = await store.lesson(tx, place.lesson.id)
    assert changed is not None  # it is locked
    school_id = place.member.school_id
    await tx.audit(
        actor, action, f"school/{school_id}/lesson/{changed.id}", subject=changed.subject, period=changed.period
    )
    types = {one.id: one for one in place.types}
    for mark in (await store.standing(tx, changed.id, [], [])).marks.values():
        kind = types.get(mark.type_id or 0) if changed.state != "void" else None
        tx.publish(pupil_room(school_id, mark.pupil_id), PupilMarked(pupil_mark(changed, mark, kind)))
    tx.publish(lesson_room(school_id, changed.id), LessonChanged(changed))
    tx.publish(day_room(school_id), DayLessonChanged(await store.day_lesson(tx, changed.id)))
    return changed


async def _open(tx: Tx, actor: Actor, member: Member, wanted: NewUnplanned, bell: Bell, planned: Planned | None) -> int:
    year = await structure.year_on(tx, member.school_id, wanted.on_date)
    assert year is not None  # places of it were offered
    assert member.staff_id is not None  # who teaches
    instead = planned if planned is not None and not planned.cancelled else None
    lesson_id = await own.open_unplanned(
        tx,
        wanted,
        year_id=year.id,
        hours=(
            instant(wanted.on_date, bell.starts, member.time_zone),
            instant(wanted.on_date, bell.ends, member.time_zone),
        ),
        staff_id=member.staff_id,
        absent_id=instead.staff_id if instead else None,
        entry_id=instead.entry_id if instead else None,
        room_id=instead.room_id if instead else None,
        account_id=actor.account_id,
    )
    await tx.audit(
        actor,
        "register.open_unplanned",
        f"school/{member.school_id}/lesson/{lesson_id}",
        class_id=wanted.place.class_id,
        group_id=wanted.place.group_id,
        subject=wanted.subject_id,
        on_date=wanted.on_date,
        period=wanted.period,
        absent=instead.staff if instead else "",
    )
    tx.publish(day_room(member.school_id), DayLessonChanged(await store.day_lesson(tx, lesson_id)))
    return lesson_id


def _told(held: HeldLesson) -> dict[str, object]:
    return {"class": held.class_name, "subject": held.subject, "teacher": held.staff}
