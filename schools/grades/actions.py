"""Verbs of grade books: columns, entries, publishing. Entries need no audit line: their history is their log."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.grades import class_store, pasting, rules, store
from schools.grades.access import ColumnPlace, access_book, access_book_to_write, access_column, access_column_to_write
from schools.grades.model import (
    BEHAVIOUR,
    Answer,
    Column,
    ColumnChange,
    ColumnChanged,
    Entry,
    EntryChange,
    EntryChanged,
    GradeBook,
    GradeSettings,
    NewColumn,
    PastedLine,
    Patch,
    PatchResult,
    PupilGrades,
    PupilGradesChanged,
    SubjectAverage,
    book_room,
    pupil_room,
)
from schools.register.access import access_pupil_register
from schools.structure import store as structure
from schools.structure.tenancy import school_transaction

MOST_PATCHES: Final = 100


async def book_view(tx: Tx, actor: Actor, school_id: int, class_id: int, subject_id: int) -> GradeBook:
    """A grade book, for its page, the API and its room."""
    found = await access_book(tx, actor, school_id, class_id, subject_id)
    school_class = found.place.school_class
    settings, _rev = await store.settings(tx)
    columns = await store.columns_of_book(tx, class_id, found.subject_id)
    pupils = await store.pupils_of_book(tx, class_id)
    return GradeBook(
        school_id=school_id,
        year_id=school_class.year_id,
        class_id=class_id,
        class_name=school_class.name,
        level=school_class.level,
        subject_id=subject_id,
        subject=found.subject,
        semester=await class_store.semester_on(tx, school_class.year_id, found.place.member.today),
        may_write=found.may_write,
        settings=settings,
        categories=await store.categories(tx, found.subject_id) if found.subject_id else [],
        columns=columns,
        pupils=pupils,
        entries=await store.entries_of_columns(tx, [one.id for one in columns], [one.pupil_id for one in pupils]),
    )


async def add_column(
    database: Database, actor: Actor, school_id: int, class_id: int, subject_id: int, new: NewColumn
) -> Column:
    """A test of the class, or the column of a semester's grades, which is there once: asking again gives the same."""
    async with school_transaction(database, school_id) as tx:
        book = await access_book_to_write(tx, actor, school_id, class_id, subject_id)
        member = book.place.member
        if rules.is_period(new.kind):
            known = await store.period_column_id(tx, class_id, book.subject_id, new.semester, new.kind)
            if known is not None:
                return await _column(tx, known)
        _check_new(new, is_behaviour=book.subject_id is None)
        weight = new.weight
        if new.category_id is not None:
            category = await store.category(tx, new.category_id)
            if category is None or category.subject_id not in {None, book.subject_id}:
                raise Invalid(fields={"category_id": "The school has no such category"})
            weight = category.weight if weight is None else weight
        column_id = await store.add_column(
            tx,
            book.place.school_class.year_id,
            class_id,
            book.subject_id,
            new,
            Decimal(1) if weight is None else weight,
            new.on_date or member.today,
            member.staff_id,
        )
        if column_id is None:
            raise Conflict("Somebody else has just added this column")
        made = await _column(tx, column_id)
        await _audit(tx, actor, school_id, "grades.column.add", made)
        tx.publish(book_room(school_id, class_id, book.subject_id), ColumnChanged(made))
        return made


def _check_new(new: NewColumn, *, is_behaviour: bool) -> None:
    if new.weight is not None and not rules.is_weight(new.weight):
        raise Invalid(fields={"weight": "The weight is a number from 0 to 100"})
    if rules.is_period(new.kind):
        return
    if is_behaviour:
        raise Invalid(fields={"kind": "Behaviour has proposed and settled grades alone"})
    if not new.title.strip():
        raise Invalid(fields={"title": "Say what the grades are for"})
    if new.kind == "points" and (new.points_max is None or not rules.is_points_max(new.points_max)):
        raise Invalid(fields={"points_max": "Say how many points could be had"})


async def change_column(
    database: Database, actor: Actor, school_id: int, column_id: int, change: ColumnChange
) -> Column:
    """Title, category, weight, date. Pupils see the new weight at once."""
    async with school_transaction(database, school_id) as tx:
        place = await access_column_to_write(tx, actor, school_id, column_id)
        if place.column.rev != change.rev:
            raise Conflict("Somebody else has changed this column in the meantime")
        if rules.is_period(place.column.kind):
            raise Invalid("Columns of a semester's grades stay as they are")
        if not change.title.strip():
            raise Invalid(fields={"title": "Say what the grades are for"})
        if not rules.is_weight(change.weight):
            raise Invalid(fields={"weight": "The weight is a number from 0 to 100"})
        if change.category_id is not None:
            category = await store.category(tx, change.category_id)
            if category is None or category.subject_id not in {None, place.column.subject_id}:
                raise Invalid(fields={"category_id": "The school has no such category"})
        await store.change_column(tx, column_id, change)
        changed = await _column(tx, column_id)
        await _audit(tx, actor, school_id, "grades.column.change", changed, before=str(place.column.weight))
        await _tell_column(tx, school_id, changed)
        return changed


async def publish(database: Database, actor: Actor, school_id: int, column_id: int) -> Column:
    """Shows proposed or settled grades to pupils and parents. From here on a correction needs its reason."""
    async with school_transaction(database, school_id) as tx:
        place = await access_column_to_write(tx, actor, school_id, column_id)
        if place.column.published_at is not None:
            return place.column
        await store.publish_column(tx, column_id)
        published = await _column(tx, column_id)
        await _audit(tx, actor, school_id, "grades.column.publish", published)
        await _tell_column(tx, school_id, published)
        return published


async def write(database: Database, actor: Actor, school_id: int, column_id: int, patches: Sequence[Patch]) -> Answer:
    """Writes entries: each cell by itself, all in one transaction. A conflict comes back with both values."""
    if len(patches) > MOST_PATCHES:
        raise Invalid("These are too many changes at once")
    async with school_transaction(database, school_id) as tx:
        place = await access_column_to_write(tx, actor, school_id, column_id)
        steps = await _judged(tx, place, patches)
        saved = [step for step in steps if step.outcome == "saved"]
        if saved:
            newest = {(one.pupil_id, one.attempt): one for step in saved if (one := step.after) is not None}
            await _written(tx, actor, school_id, place, saved, list(newest.values()))
    return Answer(
        results=[
            PatchResult(
                op_id=step.patch.op_id,
                pupil_id=step.patch.pupil_id,
                attempt=step.patch.attempt,
                outcome=step.outcome,
                entry=step.after,
                wanted=step.wanted,
                problem=step.problem,
            )
            for step in steps
        ]
    )


async def _judged(tx: Tx, place: ColumnPlace, patches: Sequence[Patch]) -> list[rules.Step]:
    column, school_class = place.column, place.book.place.school_class
    settings, _rev = await store.settings(tx)
    writing = rules.Writing(
        column=column,
        settings=settings,
        level=school_class.level,
        pupils=frozenset(one.pupil_id for one in await store.pupils_of_book(tx, column.class_id)),
        done=await store.written_before(tx, column.id, [one.op_id for one in patches]),
        template=Entry(
            column_id=column.id,
            pupil_id=0,
            rev=column.marks_rev + 1,
            by=place.book.place.member.short,
            at=datetime.now(UTC),
        ),
    )
    return rules.apply_patches(patches, await store.standing(tx, column.id), writing)


async def _written(
    tx: Tx, actor: Actor, school_id: int, place: ColumnPlace, saved: Sequence[rules.Step], entries: list[Entry]
) -> None:
    column = place.column
    at = entries[0].at
    assert at is not None
    await store.write_entries(tx, column.id, entries, place.book.place.member.staff_id)
    await store.write_history(tx, column.id, entries[0].rev, at, actor, saved)
    for one in entries:
        tx.publish(book_room(school_id, column.class_id, column.subject_id), EntryChanged(one))
    if column.published_at is not None:
        await _tell_pupils(tx, school_id, column, entries)


async def _tell_column(tx: Tx, school_id: int, column: Column) -> None:
    """The book, and every pupil who has something in it."""
    tx.publish(book_room(school_id, column.class_id, column.subject_id), ColumnChanged(column))
    if column.published_at is not None:
        await _tell_pupils(tx, school_id, column, list((await store.standing(tx, column.id)).values()))


async def _tell_pupils(tx: Tx, school_id: int, column: Column, entries: Sequence[Entry]) -> None:
    pupil_ids = sorted({one.pupil_id for one in entries})
    if not pupil_ids:
        return
    averages: dict[int, list[SubjectAverage]] = {one: [] for one in pupil_ids}
    if column.subject_id is not None:
        settings, _rev = await store.settings(tx)
        year_id = await store.year_of_column(tx, column.id)
        columns = await store.columns_of_subject(tx, year_id, column.subject_id)
        known = await store.entries_of_columns(tx, [one.id for one in columns], pupil_ids)
        for pupil_id in pupil_ids:
            own = [one for one in known if one.pupil_id == pupil_id]
            averages[pupil_id] = _averages(columns, own, settings)
    for one in entries:
        tx.publish(
            pupil_room(school_id, one.pupil_id),
            PupilGradesChanged(column=column, entry=one, averages=averages[one.pupil_id]),
        )


def _averages(columns: Sequence[Column], entries: Sequence[Entry], settings: GradeSettings) -> list[SubjectAverage]:
    """Of each subject and semester with anything that counts."""
    mine = rules.by_column(entries)
    with_entries = [one for one in columns if one.id in mine and one.subject_id is not None]
    found: list[SubjectAverage] = []
    for subject_id, semester in sorted({(one.subject_id or BEHAVIOUR, one.semester) for one in with_entries}):
        chosen = [one for one in with_entries if (one.subject_id, one.semester) == (subject_id, semester)]
        mean = rules.pupil_average(chosen, mine, settings)
        found.append(
            SubjectAverage(subject_id=subject_id, semester=semester, average=mean, shown=rules.shown_average(mean))
        )
    return found


async def grades_of_pupil(tx: Tx, actor: Actor, school_id: int, pupil_id: int) -> PupilGrades:
    """A pupil's grades of this year as the pupil and the parents see them; the snapshot of the pupil's room."""
    place = await access_pupil_register(tx, actor, school_id, pupil_id)
    year = await structure.year_on(tx, school_id, place.member.today)
    if year is None:
        raise NotFound
    settings, _rev = await store.settings(tx)
    columns = await store.columns_of_pupil(tx, pupil_id, year.id)
    entries = await store.entries_of_columns(tx, [one.id for one in columns], [pupil_id])
    notes = await class_store.notes_of_pupil(tx, pupil_id, year.id)
    return PupilGrades(
        pupil_id=pupil_id,
        settings=settings,
        columns=columns,
        entries=entries,
        averages=_averages(columns, entries, settings),
        notes=notes,
        behaviour_points=rules.behaviour_points(notes, settings),
    )


async def history(
    tx: Tx, actor: Actor, school_id: int, column_id: int, pupil_id: int | None = None
) -> list[EntryChange]:
    await access_column(tx, actor, school_id, column_id)
    return await store.history(tx, column_id, pupil_id)


async def read_pasted(tx: Tx, actor: Actor, school_id: int, column_id: int, content: str) -> list[PastedLine]:
    """What would be written, line by line; nothing is."""
    place = await access_column(tx, actor, school_id, column_id)
    settings, _rev = await store.settings(tx)
    pupils = [one for one in await store.pupils_of_book(tx, place.column.class_id) if one.is_member]
    return pasting.read_pasted(content, pupils, place.column, settings, place.book.place.school_class.level)


async def _column(tx: Tx, column_id: int) -> Column:
    found = await store.column(tx, column_id)
    assert found is not None
    return found


async def _audit(tx: Tx, actor: Actor, school_id: int, action: str, column: Column, **more: object) -> None:
    await tx.audit(
        actor,
        action,
        f"school/{school_id}/grades/column/{column.id}",
        class_name=column.class_name,
        subject=column.subject,
        kind=column.kind,
        title=column.title,
        weight=str(column.weight),
        **more,
    )
