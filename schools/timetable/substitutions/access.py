"""Loaders: who may change a day of a school, and who hears of its changes."""

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from schools.structure import store as structure
from schools.structure.access import access_pupil, access_school, access_staff_room
from schools.structure.model import Member, SchoolClass
from schools.timetable.substitutions import rules


async def access_replanning(tx: Tx, actor: Actor, school_id: int) -> Member:
    """Principal and secretary; to other staff it is `Forbidden`, to everybody else unknown."""
    member = await access_staff_room(tx, actor, school_id)
    if not rules.can_replan(member):
        raise Forbidden("The timetable is arranged by the principal and the office")
    return member


async def access_class_timetable(tx: Tx, actor: Actor, school_id: int, class_id: int) -> tuple[Member, SchoolClass]:
    """A class's timetable: of all staff, of its pupils, of their guardians."""
    member = await access_school(tx, actor, school_id)
    found = await structure.school_class(tx, class_id)
    if found is None:
        raise NotFound
    if member.staff_id is None and class_id not in await own_classes(tx, actor, member):
        raise NotFound
    return member, found


async def own_classes(tx: Tx, actor: Actor, member: Member) -> set[int]:
    """Classes of today that a pupil is in, or a guardian's children are."""
    pupils = [] if member.pupil_id is None else [member.pupil_id]
    if member.guardian_id is not None:
        pupils += [child.id for child in await structure.children(tx, member.guardian_id, member.today)]
    places = [await access_pupil(tx, actor, member.school_id, pupil_id) for pupil_id in pupils]
    return {place.class_id for place in places if place.class_id is not None}
