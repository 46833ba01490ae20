"""Days of schools in a filled database, so that a walk goes the same way in July, on a Sunday and on 1 September."""

import asyncio
from pathlib import Path

import asyncpg

from app.postgres import EmbeddedPostgres

AHEAD = 120
TODAY = "(now() AT TIME ZONE 'Europe/Warsaw')::date"


async def no_holidays(database_url: str) -> None:
    """The school year and all that hangs on it go on; nothing is off; today is taught as a Monday.

    Run as the owner of the database, beside a server or before it.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(
                f"UPDATE school_year SET ends_on = greatest(ends_on, {TODAY} + $1::int)"
                f" WHERE {TODAY} BETWEEN starts_on AND ends_on",
                AHEAD,
            )
            for table in ("class_membership", "group_membership", "teaching"):
                await connection.execute(
                    f"UPDATE {table} SET during = daterange(lower(during), greatest(upper(during), {TODAY} + $1::int + 1))"
                    f" WHERE during @> {TODAY}",
                    AHEAD,
                )
            await connection.execute(
                f"DELETE FROM school_day WHERE on_date BETWEEN {TODAY} - 30 AND {TODAY} + $1::int", AHEAD
            )
            await connection.execute(
                "INSERT INTO school_day (school_id, on_date, is_off, taught_as)"
                f" SELECT DISTINCT school_id, {TODAY}, false, 1 FROM timetable_version"
            )
    finally:
        await connection.close()


async def teach_today(database_url: str) -> None:
    """A day on which nothing is taught (a Sunday, one in August) becomes a Monday, as `no_holidays` makes it."""
    connection = await asyncpg.connect(database_url)
    try:
        taught = await connection.fetchval(
            "SELECT extract(isodow FROM d) < 6 AND NOT EXISTS (SELECT FROM school_day WHERE on_date = d AND is_off)"
            f" FROM (SELECT {TODAY} AS d) AS today"
        )
    finally:
        await connection.close()
    if not taught:
        await no_holidays(database_url)


async def teach_today_at(ready: dict) -> None:
    """The same in a running product that has a PostgreSQL of its own."""
    server = EmbeddedPostgres(Path(ready["log"]).parent / "data")
    await teach_today(await asyncio.to_thread(server.start))


async def holidays(database_url: str) -> None:
    """The other way round, to try a walk as in August: nothing was taught for a month, nothing will be."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO school_day (school_id, on_date, is_off, name)"
            " SELECT DISTINCT v.school_id, d::date, true, 'Wakacje' FROM timetable_version v,"
            f" generate_series({TODAY} - 30, {TODAY} + 60, interval '1 day') AS d"
            " ON CONFLICT (school_id, on_date) DO UPDATE SET is_off = true, taught_as = NULL"
        )
    finally:
        await connection.close()
