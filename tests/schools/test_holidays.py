"""Holidays over HTTP: pages say why nothing is taught, and open on any day of the year and outside of it."""

import secrets
from datetime import date, timedelta

import asyncpg
import pytest

from app.database import DATABASE
from tests.conftest import running_site
from tests.databases import copy_database, drop_database
from tests.local_day import local_day, within_one_day
from tests.schools.stage import PARENT, PRINCIPAL, TEACHER, Stage
from tests.schools.test_isolation import _session

HOLIDAYS = "Ferie zimowe"
LONGEST_S = 60
"""That the pages take on a busy machine."""


@pytest.fixture
async def on_holiday(postgres_url, schools_template, tmp_path):
    """Three weeks without lessons from today on: (stage, (path, headers) of teacher, parent, principal; client)."""
    template, ids = schools_template
    await within_one_day(LONGEST_S)
    today = local_day()
    url = await copy_database(postgres_url, name := f"gryf_holiday_{secrets.token_hex(4)}", template)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO school_day (school_id, on_date, is_off, name)"
            " SELECT $1, d::date, true, $3 FROM generate_series($2::date, $2::date + 20, '1 day') AS d",
            ids.a.school_id,
            today,
            HOLIDAYS,
        )
        async with running_site(url, tmp_path, demo=False) as site, site.client() as client:
            stage = Stage(site.app[DATABASE], ids)
            school = f"/schools/{stage.school_id}"
            pages = []
            for who, path in (
                (TEACHER, school),
                (PARENT, f"{school}/diary/{stage.child}"),
                (PRINCIPAL, f"{school}/dashboard"),
            ):
                cookie = f"gryf_session={await _session(connection, who.account_id)}"
                pages.append((path, {"Cookie": cookie, "Origin": site.http, "Accept-Language": "pl"}))
            yield stage, pages, client
    finally:
        await connection.close()
        await drop_database(postgres_url, name)


async def test_pages_say_that_it_is_holidays_and_open_on_every_day(on_holiday):
    stage, pages, client = on_holiday
    year = stage.today.year if stage.today.month >= 9 else stage.today.year - 1
    for path, headers in pages:
        # without a day some show the last one that was taught, and why
        for query in ("", f"?day={stage.today}", f"?day={stage.today + timedelta(days=20)}"):
            async with client.get(path + query, headers=headers) as answer:
                assert answer.status == 200, path
                text = (await answer.text()).partition("<main")[2]
            assert HOLIDAYS in text, path + query
        for day in (
            stage.today + timedelta(days=21),
            f"{year}-09-01",
            f"{year + 1}-08-31",
            f"{year + 1}-09-01",
            f"{year - 5}-02-28",
            "2100-01-01",
        ):
            async with client.get(f"{path}?day={day}", headers=headers) as answer:
                assert answer.status == 200, (path, day)
                text = (await answer.text()).partition("<main")[2]
                is_off = stage.today <= date.fromisoformat(str(day)) <= stage.today + timedelta(days=20)
                assert (HOLIDAYS in text) == is_off, (path, day)
