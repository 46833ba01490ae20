"""SQL of the demonstration's grades, many rows in one statement. Run inside a school."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from app.database import Tx

ColumnRow = tuple[int, int, int | None, int, str, int | None, str, Decimal, Decimal | None, date, bool, int | None]
"""year, class, subject, semester, kind, category, title, weight, points_max, on_date, is published, author."""
EntryRow = tuple[int, int, int, str, int | None, date]
"""column, pupil, attempt, text, author, on_date."""
NoteRow = tuple[int, int, date, str, str, int, int, str]
"""year, pupil, on_date, kind, text, points, author, name."""


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """A class's subject, with a teacher of it."""

    class_id: int
    level: int
    subject_id: int
    subject: str
    staff_id: int


async def is_filled(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM grade_column WHERE school_id = current_school())"))


async def taught(tx: Tx, year_id: int, names: Sequence[str]) -> list[Taught]:
    return await tx.all(
        Taught,
        "SELECT DISTINCT ON (c.level, c.letter, j.position, j.id) c.id AS class_id, c.level, j.id AS subject_id,"
        " j.name AS subject, t.staff_id"
        " FROM teaching t LEFT JOIN school_group g ON g.id = t.group_id"
        " JOIN school_class c ON c.id = coalesce(t.class_id, g.class_id) JOIN subject j ON j.id = t.subject_id"
        " WHERE c.year_id = $1 AND c.name = ANY($2::text[])"
        " ORDER BY c.level, c.letter, j.position, j.id, t.id",
        year_id,
        list(names),
    )


async def add_columns(tx: Tx, rows: Sequence[ColumnRow]) -> list[int]:
    """Ids in the order of the rows."""
    found = await tx.records(
        "INSERT INTO grade_column (school_id, year_id, class_id, subject_id, semester, kind, category_id, title,"
        " weight, points_max, on_date, published_at, author_id, marks_rev)"
        " SELECT current_school(), y, c, s, n, k, g, t, w, m, d,"
        " CASE WHEN p THEN least(d + interval '14 hours', now()) END, a, 1"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::bigint[], $7::text[],"
        " $8::numeric[], $9::numeric[], $10::date[], $11::boolean[], $12::bigint[])"
        " WITH ORDINALITY AS x (y, c, s, n, k, g, t, w, m, d, p, a, place) ORDER BY place RETURNING id",
        *[[row[place] for row in rows] for place in range(12)],
    )
    return [row["id"] for row in found]


async def add_entries(tx: Tx, rows: Sequence[EntryRow]) -> None:
    """With their history, as if each had been written on its day."""
    columns = [[row[place] for row in rows] for place in range(6)]
    await tx.execute(
        "INSERT INTO grade (school_id, column_id, pupil_id, attempt, text, rev, author_id, at)"
        " SELECT current_school(), c, p, n, t, 1, a, least(d + interval '14 hours', now())"
        " FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::bigint[], $6::date[])"
        " AS x (c, p, n, t, a, d)",
        *columns,
    )
    await tx.execute(
        "INSERT INTO grade_history (school_id, column_id, pupil_id, attempt, at, account_id, author, to_text, op_id,"
        " rev)"
        " SELECT e.school_id, e.column_id, e.pupil_id, e.attempt, e.at, s.account_id,"
        " coalesce(s.first_name || ' ' || s.last_name, ''), e.text, 'demo-' || e.column_id, 1"
        " FROM grade e LEFT JOIN staff s ON s.id = e.author_id WHERE e.column_id = ANY($1::bigint[])",
        sorted({row[0] for row in rows}),
    )


async def add_notes(tx: Tx, rows: Sequence[NoteRow]) -> None:
    await tx.execute(
        "INSERT INTO behaviour_note (school_id, year_id, pupil_id, on_date, kind, text, points, author_id, author, at)"
        " SELECT current_school(), y, p, d, k, t, n, a, w, d + interval '12 hours'"
        " FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::text[], $5::text[], $6::smallint[], $7::bigint[],"
        " $8::text[]) AS x (y, p, d, k, t, n, a, w)",
        *[[row[place] for row in rows] for place in range(8)],
    )
