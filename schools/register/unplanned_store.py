"""SQL of lessons that no plan holds. Inside a school."""

from datetime import date, datetime

from app.database import Tx
from schools.register.model import ClassOrGroup, HeldLesson, LessonState, NewUnplanned


async def places(tx: Tx, year_id: int) -> list[ClassOrGroup]:
    """Classes and groups of a year, each group after its class."""
    return await tx.all(
        ClassOrGroup,
        "SELECT class_id, group_id, name FROM ("
        "SELECT c.id AS class_id, NULL::bigint AS group_id, c.name, c.level, c.letter, '' AS part"
        " FROM school_class c WHERE c.year_id = $1"
        " UNION ALL SELECT NULL, g.id, concat_ws(' ', k.name, g.name), coalesce(k.level, 99), coalesce(k.letter, ''),"
        " g.name FROM school_group g LEFT JOIN school_class k ON k.id = g.class_id WHERE g.year_id = $1"
        ") AS found ORDER BY level, letter, part",
        year_id,
    )


async def subjects(tx: Tx) -> list[tuple[int, str]]:
    rows = await tx.records("SELECT id, name FROM subject ORDER BY position, polish_key(name)")
    return [(row["id"], row["name"]) for row in rows]


async def lock_place(tx: Tx, place: ClassOrGroup) -> None:
    """Who opens lessons with one class or group waits for one another."""
    table = "school_class" if place.class_id is not None else "school_group"
    await tx.execute(f"SELECT FROM {table} WHERE id = $1 FOR NO KEY UPDATE", place.class_id or place.group_id)


_HELD = (
    "SELECT l.id, l.school_id, l.period, l.starts_at, l.ends_at, concat_ws(' ', coalesce(c.name, k.name), g.name) AS"
    " class_name, j.name AS subject, l.staff_id, t.first_name || ' ' || t.last_name AS staff,"
    " coalesce(a.first_name || ' ' || a.last_name, '') AS absent, l.taken_at IS NOT NULL AS taken"
    " FROM lesson l JOIN subject j ON j.id = l.subject_id JOIN staff t ON t.id = l.staff_id"
    " LEFT JOIN staff a ON a.id = l.absent_id LEFT JOIN school_class c ON c.id = l.class_id"
    " LEFT JOIN school_group g ON g.id = l.group_id LEFT JOIN school_class k ON k.id = g.class_id"
)


async def held_at(tx: Tx, place: ClassOrGroup, day: date, period: int) -> HeldLesson | None:
    """The lesson that this very class or group has in an hour."""
    return await tx.maybe(
        HeldLesson,
        f"{_HELD} WHERE l.on_date = $1 AND l.period = $2 AND l.state <> 'void'"
        " AND l.class_id IS NOT DISTINCT FROM $3 AND l.group_id IS NOT DISTINCT FROM $4 ORDER BY l.id LIMIT 1",
        day,
        period,
        place.class_id,
        place.group_id,
    )


async def own_unplanned(tx: Tx, staff_id: int, day: date) -> list[HeldLesson]:
    """Lessons of a day that somebody holds although the plan gives them to nobody, or to another teacher."""
    return await tx.all(
        HeldLesson,
        f"{_HELD} LEFT JOIN planned_on($2) e ON e.entry_id = l.entry_id"
        " WHERE l.school_id = current_school() AND l.on_date = $2 AND l.staff_id = $1 AND l.state <> 'void'"
        " AND (e.entry_id IS NULL OR $1 NOT IN (e.staff_id, coalesce(e.second_staff_id, 0), coalesce(e.absent_id, 0)))"
        " ORDER BY l.period, l.id",
        staff_id,
        day,
    )


async def open_unplanned(
    tx: Tx,
    new: NewUnplanned,
    *,
    year_id: int,
    hours: tuple[datetime, datetime],
    staff_id: int,
    absent_id: int | None,
    entry_id: int | None,
    room_id: int | None,
    account_id: int | None,
) -> int:
    """`entry_id`: what the plan holds there instead; its teacher is `absent_id`."""
    found: int = await tx.value(
        "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, group_id, subject_id,"
        " staff_id, absent_id, room_id, entry_id, opened_by)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
        year_id,
        new.on_date,
        new.period,
        *hours,
        new.place.class_id,
        new.place.group_id,
        new.subject_id,
        staff_id,
        absent_id,
        room_id,
        entry_id,
        account_id,
    )
    return found


async def set_state(tx: Tx, lesson_id: int, state: LessonState, entry_id: int | None) -> None:
    """`entry_id`: what the plan holds there instead; a lesson that was taken back leaves its place in the plan free."""
    await tx.execute(
        "UPDATE lesson SET state = $2, entry_id = $3, rev = rev + 1 WHERE id = $1", lesson_id, state, entry_id
    )
