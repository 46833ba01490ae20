"""SQL of assignments, subjects, rooms and settings. Inside a school."""

from datetime import date
from typing import Any

import msgspec

from app.database import Tx


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    short: str
    position: int


class Room(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    building: str
    seats: int | None


class AttendanceType(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    code: str
    name: str
    category: str
    key: str
    archived: bool


async def subjects(tx: Tx) -> list[Subject]:
    return await tx.all(Subject, "SELECT id, name, short, position FROM subject ORDER BY position, polish_key(name)")


async def rooms(tx: Tx) -> list[Room]:
    return await tx.all(Room, "SELECT id, name, building, seats FROM room ORDER BY building, name")


async def attendance_types(tx: Tx) -> list[AttendanceType]:
    return await tx.all(
        AttendanceType,
        "SELECT id, code, name, category, key, archived FROM attendance_type ORDER BY archived, position, id",
    )


async def add_subject(tx: Tx, name: str, short: str) -> bool:
    """False: there is one of the name."""
    done = await tx.execute(
        "INSERT INTO subject (school_id, name, short) VALUES (current_school(), $1, $2) ON CONFLICT DO NOTHING",
        name,
        short,
    )
    return done.endswith("1")


async def add_room(tx: Tx, name: str, building: str, seats: int | None) -> bool:
    """False: there is one of the name."""
    done = await tx.execute(
        "INSERT INTO room (school_id, name, building, seats) VALUES (current_school(), $1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        name,
        building,
        seats,
    )
    return done.endswith("1")


async def rename_type(tx: Tx, type_id: int, name: str, *, archived: bool) -> bool:
    done = await tx.execute(
        "UPDATE attendance_type SET name = $2, archived = $3 WHERE id = $1", type_id, name, archived
    )
    return done == "UPDATE 1"


async def merge_settings(tx: Tx, section: str, changed: dict[str, Any]) -> None:
    """What is named in a section takes the place of what was; all else stays."""
    await tx.execute(
        "UPDATE school SET settings = jsonb_set(settings, ARRAY[$1::text],"
        " coalesce(settings -> $1, '{}'::jsonb) || $2::jsonb), rev = rev + 1 WHERE id = current_school()",
        section,
        changed,
    )


async def places(tx: Tx, year_id: int) -> list[tuple[str, str]]:
    """Classes and groups of a year: `c1` or `g1`, and the name."""
    rows = await tx.records(
        "SELECT 'c' || c.id AS key, c.name, c.level, c.letter, '' AS part FROM school_class c WHERE c.year_id = $1"
        " UNION ALL SELECT 'g' || g.id, coalesce(k.name || ' ', '') || g.name, coalesce(k.level, 99),"
        " coalesce(k.letter, ''), g.name FROM school_group g LEFT JOIN school_class k"
        " ON k.id = g.class_id WHERE g.year_id = $1 ORDER BY level, letter, part",
        year_id,
    )
    return [(row["key"], row["name"]) for row in rows]


async def add_teaching(tx: Tx, staff_id: int, subject_id: int, place: str, kind: str, since: date, until: date) -> None:
    """`place`: one of `places`."""
    of_class, number = place[0] == "c", int(place[1:])
    await tx.execute(
        "INSERT INTO teaching (school_id, staff_id, subject_id, class_id, group_id, kind, during)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, daterange($6::date, $7::date))",
        staff_id,
        subject_id,
        number if of_class else None,
        None if of_class else number,
        kind,
        since,
        until,
    )


async def end_teaching(tx: Tx, staff_id: int, teaching_id: int, day: date) -> bool:
    """`day`: the first one without it."""
    gone = await tx.execute(
        "DELETE FROM teaching WHERE id = $1 AND staff_id = $2 AND lower(during) >= $3::date", teaching_id, staff_id, day
    )
    done = await tx.execute(
        "UPDATE teaching SET during = during * daterange(NULL, $3::date) WHERE id = $1 AND staff_id = $2",
        teaching_id,
        staff_id,
        day,
    )
    return "1" in {gone[-1], done[-1]}


async def set_homeroom(tx: Tx, class_id: int, staff_id: int | None) -> None:
    await tx.execute("UPDATE school_class SET homeroom_id = $2, rev = rev + 1 WHERE id = $1", class_id, staff_id)
