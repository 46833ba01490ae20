"""What the wall between schools is made of, read from PostgreSQL's catalogue: future tables and functions included."""

DEFINERS = {
    "city_attendance": "the Education Department's sums; enters school after school, small cells hidden",
    "city_attendance_cells": "the finest sums, for the next one alone",
    "city_attendance_grades": "the Education Department's sums by grade, small cells hidden",
}
"""Functions that run with their owner's rights, each with its reason."""
INNER = {"city_attendance_cells"}
"""Tells numbers of few pupils: no role of the application may call it."""
PARENTS = {"school", "account", "unit", "file"}
"""What is no school's own and may be pointed at by a number alone."""


async def _rows(stage, sql):
    async with stage.database.transaction() as tx:
        return await tx.records(sql)


TENANTS = """
SELECT c.oid, c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'school_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""


async def test_the_rule_holds_for_every_command_and_everybody(stage):
    rows = await _rows(
        stage,
        f"SELECT t.relname, p.polname, p.polcmd::text AS command, p.polpermissive, p.polroles::oid[]::text AS roles,"
        " pg_get_expr(p.polqual, p.polrelid) AS shown, pg_get_expr(p.polwithcheck, p.polrelid) AS taken"
        f" FROM ({TENANTS}) t JOIN pg_policy p ON p.polrelid = t.oid",
    )
    # in a query of its own the school is asked for once a statement, and not once a row
    asked = "( SELECT {} AS {})"
    school = asked.format("current_school()", "current_school")
    account = asked.format("current_account()", "current_account")
    rule = f"(school_id = {school})"
    assert len(rows) > 40
    for row in rows:
        if row["polname"] == "school":
            assert tuple(row)[1:] == ("school", "*", True, "{0}", rule, rule), row
        else:
            assert (row["command"], row["shown"]) == ("r", f"(account_id = {account})"), row


async def test_the_application_owns_nothing_and_passes_no_wall(stage):
    roles = await _rows(
        stage,
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcanlogin OR rolreplication AS strong,"
        " (SELECT count(*) FROM pg_class WHERE relowner = r.oid) + (SELECT count(*) FROM pg_proc WHERE proowner = r.oid) AS owned"
        " FROM pg_roles r WHERE rolname IN ('gryf_schools', 'gryf_city') ORDER BY 1",
    )
    assert [tuple(row) for row in roles] == [("gryf_city", False, 0), ("gryf_schools", False, 0)]
    # neither row-level security nor a trigger for rows sees TRUNCATE
    rights = await _rows(
        stage,
        "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND (has_table_privilege('gryf_schools', c.oid, 'TRUNCATE, TRIGGER, REFERENCES')"
        "      OR has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE'))",
    )
    assert rights == []
    read = await _rows(
        stage,
        f"SELECT relname FROM ({TENANTS}) t WHERE has_any_column_privilege('gryf_city', oid, 'SELECT, INSERT, UPDATE')",
    )
    assert read == []


async def test_views_upon_tables_of_schools_read_with_the_rights_of_the_reader(stage):
    rows = await _rows(
        stage,
        "SELECT DISTINCT v.relname, v.relkind::text AS kind, coalesce(v.reloptions::text, '') AS options"
        " FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass"
        f" JOIN ({TENANTS}) t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass WHERE v.relkind IN ('v', 'm')",
    )
    assert any(row["relname"] == "attendance" for row in rows)
    assert [row["relname"] for row in rows if row["kind"] == "m" or "security_invoker=true" not in row["options"]] == []


async def test_functions_with_the_rights_of_their_owner_are_known(stage):
    rows = await _rows(
        stage,
        "SELECT p.proname, coalesce(p.proconfig::text, '') AS settings, has_function_privilege('public', p.oid, 'EXECUTE') AS anybody,"
        " has_function_privilege('gryf_schools', p.oid, 'EXECUTE') AS schools,"
        " has_function_privilege('gryf_city', p.oid, 'EXECUTE') AS city, l.lanname = 'plpgsql' AS walks"
        " FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace",
    )
    assert any(row["proname"] == "city_attendance" for row in rows)
    assert {row["proname"] for row in rows} - DEFINERS.keys() == set(), "say above why it is needed"
    for row in rows:
        assert "search_path=public" in row["settings"], row
        assert not row["anybody"], row
        assert not row["schools"], row
        assert row["city"] == (row["proname"] not in INNER), row
        assert not row["walks"] or "app.school=" in row["settings"], (
            "it enters schools and must leave them: SET app.school = ''"
        )


async def test_keys_between_tables_of_schools_carry_the_school(stage):
    rows = await _rows(
        stage,
        "SELECT k.conrelid::regclass::text AS source, k.confrelid::regclass::text AS target, k.conname,"
        " EXISTS (SELECT FROM unnest(k.conkey) n JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n AND a.attname = 'school_id')"
        f" AS carried FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid IN (SELECT oid FROM ({TENANTS}) t)",
    )
    assert len(rows) > 60
    assert [tuple(row)[:3] for row in rows if not row["carried"] and row["target"] not in PARENTS] == []
