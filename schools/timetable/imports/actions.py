"""Taking in a timetable: read, settled name by name, made into a draft. Nothing is half-imported."""

from collections.abc import Mapping
from datetime import date

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.structure import store as structure
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction
from schools.timetable.drafts import store as drafts
from schools.timetable.imports import matching, store
from schools.timetable.imports.model import Import, NameKind, ReadTimetable, Settled, Source
from schools.timetable.substitutions.access import access_replanning

NEW = "new"
LEFT_OUT = "none"


async def access_import(
    tx: Tx, actor: Actor, school_id: int, import_id: int, *, lock: bool = False
) -> tuple[Member, Import]:
    member = await access_replanning(tx, actor, school_id)
    found = await store.one_import(tx, import_id, lock=lock)
    if found is None:
        raise NotFound
    return member, found


async def keep(
    database: Database, actor: Actor, school_id: int, source: Source, file_name: str, read: ReadTimetable
) -> int:
    """What was read without fault waits to be settled. With faults nothing is kept."""
    if read.faults:
        raise Invalid(fields={"file": "This file has faults: nothing was taken in"})
    async with school_transaction(database, school_id) as tx:
        member = await access_replanning(tx, actor, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        if year is None:
            raise Conflict("There is no school year now: the office enters it first")
        import_id = await store.add_import(tx, year.id, source, file_name[:200], read.lessons, actor.account_id)
        await tx.audit(
            actor,
            "timetable.import",
            f"school/{school_id}/import/{import_id}",
            file=file_name[:200],
            lessons=len(read.lessons),
        )
        return import_id


async def settled(tx: Tx, found: Import) -> list[Settled]:
    """Each name with what it means now."""
    known = await store.known(tx, found.year_id)
    return matching.settle(found.lessons, known, await store.remembered(tx))


async def settle(
    database: Database, actor: Actor, school_id: int, import_id: int, answers: Mapping[tuple[NameKind, str], str]
) -> None:
    """`answers`: an id, `none` (left out), `new` (a group is made), empty (open again). Remembered."""
    async with school_transaction(database, school_id) as tx:
        _member, found = await access_import(tx, actor, school_id, import_id, lock=True)
        if found.version_id is not None:
            raise Conflict("A draft was made of this import already")
        known = await store.known(tx, found.year_id)
        names = matching.names(found.lessons)
        for (kind, name), answer in answers.items():
            if name not in names[kind]:
                continue
            if answer == "":
                await store.forget(tx, kind, name)
            elif answer == LEFT_OUT:
                await store.remember(tx, kind, name, None)
            elif answer == NEW and kind == "group":
                await store.remember(tx, kind, name, await _made_group(tx, found, name))
            elif answer.isdecimal() and int(answer) in {one.id for one in known[kind]}:
                await store.remember(tx, kind, name, int(answer))
            else:
                raise Invalid("Choose one of the list for %(name)s", name=name)
        await tx.audit(actor, "timetable.settle", f"school/{school_id}/import/{import_id}", names=len(answers))


async def _made_group(tx: Tx, found: Import, name: str) -> int:
    """In the class its lessons have; of several classes where they have more. Its pupils are entered by the office."""
    lesson = next(one for one in found.lessons if one.group_name == name)
    if len(lesson.classes) > 1:
        return await store.add_group(tx, found.year_id, None, name)
    meaning = {(one.kind, one.name): one.target_id for one in await settled(tx, found)}
    class_id = meaning.get(("class", lesson.classes[0]))
    if class_id is None:
        raise Invalid("Settle class %(name)s first", name=lesson.classes[0])
    return await store.add_group(tx, found.year_id, class_id, lesson.group)


async def make_draft(
    database: Database, actor: Actor, school_id: int, import_id: int, name: str, valid_from: date
) -> tuple[int, int]:
    """The draft's id, and how many lessons were left out on purpose. All of it, or nothing."""
    async with school_transaction(database, school_id) as tx:
        _member, found = await access_import(tx, actor, school_id, import_id, lock=True)
        if found.version_id is not None:
            raise Conflict("A draft was made of this import already")
        year = await structure.year_on(tx, school_id, valid_from)
        if year is None or year.id != found.year_id:
            raise Invalid(fields={"valid_from": "This day lies outside of the school year"})
        meanings = await settled(tx, found)
        if any(one.is_open for one in meanings):
            raise Conflict("There are names that nobody has settled yet")
        entries, left = matching.entries(found.lessons, meanings)
        if not entries:
            raise Conflict("All lessons are left out: nothing would be taken in")
        version_id = await drafts.add_version(tx, year.id, name.strip() or found.file_name, valid_from)
        await drafts.add_entries(tx, version_id, entries)
        await store.set_version(tx, import_id, version_id)
        await tx.audit(
            actor,
            "timetable.import_draft",
            f"school/{school_id}/timetable/{version_id}",
            entries=len(entries),
            left_out=left,
        )
        return version_id, left
