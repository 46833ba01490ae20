"""Loaders of messages: who one writes as, whom one may write to, a thread in the hands of one of its members."""

from collections.abc import Sequence

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import Invalid, NotFound
from app.i18n import _
from schools.diary.rules import family_rules
from schools.messages import people_store, rules, store
from schools.messages.model import Choice, Person, Thread
from schools.structure import store as structure
from schools.structure.access import access_school
from schools.structure.model import Member

NOBODY = _("This person cannot be written to")


class ThreadPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A thread, and who the actor is in it."""

    member: Member
    thread: Thread
    reader: store.Reader


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody writes as, with the pupils who are theirs."""

    member: Member
    person: Person
    pupils: list[int]
    pupils_write: bool


async def access_sender(tx: Tx, actor: Actor, school_id: int) -> Sender:
    """Whoever belongs to the school writes: as staff, else as guardian, else as pupil."""
    member = await access_school(tx, actor, school_id)
    school = await structure.school(tx, school_id)
    assert school is not None
    pupils: list[int] = []
    if member.staff_id is not None:
        person = Person(kind="staff", id=member.staff_id, name=actor.name, account_id=actor.account_id)
    elif member.guardian_id is not None:
        pupils = await people_store.own_pupils(tx, member.guardian_id)
        person = Person(
            kind="guardian", id=member.guardian_id, name=actor.name, account_id=actor.account_id, through=pupils
        )
    else:
        assert member.pupil_id is not None
        pupils = [member.pupil_id]
        person = Person(kind="pupil", id=member.pupil_id, name=actor.name, account_id=actor.account_id)
    return Sender(member=member, person=person, pupils=pupils, pupils_write=family_rules(school.settings).pupils_write)


async def access_thread(tx: Tx, actor: Actor, school_id: int, thread_id: int, *, lock: bool = False) -> ThreadPlace:
    """A thread one is in today: NotFound once the right that brought one into it has ended."""
    member = await access_school(tx, actor, school_id)
    found = await store.thread(tx, thread_id, lock=lock)
    reader = await store.reader(tx, thread_id, actor.account_id)
    if found is None or reader is None:
        raise NotFound
    return ThreadPlace(member=member, thread=found, reader=reader)


async def access_receipts(tx: Tx, actor: Actor, school_id: int, thread_id: int) -> ThreadPlace:
    """Recipients of a broadcast do not see one another."""
    place = await access_thread(tx, actor, school_id, thread_id)
    if place.thread.kind == "broadcast" and not place.reader.is_author:
        raise NotFound
    return place


async def addressed(tx: Tx, sender: Sender, to: Sequence[str]) -> tuple[list[Person], list[rules.Address]]:
    """People whom the sender may write to at these addresses, each once, and the addresses of many among them.

    Raises `Invalid` for `to` where one is unknown or not allowed; which of the two is not told.
    """
    people: list[Person] = []
    sides: list[rules.Address] = []
    for text in to:
        where = rules.address(text)
        found = await people_store.people_at(tx, where) if where else []
        if where is None or not (found or where.side):
            raise Invalid(fields={"to": NOBODY})
        if where.side:
            sides.append(where)
        elif not await _may_write(tx, sender, found):
            raise Invalid(fields={"to": NOBODY})
        people += found
    if sides:
        if sender.person.kind != "staff":
            raise Invalid(fields={"to": NOBODY})
        staff_id = sender.member.staff_id
        classes = [one for one, _name in await people_store.own_classes(tx, staff_id)]
        groups = [one for one, _name in await people_store.own_groups(tx, staff_id)]
        if not rules.can_broadcast(sender.member, sides, classes, groups):
            raise Invalid(fields={"to": NOBODY})
    recipients = [one for one in rules.merged(people) if one.key != sender.person.key]
    if not recipients:
        raise Invalid(fields={"to": "There is nobody to write to"})
    return recipients, sides


async def _may_write(tx: Tx, sender: Sender, people: Sequence[Person]) -> bool:
    kinds = {one.kind for one in people}
    if not all(rules.can_write(sender.person.kind, kind, pupils_write=sender.pupils_write) for kind in kinds):
        return False
    if sender.person.kind != "staff":
        near = {one.id for one in await people_store.near_staff(tx, sender.pupils)}
        return all(one.id in near for one in people)
    if sender.member.has("principal", "secretary", "counsellor"):
        return True
    assert sender.member.staff_id is not None
    pupils = {pupil for one in people for pupil in ([one.id] if one.kind == "pupil" else one.through)}
    near_pupils = await people_store.pupils_near(tx, sender.member.staff_id, sorted(pupils))
    return all(
        one.kind == "staff" or near_pupils & set([one.id] if one.kind == "pupil" else one.through) for one in people
    )


async def choices_of(tx: Tx, sender: Sender, class_id: int | None = None) -> list[Choice]:
    """The list «to whom», in parts. `class_id`: also this class's pupils and their parents, one by one."""
    if sender.person.kind == "pupil" and not sender.pupils_write:
        return []
    if sender.person.kind != "staff":
        near = await people_store.near_staff(tx, sender.pupils)
        return [
            Choice(value=one.key, text=f"{one.name} ({one.about})" if one.about else one.name, part="teachers")
            for one in near
        ]
    staff_id = sender.member.staff_id
    everywhere = sender.member.has("principal", "secretary", "counsellor")
    found = [Choice(value="school:staff", text="", part="staff_all")]
    if sender.member.has("principal", "secretary"):
        found.append(Choice(value="school:guardians", text="", part="guardians_all"))
    classes = await people_store.own_classes(tx, None if everywhere else staff_id)
    for one_id, name in classes:
        found.append(Choice(value=f"class:{one_id}:guardians", text=name, part="guardians_of"))
        found.append(Choice(value=f"class:{one_id}:pupils", text=name, part="pupils_of"))
    for one_id, name in await people_store.own_groups(tx, staff_id):
        found.append(Choice(value=f"group:{one_id}:guardians", text=name, part="guardians_of"))
        found.append(Choice(value=f"group:{one_id}:pupils", text=name, part="pupils_of"))
    if class_id in {one for one, _name in classes}:
        for pupil_id, name in await people_store.class_pupils(tx, class_id or 0):
            found.append(Choice(value=f"parents:{pupil_id}", text=name, part="parents"))
            found.append(Choice(value=f"pupil:{pupil_id}", text=name, part="pupils"))
    staff = await people_store.people_at(tx, rules.Address("school", 0, "staff"))
    return found + [Choice(value=one.key, text=one.name, part="staff") for one in staff if one.key != sender.person.key]
