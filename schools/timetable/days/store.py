"""SQL of bells and days. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.structure.bulk_store import insert_many
from schools.timetable.days.model import DayDraft, Schedule
from schools.timetable.model import Bell


async def schedules(tx: Tx) -> list[Schedule]:
    """With their bells, the usual one first."""
    rows = await tx.all(Schedule, "SELECT id, name, is_default FROM bell_schedule ORDER BY NOT is_default, name")
    bells: dict[int, list[Bell]] = {}
    for row in await tx.records("SELECT schedule_id, period, starts, ends FROM bell ORDER BY schedule_id, period"):
        bells.setdefault(row["schedule_id"], []).append(
            Bell(period=row["period"], starts=row["starts"], ends=row["ends"])
        )
    return [Schedule(id=one.id, name=one.name, is_default=one.is_default, bells=bells.get(one.id, [])) for one in rows]


async def name_taken(tx: Tx, name: str, schedule_id: int | None) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM bell_schedule WHERE name = $1 AND id IS DISTINCT FROM $2)", name, schedule_id
        )
    )


async def save_schedule(tx: Tx, schedule_id: int | None, name: str, bells: Sequence[Bell]) -> int:
    """A new one is the usual one where there is none."""
    if schedule_id is None:
        schedule_id = await tx.value(
            "INSERT INTO bell_schedule (school_id, name, is_default) VALUES (current_school(), $1,"
            " NOT EXISTS (SELECT FROM bell_schedule WHERE school_id = current_school())) RETURNING id",
            name,
        )
    else:
        await tx.execute("UPDATE bell_schedule SET name = $2 WHERE id = $1", schedule_id, name)
        await tx.execute("DELETE FROM bell WHERE schedule_id = $1", schedule_id)
    await insert_many(
        tx,
        "bell",
        {"schedule_id": "bigint", "period": "smallint", "starts": "time", "ends": "time"},
        [(schedule_id, one.period, one.starts, one.ends) for one in bells],
        with_id=False,
    )
    assert schedule_id is not None
    return schedule_id


async def set_day(tx: Tx, draft: DayDraft) -> None:
    """Each day of the range; what was said of it before is replaced."""
    await tx.execute(
        "INSERT INTO school_day (school_id, on_date, is_off, name, schedule_id, taught_as)"
        " SELECT current_school(), d::date, $3, $4, $5, $6 FROM generate_series($1::date, $2::date, '1 day') AS d"
        " ON CONFLICT (school_id, on_date) DO UPDATE SET is_off = excluded.is_off, name = excluded.name,"
        " schedule_id = excluded.schedule_id, taught_as = excluded.taught_as",
        draft.first_on,
        draft.last_on,
        draft.is_off,
        draft.name,
        draft.schedule_id,
        draft.taught_as,
    )


async def clear_day(tx: Tx, day: date) -> bool:
    return await tx.value("DELETE FROM school_day WHERE on_date = $1 RETURNING on_date", day) is not None


async def held_between(tx: Tx, first: date, last: date) -> date | None:
    """The first day of the range on which a lesson was opened."""
    found: date | None = await tx.value(
        "SELECT min(on_date) FROM lesson WHERE school_id = current_school() AND on_date BETWEEN $1 AND $2"
        " AND state <> 'void'",
        first,
        last,
    )
    return found
