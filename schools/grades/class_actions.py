"""Verbs beside the books: a class's sheet, notes on behaviour, the school's rules and categories."""

from decimal import Decimal

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.grades import class_store, rules, sheets, store
from schools.grades.access import access_class_grades, access_grade_rules, access_note_place
from schools.grades.model import (
    BehaviourNote,
    BehaviourNoted,
    Category,
    Colour,
    GradeSettings,
    NewNote,
    book_room,
    pupil_room,
)
from schools.structure.tenancy import school_transaction


async def class_sheet(
    tx: Tx, actor: Actor, school_id: int, class_id: int, semester: int | None = None
) -> sheets.ClassSheet:
    """All subjects of a class in a semester (today's)."""
    place = await access_class_grades(tx, actor, school_id, class_id)
    member, school_class = place.member, place.school_class
    assert member.staff_id is not None
    today_semester = await class_store.semester_on(tx, school_class.year_id, member.today)
    chosen = semester or today_semester
    first, last = await class_store.period_of(tx, school_class.year_id, chosen)
    pupils = await store.pupils_of_book(tx, class_id)
    columns = await store.columns_of_class(tx, class_id)
    settings, _rev = await store.settings(tx)
    return sheets.class_sheet(
        sheets.Material(
            school_class=school_class,
            semester=chosen,
            today_semester=today_semester,
            settings=settings,
            subjects=await class_store.books(tx, school_class.year_id, member.staff_id, class_id),
            pupils=pupils,
            columns=columns,
            entries=await store.entries_of_columns(
                tx, [one.id for one in columns], [one.pupil_id for one in pupils if one.is_member]
            ),
            presence=await class_store.presence(tx, class_id, first, last),
            notes=await class_store.notes_of_class(tx, class_id, school_class.year_id),
        )
    )


async def add_note(database: Database, actor: Actor, school_id: int, new: NewNote) -> BehaviourNote:
    """Praise or a remark, with points; pupil and parents see it at once."""
    async with school_transaction(database, school_id) as tx:
        place = await access_note_place(tx, actor, school_id, new.pupil_id)
        member, school_class = place.member, place.school_class
        if not new.text.strip():
            raise Invalid(fields={"text": "Say what happened"})
        day = new.on_date or member.today
        if day > member.today:
            raise Invalid(fields={"on_date": "This day has not come yet"})
        made = await class_store.add_note(tx, school_class.year_id, new, day, member.staff_id, actor)
        await _tell_note(tx, actor, school_id, school_class.id, school_class.year_id, made, "grades.note.add")
        return made


async def withdraw_note(database: Database, actor: Actor, school_id: int, note_id: int, reason: str) -> BehaviourNote:
    """Takes a note back: its author, the homeroom teacher, the principal. It stays, with the reason."""
    async with school_transaction(database, school_id) as tx:
        # who may not know of the school finds nothing in it: the loader below stands behind the wall
        known = await class_store.note(tx, note_id)
        if known is None:
            raise NotFound
        place = await access_note_place(tx, actor, school_id, known.pupil_id)
        author_id = await class_store.author_of_note(tx, note_id)
        if not (place.is_homeroom or place.member.has("principal") or author_id == place.member.staff_id):
            raise Forbidden("A note is withdrawn by who wrote it, or by the homeroom teacher")
        if not reason.strip():
            raise Invalid(fields={"reason": "Say why"})
        if known.withdrawn_at is not None:
            return known
        taken = await class_store.withdraw_note(tx, note_id, actor, reason.strip())
        year_id = place.school_class.year_id
        await _tell_note(tx, actor, school_id, place.school_class.id, year_id, taken, "grades.note.withdraw")
        return taken


async def _tell_note(
    tx: Tx, actor: Actor, school_id: int, class_id: int, year_id: int, note: BehaviourNote, action: str
) -> None:
    settings, _rev = await store.settings(tx)
    points = rules.behaviour_points(await class_store.notes_of_pupil(tx, note.pupil_id, year_id), settings)
    await tx.audit(
        actor,
        action,
        f"school/{school_id}/pupil/{note.pupil_id}/note/{note.id}",
        kind=note.kind,
        points=note.points,
        reason=note.withdrawn_reason,
    )
    event = BehaviourNoted(note=note, points=points)
    tx.publish(pupil_room(school_id, note.pupil_id), event)
    tx.publish(book_room(school_id, class_id, None), event)


async def set_rules(database: Database, actor: Actor, school_id: int, wanted: GradeSettings, rev: int) -> None:
    """The school's rules of grading. Averages follow at once: entries are kept as they were written."""
    async with school_transaction(database, school_id) as tx:
        await access_grade_rules(tx, actor, school_id)
        before, _rev = await store.settings(tx)
        if not await store.write_settings(tx, wanted, rev):
            raise Conflict("Somebody else has changed the rules in the meantime")
        await tx.audit(actor, "grades.rules.set", f"school/{school_id}/grades/rules", before=before, after=wanted)


async def add_category(
    database: Database,
    actor: Actor,
    school_id: int,
    name: str,
    short: str,
    weight: Decimal,
    colour: Colour,
    subject_id: int | None,
) -> int:
    """A category of every subject, or of one."""
    async with school_transaction(database, school_id) as tx:
        await access_grade_rules(tx, actor, school_id)
        if subject_id is not None and await store.subject_name(tx, subject_id) is None:
            raise Invalid(fields={"subject_id": "The school has no such subject"})
        made = await store.add_category(tx, name.strip(), short.strip(), weight, colour, subject_id, 100)
        if made is None:
            raise Invalid(fields={"name": "There is a category of this name"})
        await tx.audit(
            actor, "grades.category.add", f"school/{school_id}/grades/category/{made}", name=name, weight=str(weight)
        )
        return made


async def change_category(
    database: Database, actor: Actor, school_id: int, category_id: int, weight: Decimal, *, archived: bool
) -> Category:
    """Weight for new columns, or no longer offered."""
    async with school_transaction(database, school_id) as tx:
        await access_grade_rules(tx, actor, school_id)
        known = await store.category(tx, category_id)
        if known is None:
            raise NotFound
        await store.change_category(tx, category_id, weight, known.colour, archived=archived)
        await tx.audit(
            actor,
            "grades.category.change",
            f"school/{school_id}/grades/category/{category_id}",
            name=known.name,
            weight=str(weight),
            archived=archived,
        )
        changed = await store.category(tx, category_id)
        assert changed is not None
        return changed
