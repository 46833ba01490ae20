"""SQL of classes and groups. Inside a school."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.secretariat.model import Candidate, GroupFile, GroupLine, NewClass

_GROUP = (
    "SELECT g.id, g.year_id, g.class_id, coalesce(c.name, '') AS class_name, g.name, y.starts_on, y.ends_on, g.rev"
    " FROM school_group g JOIN school_year y ON y.id = g.year_id LEFT JOIN school_class c ON c.id = g.class_id"
)


async def add_class(tx: Tx, year_id: int, new: NewClass) -> int | None:
    """None: there is such a class."""
    found: int | None = await tx.value(
        "INSERT INTO school_class (school_id, year_id, level, letter, building)"
        " VALUES (current_school(), $1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id",
        year_id,
        new.level,
        new.letter,
        new.building,
    )
    return found


async def groups(tx: Tx, year_id: int, day: date) -> list[GroupLine]:
    """Groups of classes in the order of classes, then those of several classes; pupils are those of the day."""
    return await tx.all(
        GroupLine,
        "SELECT g.id, g.class_id, coalesce(c.name, '') AS class_name, g.name, (SELECT count(*) FROM group_membership m"
        "  WHERE m.group_id = g.id AND m.during @> $2::date)::int AS pupils"
        " FROM school_group g LEFT JOIN school_class c ON c.id = g.class_id WHERE g.year_id = $1"
        " ORDER BY c.level NULLS LAST, c.letter, polish_key(g.name)",
        year_id,
        day,
    )


async def add_group(tx: Tx, year_id: int, class_id: int | None, name: str) -> int | None:
    """None: there is one of the name."""
    found: int | None = await tx.value(
        "INSERT INTO school_group (school_id, year_id, class_id, name) VALUES (current_school(), $1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING id",
        year_id,
        class_id,
        name,
    )
    return found


async def group_file(tx: Tx, group_id: int, *, lock: bool = False) -> GroupFile | None:
    return await tx.maybe(GroupFile, f"{_GROUP} WHERE g.id = $1{' FOR UPDATE OF g' if lock else ''}", group_id)


async def candidates(tx: Tx, group: GroupFile, day: date) -> list[Candidate]:
    """Who may be in the group on a day: its class, or all classes of the year; and whoever is in it."""
    return await tx.all(
        Candidate,
        "SELECT p.id, p.last_name || ' ' || p.first_name AS name, coalesce(c.name, '') AS class_name, m.number,"
        " EXISTS (SELECT FROM group_membership i WHERE i.group_id = $1 AND i.pupil_id = p.id AND i.during @> $3::date)"
        "  AS inside"
        " FROM pupil p LEFT JOIN class_membership m ON m.pupil_id = p.id AND m.during @> $3::date"
        " LEFT JOIN school_class c ON c.id = m.class_id"
        " WHERE (c.year_id = $4 AND ($2::bigint IS NULL OR c.id = $2)) OR EXISTS (SELECT FROM group_membership i"
        "  WHERE i.group_id = $1 AND i.pupil_id = p.id AND i.during @> $3::date)"
        " ORDER BY c.level, c.letter, m.number NULLS LAST, p.sort_key, p.id",
        group.id,
        group.class_id,
        day,
        group.year_id,
    )


async def set_members(tx: Tx, group_id: int, pupils: Sequence[int], day: date, until: date) -> None:
    """From the day until the end of its year the group is exactly these; before the day it stays as it was."""
    await tx.execute("DELETE FROM group_membership WHERE group_id = $1 AND lower(during) > $2::date", group_id, day)
    leaving = "group_id = $1 AND during @> $2::date AND NOT pupil_id = ANY($3::bigint[])"
    await tx.execute(
        f"DELETE FROM group_membership WHERE {leaving} AND lower(during) = $2::date", group_id, day, list(pupils)
    )
    await tx.execute(
        f"UPDATE group_membership SET during = daterange(lower(during), $2::date) WHERE {leaving}",
        group_id,
        day,
        list(pupils),
    )
    await tx.execute(
        "UPDATE group_membership SET during = daterange(lower(during), $3::date) WHERE group_id = $1"
        " AND during @> $2::date",
        group_id,
        day,
        until,
    )
    await tx.execute(
        "INSERT INTO group_membership (school_id, pupil_id, group_id, during)"
        " SELECT current_school(), w.id, $1, daterange($2::date, $4::date) FROM unnest($3::bigint[]) AS w (id)"
        " WHERE NOT EXISTS (SELECT FROM group_membership m WHERE m.group_id = $1 AND m.pupil_id = w.id"
        "  AND m.during @> $2::date)",
        group_id,
        day,
        list(pupils),
        until,
    )


async def count_group(tx: Tx, group_id: int, rev: int) -> bool:
    """False: somebody was faster."""
    done = await tx.execute("UPDATE school_group SET rev = rev + 1 WHERE id = $1 AND rev = $2", group_id, rev)
    return done == "UPDATE 1"
