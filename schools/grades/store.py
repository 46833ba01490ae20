"""SQL of grade books. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from app.actor import Actor
from app.database import Tx
from schools.grades.model import (
    BookPupil,
    Category,
    Column,
    ColumnChange,
    Entry,
    EntryChange,
    GradeSettings,
    NewColumn,
)
from schools.grades.rules import Step

_COLUMN = """
SELECT c.id, c.class_id, k.name AS class_name, c.subject_id, coalesce(j.name, '') AS subject, c.semester, c.kind,
       c.category_id, coalesce(g.name, '') AS category, coalesce(g.short, '') AS short,
       coalesce(g.colour, 'grey') AS colour, c.title, c.weight, c.points_max, c.on_date, c.published_at,
       coalesce(t.short, '') AS author, c.marks_rev, c.rev
  FROM grade_column c
  JOIN school_class k ON k.id = c.class_id
  LEFT JOIN subject j ON j.id = c.subject_id
  LEFT JOIN grade_category g ON g.id = c.category_id
  LEFT JOIN staff t ON t.id = c.author_id
"""
_ORDER = " ORDER BY c.semester, (c.kind = 'settled'), (c.kind = 'proposed'), c.on_date, c.id"
_ENTRY = """
SELECT e.column_id, e.pupil_id, e.attempt, e.text, e.rev, coalesce(s.short, '') AS by, e.at
  FROM grade e LEFT JOIN staff s ON s.id = e.author_id
"""
_CATEGORY = "id, subject_id, name, short, weight, colour, position, archived, rev"


async def settings(tx: Tx) -> tuple[GradeSettings, int]:
    """The school's rules and their rev; the usual ones, 0, where it has set none."""
    row = await tx.record("SELECT settings, rev FROM grade_settings")
    if row is None:
        return GradeSettings(), 0
    return msgspec.convert(row["settings"], GradeSettings), row["rev"]


async def write_settings(tx: Tx, wanted: GradeSettings, rev: int) -> bool:
    """False where somebody else has written them since `rev`."""
    if rev == 0:
        tag = await tx.execute(
            "INSERT INTO grade_settings (school_id, settings) VALUES (current_school(), $1) ON CONFLICT DO NOTHING",
            wanted,
        )
        return tag.endswith(" 1")
    tag = await tx.execute("UPDATE grade_settings SET settings = $1, rev = rev + 1 WHERE rev = $2", wanted, rev)
    return tag == "UPDATE 1"


async def categories(tx: Tx, subject_id: int | None = None, *, archived: bool = False) -> list[Category]:
    """Of every subject and of this one; all of the school's where no subject is named."""
    return await tx.all(
        Category,
        f"SELECT {_CATEGORY} FROM grade_category WHERE ($1::bigint IS NULL OR subject_id IS NULL OR subject_id = $1)"
        " AND (NOT archived OR $2) ORDER BY subject_id NULLS FIRST, position, id",
        subject_id,
        archived,
    )


async def category(tx: Tx, category_id: int) -> Category | None:
    return await tx.maybe(Category, f"SELECT {_CATEGORY} FROM grade_category WHERE id = $1", category_id)


async def add_category(
    tx: Tx, name: str, short: str, weight: Decimal, colour: str, subject_id: int | None, position: int
) -> int | None:
    """None where there is one of this name."""
    found: int | None = await tx.value(
        "INSERT INTO grade_category (school_id, name, short, weight, colour, subject_id, position)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id",
        name,
        short,
        weight,
        colour,
        subject_id,
        position,
    )
    return found


async def change_category(tx: Tx, category_id: int, weight: Decimal, colour: str, *, archived: bool) -> None:
    """Columns that are there keep their weight: it was told to pupils."""
    await tx.execute(
        "UPDATE grade_category SET weight = $2, colour = $3, archived = $4, rev = rev + 1 WHERE id = $1",
        category_id,
        weight,
        colour,
        archived,
    )


async def subject_name(tx: Tx, subject_id: int) -> str | None:
    found: str | None = await tx.value("SELECT name FROM subject WHERE id = $1", subject_id)
    return found


async def teaches_subject(tx: Tx, staff_id: int, class_id: int, subject_id: int, day: date) -> bool:
    """By assignment to the class or to a group with pupils of it, or with a lesson of it on the day (substitutions)."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM teaching t LEFT JOIN school_group g ON g.id = t.group_id"
            "  WHERE t.staff_id = $1 AND t.subject_id = $3 AND t.kind <> 'support' AND t.during @> $4::date"
            "   AND (t.class_id = $2 OR g.class_id = $2 OR g.class_id IS NULL AND EXISTS ("
            "    SELECT FROM group_membership m JOIN class_membership c USING (pupil_id)"
            "    WHERE m.group_id = g.id AND c.class_id = $2 AND m.during @> $4::date AND c.during @> $4::date)))"
            " OR EXISTS (SELECT FROM planned_on($4::date) e LEFT JOIN school_group g ON g.id = e.group_id"
            "  WHERE $1 IN (e.staff_id, e.second_staff_id) AND e.subject_id = $3"
            "   AND (e.class_id = $2 OR g.class_id = $2))",
            staff_id,
            class_id,
            subject_id,
            day,
        )
    )


async def column(tx: Tx, column_id: int, *, lock: bool = False) -> Column | None:
    """`lock`: who writes into one column waits for one another."""
    return await tx.maybe(Column, _COLUMN + " WHERE c.id = $1" + (" FOR NO KEY UPDATE OF c" if lock else ""), column_id)


async def columns_of_book(tx: Tx, class_id: int, subject_id: int | None) -> list[Column]:
    """Of the class, and of other classes of the year those in which its pupils of today have entries."""
    return await tx.all(
        Column,
        _COLUMN + " WHERE c.subject_id IS NOT DISTINCT FROM $2 AND (c.class_id = $1 OR c.id IN ("
        " SELECT e.column_id FROM class_membership m JOIN grade e ON e.pupil_id = m.pupil_id"
        " JOIN grade_column o ON o.id = e.column_id WHERE m.class_id = $1 AND m.during @> school_today()"
        " AND o.class_id <> $1 AND o.subject_id IS NOT DISTINCT FROM $2 AND o.kind IN ('mark', 'points', 'descriptive')"
        " AND o.year_id = (SELECT year_id FROM school_class WHERE id = $1)))" + _ORDER,
        class_id,
        subject_id,
    )


async def columns_of_class(tx: Tx, class_id: int) -> list[Column]:
    """Of all subjects and of behaviour, and those of other classes with entries of its pupils of today."""
    return await tx.all(
        Column,
        _COLUMN + " WHERE c.class_id = $1 OR c.id IN (SELECT e.column_id FROM class_membership m"
        " JOIN grade e ON e.pupil_id = m.pupil_id JOIN grade_column o ON o.id = e.column_id"
        " WHERE m.class_id = $1 AND m.during @> school_today() AND o.kind IN ('mark', 'points', 'descriptive')"
        " AND o.year_id = (SELECT year_id FROM school_class WHERE id = $1))" + _ORDER,
        class_id,
    )


async def period_column_id(tx: Tx, class_id: int, subject_id: int | None, semester: int, kind: str) -> int | None:
    found: int | None = await tx.value(
        "SELECT id FROM grade_column WHERE class_id = $1 AND subject_id IS NOT DISTINCT FROM $2 AND semester = $3"
        " AND kind = $4",
        class_id,
        subject_id,
        semester,
        kind,
    )
    return found


async def add_column(
    tx: Tx,
    year_id: int,
    class_id: int,
    subject_id: int | None,
    new: NewColumn,
    weight: Decimal,
    day: date,
    staff_id: int | None,
) -> int | None:
    """Seen at once by pupils unless it is of a semester. None: that column of the semester was made a moment ago."""
    found: int | None = await tx.value(
        "INSERT INTO grade_column (school_id, year_id, class_id, subject_id, semester, kind, category_id, title,"
        " weight, points_max, on_date, published_at, author_id)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
        " CASE WHEN $5 IN ('proposed', 'settled') THEN NULL ELSE now() END, $11) ON CONFLICT DO NOTHING RETURNING id",
        year_id,
        class_id,
        subject_id,
        new.semester,
        new.kind,
        new.category_id,
        new.title.strip(),
        weight,
        new.points_max if new.kind == "points" else None,
        day,
        staff_id,
    )
    return found


async def change_column(tx: Tx, column_id: int, change: ColumnChange) -> None:
    await tx.execute(
        "UPDATE grade_column SET title = $2, category_id = $3, weight = $4, on_date = $5, rev = rev + 1 WHERE id = $1",
        column_id,
        change.title.strip(),
        change.category_id,
        change.weight,
        change.on_date,
    )


async def publish_column(tx: Tx, column_id: int) -> None:
    await tx.execute("UPDATE grade_column SET published_at = now(), rev = rev + 1 WHERE id = $1", column_id)


async def pupils_of_book(tx: Tx, class_id: int) -> list[BookPupil]:
    """Each once: members of today by number, then who has left, in Polish order."""
    return await tx.all(
        BookPupil,
        "SELECT p.id AS pupil_id, n.number, p.first_name, p.last_name, n.id IS NOT NULL AS is_member"
        " FROM (SELECT DISTINCT pupil_id FROM class_membership WHERE class_id = $1 AND lower(during) <= school_today())"
        " AS u JOIN pupil p ON p.id = u.pupil_id"
        " LEFT JOIN class_membership n ON n.pupil_id = p.id AND n.class_id = $1 AND n.during @> school_today()"
        " ORDER BY (n.id IS NULL), n.number NULLS LAST, p.sort_key, p.id",
        class_id,
    )


async def entries_of_columns(tx: Tx, column_ids: Sequence[int], pupil_ids: Sequence[int]) -> list[Entry]:
    """Blank ones too: their revs are what the next change builds upon."""
    return await tx.all(
        Entry,
        _ENTRY + " WHERE e.column_id = ANY($1::bigint[]) AND e.pupil_id = ANY($2::bigint[])"
        " ORDER BY e.column_id, e.pupil_id, e.attempt",
        column_ids,
        pupil_ids,
    )


async def standing(tx: Tx, column_id: int) -> dict[tuple[int, int], Entry]:
    rows = await tx.all(Entry, _ENTRY + " WHERE e.column_id = $1", column_id)
    return {(one.pupil_id, one.attempt): one for one in rows}


async def written_before(tx: Tx, column_id: int, op_ids: Sequence[str]) -> frozenset[tuple[int, int, str]]:
    rows = await tx.records(
        "SELECT pupil_id, attempt, op_id FROM grade_history WHERE column_id = $1 AND op_id = ANY($2::text[])",
        column_id,
        op_ids,
    )
    return frozenset((row["pupil_id"], row["attempt"], row["op_id"]) for row in rows)


async def write_entries(tx: Tx, column_id: int, entries: Sequence[Entry], staff_id: int | None) -> None:
    """New values of cells, and the column's counter; the column is locked."""
    await tx.execute(
        "WITH counted AS (UPDATE grade_column SET marks_rev = $2 WHERE id = $1)"
        " INSERT INTO grade AS e (school_id, column_id, pupil_id, attempt, text, rev, author_id, at)"
        " SELECT current_school(), $1, w.pupil_id, w.attempt, w.text, $2, $3, $4"
        " FROM unnest($5::bigint[], $6::smallint[], $7::text[]) AS w (pupil_id, attempt, text)"
        " ON CONFLICT (column_id, pupil_id, attempt) DO UPDATE SET text = excluded.text, rev = excluded.rev,"
        " author_id = excluded.author_id, at = excluded.at",
        column_id,
        entries[0].rev,
        staff_id,
        entries[0].at,
        [one.pupil_id for one in entries],
        [one.attempt for one in entries],
        [one.text for one in entries],
    )


async def write_history(tx: Tx, column_id: int, rev: int, at: datetime, actor: Actor, steps: Sequence[Step]) -> None:
    """Who, when, from, to, why: a line for each change."""
    await tx.execute(
        "INSERT INTO grade_history (school_id, column_id, pupil_id, attempt, at, account_id, author, from_text,"
        " to_text, reason, op_id, rev)"
        " SELECT current_school(), $1, w.pupil_id, w.attempt, $3, $4, $5, w.from_text, w.to_text, w.reason, w.op_id, $2"
        " FROM unnest($6::bigint[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::text[])"
        " WITH ORDINALITY AS w (pupil_id, attempt, from_text, to_text, reason, op_id, place) ORDER BY w.place",
        column_id,
        rev,
        at,
        actor.account_id,
        actor.name,
        [step.patch.pupil_id for step in steps],
        [step.patch.attempt for step in steps],
        [step.before.text if step.before else None for step in steps],
        [step.after.text if step.after else None for step in steps],
        [step.patch.reason.strip() for step in steps],
        [step.patch.op_id for step in steps],
    )


async def history(tx: Tx, column_id: int, pupil_id: int | None = None) -> list[EntryChange]:
    """Oldest first."""
    return await tx.all(
        EntryChange,
        "SELECT column_id, pupil_id, attempt, at, account_id, author, from_text, to_text, reason, op_id, rev"
        " FROM grade_history WHERE column_id = $1 AND ($2::bigint IS NULL OR pupil_id = $2) ORDER BY id",
        column_id,
        pupil_id,
    )


async def columns_of_pupil(tx: Tx, pupil_id: int, year_id: int) -> list[Column]:
    """What the pupil and the parents may see: published, with an entry of the pupil."""
    return await tx.all(
        Column,
        _COLUMN + " WHERE c.year_id = $2 AND c.published_at IS NOT NULL"
        " AND c.id IN (SELECT column_id FROM grade WHERE pupil_id = $1)" + _ORDER,
        pupil_id,
        year_id,
    )


async def columns_of_subject(tx: Tx, year_id: int, subject_id: int) -> list[Column]:
    """Of every class of the year, published."""
    return await tx.all(
        Column,
        _COLUMN + " WHERE c.year_id = $1 AND c.subject_id = $2 AND c.published_at IS NOT NULL" + _ORDER,
        year_id,
        subject_id,
    )


async def year_of_column(tx: Tx, column_id: int) -> int:
    found: int = await tx.value("SELECT year_id FROM grade_column WHERE id = $1", column_id)
    return found
