"""Loaders of timetables: everybody of a school may see its timetable, each person's own day first."""

from datetime import date

from app.actor import Actor
from app.database import Tx
from schools.structure.access import access_class, access_pupil, access_school, access_staff_room
from schools.structure.model import Member
from schools.timetable import store
from schools.timetable.model import Planned


async def access_timetable(tx: Tx, actor: Actor, school_id: int, day: date) -> tuple[Member, list[Planned]]:
    """The whole school's day, for its staff."""
    member = await access_staff_room(tx, actor, school_id)
    return member, await store.planned(tx, day)


async def access_own_day(tx: Tx, actor: Actor, school_id: int, day: date | None = None) -> tuple[Member, list[Planned]]:
    """A teacher's or a pupil's own lessons of a day (today's); for others of the school it is empty."""
    member = await access_school(tx, actor, school_id)
    day = day or member.today
    if member.staff_id is not None:
        return member, await store.planned_for_staff(tx, member.staff_id, day)
    if member.pupil_id is not None:
        return member, await store.planned_for_pupil(tx, member.pupil_id, day)
    return member, []


async def access_class_day(tx: Tx, actor: Actor, school_id: int, class_id: int, day: date) -> list[Planned]:
    await access_class(tx, actor, school_id, class_id)
    return await store.planned_for_class(tx, class_id, day)


async def access_pupil_day(tx: Tx, actor: Actor, school_id: int, pupil_id: int, day: date) -> list[Planned]:
    """For the pupil and the guardians too."""
    await access_pupil(tx, actor, school_id, pupil_id)
    return await store.planned_for_pupil(tx, pupil_id, day)
