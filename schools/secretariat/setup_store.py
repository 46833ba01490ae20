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


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """`class_name` empty: its pupils come from several classes."""

    id: int
    class_name: str
    name: str


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


async def groups(tx: Tx, year_id: int) -> list[Group]:
    return await tx.all(
        Group,
        "SELECT g.id, coalesce(c.name, '') AS class_name, g.name FROM school_group g"
        " LEFT JOIN school_class c ON c.id = g.class_id WHERE g.year_id = $1"
        " ORDER BY c.level NULLS LAST, c.letter, polish_key(g.name)",
        year_id,
    )


async def change_subject(tx: Tx, subject_id: int, name: str, short: str) -> str | None:
    """The name before; None where there is no such subject, or another one of the name."""
    return await _renamed(
        tx,
        "UPDATE subject s SET name = $2, short = $3 FROM subject b WHERE s.id = $1 AND b.id = s.id"
        " AND NOT EXISTS (SELECT FROM subject WHERE name = $2 AND id <> $1) RETURNING b.name",
        subject_id,
        name,
        short,
    )


async def change_room(tx: Tx, room_id: int, name: str, building: str, seats: int | None) -> str | None:
    """The same of a room."""
    return await _renamed(
        tx,
        "UPDATE room s SET name = $2, building = $3, seats = $4 FROM room b WHERE s.id = $1 AND b.id = s.id"
        " AND NOT EXISTS (SELECT FROM room WHERE name = $2 AND id <> $1) RETURNING b.name",
        room_id,
        name,
        building,
        seats,
    )


async def rename_group(tx: Tx, group_id: int, name: str) -> str | None:
    """The same of a group; names are told apart within a class and year."""
    return await _renamed(
        tx,
        "UPDATE school_group s SET name = $2, rev = s.rev + 1 FROM school_group b WHERE s.id = $1 AND b.id = s.id"
        " AND NOT EXISTS (SELECT FROM school_group o WHERE o.name = $2 AND o.id <> $1 AND o.year_id = s.year_id"
        " AND o.class_id IS NOT DISTINCT FROM s.class_id) RETURNING b.name",
        group_id,
        name,
    )


async def _renamed(tx: Tx, sql: str, *values: object) -> str | None:
    found: str | None = await tx.value(sql, *values)
    return found


async def is_there(tx: Tx, part: str, key: int) -> bool:
    table = {"subject": "subject", "room": "room", "group": "school_group"}[part]
    return bool(await tx.value(f"SELECT EXISTS (SELECT FROM {table} WHERE id = $1)", key))


async def add_type(tx: Tx, code: str, name: str, category: str, key: str, *, excused: bool) -> None:
    """The last in the legend."""
    await tx.execute(
        "INSERT INTO attendance_type (school_id, code, name, category, excused, key, position)"
        " SELECT current_school(), $1, $2, $3, $4, $5, coalesce(max(position), 0) + 1 FROM attendance_type",
        code,
        name,
        category,
        excused,
        key,
    )


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
