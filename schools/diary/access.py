"""Loaders of the diary: the family's own view, and the homeroom teacher's desk of excuses."""

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from schools.diary import rules, store
from schools.diary.model import Excuse, FamilyPlace
from schools.register.access import access_pupil_register
from schools.structure import store as structure
from schools.structure.access import access_class, access_school
from schools.structure.model import ClassPlace, Member


async def access_diary(tx: Tx, actor: Actor, school_id: int, pupil_id: int) -> FamilyPlace:
    """A pupil's diary: of the family, and of staff who read the pupil's register."""
    place = await access_pupil_register(tx, actor, school_id, pupil_id)
    school = await structure.school(tx, school_id)
    assert school is not None
    families = rules.family_rules(school.settings)
    return FamilyPlace(place=place, may_excuse=rules.can_excuse(place, await store.born_on(tx, pupil_id), families))


async def access_own_diary(tx: Tx, actor: Actor, school_id: int, pupil_id: int) -> FamilyPlace:
    """The same for the pupil and the guardians alone."""
    found = await access_diary(tx, actor, school_id, pupil_id)
    if not found.is_family:
        raise NotFound
    return found


async def access_excuse_to_decide(tx: Tx, actor: Actor, school_id: int, excuse_id: int) -> Excuse:
    """Locked until the transaction ends. `Forbidden` for others who may know of it."""
    member = await access_school(tx, actor, school_id)
    found = await store.excuse(tx, excuse_id, lock=True)
    if found is None:
        raise NotFound
    place = await access_pupil_register(tx, actor, member.school_id, found.pupil_id)
    if not rules.can_decide(place):
        raise Forbidden("Excuses are decided by the homeroom teacher")
    return found


async def access_own_excuse(tx: Tx, actor: Actor, school_id: int, excuse_id: int) -> Excuse:
    """One that the actor has sent, while the pupil may still be known."""
    await access_school(tx, actor, school_id)
    found = await store.excuse(tx, excuse_id, lock=True)
    if found is None or not await store.is_author(tx, excuse_id, actor.account_id):
        raise NotFound
    await access_pupil_register(tx, actor, school_id, found.pupil_id)
    return found


async def access_desk(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ClassPlace:
    """A class's excuses: of the homeroom teacher, the principal, the counsellor."""
    place = await access_class(tx, actor, school_id, class_id)
    if not rules.can_read_desk(place.member, is_homeroom=place.is_homeroom):
        raise NotFound
    return place


async def access_school_rules(tx: Tx, actor: Actor, school_id: int) -> Member:
    """What families may do is said by the principal."""
    member = await access_school(tx, actor, school_id)
    if not member.has("principal"):
        raise NotFound
    return member
