"""SQL of what is read across subjects: who teaches what, absence, notes on behaviour. Run inside a school."""

from datetime import date

import msgspec

from app.actor import Actor
from app.database import Tx
from schools.grades.model import BehaviourNote, NewNote

_NOTE = "id, pupil_id, on_date, kind, text, points, author, at, withdrawn_at, withdrawn_by, withdrawn_reason, rev"


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A grade book to choose. `is_own`: the asker teaches it."""

    class_id: int
    class_name: str
    level: int
    subject_id: int
    subject: str
    teachers: str
    is_own: bool


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Lessons of a subject with a mark of the pupil: released ones are in neither count."""

    pupil_id: int
    subject_id: int
    absent: int
    counted: int


async def books(tx: Tx, year_id: int, staff_id: int, class_id: int | None = None) -> list[Book]:
    """What is taught today, by class and subject, in the order of subjects."""
    return await tx.all(
        Book,
        "SELECT c.id AS class_id, c.name AS class_name, c.level, j.id AS subject_id, j.name AS subject,"
        " string_agg(DISTINCT s.first_name || ' ' || s.last_name, ', ') AS teachers, bool_or(t.staff_id = $2) AS is_own"
        " FROM teaching t LEFT JOIN school_group g ON g.id = t.group_id"
        " JOIN school_class c ON c.id = coalesce(t.class_id, g.class_id) JOIN subject j ON j.id = t.subject_id"
        " JOIN staff s ON s.id = t.staff_id"
        " WHERE c.year_id = $1 AND t.during @> school_today() AND ($3::bigint IS NULL OR c.id = $3)"
        " GROUP BY c.id, c.name, c.level, c.letter, j.id, j.name, j.position"
        " ORDER BY c.level, c.letter, j.position, j.name",
        year_id,
        staff_id,
        class_id,
    )


class Named(msgspec.Struct, frozen=True):
    id: int
    name: str


async def subjects(tx: Tx) -> list[Named]:
    return await tx.all(Named, "SELECT id, name FROM subject ORDER BY position, name")


async def presence(tx: Tx, class_id: int, first: date, last: date) -> list[Presence]:
    """Of the class's pupils of today, by subject, in lessons whose attendance was taken."""
    return await tx.all(
        Presence,
        "SELECT a.pupil_id, a.subject_id, count(*) FILTER (WHERE a.category = 'absent') AS absent, count(*) AS counted"
        " FROM attendance a WHERE a.pupil_id IN (SELECT m.pupil_id FROM class_membership m"
        "  WHERE m.class_id = $1 AND m.during @> school_today())"
        " AND a.on_date BETWEEN $2 AND $3 AND a.category <> 'released' GROUP BY a.pupil_id, a.subject_id",
        class_id,
        first,
        last,
    )


async def notes_of_class(tx: Tx, class_id: int, year_id: int) -> list[BehaviourNote]:
    """Newest first; of pupils who are in the class or were."""
    return await tx.all(
        BehaviourNote,
        f"SELECT {_NOTE} FROM behaviour_note WHERE year_id = $2"
        " AND pupil_id IN (SELECT pupil_id FROM class_membership WHERE class_id = $1) ORDER BY id DESC",
        class_id,
        year_id,
    )


async def notes_of_pupil(tx: Tx, pupil_id: int, year_id: int) -> list[BehaviourNote]:
    return await tx.all(
        BehaviourNote,
        f"SELECT {_NOTE} FROM behaviour_note WHERE pupil_id = $1 AND year_id = $2 ORDER BY id DESC",
        pupil_id,
        year_id,
    )


async def note(tx: Tx, note_id: int) -> BehaviourNote | None:
    return await tx.maybe(BehaviourNote, f"SELECT {_NOTE} FROM behaviour_note WHERE id = $1 FOR UPDATE", note_id)


async def class_of_pupil(tx: Tx, pupil_id: int) -> int | None:
    found: int | None = await tx.value(
        "SELECT class_id FROM class_membership WHERE pupil_id = $1 AND during @> school_today()", pupil_id
    )
    return found


async def add_note(tx: Tx, year_id: int, new: NewNote, day: date, staff_id: int | None, actor: Actor) -> BehaviourNote:
    return await tx.one(
        BehaviourNote,
        "INSERT INTO behaviour_note (school_id, year_id, pupil_id, on_date, kind, text, points, author_id, author)"
        f" VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_NOTE}",
        year_id,
        new.pupil_id,
        day,
        new.kind,
        new.text.strip(),
        new.points,
        staff_id,
        actor.name,
    )


async def withdraw_note(tx: Tx, note_id: int, actor: Actor, reason: str) -> BehaviourNote:
    return await tx.one(
        BehaviourNote,
        "UPDATE behaviour_note SET withdrawn_at = now(), withdrawn_by = $2, withdrawn_reason = $3, rev = rev + 1"
        f" WHERE id = $1 RETURNING {_NOTE}",
        note_id,
        actor.name,
        reason,
    )


async def author_of_note(tx: Tx, note_id: int) -> int | None:
    found: int | None = await tx.value("SELECT author_id FROM behaviour_note WHERE id = $1", note_id)
    return found


async def period_of(tx: Tx, year_id: int, semester: int) -> tuple[date, date]:
    """First and last day of a semester; for classification at the year's end the whole year counts (semester 2)."""
    row = await tx.record("SELECT starts_on, second_starts_on, ends_on FROM school_year WHERE id = $1", year_id)
    assert row is not None
    if semester == 1:
        last: date = row["second_starts_on"]
        return row["starts_on"], date.fromordinal(last.toordinal() - 1)
    return row["starts_on"], row["ends_on"]


async def semester_on(tx: Tx, year_id: int, day: date) -> int:
    second: date = await tx.value("SELECT second_starts_on FROM school_year WHERE id = $1", year_id)
    return 1 if day < second else 2


async def today(tx: Tx) -> date:
    found: date = await tx.value("SELECT school_today()")
    return found
