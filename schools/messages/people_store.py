"""SQL of who may be written to. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from typing import Final

from app.database import Tx
from schools.messages.model import Person
from schools.messages.rules import Address

_STAFF: Final = (
    "SELECT 'staff' AS kind, s.id, s.first_name || ' ' || s.last_name AS name, s.account_id, '{}'::bigint[] AS through,"
    " '' AS about FROM staff s WHERE s.during @> school_today()"
)
_PUPILS: Final = (
    "SELECT 'pupil' AS kind, p.id, p.first_name || ' ' || p.last_name AS name, p.account_id, '{}'::bigint[] AS through,"
    " '' AS about FROM pupil p WHERE (p.left_on IS NULL OR p.left_on > school_today())"
)
_GUARDIANS: Final = (
    "SELECT 'guardian' AS kind, g.id, g.first_name || ' ' || g.last_name AS name, g.account_id,"
    " array_agg(p.id ORDER BY p.id) AS through,"
    " string_agg(p.first_name || ' ' || p.last_name, ', ' ORDER BY p.sort_key) AS about"
    " FROM guardianship r JOIN guardian g ON g.id = r.guardian_id JOIN pupil p ON p.id = r.pupil_id"
    " WHERE r.during @> school_today() AND (p.left_on IS NULL OR p.left_on > school_today())"
)
_IN_CLASS: Final = (
    " AND EXISTS (SELECT FROM class_membership m WHERE m.pupil_id = p.id AND m.class_id = $1"
    " AND m.during @> school_today())"
)
_IN_GROUP: Final = (
    " AND EXISTS (SELECT FROM group_membership m WHERE m.pupil_id = p.id AND m.group_id = $1"
    " AND m.during @> school_today())"
)


async def people_at(tx: Tx, to: Address) -> list[Person]:
    """Whom an address means today, in Polish order. Whether they may be written to is not said here."""
    if to.kind == "staff" or to == Address("school", 0, "staff"):
        one = " AND s.id = $1" if to.kind == "staff" else " AND s.school_id = current_school()"
        return await tx.all(
            Person, f"{_STAFF}{one} ORDER BY s.sort_key, s.id", *([to.id] if to.kind == "staff" else [])
        )
    where = {
        "class": _IN_CLASS,
        "group": _IN_GROUP,
        "pupil": " AND p.id = $1",
        "parents": " AND p.id = $1",
        "guardian": " AND g.id = $1",
    }.get(to.kind, "")
    values = [to.id] if where else []
    if to.kind == "pupil" or to.side == "pupils":
        return await tx.all(Person, f"{_PUPILS}{where} ORDER BY p.sort_key, p.id", *values)
    return await tx.all(Person, f"{_GUARDIANS}{where} GROUP BY g.id ORDER BY g.sort_key, g.id", *values)


async def near_staff(tx: Tx, pupil_ids: Sequence[int]) -> list[Person]:
    """Of these pupils' families: who teaches them, their homeroom teachers, the school's office; with what for."""
    return await tx.all(
        Person,
        "WITH classes AS (SELECT m.class_id FROM class_membership m WHERE m.pupil_id = ANY($1::bigint[])"
        "  AND m.during @> school_today()),"
        " groups AS (SELECT m.group_id FROM group_membership m WHERE m.pupil_id = ANY($1::bigint[])"
        "  AND m.during @> school_today()),"
        " near AS (SELECT t.staff_id, j.name AS what, j.position AS place FROM teaching t"
        "   JOIN subject j ON j.id = t.subject_id WHERE t.during @> school_today()"
        "   AND (t.class_id IN (SELECT class_id FROM classes) OR t.group_id IN (SELECT group_id FROM groups))"
        "  UNION SELECT c.homeroom_id, c.name, 0 FROM school_class c JOIN classes k ON k.class_id = c.id"
        "   WHERE c.homeroom_id IS NOT NULL)"
        " SELECT 'staff' AS kind, s.id, s.first_name || ' ' || s.last_name AS name, s.account_id,"
        " '{}'::bigint[] AS through, coalesce(string_agg(n.what, ', ' ORDER BY n.place, n.what), '') AS about"
        " FROM staff s LEFT JOIN near n ON n.staff_id = s.id WHERE s.school_id = current_school()"
        " AND s.during @> school_today()"
        " AND (n.staff_id IS NOT NULL OR s.roles && ARRAY['principal', 'secretary', 'counsellor'])"
        " GROUP BY s.id ORDER BY min(n.place) NULLS LAST, s.sort_key, s.id",
        list(pupil_ids),
    )


async def own_classes(tx: Tx, staff_id: int | None) -> list[tuple[int, str]]:
    """Classes of today that somebody teaches, in whole or in groups, or is the homeroom teacher of; None: all."""
    rows = await tx.records(
        "SELECT c.id, c.name FROM school_class c JOIN school_year y ON y.id = c.year_id"
        " WHERE school_today() BETWEEN y.starts_on AND y.ends_on AND ($1::bigint IS NULL OR c.homeroom_id = $1"
        " OR EXISTS (SELECT FROM teaching t LEFT JOIN school_group g ON g.id = t.group_id"
        "  WHERE t.staff_id = $1 AND t.during @> school_today() AND c.id IN (t.class_id, g.class_id)))"
        " ORDER BY c.level, c.letter",
        staff_id,
    )
    return [(row["id"], row["name"]) for row in rows]


async def own_groups(tx: Tx, staff_id: int | None) -> list[tuple[int, str]]:
    """Groups of today that somebody teaches; None: all."""
    rows = await tx.records(
        "SELECT g.id, concat_ws(' ', c.name, g.name) AS name FROM school_group g"
        " JOIN school_year y ON y.id = g.year_id LEFT JOIN school_class c ON c.id = g.class_id"
        " WHERE school_today() BETWEEN y.starts_on AND y.ends_on AND ($1::bigint IS NULL OR EXISTS (SELECT"
        " FROM teaching t WHERE t.staff_id = $1 AND t.group_id = g.id AND t.during @> school_today()))"
        " ORDER BY c.level, c.letter, g.name",
        staff_id,
    )
    return [(row["id"], row["name"]) for row in rows]


async def pupils_near(tx: Tx, staff_id: int, pupil_ids: Sequence[int]) -> set[int]:
    """Those of the pupils whom somebody teaches or has as homeroom teacher today."""
    rows = await tx.records(
        "SELECT p.id FROM unnest($2::bigint[]) AS p (id) WHERE EXISTS (SELECT FROM class_membership m"
        "  JOIN school_class c ON c.id = m.class_id WHERE m.pupil_id = p.id AND m.during @> school_today()"
        "  AND (c.homeroom_id = $1 OR EXISTS (SELECT FROM teaching t WHERE t.staff_id = $1 AND t.class_id = c.id"
        "   AND t.during @> school_today())))"
        " OR EXISTS (SELECT FROM group_membership m JOIN teaching t ON t.group_id = m.group_id"
        "  WHERE m.pupil_id = p.id AND m.during @> school_today() AND t.staff_id = $1 AND t.during @> school_today())",
        staff_id,
        list(pupil_ids),
    )
    return {row["id"] for row in rows}


async def own_pupils(tx: Tx, guardian_id: int) -> list[int]:
    """Of a guardian, today."""
    rows = await tx.records(
        "SELECT pupil_id FROM guardianship WHERE guardian_id = $1 AND during @> school_today() ORDER BY pupil_id",
        guardian_id,
    )
    return [row["pupil_id"] for row in rows]


async def class_pupils(tx: Tx, class_id: int) -> list[tuple[int, str]]:
    rows = await tx.records(
        "SELECT p.id, p.last_name || ' ' || p.first_name AS name FROM class_membership m"
        " JOIN pupil p ON p.id = m.pupil_id WHERE m.class_id = $1 AND m.during @> school_today()"
        " ORDER BY m.number NULLS LAST, p.sort_key, p.id",
        class_id,
    )
    return [(row["id"], row["name"]) for row in rows]
