"""Migrations: each file once, in order, whole or not at all."""

import asyncio
from itertools import count

import asyncpg
import pytest

from app import store
from app.errors import ConfigurationError
from app.migrate import migrate
from tests.conftest import with_database

_numbers = count(1)


@pytest.fixture
async def empty_url(postgres_url):
    """Address of a database without anything."""
    import os

    name = f"gryf_migrate_{os.getpid()}_{next(_numbers)}"
    server = await asyncpg.connect(postgres_url)
    try:
        await server.execute(f"CREATE DATABASE {name}")
        yield with_database(postgres_url, name)
        await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await server.close()


@pytest.fixture
def folder(tmp_path):
    """Two migrations of which the second needs the first."""
    (tmp_path / "0001_things.sql").write_text("CREATE TABLE thing (id int PRIMARY KEY, name text NOT NULL);")
    (tmp_path / "0002_first.sql").write_text(
        "INSERT INTO thing VALUES (1, 'gryf');\nALTER TABLE thing ADD COLUMN size int NOT NULL DEFAULT 3;\n"
    )
    return tmp_path


async def ask(url, sql):
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def refusal(url, folder):
    with pytest.raises(ConfigurationError) as caught:
        await migrate(url, folder)
    line = str(caught.value)
    assert "\n" not in line
    return line


async def test_files_are_applied_in_order_and_once(empty_url, folder):
    told = []
    assert await migrate(empty_url, folder, told.append) == ["0001_things.sql", "0002_first.sql"]
    assert told == ["0001_things.sql", "0002_first.sql"]
    assert await migrate(empty_url, folder, told.append) == []
    assert len(told) == 2
    assert await ask(empty_url, "SELECT id, name, size FROM thing") == [(1, "gryf", 3)]


async def test_a_new_file_alone_is_applied(empty_url, folder):
    await migrate(empty_url, folder)
    (folder / "0003_second.sql").write_text("INSERT INTO thing VALUES (2, 'słupski');", encoding="utf-8")
    (folder / "notes.txt").write_text("no migration")
    assert await migrate(empty_url, folder) == ["0003_second.sql"]
    assert await ask(empty_url, "SELECT name FROM thing ORDER BY id") == [("gryf",), ("słupski",)]


async def test_a_file_changed_afterwards_is_refused(empty_url, folder):
    await migrate(empty_url, folder)
    first = folder / "0001_things.sql"
    first.write_text(first.read_text() + " ")
    (folder / "0003_second.sql").write_text("INSERT INTO thing VALUES (2, 'x');")
    assert await refusal(empty_url, folder) == (
        "migration 0001_things.sql was changed after it was applied; add a new file instead"
    )
    assert await ask(empty_url, "SELECT id FROM thing") == [(1,)]


async def test_a_database_newer_than_the_program_is_refused(empty_url, folder):
    await migrate(empty_url, folder)
    (folder / "0002_first.sql").unlink()
    (folder / "0003_second.sql").write_text("INSERT INTO thing VALUES (2, 'x');")
    line = await refusal(empty_url, folder)
    assert line.startswith("the database has migration 0002_first.sql, which this version does not know")
    assert await ask(empty_url, "SELECT id FROM thing") == [(1,)]


async def test_a_failing_file_leaves_nothing_and_those_before_it_stay(empty_url, folder):
    bad = folder / "0003_bad.sql"
    bad.write_text(
        "CREATE TABLE half (id int);\nINSERT INTO thing VALUES (2, 'two');\nINSERT INTO thing VALUES (1, 'x');"
    )
    line = await refusal(empty_url, folder)
    assert line.startswith("migration 0003_bad.sql: duplicate key value")
    assert await ask(empty_url, "SELECT name FROM migration ORDER BY name") == [
        ("0001_things.sql",),
        ("0002_first.sql",),
    ]
    assert await ask(empty_url, "SELECT id FROM thing") == [(1,)]
    assert await ask(empty_url, "SELECT to_regclass('half') IS NULL") == [(True,)]
    bad.write_text("INSERT INTO thing VALUES (2, 'two');")
    assert await migrate(empty_url, folder) == ["0003_bad.sql"]


async def test_a_file_that_is_no_sql_is_one_line(empty_url, folder):
    (folder / "0003_bad.sql").write_text("SELECT * FORM thing;")
    assert (await refusal(empty_url, folder)).startswith("migration 0003_bad.sql: syntax error")


async def test_two_at_once_apply_each_file_once(empty_url, folder):
    done = await asyncio.gather(*(migrate(empty_url, folder) for _ in range(4)))
    assert sorted(done, key=len) == [[], [], [], ["0001_things.sql", "0002_first.sql"]]
    assert await ask(empty_url, "SELECT id FROM thing") == [(1,)]


async def test_it_waits_for_whoever_holds_the_lock(empty_url, folder):
    holder = await asyncpg.connect(empty_url)
    watcher = await asyncpg.connect(empty_url)
    waiting = None
    try:
        await store.lock_migrations(holder)
        waiting = asyncio.create_task(migrate(empty_url, folder))
        while not await watcher.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not waiting.done()
            await asyncio.sleep(0.01)
        assert await watcher.fetchval("SELECT to_regclass('thing') IS NULL")
        await holder.close()
        assert await waiting == ["0001_things.sql", "0002_first.sql"]
    finally:
        if waiting is not None:
            waiting.cancel()
        await holder.close()
        await watcher.close()


async def test_the_products_own_migrations_are_whole(database_url):
    from tests.conftest import ROOT

    assert await migrate(database_url, ROOT / "migrations") == []


@pytest.mark.parametrize("url", ["postgresql://gryf@127.0.0.1:1/gryf", "nonsense://"])
async def test_a_database_out_of_reach_is_one_line(folder, url):
    assert (await refusal(url, folder)).startswith("the database cannot be reached: ")


async def test_a_database_that_does_not_exist_is_one_line(postgres_url, folder):
    line = await refusal(with_database(postgres_url, "gryf_nobody_made_it"), folder)
    assert "gryf_nobody_made_it" in line
