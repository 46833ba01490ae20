"""SQL of weeks. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.timetable.weeks.model import SpecialDay, Validity


async def letters(tx: Tx, entry_ids: Sequence[int]) -> dict[int, str]:
    """A or B of the entries that are not taught every week."""
    rows = await tx.records(
        "SELECT id, week FROM timetable_entry WHERE id = ANY($1::bigint[]) AND week <> ''", entry_ids
    )
    return {row["id"]: row["week"] for row in rows}


async def special_days(tx: Tx, first: date, last: date) -> dict[date, SpecialDay]:
    rows = await tx.all(
        SpecialDay,
        "SELECT d.on_date, d.is_off, d.name, coalesce(b.name, '') AS schedule, d.taught_as FROM school_day d"
        " LEFT JOIN bell_schedule b ON b.id = d.schedule_id WHERE d.on_date BETWEEN $1 AND $2 ORDER BY d.on_date",
        first,
        last,
    )
    return {one.on_date: one for one in rows}


async def validity(tx: Tx, day: date) -> Validity | None:
    """The version in force on a day."""
    return await tx.maybe(
        Validity,
        "SELECT v.id, v.name, v.valid_from, y.week_a_on, (SELECT min(n.valid_from) - 1 FROM timetable_version n"
        "  WHERE n.school_id = v.school_id AND n.published_at IS NOT NULL AND n.valid_from > v.valid_from"
        "  AND n.year_id = v.year_id) AS until"
        " FROM timetable_version v JOIN school_year y ON y.id = v.year_id WHERE v.id = timetable_on($1::date)",
        day,
    )


async def room_name(tx: Tx, room_id: int) -> str | None:
    found: str | None = await tx.value("SELECT name FROM room WHERE id = $1", room_id)
    return found


async def classes_of_pupil(tx: Tx, pupil_id: int, day: date) -> list[int]:
    rows = await tx.records(
        "SELECT class_id FROM class_membership WHERE pupil_id = $1 AND during @> $2::date", pupil_id, day
    )
    return [row["class_id"] for row in rows]
