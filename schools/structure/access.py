"""Loaders that check. Each one enters the school; what they return may be used, what may not be known of is NotFound.

Nobody's roles are kept between requests: who an actor is in a school is one indexed query of each loader, so a right
that ends has ended with the next request.
"""

from typing import Final

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from app.feature import Params
from app.i18n import _
from schools.structure import rules, store
from schools.structure.model import ClassPlace, Member, Membership, Pupil, PupilPlace
from schools.structure.tenancy import enter_as_oneself, enter_school

SECOND_FACTOR_OWED: Final = _(
    "This school asks its staff for a second factor. Set one up in your account, then come back"
)


class SecondFactorOwed(Forbidden):
    """Nothing but a second factor is missing."""


async def access_school(tx: Tx, actor: Actor, school_id: int) -> Member:
    """A school the actor belongs to, as staff, guardian or pupil; the transaction is inside of it afterwards."""
    await enter_school(tx, school_id)
    found = None if actor.account_id is None else await store.member(tx, school_id, actor.account_id)
    if found is None:
        raise NotFound
    return awake(found, actor)


def awake(member: Member, actor: Actor) -> Member:
    """Staff without the second factor that their school wants are there as parents and pupils alone, or not at all."""
    if member.staff_id is None or not member.needs_second_factor or actor.second_factor:
        return member
    if member.guardian_id is None and member.pupil_id is None:
        raise SecondFactorOwed(SECOND_FACTOR_OWED)
    return msgspec.structs.replace(member, staff_id=None, roles=[], short="")


async def access_staff_room(tx: Tx, actor: Actor, school_id: int) -> Member:
    """The same for those who work there."""
    member = await access_school(tx, actor, school_id)
    if member.staff_id is None:
        raise NotFound
    return member


async def access_whole_school(tx: Tx, actor: Actor, school_id: int) -> Member:
    """The same for those who read all of its register: principal, counsellor."""
    member = await access_school(tx, actor, school_id)
    if not rules.can_read_whole_school(member):
        raise NotFound
    return member


async def access_office(tx: Tx, actor: Actor, school_id: int) -> Member:
    """The same for those who look after its people: secretary, principal."""
    member = await access_school(tx, actor, school_id)
    if not rules.can_manage_people(member):
        raise NotFound
    return member


async def access_class(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ClassPlace:
    """A class: of its homeroom teacher, of those who teach it, of those who read the whole school."""
    member = await access_staff_room(tx, actor, school_id)
    assert member.staff_id is not None
    found = await store.school_class(tx, class_id)
    if found is None:
        raise NotFound
    is_homeroom = found.homeroom_id == member.staff_id
    teaches = await store.teaches_class(tx, member.staff_id, class_id, member.today)
    place = ClassPlace(member=member, school_class=found, is_homeroom=is_homeroom, teaches=teaches)
    if not rules.can_read_class(place):
        raise NotFound
    return place


async def access_pupil(tx: Tx, actor: Actor, school_id: int, pupil_id: int) -> PupilPlace:
    """A pupil: of the pupil, of guardians while their rights last, of teachers, of the school."""
    member = await access_school(tx, actor, school_id)
    found = await store.pupil(tx, pupil_id)
    if found is None:
        raise NotFound
    facts = await store.pupil_facts(tx, pupil_id, member.staff_id, member.guardian_id, member.today)
    place = PupilPlace(
        member=member,
        pupil=found,
        class_id=facts.class_id,
        is_homeroom=facts.is_homeroom,
        teaches=facts.teaches,
        is_guardian=facts.is_guardian,
        is_self=member.pupil_id == pupil_id,
    )
    if not rules.can_read_pupil(place):
        raise NotFound
    return place


async def own_memberships(tx: Tx, actor: Actor) -> list[Membership]:
    """Schools the actor belongs to. Outside of all of them afterwards."""
    if actor.account_id is None:
        return []
    await enter_as_oneself(tx, actor)
    return await store.memberships(tx)


async def own_children(tx: Tx, actor: Actor) -> list[tuple[Member, Pupil]]:
    """Pupils the actor may know of as a guardian now, in all schools, each with who the actor is there."""
    found: list[tuple[Member, Pupil]] = []
    for one in await own_memberships(tx, actor):
        if one.is_guardian:
            try:
                member = await access_school(tx, actor, one.school_id)
            except (NotFound, Forbidden):
                continue  # all rights there have ended
            if member.guardian_id is not None:
                found += [(member, child) for child in await store.children(tx, member.guardian_id, member.today)]
    return found


def can_read_city(actor: Actor) -> bool:
    """The Education Department (wydział edukacji); what it reads are sums (`tenancy.city_transaction`)."""
    return rules.can_read_city(actor)


def room_number(params: Params, name: str) -> int:
    """A number in a room's name; NotFound where it is none."""
    text = params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)
