"""SQL of timetables. Run inside a school (`tenancy.enter_school`)."""

from datetime import date
from typing import Final

from app.database import Tx
from schools.timetable.model import Bell, Planned, TimetableVersion

_PLANNED = """
SELECT e.entry_id, $1::date AS on_date, e.period, ($1::date + e.starts) AT TIME ZONE s.time_zone AS starts_at,
       ($1::date + e.ends) AT TIME ZONE s.time_zone AS ends_at, e.class_id, e.group_id,
       concat_ws(' ', coalesce(c.name, gc.name), g.name) AS class_name, e.subject_id, j.name AS subject,
       e.staff_id, t.first_name || ' ' || t.last_name AS staff, e.second_staff_id, e.absent_id,
       coalesce(a.first_name || ' ' || a.last_name, '') AS absent, e.room_id, coalesce(r.name, '') AS room,
       e.kind, e.substitution_id, e.note, l.id AS lesson_id, l.taken_at IS NOT NULL AS taken
  FROM planned_on($1::date) e
  JOIN school s ON s.id = current_school()
  JOIN subject j ON j.id = e.subject_id
  JOIN staff t ON t.id = e.staff_id
  LEFT JOIN staff a ON a.id = e.absent_id
  LEFT JOIN school_class c ON c.id = e.class_id
  LEFT JOIN school_group g ON g.id = e.group_id
  LEFT JOIN school_class gc ON gc.id = g.class_id
  LEFT JOIN room r ON r.id = e.room_id
  LEFT JOIN lesson l ON l.entry_id = e.entry_id AND l.on_date = $1::date
"""


async def planned(tx: Tx, day: date) -> list[Planned]:
    """The whole school's day, cancelled lessons too; empty on days off and outside of years and timetables."""
    return await tx.all(Planned, f"{_PLANNED} ORDER BY e.period, c.level, class_name, e.entry_id", day)


async def planned_for_staff(tx: Tx, staff_id: int, day: date) -> list[Planned]:
    """Own lessons, those stood in for, those one assists in as second or support teacher (nauczyciel wspomagający).

    Lessons in which somebody else stands in are there for whoever is absent.
    """
    return await tx.all(
        Planned,
        f"{_PLANNED} WHERE $2 IN (e.staff_id, e.second_staff_id, e.absent_id) OR EXISTS (SELECT FROM teaching h"
        " WHERE h.staff_id = $2 AND h.kind <> 'teacher' AND h.during @> $1::date AND h.subject_id = e.subject_id"
        " AND (h.class_id = e.class_id OR h.group_id = e.group_id)) ORDER BY e.period, e.entry_id",
        day,
        staff_id,
    )


async def planned_for_class(tx: Tx, class_id: int, day: date) -> list[Planned]:
    """With the lessons of its groups, and of groups of several classes in which its pupils are."""
    return await tx.all(
        Planned,
        f"{_PLANNED} WHERE e.class_id = $2 OR g.class_id = $2 OR g.class_id IS NULL AND EXISTS ("
        "SELECT FROM group_membership m JOIN class_membership k USING (pupil_id) WHERE m.group_id = g.id"
        " AND m.during @> $1::date AND k.class_id = $2 AND k.during @> $1::date) ORDER BY e.period, e.entry_id",
        day,
        class_id,
    )


async def planned_for_pupil(tx: Tx, pupil_id: int, day: date) -> list[Planned]:
    return await tx.all(
        Planned,
        f"{_PLANNED} WHERE EXISTS (SELECT FROM class_membership k WHERE k.class_id = e.class_id"
        " AND k.pupil_id = $2 AND k.during @> $1::date)"
        " OR EXISTS (SELECT FROM group_membership m WHERE m.group_id = e.group_id"
        " AND m.pupil_id = $2 AND m.during @> $1::date) ORDER BY e.period, e.entry_id",
        day,
        pupil_id,
    )


async def planned_entry(tx: Tx, entry_id: int, day: date) -> Planned | None:
    """One entry on a day; None where it is not taught on that day."""
    return await tx.maybe(Planned, f"{_PLANNED} WHERE e.entry_id = $2", day, entry_id)


async def bells(tx: Tx, day: date) -> list[Bell]:
    """The hours of a day: the day's own schedule, or the usual one."""
    return await tx.all(
        Bell,
        "SELECT b.period, b.starts, b.ends FROM bell_schedule w JOIN bell b ON b.schedule_id = w.id"
        " LEFT JOIN school_day d ON d.school_id = w.school_id AND d.on_date = $1"
        " WHERE w.id = d.schedule_id OR d.schedule_id IS NULL AND w.is_default ORDER BY b.period",
        day,
    )


async def versions(tx: Tx) -> list[TimetableVersion]:
    """Newest first, drafts too."""
    return await tx.all(
        TimetableVersion,
        "SELECT id, year_id, name, valid_from, published_at, rev FROM timetable_version"
        " ORDER BY valid_from DESC, id DESC",
    )


async def version_on(tx: Tx, day: date) -> int | None:
    """The version in force on a day."""
    found: int | None = await tx.value("SELECT timetable_on($1::date)", day)
    return found


async def day_off_name(tx: Tx, day: date) -> str:
    """Why nothing is taught on a day, as the school has named it; empty for other days and where it has no name."""
    found: str | None = await tx.value("SELECT name FROM school_day WHERE on_date = $1 AND is_off", day)
    return found or ""


_BEFORE = """(SELECT $1::date - n FROM generate_series({first}, $2::integer) AS n
  WHERE EXISTS (SELECT FROM planned_on($1::date - n)) LIMIT 1)"""
_AFTER = _BEFORE.format(first=1).replace("$1::date - n", "$1::date + n")
WITHIN_DAYS: Final = 80
"""Longer than the summer holidays: from a 21 June to a 4 September."""


async def nearest_taught_day(tx: Tx, day: date) -> date | None:
    """The day itself if something is taught on it; else the last such day before, else the next one, within 80 days.

    «Last» first: a teacher who looks in the evening or on a Sunday completes what was. Days are looked at one after the
    other until one is found: rows of `generate_series` come in its order.
    """
    found: date | None = await tx.value(
        f"SELECT coalesce({_BEFORE.format(first=0)}, {_AFTER})",
        day,
        WITHIN_DAYS,
    )
    return found


async def taught_days_around(tx: Tx, day: date) -> tuple[date | None, date | None]:
    """The last day before and the first one after on which something is taught, within 80 days."""
    row = await tx.record(f"SELECT {_BEFORE.format(first=1)} AS before, {_AFTER} AS after", day, WITHIN_DAYS)
    assert row is not None  # a row of two values
    return row["before"], row["after"]
