"""SQL of what leaves the register. Run inside a school."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.database import Tx
from schools.reports.model import (
    Archive,
    ClassGrade,
    ClassLesson,
    ClassMark,
    ClassNote,
    ClassPupil,
    Table,
    TableColumn,
)

_ARCHIVE = (
    "SELECT a.id, a.school_id, a.year_id, y.name AS year, a.asked_by, a.asked_at, a.job_id, a.finished_at, a.file_id,"
    " a.sha256, a.bytes, a.lines, a.rev FROM school_archive a JOIN school_year y ON y.id = a.year_id"
)
AUDIT: Final = "audit_entry"
SCHOOL: Final = "school"


async def class_pupils(tx: Tx, class_id: int, first: date, last: date) -> list[ClassPupil]:
    """Whoever is in the class on one of the days, by number, then in Polish order."""
    return await tx.all(
        ClassPupil,
        "SELECT m.pupil_id, m.number, p.last_name || ' ' || p.first_name AS name, p.born_on, lower(m.during) AS since,"
        " upper(m.during) AS until FROM class_membership m JOIN pupil p ON p.id = m.pupil_id"
        " WHERE m.class_id = $1 AND m.during && daterange($2, $3, '[]')"
        " ORDER BY m.number NULLS LAST, p.sort_key, p.id, since",
        class_id,
        first,
        last,
    )


async def class_marks(tx: Tx, class_id: int, first: date, last: date) -> list[ClassMark]:
    """Marks of its pupils on days on which they are in it, wherever the lesson was."""
    return await tx.all(
        ClassMark,
        "SELECT a.pupil_id, a.on_date, a.code, a.category, a.excused FROM class_membership m"
        " JOIN attendance a ON a.pupil_id = m.pupil_id AND m.during @> a.on_date"
        " WHERE m.class_id = $1 AND a.on_date BETWEEN $2 AND $3 ORDER BY a.on_date, a.period, a.lesson_id",
        class_id,
        first,
        last,
    )


async def class_lessons(tx: Tx, class_id: int, first: date, last: date) -> list[ClassLesson]:
    """Held lessons of the class and its groups."""
    return await tx.all(
        ClassLesson,
        "SELECT l.on_date, l.period, j.name AS subject, coalesce(g.name, '') AS group, l.topic_number, l.topic,"
        " t.last_name || ' ' || t.first_name AS staff, coalesce(w.last_name || ' ' || w.first_name, '') AS away,"
        " l.taken_at IS NOT NULL AS taken FROM lesson l JOIN subject j ON j.id = l.subject_id"
        " JOIN staff t ON t.id = l.staff_id LEFT JOIN staff w ON w.id = l.absent_id"
        " LEFT JOIN school_group g ON g.id = l.group_id"
        " WHERE (l.class_id = $1 OR g.class_id = $1) AND l.on_date BETWEEN $2 AND $3 AND l.state <> 'void'"
        " ORDER BY l.on_date, l.period, l.id",
        class_id,
        first,
        last,
    )


async def class_grades(tx: Tx, class_id: int, semester: int) -> list[ClassGrade]:
    """Of a semester, in the order of columns; each re-sit after what it corrects."""
    return await tx.all(
        ClassGrade,
        "SELECT e.pupil_id, c.subject_id, c.kind, e.attempt, e.text"
        " FROM grade_column c JOIN grade e ON e.column_id = c.id"
        " WHERE c.class_id = $1 AND c.semester = $2 AND e.text IS NOT NULL"
        " ORDER BY c.on_date, c.id, e.attempt",
        class_id,
        semester,
    )


async def class_notes(tx: Tx, class_id: int, year_id: int) -> list[ClassNote]:
    """Of pupils who are in the class or were, while they were; oldest first."""
    return await tx.all(
        ClassNote,
        "SELECT n.on_date, m.number, p.last_name || ' ' || p.first_name AS name, n.kind, n.text, n.points, n.author,"
        " CASE WHEN n.withdrawn_at IS NULL THEN '' ELSE n.withdrawn_by || ': ' || n.withdrawn_reason END AS withdrawn"
        " FROM behaviour_note n JOIN pupil p ON p.id = n.pupil_id"
        " JOIN class_membership m ON m.pupil_id = n.pupil_id AND m.class_id = $1 AND m.during @> n.on_date"
        " WHERE n.year_id = $2 ORDER BY n.on_date, n.id",
        class_id,
        year_id,
    )


async def archives(tx: Tx) -> list[Archive]:
    return await tx.all(Archive, f"{_ARCHIVE} ORDER BY a.id DESC")


async def archive(tx: Tx, archive_id: int) -> Archive | None:
    return await tx.maybe(Archive, f"{_ARCHIVE} WHERE a.id = $1", archive_id)


async def unfinished(tx: Tx, year_id: int) -> bool:
    """Whether one is being made, since less than a day."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM school_archive WHERE year_id = $1 AND finished_at IS NULL"
            " AND asked_at > now() - interval '1 day')",
            year_id,
        )
    )


async def add_archive(tx: Tx, year_id: int, asked_by: str) -> int:
    found: int = await tx.value(
        "INSERT INTO school_archive (school_id, year_id, asked_by) VALUES (current_school(), $1, $2) RETURNING id",
        year_id,
        asked_by,
    )
    return found


async def set_job(tx: Tx, archive_id: int, job_id: int) -> None:
    await tx.execute("UPDATE school_archive SET job_id = $2, rev = rev + 1 WHERE id = $1", archive_id, job_id)


async def finish(tx: Tx, archive_id: int, file_id: UUID, sha256: str, size_bytes: int, lines: int) -> bool:
    """False where another run of the job was faster."""
    done = await tx.execute(
        "UPDATE school_archive SET finished_at = now(), file_id = $2, sha256 = $3, bytes = $4, lines = $5,"
        " rev = rev + 1 WHERE id = $1 AND finished_at IS NULL",
        archive_id,
        file_id,
        sha256,
        size_bytes,
        lines,
    )
    return done == "UPDATE 1"


async def tables(tx: Tx) -> list[Table]:
    """The school itself, its tables, and the audit log: columns in their order, without bytes (keys, digests)."""
    rows = await tx.records(
        "SELECT c.relname AS name, coalesce(obj_description(c.oid), '') AS about, a.attname AS column,"
        " format_type(a.atttypid, a.atttypmod) AS kind, coalesce(col_description(c.oid, a.attnum), '') AS said,"
        " EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))"
        " AS in_key"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND a.atttypid <> 'bytea'::regtype"
        " AND (c.relname = ANY ($1) OR EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = c.oid"
        "      AND s.attname = 'school_id' AND NOT s.attisdropped)) ORDER BY c.relname, a.attnum",
        [AUDIT, SCHOOL],
    )
    found: dict[str, Table] = {}
    for row in rows:
        table = found.setdefault(row["name"], Table(name=row["name"], about=row["about"], columns=[]))
        table.columns.append(TableColumn(name=row["column"], kind=row["kind"], about=row["said"], in_key=row["in_key"]))
    return list(found.values())


async def rows_of(tx: Tx, table: Table, year_id: int, at_once: int) -> AsyncIterator[list[asyncpg.Record]]:
    """All of a table as texts: what has a year or a lesson of this year alone. Blocks in the order of the key."""
    names = {one.name for one in table.columns}
    values: list[Any] = [year_id]
    if table.name == SCHOOL:
        where = "$1::bigint > 0 AND id = current_school()"
    elif table.name == AUDIT:
        where = (
            "$1::bigint > 0 AND (subject = 'school/' || current_school()"
            " OR subject LIKE 'school/' || current_school() || '/%')"
        )
    elif "year_id" in names:
        where = "year_id = $1"
    elif "lesson_id" in names:
        where = "lesson_id IN (SELECT id FROM lesson WHERE year_id = $1)"
    else:
        where = "$1::bigint > 0"
    columns = ", ".join(f'"{one.name}"::text' for one in table.columns)
    order = ", ".join(f'"{one.name}"' for one in table.columns if one.in_key) or "1"
    cursor = await tx.connection.cursor(f"SELECT {columns} FROM {table.name} WHERE {where} ORDER BY {order}", *values)
    while rows := await cursor.fetch(at_once):
        yield rows
