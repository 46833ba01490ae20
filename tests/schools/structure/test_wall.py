"""The wall between schools: every tenant table is behind it, for everybody."""

import asyncpg
import pytest

from schools.structure import store
from schools.structure.tenancy import city_transaction, enter_as_oneself
from tests.schools.stage import PARENT, TEACHER

TENANTS = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT array_agg(p.polname::text ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'school_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""
OWN = {"staff", "pupil", "guardian"}
"""Tables in which people find the schools they belong to."""


async def test_every_table_of_schools_forces_row_level_security(stage):
    async with stage.database.transaction() as tx:
        tables = await tx.records(TENANTS)
    assert len(tables) >= 22
    for row in tables:
        assert row["relrowsecurity"], row["relname"]
        assert row["relforcerowsecurity"], row["relname"]
        assert "school" in row["policies"], row["relname"]
        assert set(row["policies"]) <= {"school"} | ({"own"} if row["relname"] in OWN else set()), row["relname"]


async def test_views_read_with_the_rights_of_the_reader(stage):
    async with stage.database.transaction() as tx:
        views = await tx.records(
            "SELECT c.relname, coalesce(c.reloptions, '{}') AS options FROM pg_class c JOIN pg_attribute a"
            " ON a.attrelid = c.oid AND a.attname = 'school_id' WHERE c.relkind = 'v'"
            " AND c.relnamespace = 'public'::regnamespace"
        )
    assert views
    assert all("security_invoker=true" in row["options"] for row in views)


async def test_without_a_school_nothing_is_read_and_nothing_is_taken(stage):
    await stage.opened()
    async with stage.database.transaction() as tx:
        tables = [row["relname"] for row in await tx.records(TENANTS)]
        filled = [name for name in tables if await tx.value(f"SELECT count(*) FROM {name}") > 0]
    assert len(filled) >= 15
    async with stage.as_application() as tx:
        assert {name: await tx.value(f"SELECT count(*) FROM {name}") for name in tables} == dict.fromkeys(tables, 0)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with stage.as_application() as tx:
            await tx.execute("INSERT INTO subject (school_id, name) VALUES ($1, 'Magia')", stage.school_id)


async def test_one_school_sees_itself_and_writes_to_no_other(stage):
    async with stage.inside() as tx:
        assert await tx.records("SELECT DISTINCT school_id FROM pupil") == [(stage.a.school_id,)]
        assert (
            await tx.execute("UPDATE pupil SET first_name = 'X' WHERE school_id = $1", stage.b.school_id) == "UPDATE 0"
        )
        assert await tx.execute("UPDATE school SET rev = rev + 1") == "UPDATE 1"
    for statement in (
        "INSERT INTO subject (school_id, name) VALUES ($1, 'Magia')",
        "UPDATE subject SET school_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with stage.inside() as tx:
                await tx.execute(statement, stage.b.school_id)


async def test_rows_never_point_into_another_school(stage):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with stage.inside() as tx:
            await tx.execute(
                "INSERT INTO guardianship (school_id, guardian_id, pupil_id, during)"
                " VALUES (current_school(), $1, $2, '[2020-01-01,2020-01-02)')",
                stage.a.guardians[stage.child],
                stage.child_b,
            )


async def test_nothing_stays_in_a_connection_of_the_pool(stage):
    async with stage.inside() as tx:
        assert await tx.value("SELECT current_user::text") == "gryf_schools"
        connection = tx.connection
        pid = connection.get_server_pid()
    async with stage.database.transaction() as tx:
        assert tx.connection.get_server_pid() == pid
        assert await tx.value("SELECT current_user::text") != "gryf_schools"
        assert await tx.value("SELECT current_school()") is None


async def test_a_person_finds_own_rows_of_every_school_and_no_others(stage):
    async with stage.database.transaction() as tx:
        await enter_as_oneself(tx, PARENT)
        assert await tx.value("SELECT count(*) FROM pupil") == 0
        assert await tx.value("SELECT count(*) FROM guardian") == 2
        found = await store.memberships(tx)
    assert [(one.school_id, one.is_guardian, one.is_pupil) for one in found] == [
        (stage.a.school_id, True, False),
        (stage.b.school_id, True, False),
    ]


async def test_the_education_department_reads_sums_and_no_row(stage):
    lesson = await stage.opened()
    four = stage.a.classes["4a"].pupils[:4]
    await stage.mark(TEACHER, lesson, dict.fromkeys(four, "●"))
    async with city_transaction(stage.database) as tx:
        rows = await tx.records("SELECT * FROM city_attendance($1, $1)", stage.today)
        assert [dict(row) for row in rows] == [
            {"school_id": stage.a.school_id, "on_date": stage.today, "lessons": 1, "taken": 1}
            | {"pupils": None, "present": None, "counted": None}
        ]
    await stage.mark(TEACHER, lesson, {stage.a.classes["4a"].pupils[4]: "—"}, op="fifth-one")
    async with city_transaction(stage.database) as tx:
        rows = await tx.records("SELECT pupils, present, counted FROM city_attendance($1, $1)", stage.today)
        assert [tuple(row) for row in rows] == [(5, 4, 5)]
        assert await tx.value("SELECT current_school()") is None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with city_transaction(stage.database) as tx:
            await tx.value("SELECT count(*) FROM pupil")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with stage.inside() as tx:
            await tx.records("SELECT * FROM city_attendance($1, $1)", stage.today)


async def test_a_pupil_is_never_in_two_classes_at_once(stage):
    with pytest.raises(asyncpg.ExclusionViolationError, match="class_membership_one_class"):
        async with stage.inside() as tx:
            await tx.execute(
                "INSERT INTO class_membership (school_id, pupil_id, class_id, during)"
                " VALUES (current_school(), $1, $2, daterange($3::date, $3::date + 1))",
                stage.child,
                stage.a.classes["5a"].id,
                stage.today,
            )


async def test_a_published_timetable_does_not_change(stage):
    for statement in ("DELETE FROM timetable_entry", "UPDATE timetable_entry SET period = 1"):
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="make a new version"):
            async with stage.inside() as tx:
                await tx.execute(statement)
