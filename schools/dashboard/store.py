"""SQL of dashboards. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.dashboard.model import (
    Absentee,
    ClassMark,
    DashboardSettings,
    DayFigures,
    Happening,
    HourFigures,
    PupilMonth,
    Wallboard,
)


async def classes_of_groups(tx: Tx, day: date) -> dict[int, list[int]]:
    """Group → classes of its pupils on the day: of its own class, or of several."""
    rows = await tx.records(
        "SELECT g.id, CASE WHEN g.class_id IS NOT NULL THEN ARRAY[g.class_id] ELSE array(SELECT DISTINCT k.class_id"
        " FROM group_membership m JOIN class_membership k USING (pupil_id)"
        " WHERE m.group_id = g.id AND m.during @> $1::date AND k.during @> $1::date ORDER BY 1) END AS classes"
        " FROM school_group g JOIN school_year y ON y.id = g.year_id AND $1::date BETWEEN y.starts_on AND y.ends_on",
        day,
    )
    return {row["id"]: list(row["classes"]) for row in rows}


async def classes_away(tx: Tx, day: date) -> set[tuple[int, int]]:
    """(class, period) in which everybody of the class is at an event of the school."""
    rows = await tx.records(
        "SELECT k.class_id, p.period FROM class_membership k CROSS JOIN generate_series(0, 20) AS p (period)"
        " WHERE k.during @> $1::date AND k.class_id IN (SELECT w.class_id FROM school_event e"
        "  JOIN school_event_pupil x ON x.event_id = e.id JOIN class_membership w ON w.pupil_id = x.pupil_id"
        "  WHERE e.on_date = $1 AND e.cancelled_at IS NULL AND w.during @> $1::date)"
        " GROUP BY k.class_id, p.period HAVING bool_and(EXISTS (SELECT FROM school_event e"
        "  JOIN school_event_pupil x ON x.event_id = e.id WHERE x.pupil_id = k.pupil_id AND e.on_date = $1"
        "  AND e.cancelled_at IS NULL AND p.period BETWEEN e.from_period AND e.to_period))",
        day,
    )
    return {(row["class_id"], row["period"]) for row in rows}


async def subjects_and_staff(tx: Tx) -> tuple[dict[int, str], dict[int, str]]:
    """Names by id: for held lessons that no plan knows."""
    subjects = await tx.records("SELECT id, name FROM subject")
    staff = await tx.records("SELECT id, first_name || ' ' || last_name AS name FROM staff")
    return {row["id"]: row["name"] for row in subjects}, {row["id"]: row["name"] for row in staff}


async def last_held_day(tx: Tx, before: date) -> date | None:
    """The last day before with a lesson whose attendance was taken."""
    found: date | None = await tx.value(
        "SELECT max(on_date) FROM lesson WHERE school_id = current_school() AND on_date < $1 AND taken_at IS NOT NULL",
        before,
    )
    return found


_COUNTED = """
  FROM lesson l
  JOIN attendance_mark m ON m.lesson_id = l.id
  JOIN attendance_type t ON t.id = m.type_id
  LEFT JOIN school_group g ON g.id = l.group_id
 WHERE l.school_id = current_school() AND l.on_date BETWEEN $1 AND $2 AND l.state <> 'void'
   AND ($3::bigint[] IS NULL OR coalesce(l.class_id, g.class_id) = ANY($3))
"""


async def hour_figures(tx: Tx, first: date, last: date, class_ids: Sequence[int] | None) -> list[HourFigures]:
    """Presence by day and hour, both days inclusive; `class_ids` None: of the whole school."""
    return await tx.all(
        HourFigures,
        "SELECT l.on_date, l.period, count(*) FILTER (WHERE t.category IN ('present', 'late', 'away')) AS present,"
        f" count(*) FILTER (WHERE t.category <> 'released') AS counted {_COUNTED}"
        " GROUP BY l.on_date, l.period ORDER BY l.on_date, l.period",
        first,
        last,
        class_ids,
    )


async def day_figures(
    tx: Tx, first: date, last: date, period: int, class_ids: Sequence[int] | None
) -> list[DayFigures]:
    """The four numbers of earlier days, up to a lesson hour. Unchecked: planned and never taken."""
    return await tx.all(
        DayFigures,
        "WITH plans AS (SELECT d::date AS on_date,"
        "  count(*) FILTER (WHERE e.kind <> 'cancellation' AND l.taken_at IS NULL AND e.period <= $4) AS unchecked,"
        "  count(*) FILTER (WHERE e.kind IN ('substitution', 'joint')) AS substitutions"
        "  FROM generate_series($1::date, $2::date, interval '1 day') AS d CROSS JOIN planned_on(d::date) e"
        "  LEFT JOIN school_group g ON g.id = e.group_id"
        "  LEFT JOIN lesson l ON l.entry_id = e.entry_id AND l.on_date = d::date"
        "  WHERE $3::bigint[] IS NULL OR coalesce(e.class_id, g.class_id) = ANY($3) GROUP BY 1),"
        " marks AS (SELECT l.on_date, count(*) FILTER (WHERE t.category IN ('present', 'late', 'away')) AS present,"
        "  count(*) FILTER (WHERE t.category <> 'released') AS counted,"
        f"  count(DISTINCT m.pupil_id) FILTER (WHERE t.category = 'absent') AS absent {_COUNTED}"
        "  AND l.period <= $4 GROUP BY l.on_date)"
        " SELECT p.on_date, m.present, m.counted, m.absent, p.unchecked, p.substitutions"
        " FROM plans p JOIN marks m USING (on_date) ORDER BY p.on_date",
        first,
        last,
        class_ids,
        period,
    )


async def happenings(tx: Tx, day: date, most: int) -> list[Happening]:
    """What was checked and what was replanned, newest first."""
    return await tx.all(
        Happening,
        "SELECT h.at, h.kind, concat_ws(' ', coalesce(c.name, gc.name), g.name) AS class_name, j.name AS subject,"
        " t.first_name || ' ' || t.last_name AS staff, h.period, h.absent FROM ("
        " SELECT l.taken_at AS at, 'checked' AS kind, l.class_id, l.group_id, l.subject_id, l.staff_id, l.period,"
        "  (SELECT count(*) FROM attendance_mark m JOIN attendance_type k ON k.id = m.type_id"
        "   WHERE m.lesson_id = l.id AND k.category = 'absent') AS absent FROM lesson l"
        "  WHERE l.school_id = current_school() AND l.on_date = $1 AND l.taken_at IS NOT NULL"
        " UNION ALL SELECT s.made_at, s.kind, e.class_id, e.group_id, coalesce(s.subject_id, e.subject_id),"
        "  coalesce(s.staff_id, e.staff_id), e.period, 0 FROM substitution s"
        "  JOIN timetable_entry e ON e.id = s.entry_id"
        "  WHERE s.on_date = $1 AND s.kind IN ('substitution', 'cancellation') AND s.made_at < now()) AS h"
        " JOIN subject j ON j.id = h.subject_id JOIN staff t ON t.id = h.staff_id"
        " LEFT JOIN school_class c ON c.id = h.class_id LEFT JOIN school_group g ON g.id = h.group_id"
        " LEFT JOIN school_class gc ON gc.id = g.class_id ORDER BY h.at DESC, h.period DESC LIMIT $2",
        day,
        most,
    )


async def absentees(tx: Tx, lesson_ids: Sequence[int]) -> list[Absentee]:
    """Absent and late pupils of lessons, in the order of the register."""
    return await tx.all(
        Absentee,
        "SELECT m.lesson_id, m.pupil_id, p.first_name || ' ' || p.last_name AS name,"
        " coalesce(c.name, '') AS class_name, t.category, m.excused, m.minutes_late"
        " FROM attendance_mark m JOIN attendance_type t ON t.id = m.type_id"
        " JOIN lesson l ON l.id = m.lesson_id JOIN pupil p ON p.id = m.pupil_id"
        " LEFT JOIN class_membership k ON k.pupil_id = p.id AND k.during @> l.on_date"
        " LEFT JOIN school_class c ON c.id = k.class_id"
        " WHERE m.lesson_id = ANY($1::bigint[]) AND t.category IN ('absent', 'late') AND l.state <> 'void'"
        " ORDER BY t.category, p.sort_key, p.id",
        lesson_ids,
    )


async def write_settings(tx: Tx, settings: DashboardSettings) -> None:
    """Into the school's own row."""
    await tx.execute(
        "UPDATE school SET settings = settings || jsonb_build_object('dashboard', $1::jsonb), rev = rev + 1"
        " WHERE id = current_school()",
        {name: getattr(settings, name) for name in settings.__struct_fields__},
    )


# wallboards


async def wallboards(tx: Tx) -> list[Wallboard]:
    """Those that are in use, and the few last ones that were taken back."""
    return await tx.all(
        Wallboard,
        "SELECT id, name, made_at, revoked_at FROM wallboard WHERE revoked_at IS NULL"
        " OR revoked_at > now() - interval '30 days' ORDER BY revoked_at IS NOT NULL, name, id",
    )


async def add_wallboard(tx: Tx, name: str, key: str, account_id: int | None) -> int:
    found: int = await tx.value(
        "INSERT INTO wallboard (school_id, name, key, made_by) VALUES (current_school(), $1, $2, $3) RETURNING id",
        name,
        key,
        account_id,
    )
    return found


async def revoke_wallboard(tx: Tx, wallboard_id: int) -> str | None:
    """Its key; None where there is none in use."""
    found: str | None = await tx.value(
        "UPDATE wallboard SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING key", wallboard_id
    )
    return found


async def has_wallboard(tx: Tx, key: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM wallboard WHERE key = $1 AND revoked_at IS NULL)", key))


# the homeroom teacher's class


async def pupil_months(tx: Tx, class_id: int, first: date, last: date) -> list[PupilMonth]:
    """Attendance of the pupils who are in the class on the last day, whatever lessons their marks belong to."""
    return await tx.all(
        PupilMonth,
        "WITH members AS (SELECT pupil_id, number FROM class_membership WHERE class_id = $1 AND during @> $3::date),"
        " days AS (SELECT m.pupil_id, l.on_date, count(*) FILTER (WHERE t.category <> 'released') AS counted,"
        "  count(*) FILTER (WHERE t.category IN ('present', 'late', 'away')) AS present,"
        "  count(*) FILTER (WHERE t.category = 'absent') AS absent,"
        "  count(*) FILTER (WHERE t.category = 'absent' AND NOT m.excused) AS unexcused,"
        "  count(*) FILTER (WHERE t.category = 'late') AS late"
        "  FROM members u JOIN attendance_mark m ON m.pupil_id = u.pupil_id JOIN lesson l ON l.id = m.lesson_id"
        "  JOIN attendance_type t ON t.id = m.type_id"
        "  WHERE l.on_date BETWEEN $2 AND $3 AND l.state <> 'void' GROUP BY m.pupil_id, l.on_date)"
        " SELECT u.pupil_id, p.last_name || ' ' || p.first_name AS name, u.number,"
        " coalesce(sum(d.counted), 0)::bigint AS counted, coalesce(sum(d.present), 0)::bigint AS present,"
        " coalesce(sum(d.absent), 0)::bigint AS absent, coalesce(sum(d.unexcused), 0)::bigint AS unexcused,"
        " coalesce(sum(d.late), 0)::bigint AS late, count(*) FILTER (WHERE d.counted > 0) AS days,"
        " count(*) FILTER (WHERE d.counted > 0 AND d.unexcused = d.counted) AS unexcused_days"
        " FROM members u JOIN pupil p ON p.id = u.pupil_id LEFT JOIN days d ON d.pupil_id = u.pupil_id"
        " GROUP BY u.pupil_id, p.last_name, p.first_name, p.sort_key, u.number"
        " ORDER BY u.number NULLS LAST, p.sort_key",
        class_id,
        first,
        last,
    )


async def class_marks(tx: Tx, class_id: int, day: date) -> list[ClassMark]:
    """What is not plain presence on a day, of the pupils of a class."""
    return await tx.all(
        ClassMark,
        "SELECT m.pupil_id, p.last_name || ' ' || p.first_name AS name, u.number, l.period, j.name AS subject, t.code,"
        " t.category, m.excused, m.minutes_late FROM class_membership u JOIN pupil p ON p.id = u.pupil_id"
        " JOIN attendance_mark m ON m.pupil_id = u.pupil_id JOIN lesson l ON l.id = m.lesson_id"
        " JOIN attendance_type t ON t.id = m.type_id JOIN subject j ON j.id = l.subject_id"
        " WHERE u.class_id = $1 AND u.during @> $2::date AND l.on_date = $2 AND l.state <> 'void'"
        " AND t.category <> 'present' ORDER BY u.number NULLS LAST, p.sort_key, l.period",
        class_id,
        day,
    )


async def homeroom_classes(tx: Tx, staff_id: int, day: date) -> list[int]:
    rows = await tx.records(
        "SELECT c.id FROM school_class c JOIN school_year y ON y.id = c.year_id"
        " WHERE c.homeroom_id = $1 AND $2::date BETWEEN y.starts_on AND y.ends_on ORDER BY c.level, c.letter",
        staff_id,
        day,
    )
    return [row["id"] for row in rows]


async def schools_with_a_year(tx: Tx) -> list[int]:
    """All schools; outside of one. Which of them teach today each one says itself."""
    return [row["id"] for row in await tx.records("SELECT id FROM school ORDER BY id")]
