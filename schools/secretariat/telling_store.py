"""SQL of what the office's room tells. Inside a school."""

from collections.abc import Sequence

from app.database import Tx
from schools.secretariat.model import PersonKind, PersonRow

_PUPILS = (
    "SELECT 'pupil' AS kind, p.id, p.last_name || ' ' || p.first_name AS name,"
    " coalesce((SELECT c.name FROM class_membership m JOIN school_class c ON c.id = m.class_id"
    "  WHERE m.pupil_id = p.id AND m.during @> school_today()), '') AS place,"
    " p.left_on IS NOT NULL AND p.left_on <= school_today() AS gone, p.rev FROM pupil p"
)
_STAFF = (
    "SELECT 'staff' AS kind, s.id, s.last_name || ' ' || s.first_name AS name, '' AS place,"
    " NOT (s.during @> school_today()) AS gone, s.rev FROM staff s"
)


async def people(tx: Tx) -> list[PersonRow]:
    return await tx.all(PersonRow, f"{_PUPILS} UNION ALL {_STAFF} ORDER BY kind, id")


async def counted(tx: Tx, kind: PersonKind, ids: Sequence[int]) -> list[PersonRow]:
    """People with their next rev, and as they stand."""
    table, rows, short = ("staff", _STAFF, "s") if kind == "staff" else ("pupil", _PUPILS, "p")
    await tx.execute(f"UPDATE {table} SET rev = rev + 1 WHERE id = ANY($1::bigint[])", list(ids))
    return await tx.all(PersonRow, f"{rows} WHERE {short}.id = ANY($1::bigint[]) ORDER BY {short}.id", list(ids))
