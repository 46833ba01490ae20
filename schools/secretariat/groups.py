"""Classes of a year, groups within a class and across classes, and who is in them from when on."""

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.secretariat import group_store as store
from schools.secretariat import people_store
from schools.secretariat.model import Candidate, ClassSize, GroupFile, GroupLine, NewClass
from schools.secretariat.people import CHANGED, audit
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.model import Member, SchoolYear
from schools.structure.tenancy import school_transaction

LETTER: Final = re.compile(r"[^\W\d_]{1,4}")


async def structure_of(
    tx: Tx, actor: Actor, school_id: int
) -> tuple[Member, SchoolYear | None, list[ClassSize], list[GroupLine]]:
    """Classes and groups of today's year."""
    member = await access_office(tx, actor, school_id)
    year = await structure.year_on(tx, school_id, member.today)
    if year is None:
        return member, None, [], []
    classes = await people_store.classes(tx, year.id, member.today)
    return member, year, classes, await store.groups(tx, year.id, member.today)


async def add_class(database: Database, actor: Actor, school_id: int, new: NewClass) -> int:
    """Raises `Invalid` beside the field."""
    async with school_transaction(database, school_id) as tx:
        _member, year, _classes, _groups = await structure_of(tx, actor, school_id)
        if year is None:
            raise Invalid("There is no school year on this day")
        if not LETTER.fullmatch(new.letter):
            raise Invalid(fields={"letter": "One to four letters"})
        class_id = await store.add_class(tx, year.id, new)
        if class_id is None:
            raise Invalid(fields={"letter": "There is such a class already"})
        await audit(tx, actor, "class_add", school_id, f"class/{class_id}", name=f"{new.level}{new.letter}")
        return class_id


async def add_group(database: Database, actor: Actor, school_id: int, class_id: int | None, name: str) -> int:
    """`class_id` None: its pupils come from several classes."""
    async with school_transaction(database, school_id) as tx:
        _member, year, classes, _groups = await structure_of(tx, actor, school_id)
        if year is None:
            raise Invalid("There is no school year on this day")
        if class_id is not None and class_id not in {one.id for one in classes}:
            raise Invalid(fields={"class_id": "Choose a class of this school year"})
        group_id = await store.add_group(tx, year.id, class_id, name)
        if group_id is None:
            raise Invalid(fields={"name": "There is one of this name already"})
        await audit(tx, actor, "group_add", school_id, f"group/{group_id}", name=name, class_id=class_id)
        return group_id


async def access_group(
    tx: Tx, actor: Actor, school_id: int, group_id: int, *, lock: bool = False
) -> tuple[Member, GroupFile]:
    """A group in the hands of the office."""
    member = await access_office(tx, actor, school_id)
    found = await store.group_file(tx, group_id, lock=lock)
    if found is None:
        raise NotFound
    return member, found


async def candidates(
    tx: Tx, actor: Actor, school_id: int, group_id: int, day: date | None = None
) -> tuple[Member, GroupFile, list[Candidate], date]:
    """Who is in the group on a day (today, or the nearest day of its year), and who could be."""
    member, group = await access_group(tx, actor, school_id, group_id)
    shown = min(max(day or member.today, group.starts_on), group.ends_on)
    return member, group, await store.candidates(tx, group, shown), shown


async def set_members(
    database: Database, actor: Actor, school_id: int, group_id: int, pupils: Collection[int], day: date, rev: int
) -> None:
    """From a day on. Lessons that were held keep the pupils who were marked in them."""
    async with school_transaction(database, school_id) as tx:
        _member, group = await access_group(tx, actor, school_id, group_id, lock=True)
        if not group.starts_on <= day <= group.ends_on:
            raise Invalid(fields={"day": "This day lies outside of the school year"})
        if not await store.count_group(tx, group_id, rev):
            raise Conflict(CHANGED)
        known = await store.candidates(tx, group, day)
        wanted = sorted(set(pupils) & {one.id for one in known})
        if len(wanted) < len(set(pupils)):
            raise Invalid("Somebody of these is not in the class on that day. Look at the list again")
        before = {one.id for one in known if one.inside}
        await store.set_members(tx, group_id, wanted, day, group.ends_on + timedelta(days=1))
        await audit(
            tx,
            actor,
            "group_members",
            school_id,
            f"group/{group_id}",
            day=day,
            came=sorted(set(wanted) - before),
            left=sorted(before - set(wanted)),
        )
