"""Puts a week together: each day as it is planned and changed, with its bells."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from schools.structure import store as structure
from schools.structure.access import access_pupil, access_staff_room
from schools.structure.model import Member
from schools.structure.rules import week_letter
from schools.timetable import store as timetable
from schools.timetable.model import Planned
from schools.timetable.substitutions import store as changes
from schools.timetable.substitutions import views
from schools.timetable.substitutions.access import access_class_timetable
from schools.timetable.substitutions.model import all_room, class_room, staff_room
from schools.timetable.weeks import store
from schools.timetable.weeks.model import DayColumn, Lesson, Of, Week


async def access_week(
    tx: Tx, actor: Actor, school_id: int, of: Of, target_id: int, day: date | None
) -> tuple[Member, Week]:
    """The week around a day.

    Of a class: staff, its pupils, their guardians. Of a teacher, a room: staff. Of a pupil: who may know of the pupil.
    """
    member, title, rooms = await _permitted(tx, actor, school_id, of, target_id)
    day = day or await timetable.nearest_taught_day(tx, member.today) or member.today
    monday = day - timedelta(days=day.weekday())
    dates = [monday + timedelta(days=offset) for offset in range(7)]
    columns = [await _column(tx, of, target_id, one) for one in dates]
    special = await store.special_days(tx, dates[0], dates[-1])
    columns = [
        DayColumn(
            on_date=one.on_date,
            special=special.get(one.on_date),
            bells=one.bells,
            lessons=one.lessons,
            duties=one.duties,
        )
        for one in columns
        if one.on_date.weekday() < 5 or one.lessons or one.on_date == day
    ]
    validity = await store.validity(tx, day)
    return member, Week(
        of=of,
        target_id=target_id,
        title=title,
        day=day,
        today=member.today,
        letter=week_letter(validity.week_a_on, day) if validity else "",
        validity=validity,
        days=columns,
        periods=hours(columns),
        rooms=rooms,
    )


async def _permitted(
    tx: Tx, actor: Actor, school_id: int, of: Of, target_id: int
) -> tuple[Member, str, dict[str, int]]:
    """Who asks, whose week it is by name, and the rooms that tell of its changes."""
    if of == "class":
        member, found = await access_class_timetable(tx, actor, school_id, target_id)
        seen = await views.seen(tx, member.today, class_ids=[target_id])
        return member, found.name, {class_room(school_id, target_id): seen}
    if of == "pupil":
        place = await access_pupil(tx, actor, school_id, target_id)
        member = place.member
        rooms = {
            class_room(school_id, one): await views.seen(tx, member.today, class_ids=[one])
            for one in await store.classes_of_pupil(tx, target_id, member.today)
        }
        return member, place.pupil.name, rooms
    member = await access_staff_room(tx, actor, school_id)
    if of == "staff":
        person = await structure.staff(tx, target_id)
        if person is None:
            raise NotFound
        seen = await views.seen(tx, member.today, staff_id=target_id)
        return member, person.name, {staff_room(school_id, target_id): seen}
    name = await store.room_name(tx, target_id)
    if name is None:
        raise NotFound
    return member, name, {all_room(school_id): await views.seen(tx, member.today)}


async def _column(tx: Tx, of: Of, target_id: int, day: date) -> DayColumn:
    planned = await _planned(tx, of, target_id, day)
    letters = await store.letters(tx, [one.entry_id for one in planned])
    originals = await changes.originals(tx, [one.entry_id for one in planned if one.kind])
    lessons: dict[int, list[Lesson]] = {}
    for one in planned:
        drawn = Lesson(planned=one, original=originals.get(one.entry_id), week=letters.get(one.entry_id, ""))
        lessons.setdefault(one.period, []).append(drawn)
    duties = []
    if of == "staff":
        duties = [one for one in await changes.duties(tx, day) if (one.stand_in_id or one.staff_id) == target_id]
    bells = {one.period: one for one in await timetable.bells(tx, day)}
    return DayColumn(on_date=day, special=None, bells=bells, lessons=lessons, duties=duties)


async def _planned(tx: Tx, of: Of, target_id: int, day: date) -> list[Planned]:
    if of == "class":
        return await timetable.planned_for_class(tx, target_id, day)
    if of == "staff":
        return await timetable.planned_for_staff(tx, target_id, day)
    if of == "pupil":
        return await timetable.planned_for_pupil(tx, target_id, day)
    return [one for one in await timetable.planned(tx, day) if one.room_id == target_id]


def hours(columns: Sequence[DayColumn]) -> list[int]:
    """Rows of the week: from its first lesson to its last one, without gaps."""
    taught = [period for one in columns for period in one.lessons]
    return list(range(min(1, *taught), max(taught) + 1)) if taught else []
