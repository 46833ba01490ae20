"""Decisions and what goes: registers after five years, pupils after fifty, nothing before, nothing of another school."""

from datetime import date, timedelta

import asyncpg
import msgspec
import pytest

from app.actor import Actor, Grant
from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.retention import actions, rules, store
from schools.retention.actions import Decision
from schools.retention.model import ROOM, EraseDecided, ErasureChanged, ErasureTakenBack
from schools.structure.settings import SchoolsSettings
from schools.structure.tenancy import enter_as_owner
from tests.schools.planting import TENANTS
from tests.schools.retention.old_year import old_year
from tests.schools.stage import OUTSIDERS, PARENT, PRINCIPAL, SECRETARY

ADMIN = Actor(account_id=9, name="Adam Operator", login="admin", grants=(Grant("admin", "1"),))
AUDITOR = Actor(account_id=9, name="Anna Audyt", login="auditor", grants=(Grant("auditor", "1"),))
SETTINGS = SchoolsSettings()
GROUND = "Zgoda Archiwum Państwowego nr 12/2026"


async def listed(stage, actor=ADMIN, settings=SETTINGS):
    actions.access_retention(actor)
    async with stage.database.transaction() as tx:
        return await actions.all_holdings(tx, settings)


async def decided(stage, *keys, ground=GROUND, actor=ADMIN, settings=SETTINGS):
    return await actions.decide(stage.database, actor, settings, Decision(chosen=keys, ground=ground))


async def count(stage, table, where="true", *values):
    async with stage.inside() as tx:
        return await tx.value(f"SELECT count(*) FROM {table} WHERE {where}", *values)


def key(stage, year, keep="register"):
    return f"{keep}-{stage.school_id}-{year.id}"


async def test_a_register_of_2019_20_goes_and_what_stays_for_fifty_years_stays(stage):
    year = await old_year(stage, 2019)
    lesson = await stage.opened()
    await stage.mark(PRINCIPAL, lesson, {year.stayer: "—"}, reason="nieobecny")
    assert [one.state for one in await listed(stage) if one.key == key(stage, year)] == ["due"]
    assert await decided(stage, key(stage, year)) == 1
    assert [one.state for one in await listed(stage) if one.key == key(stage, year)] == ["decided"]
    assert await count(stage, "lesson", "year_id = $1", year.id) == 1  # until the night
    await actions.erase_decided(stage.database, EraseDecided())
    (done,) = [one for one in await listed(stage) if one.key == key(stage, year)]
    assert (done.state, done.erasure.ground, done.erasure.decided_by) == ("gone", GROUND, ADMIN.name)
    told = {name: rows for name, rows in done.erasure.counts.items() if rows}
    assert told == {
        "attendance_alert": 1, "attendance_history": 2, "attendance_mark": 2, "homework": 1, "lesson_sheet": 1, "lesson": 1,
        "absence_excuse": 1, "class_test": 1, "behaviour_note": 1, "grade_history": 4, "grade": 4, "grade_column": 2,
        "group_membership": 2, "message_file": 1, "message": 1, "message_member": 1, "message_thread": 1,
        "school_archive": 1, "pupil.email": 1, "guardian.contact": 1,
    }  # fmt: skip
    assert await count(stage, "grade", "column_id = $1", year.final) == 2
    assert await count(stage, "grade_history", "column_id = $1", year.final) == 2
    assert await count(stage, "class_membership", "class_id = $1", year.class_id) == 2
    async with stage.inside() as tx:
        assert tuple(await tx.record("SELECT last_name, email FROM pupil WHERE id = $1", year.leaver)) == ("Dawna", "")
        guardian = await tx.record("SELECT last_name, email, phone FROM guardian WHERE id = $1", year.guardian)
        assert tuple(guardian) == ("Dawny", "", "")
    assert await count(stage, "attendance_mark", "pupil_id = $1", year.stayer) == 1  # of today
    assert await count(stage, "attendance_history", "pupil_id = $1", year.stayer) == 1
    async with stage.database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM file WHERE id = ANY ($1::uuid[])", list(year.files)) == 0
        entry = await tx.record("SELECT details::text AS told FROM audit_entry WHERE action = 'retention.erase'")
    assert GROUND in entry["told"]
    assert (await stage.audited())[-2:] == ["retention.decide", "retention.erase"]
    await actions.erase_decided(stage.database, EraseDecided())  # the job again: nothing more
    assert (await stage.audited()).count("retention.erase") == 1


async def test_contacts_of_those_who_are_still_here_stay(stage):
    year = await old_year(stage, 2019)
    async with stage.inside() as tx:
        await tx.execute("UPDATE guardian SET email = 'tu@x.example' WHERE id = $1", stage.a.guardians[year.stayer])
        await tx.execute("UPDATE pupil SET email = 'uczen@x.example' WHERE id = $1", year.stayer)
    await decided(stage, key(stage, year))
    await actions.erase_decided(stage.database, EraseDecided())
    assert await count(stage, "guardian", "email = 'tu@x.example' AND phone <> ''") == 1
    assert await count(stage, "pupil", "email = 'uczen@x.example'") == 1


async def test_a_talk_that_goes_on_stays_and_the_answer_to_an_old_one_does(stage):
    year = await old_year(stage, 2019)
    async with stage.inside() as tx:
        newer = await tx.value(
            "INSERT INTO message_thread (school_id, kind, subject, answers_id) VALUES ($1, 'talk', 'Odpowiedź', $2) RETURNING id",
            stage.school_id,
            year.thread,
        )
        kept = await tx.value(
            "INSERT INTO message_thread (school_id, kind, subject, begun_at) VALUES ($1, 'talk', 'Dawny', '2019-10-01') RETURNING id",
            stage.school_id,
        )
        member = await tx.value(
            "INSERT INTO message_member (school_id, thread_id, staff_id) VALUES ($1, $2, $3) RETURNING id",
            stage.school_id,
            kept,
            stage.a.principal_id,
        )
        await tx.execute(
            "INSERT INTO message (school_id, thread_id, member_id, text) VALUES ($1, $2, $3, 'Dziś')",
            stage.school_id,
            kept,
            member,
        )
    await decided(stage, key(stage, year))
    await actions.erase_decided(stage.database, EraseDecided())
    async with stage.inside() as tx:
        left = await tx.records("SELECT id, answers_id FROM message_thread ORDER BY id")
    assert [tuple(row) for row in left] == [(newer, None), (kept, None)]


async def test_pupils_go_fifty_years_after_their_last_year_and_their_guardians_with_them(stage):
    earlier = await old_year(stage, 1973)
    last = await old_year(stage, 1974, leaver=earlier.leaver)
    found = {one.key: one.state for one in await listed(stage)}
    assert key(stage, earlier, "pupils") not in found  # nobody left in that year
    assert found[key(stage, last, "pupils")] == "blocked"
    with pytest.raises(Conflict):
        await decided(stage, key(stage, last, "pupils"))
    await decided(stage, key(stage, earlier), key(stage, last))
    await actions.erase_decided(stage.database, EraseDecided())
    assert {one.key: one.state for one in await listed(stage)}[key(stage, last, "pupils")] == "due"
    await decided(stage, key(stage, last, "pupils"))
    await actions.erase_decided(stage.database, EraseDecided())
    for table, column in (("pupil", "id"), ("class_membership", "pupil_id"), ("grade", "pupil_id"), ("guardianship", "pupil_id"),
                          ("grade_history", "pupil_id")):  # fmt: skip
        assert await count(stage, table, f"{column} = $1", earlier.leaver) == 0, table
    assert await count(stage, "guardian", "id = $1", earlier.guardian) == 0
    assert (
        await count(stage, "class_membership", "pupil_id = $1", earlier.stayer) == 3
    )  # is here, in both old years too
    (gone,) = [one for one in await listed(stage) if one.key == key(stage, last, "pupils")]
    assert {name: rows for name, rows in gone.erasure.counts.items() if rows} == {
        "grade_history": 2, "grade": 2, "class_membership": 2, "guardianship": 1, "guardian": 1, "pupil": 1,
    }  # fmt: skip


async def test_a_guardian_of_somebody_else_too_stays(stage):
    years = [await old_year(stage, 1973)]
    years.append(await old_year(stage, 1974, leaver=years[0].leaver))
    async with stage.inside() as tx:
        await tx.execute(
            "INSERT INTO guardianship (school_id, guardian_id, pupil_id) VALUES ($1, $2, $3)",
            stage.school_id,
            years[0].guardian,
            stage.child,
        )
    await decided(stage, *(key(stage, one) for one in years))
    await actions.erase_decided(stage.database, EraseDecided())
    await decided(stage, key(stage, years[1], "pupils"))
    await actions.erase_decided(stage.database, EraseDecided())
    assert await count(stage, "guardian", "id = $1", years[0].guardian) == 1
    assert await count(stage, "guardianship", "guardian_id = $1", years[0].guardian) == 1


async def test_before_its_first_of_january_nothing_goes_whoever_asks(stage):
    over, early = await old_year(stage, stage.today.year - 7), await old_year(stage, stage.today.year - 6)
    states = {one.key: one.state for one in await listed(stage)}
    assert (states[key(stage, over)], states[key(stage, early)]) == ("due", "waits")
    with pytest.raises(Conflict):
        await decided(stage, key(stage, early))
    longer = SchoolsSettings(register_years=6)
    assert {one.key: one.state for one in await listed(stage, settings=longer)}[key(stage, over)] == "waits"
    async with stage.inside() as tx:  # past the action: the database looks again
        made = await store.add_erasure(tx, "register", early.id, 5, GROUND, "x")
        less = await store.add_erasure(tx, "pupils", over.id, 5, GROUND, "x")
    for one in (made, less):
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            async with stage.database.transaction() as tx:
                await enter_as_owner(tx, stage.school_id)
                await store.erase(tx, one.id)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with stage.inside() as tx:
                await store.erase(tx, one.id)
    assert await count(stage, "lesson", "year_id = $1", early.id) == 1


async def test_a_decision_that_is_refused_holds_up_no_other(stage):
    early = await old_year(stage, stage.today.year - 6)
    over = await old_year(stage, stage.today.year - 8)
    async with stage.inside() as tx:
        await store.add_erasure(tx, "register", early.id, 5, GROUND, "x")
    await decided(stage, key(stage, over))
    async with stage.inside(stage.b.school_id) as tx:  # and one that comes after it
        later = await tx.value(
            "INSERT INTO school_year (school_id, name, starts_on, second_starts_on, ends_on)"
            " VALUES ($1, 'dawny', '2010-09-01', '2011-02-01', '2011-08-31') RETURNING id",
            stage.b.school_id,
        )
    await decided(stage, f"register-{stage.b.school_id}-{later}")
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await actions.erase_decided(stage.database, EraseDecided())
    states = {one.key: one.state for one in await listed(stage)}
    assert (states[key(stage, over)], states[key(stage, early)]) == ("gone", "decided")
    assert states[f"register-{stage.b.school_id}-{later}"] == "gone"
    assert await count(stage, "lesson", "year_id = $1", early.id) == 1


async def test_the_database_counts_years_as_the_page_does(stage):
    async with stage.inside() as tx:
        for past in range(0, 400 * 60, 97):
            last = date(1970, 1, 1) + timedelta(days=past)
            for years in (5, 50):
                assert await tx.value("SELECT school_kept_until($1, $2)", last, years) == rules.goes_on(last, years)


async def test_nothing_of_another_school_goes_and_no_school_erases_for_another(stage):
    year = await old_year(stage, 2019)
    async with stage.database.transaction() as tx:
        before = await tx.value("SELECT count(*) FROM class_membership WHERE school_id = $1", stage.b.school_id)
        other = await tx.value(
            "INSERT INTO school_year (school_id, name, starts_on, second_starts_on, ends_on)"
            " VALUES ($1, '2019/2020', '2019-09-01', '2020-02-01', '2020-08-31') RETURNING id",
            stage.b.school_id,
        )
        await tx.execute(
            "INSERT INTO people_import (school_id, kind, file_name, from_day, made_at, done_at)"
            " VALUES ($1, 'staff', 'a.csv', '2019-09-01', '2019-09-01', '2019-09-01')",
            stage.b.school_id,
        )
    await decided(stage, key(stage, year))
    (mine,) = [one for one in await listed(stage) if one.key == key(stage, year)]
    with pytest.raises(asyncpg.NoDataFoundError):
        async with stage.database.transaction() as tx:
            await enter_as_owner(tx, stage.b.school_id)
            await store.erase(tx, mine.erasure.id)
    await actions.erase_decided(stage.database, EraseDecided())
    async with stage.database.transaction() as tx:
        assert before == await tx.value("SELECT count(*) FROM class_membership WHERE school_id = $1", stage.b.school_id)
        assert await tx.value("SELECT count(*) FROM people_import WHERE school_id = $1", stage.b.school_id) == 1
    assert {one.key: one.state for one in await listed(stage)}[f"register-{stage.b.school_id}-{other}"] == "due"


async def test_histories_stay_append_only_for_everybody_else(stage):
    year = await old_year(stage, 2019)
    for table in ("attendance_history", "grade_history"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET reason = ''"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with stage.inside() as tx:
                    await tx.execute("SELECT set_config('app.retention', 'on', true)")
                    await tx.execute(statement)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                async with stage.database.transaction() as tx:
                    await tx.execute(statement)
    assert await count(stage, "attendance_history", "pupil_id = $1", year.leaver) == 1


async def test_a_decision_needs_a_ground_a_choice_and_an_administrator(stage):
    year = await old_year(stage, 2019)
    for chosen, ground, fields in (
        ((), GROUND, {"chosen"}),
        ((key(stage, year),), "  ", {"ground"}),
        ((key(stage, year),), "x" * 501, {"ground"}),
    ):
        with pytest.raises(Invalid) as refused:
            await decided(stage, *chosen, ground=ground)
        assert set(refused.value.fields) == fields
    for nothing in ("register-1-x", "", f"register-{stage.b.school_id}-{year.id}"):
        with pytest.raises(Conflict):
            await decided(stage, nothing)
    for actor in (*OUTSIDERS, PRINCIPAL, SECRETARY, PARENT, AUDITOR):
        with pytest.raises(NotFound):
            await decided(stage, key(stage, year), actor=actor)
        with pytest.raises(NotFound):
            await actions.take_back(stage.database, actor, stage.school_id, 1)
    for actor in (*OUTSIDERS, PRINCIPAL, SECRETARY, PARENT):
        with pytest.raises(NotFound):
            await listed(stage, actor)
    assert await listed(stage, AUDITOR)
    await decided(stage, key(stage, year))
    with pytest.raises(Conflict):
        await decided(stage, key(stage, year))


async def test_a_decision_is_taken_back_until_the_night_and_is_told_live(stage):
    year = await old_year(stage, 2019)
    await decided(stage, key(stage, year))
    (waiting,) = [one.erasure for one in await listed(stage) if one.erasure]
    await actions.take_back(stage.database, ADMIN, stage.school_id, waiting.id)
    await actions.erase_decided(stage.database, EraseDecided())
    assert await count(stage, "lesson", "year_id = $1", year.id) == 1
    with pytest.raises(Forbidden):
        await actions.take_back(stage.database, ADMIN, stage.school_id, waiting.id)
    assert await actions.erase(stage.database, waiting) is None
    await decided(stage, key(stage, year))
    await actions.erase_decided(stage.database, EraseDecided())
    events = stage.backplane.of(ROOM)
    assert [type(one) for one in events] == [ErasureChanged, ErasureTakenBack, ErasureChanged, ErasureChanged]
    held = {}
    for one in events:
        if isinstance(one, ErasureTakenBack):
            held.pop(one.key)
        else:
            held[one.key] = one.erasure
    async with stage.database.transaction() as tx:
        fresh = await actions.retention_snapshot(tx, AUDITOR, {})
        with pytest.raises(NotFound):
            await actions.retention_snapshot(tx, PRINCIPAL, {})
    assert list(held.values()) == fresh.erasures
    assert (await stage.audited()).count("retention.take_back") == 1


async def test_each_table_of_a_school_has_a_rule(stage):
    async with stage.database.transaction() as tx:
        tables = {row["name"] for row in await tx.records(TENANTS)}
        known = await store.table_rules(tx)
    assert tables == {one.name for one in known}
    assert len({(one.name, one.keep) for one in known}) == len(known)
    stays = {one.name for one in known if one.keep == "stays"}
    assert stays.isdisjoint(one.name for one in known if one.keep != "stays")
    assert msgspec.json.encode(known)
