"""Making, editing and publishing versions of the timetable."""

from datetime import date

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.structure import store as structure
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction
from schools.timetable.drafts import rules, store
from schools.timetable.drafts.model import EntryDraft, VersionRow
from schools.timetable.substitutions.access import access_replanning


async def access_version(tx: Tx, actor: Actor, school_id: int, version_id: int) -> tuple[Member, VersionRow]:
    """For whoever arranges the timetable."""
    member = await access_replanning(tx, actor, school_id)
    found = await store.version(tx, version_id)
    if found is None:
        raise NotFound
    return member, found


async def access_draft(tx: Tx, actor: Actor, school_id: int, version_id: int) -> tuple[Member, VersionRow]:
    """The same, not published, and locked until the transaction ends."""
    member = await access_replanning(tx, actor, school_id)
    found = await store.version(tx, version_id, lock=True)
    if found is None:
        raise NotFound
    if found.published_at is not None:
        raise Conflict("A published timetable does not change: make a new version")
    return member, found


async def make_draft(
    database: Database, actor: Actor, school_id: int, name: str, valid_from: date, copied_id: int | None
) -> int:
    """Empty, or a copy of another version."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        year = await structure.year_on(tx, school_id, valid_from)
        if year is None:
            raise Invalid(fields={"valid_from": "This day lies in no school year"})
        if not name.strip():
            raise Invalid(fields={"name": "This is needed"})
        version_id = await store.add_version(tx, year.id, name.strip(), valid_from)
        if copied_id is not None:
            _member, copied = await access_version(tx, actor, school_id, copied_id)
            if copied.year_id != year.id:
                raise Invalid(fields={"copied_id": "That timetable is of another school year: its classes are others"})
            await store.copy_entries(tx, copied_id, version_id)
        await tx.audit(actor, "timetable.draft", f"school/{school_id}/timetable/{version_id}", name=name.strip())
        return version_id


async def delete_draft(database: Database, actor: Actor, school_id: int, version_id: int) -> None:
    async with school_transaction(database, school_id) as tx:
        _member, found = await access_draft(tx, actor, school_id, version_id)
        await store.delete_version(tx, version_id)
        await tx.audit(actor, "timetable.drop", f"school/{school_id}/timetable/{version_id}", name=found.name)


async def save_entry(
    database: Database, actor: Actor, school_id: int, version_id: int, entry_id: int | None, draft: EntryDraft
) -> int:
    """A new entry, or another place for one that is there. Conflicts are shown: a draft may be half done."""
    async with school_transaction(database, school_id) as tx:
        _member, version = await access_draft(tx, actor, school_id, version_id)
        if (draft.class_id is None) == (draft.group_id is None):
            raise Invalid(fields={"target": "Choose a class or a group"})
        wrong = await store.known(tx, version.year_id, draft)
        if wrong is not None:
            raise Invalid(fields={wrong: "This is not known in this school"})
        if draft.second_staff_id == draft.staff_id:
            raise Invalid(fields={"second_staff_id": "This is the same teacher"})
        if entry_id is None:
            (entry_id,) = await store.add_entries(tx, version_id, [draft])
        else:
            if await store.entry(tx, version_id, entry_id) is None:
                raise NotFound
            await store.change_entry(tx, entry_id, draft)
        await store.touch(tx, version_id)
        await tx.audit(actor, "timetable.entry", f"school/{school_id}/timetable/{version_id}", entry=entry_id)
        return entry_id


async def remove_entry(database: Database, actor: Actor, school_id: int, version_id: int, entry_id: int) -> None:
    async with school_transaction(database, school_id) as tx:
        await access_draft(tx, actor, school_id, version_id)
        found = await store.entry(tx, version_id, entry_id)
        if found is None:
            raise NotFound
        await store.delete_entry(tx, entry_id)
        await store.touch(tx, version_id)
        await tx.audit(
            actor,
            "timetable.entry_removed",
            f"school/{school_id}/timetable/{version_id}",
            entry=entry_id,
            class_name=found.target,
            subject=found.subject,
        )


async def publish(
    database: Database,
    actor: Actor,
    school_id: int,
    version_id: int,
    valid_from: date,
    *,
    despite_conflicts: bool = False,
) -> None:
    """In force from the day on, for good. Lessons that were held keep their own rows and marks.

    `despite_conflicts`: two classes may share a gymnasium on purpose.
    """
    async with school_transaction(database, school_id) as tx:
        member, version = await access_draft(tx, actor, school_id, version_id)
        if version.entries == 0:
            raise Conflict("There is no lesson in this timetable yet")
        refused = rules.refusal_of_start(
            valid_from,
            member.today,
            version.year_starts_on,
            version.year_ends_on,
            in_force=await store.published_before(tx, valid_from),
        )
        if refused is not None:
            raise Invalid(fields={"valid_from": refused})
        if await store.published_on(tx, valid_from):
            raise Invalid(fields={"valid_from": "Another timetable begins on that day"})
        found = rules.conflicts(await store.entries(tx, version_id), await store.overlaps(tx, valid_from))
        if found and not despite_conflicts:
            raise Invalid(fields={"despite_conflicts": "There are conflicts: settle them, or say that they are meant"})
        await store.publish(tx, version_id, valid_from)
        await tx.audit(
            actor,
            "timetable.publish",
            f"school/{school_id}/timetable/{version_id}",
            name=version.name,
            valid_from=valid_from,
            conflicts=len(found),
        )
