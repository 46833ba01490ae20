"""Days of schools in a filled database, so that a walk goes the same way in July, on a Sunday and on 1 September."""

import asyncpg

AHEAD = 120


async def no_holidays(database_url: str) -> None:
    """The school year and all that hangs on it go on; nothing is off; today is taught as a Monday.

    Run as the owner of the database, beside a server or before it.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE school_year SET ends_on = greatest(ends_on, current_date + $1::int)"
                " WHERE current_date BETWEEN starts_on AND ends_on",
                AHEAD,
            )
            for table in ("class_membership", "group_membership", "teaching"):
                await connection.execute(
                    f"UPDATE {table} SET during = daterange(lower(during), greatest(upper(during), current_date + $1::int + 1))"
                    " WHERE during @> current_date",
                    AHEAD,
                )
            await connection.execute(
                "DELETE FROM school_day WHERE on_date BETWEEN current_date - 30 AND current_date + $1::int", AHEAD
            )
            await connection.execute(
                "INSERT INTO school_day (school_id, on_date, is_off, taught_as)"
                " SELECT DISTINCT school_id, (now() AT TIME ZONE 'Europe/Warsaw')::date, false, 1 FROM timetable_version"
            )
    finally:
        await connection.close()


async def holidays(database_url: str) -> None:
    """The other way round, to try a walk as in August: nothing was taught for a month, nothing will be."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO school_day (school_id, on_date, is_off, name)"
            " SELECT DISTINCT v.school_id, d::date, true, 'Wakacje' FROM timetable_version v,"
            " generate_series(current_date - 30, current_date + 60, interval '1 day') AS d"
            " ON CONFLICT (school_id, on_date) DO UPDATE SET is_off = true, taught_as = NULL"
        )
    finally:
        await connection.close()
