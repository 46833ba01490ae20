"""The stage of two schools: built once a worker, copied for each test."""

import asyncio
import itertools
import os

import pytest

from app.database import Database, open_pool
from tests.databases import copy_database, drop_database
from tests.local_day import within_one_day
from tests.schools.stage import Ids, Stage, build

_numbers = itertools.count(1)
LONGEST_S = 20
"""That a test of a stage takes on a busy machine."""


@pytest.fixture(scope="session")
def schools_template(postgres_url: str, template_database: str) -> tuple[str, Ids]:
    """Name of a database with both schools, and their ids."""
    name = f"gryf_schools_{os.getpid()}"

    async def fill() -> Ids:
        url = await copy_database(postgres_url, name, template_database)
        pool = await open_pool(url, 2)
        try:
            return await build(Database(pool))
        finally:
            await pool.close()

    return name, asyncio.run(fill())


@pytest.fixture
async def stage(postgres_url: str, schools_template: tuple[str, Ids]):
    template, ids = schools_template
    await within_one_day(LONGEST_S)
    name = f"gryf_stage_{os.getpid()}_{next(_numbers)}"
    url = await copy_database(postgres_url, name, template)
    pool = await open_pool(url, 10)
    try:
        yield Stage(Database(pool), ids)
    finally:
        pool.terminate()
        await drop_database(postgres_url, name)
