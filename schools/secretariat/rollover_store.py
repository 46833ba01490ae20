"""SQL of the change of school years. Inside a school."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from app.database import Tx
from schools.secretariat.rollover_rules import OldClass, OldPupil, RolloverPlan, YearDraft


class Rollover(msgspec.Struct, frozen=True, kw_only=True):
    """One that was done."""

    id: int
    from_year_id: int
    to_year_id: int
    leavers: list[int]
    done_at: datetime
    year_name: str
    starts_on: date


async def old_classes(tx: Tx, year_id: int, last_day: date) -> list[OldClass]:
    """With whoever is in them on the year's last day."""
    classes = await tx.records(
        "SELECT c.id, c.level, c.letter, c.homeroom_id, c.building,"
        " coalesce(s.last_name || ' ' || s.first_name, '') AS homeroom FROM school_class c"
        " LEFT JOIN staff s ON s.id = c.homeroom_id WHERE c.year_id = $1 ORDER BY c.level, c.letter",
        year_id,
    )
    pupils = await tx.records(
        "SELECT m.class_id, p.id, p.last_name || ' ' || p.first_name AS name FROM class_membership m"
        " JOIN pupil p ON p.id = m.pupil_id JOIN school_class c ON c.id = m.class_id"
        " WHERE c.year_id = $1 AND m.during @> $2::date AND (p.left_on IS NULL OR p.left_on > $2)"
        " ORDER BY p.sort_key, p.id",
        year_id,
        last_day,
    )
    inside: dict[int, list[OldPupil]] = {}
    for row in pupils:
        inside.setdefault(row["class_id"], []).append(OldPupil(id=row["id"], name=row["name"]))
    return [OldClass(**dict(row), pupils=inside.get(row["id"], [])) for row in classes]


async def rollover_from(tx: Tx, year_id: int) -> Rollover | None:
    return await tx.maybe(
        Rollover,
        "SELECT r.id, r.from_year_id, r.to_year_id, r.leavers, r.done_at, y.name AS year_name, y.starts_on"
        " FROM year_rollover r JOIN school_year y ON y.id = r.to_year_id WHERE r.from_year_id = $1",
        year_id,
    )


async def year_after(tx: Tx, day: date) -> str | None:
    """Name of a year that ends later than a day."""
    found: str | None = await tx.value("SELECT name FROM school_year WHERE ends_on > $1 ORDER BY ends_on LIMIT 1", day)
    return found


async def open_imports(tx: Tx) -> int:
    return int(await tx.value("SELECT count(*) FROM people_import WHERE content IS NOT NULL"))


async def unchecked_lessons(tx: Tx, first: date, last: date) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM lesson WHERE taken_at IS NULL"
            " AND on_date BETWEEN $1 AND least($2, school_today() - 1)",
            first,
            last,
        )
    )


async def add_year(tx: Tx, draft: YearDraft) -> int:
    found: int = await tx.value(
        "INSERT INTO school_year (school_id, name, starts_on, second_starts_on, ends_on)"
        " VALUES (current_school(), $1, $2, $3, $4) RETURNING id",
        draft.name,
        draft.starts_on,
        draft.second_starts_on,
        draft.ends_on,
    )
    return found


async def end_year(tx: Tx, year_id: int, next_day: date) -> None:
    """Nothing of the old year reaches into the next one, whatever dates were written."""
    classes = "(SELECT id FROM school_class WHERE year_id = $1)"
    groups = "(SELECT id FROM school_group WHERE year_id = $1)"
    for table, mine in (
        ("class_membership", f"class_id IN {classes}"),
        ("group_membership", f"group_id IN {groups}"),
        ("teaching", f"(class_id IN {classes} OR group_id IN {groups})"),
    ):
        await tx.execute(f"DELETE FROM {table} WHERE {mine} AND lower(during) >= $2::date", year_id, next_day)
        await tx.execute(
            f"UPDATE {table} SET during = during * daterange(NULL, $2::date)"
            f" WHERE {mine} AND (upper(during) IS NULL OR upper(during) > $2::date)",
            year_id,
            next_day,
        )


async def add_classes(tx: Tx, year_id: int, plan: RolloverPlan, until: date) -> dict[int, int]:
    """Makes the classes with their pupils, numbered in Polish order; old class → the one it becomes."""
    made: dict[int, int] = {}
    for one in plan.classes:
        class_id: int = await tx.value(
            "INSERT INTO school_class (school_id, year_id, level, letter, homeroom_id, building)"
            " VALUES (current_school(), $1, $2, $3, $4, $5) RETURNING id",
            year_id,
            one.level,
            one.letter,
            one.homeroom_id,
            one.building,
        )
        if one.from_id is not None:
            made[one.from_id] = class_id
        await tx.execute(
            "INSERT INTO class_membership (school_id, pupil_id, class_id, during, number)"
            " SELECT current_school(), p.id, $1, daterange($2::date, $3::date),"
            " row_number() OVER (ORDER BY p.sort_key, p.id)"
            " FROM pupil p WHERE p.id = ANY($4::bigint[])",
            class_id,
            plan.year.starts_on,
            until,
            one.pupils,
        )
    return made


async def copy_groups(
    tx: Tx, from_year: int, to_year: int, classes: Mapping[int, int], last_day: date, until: date
) -> dict[int, int]:
    """Groups of classes that go on and groups of several classes, with their pupils who are in the new year."""
    made: dict[int, int] = {}
    rows = await tx.records("SELECT id, class_id, name FROM school_group WHERE year_id = $1 ORDER BY id", from_year)
    for row in rows:
        if row["class_id"] is not None and row["class_id"] not in classes:
            continue
        group_id: int = await tx.value(
            "INSERT INTO school_group (school_id, year_id, class_id, name)"
            " VALUES (current_school(), $1, $2, $3) RETURNING id",
            to_year,
            classes.get(row["class_id"]),
            row["name"],
        )
        made[row["id"]] = group_id
        await tx.execute(
            "INSERT INTO group_membership (school_id, pupil_id, group_id, during)"
            " SELECT current_school(), m.pupil_id, $2, daterange($3::date + 1, $4::date) FROM group_membership m"
            " WHERE m.group_id = $1 AND m.during @> $3::date AND EXISTS (SELECT FROM class_membership c"
            "  JOIN school_class k ON k.id = c.class_id WHERE c.pupil_id = m.pupil_id AND k.year_id = $5"
            "  AND ($6::bigint IS NULL OR c.class_id = $6))",
            row["id"],
            group_id,
            last_day,
            until,
            to_year,
            classes.get(row["class_id"]),
        )
    return made


async def copy_teachings(
    tx: Tx, classes: Mapping[int, int], groups: Mapping[int, int], last_day: date, until: date
) -> int:
    """What was taught on the year's last day by those who still work here."""
    done = await tx.execute(
        "INSERT INTO teaching (school_id, staff_id, subject_id, class_id, group_id, kind, during)"
        " SELECT current_school(), t.staff_id, t.subject_id, c.made, g.made, t.kind, daterange($5::date + 1, $6::date)"
        " FROM teaching t JOIN staff s ON s.id = t.staff_id AND s.during @> ($5::date + 1)"
        " LEFT JOIN unnest($1::bigint[], $2::bigint[]) AS c (old, made) ON c.old = t.class_id"
        " LEFT JOIN unnest($3::bigint[], $4::bigint[]) AS g (old, made) ON g.old = t.group_id"
        " WHERE t.during @> $5::date AND num_nonnulls(c.made, g.made) = 1",
        list(classes),
        list(classes.values()),
        list(groups),
        list(groups.values()),
        last_day,
        until,
    )
    return int(done.split()[-1])


async def add_rollover(tx: Tx, from_year: int, to_year: int, leavers: Sequence[int], done_by: int | None) -> None:
    await tx.execute(
        "INSERT INTO year_rollover (school_id, from_year_id, to_year_id, leavers, done_by)"
        " VALUES (current_school(), $1, $2, $3, $4)",
        from_year,
        to_year,
        list(leavers),
        done_by,
    )


async def newcomers(tx: Tx, from_year: int, to_year: int) -> int:
    """Pupils of the new year whom the rollover has not brought there."""
    return int(
        await tx.value(
            "SELECT count(DISTINCT m.pupil_id) FROM class_membership m JOIN school_class k ON k.id = m.class_id"
            " WHERE k.year_id = $2 AND NOT EXISTS (SELECT FROM class_membership o"
            "  JOIN school_class c ON c.id = o.class_id WHERE o.pupil_id = m.pupil_id AND c.year_id = $1)",
            from_year,
            to_year,
        )
    )


async def remove_year(tx: Tx, done: Rollover) -> None:
    """The new year and all that was made with it. What others have added refuses by its foreign key."""
    classes = "(SELECT id FROM school_class WHERE year_id = $1)"
    groups = "(SELECT id FROM school_group WHERE year_id = $1)"
    await tx.execute("DELETE FROM year_rollover WHERE to_year_id = $1", done.to_year_id)
    await tx.execute(f"DELETE FROM teaching WHERE class_id IN {classes} OR group_id IN {groups}", done.to_year_id)
    await tx.execute(f"DELETE FROM group_membership WHERE group_id IN {groups}", done.to_year_id)
    await tx.execute(f"DELETE FROM class_membership WHERE class_id IN {classes}", done.to_year_id)
    await tx.execute("DELETE FROM school_group WHERE year_id = $1", done.to_year_id)
    await tx.execute("DELETE FROM school_class WHERE year_id = $1", done.to_year_id)
    await tx.execute("DELETE FROM school_year WHERE id = $1", done.to_year_id)
    await tx.execute(
        "UPDATE pupil SET left_on = NULL, rev = rev + 1 WHERE id = ANY($1::bigint[]) AND left_on = $2",
        list(done.leavers),
        done.starts_on,
    )
