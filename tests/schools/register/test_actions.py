"""Opening lessons and marking pupils: real rows, two schools, the rooms that hear of it."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from app.errors import Conflict, Forbidden, NotFound
from schools.register import actions, store
from schools.register.model import DayLessonChanged, MarkChanged, day_room, lesson_room
from schools.structure.tenancy import school_transaction
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_TEACHER,
    HOMEROOM,
    NOBODY,
    OTHER_TEACHER,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    STRANGER,
    TEACHER,
)

STRANGERS = (NOBODY, STRANGER, FOREIGN_TEACHER, PARENT, PUPIL, SECRETARY, OTHER_TEACHER)


async def view(stage, lesson, actor=TEACHER):
    async with stage.inside() as tx:
        return await actions.lesson_view(tx, actor, stage.school_id, lesson.id)


async def marks(stage, lesson) -> dict[int, tuple]:
    rows = (await view(stage, lesson)).pupils
    return {row.pupil_id: (row.mark.type_id, row.mark.rev) for row in rows if row.mark}


async def test_opening_twice_or_at_once_gives_one_lesson(stage):
    planned = await stage.planned()

    async def open_it(actor):
        return await actions.open_lesson(stage.database, actor, stage.school_id, planned.entry_id, stage.today)

    opened = await asyncio.gather(*(open_it(actor) for actor in (TEACHER, TEACHER, PRINCIPAL, HOMEROOM)))
    assert {one.id for one in opened} == {opened[0].id}
    assert await open_it(TEACHER) == opened[0]
    assert (await stage.audited()).count("register.open") == 1
    assert [type(one) for one in stage.backplane.of(day_room(stage.school_id))] == [DayLessonChanged]
    assert (opened[0].staff_id, opened[0].entry_id, opened[0].taken_at) == (planned.staff_id, planned.entry_id, None)
    for actor in (*STRANGERS, COUNSELLOR):
        with pytest.raises(NotFound):
            await open_it(actor)


async def test_a_lesson_is_not_opened_before_its_day_nor_when_it_is_cancelled(stage):
    tomorrow = stage.today + timedelta(days=1)
    planned = await stage.planned()
    async with stage.inside() as tx:
        from schools.timetable import store as timetable

        later = next(one for one in await timetable.planned(tx, tomorrow) if one.staff_id == planned.staff_id)
        await tx.execute(
            "INSERT INTO substitution (school_id, on_date, entry_id, kind) VALUES (current_school(), $1, $2, 'cancellation')",
            stage.today,
            planned.entry_id,
        )
    with pytest.raises(Conflict, match="on its day"):
        await actions.open_lesson(stage.database, TEACHER, stage.school_id, later.entry_id, tomorrow)
    with pytest.raises(Conflict, match="cancelled"):
        await actions.open_lesson(stage.database, TEACHER, stage.school_id, planned.entry_id, stage.today)
    with pytest.raises(NotFound):  # not taught on that weekday
        await actions.open_lesson(stage.database, TEACHER, stage.school_id, planned.entry_id, tomorrow)


async def test_unchecked_is_never_present(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    assert [row.pupil_id for row in (await view(stage, lesson)).pupils] == list(pupils)
    assert all(row.mark is None for row in (await view(stage, lesson)).pupils)
    await stage.mark(TEACHER, lesson, {pupils[0]: "—"})
    async with stage.inside() as tx:
        assert [tuple(row) for row in await tx.records("SELECT pupil_id, category FROM attendance")] == [
            (pupils[0], "absent")
        ]
        day = await store.day_lesson(tx, lesson.id)
    assert (day.expected, day.marked, day.present, day.counted, day.absent) == (25, 1, 0, 1, [pupils[0]])
    await stage.mark(TEACHER, lesson, {pupils[0]: None}, op="taken-back")
    async with stage.inside() as tx:
        assert await tx.value("SELECT count(*) FROM attendance") == 0
        assert (await store.day_lesson(tx, lesson.id)).marked == 0


async def test_a_class_is_marked_and_marked_again(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    answer = await stage.mark(TEACHER, lesson, dict.fromkeys(pupils, "●"))
    assert {one.outcome for one in answer.results} == {"saved"}
    assert {one.mark.rev for one in answer.results} == {1}
    again = await stage.mark(TEACHER, lesson, dict.fromkeys(pupils, "—"), base_rev=0)  # the same op ids: sent again
    assert {one.outcome for one in again.results} == {"repeated"}
    assert [one.mark.type_id for one in again.results] == [stage.a.types["●"]] * 25
    late = await stage.mark(
        TEACHER, lesson, {pupils[2]: "s"}, op="came-later", minutes=12, reason="korek na Szczecińskiej"
    )
    assert (late.results[0].outcome, late.results[0].mark.minutes_late, late.results[0].mark.by) == (
        "saved",
        12,
        await short_of(stage, TEACHER),
    )
    async with stage.inside() as tx:
        first, second = await store.history(tx, lesson.id, pupils[2])
    assert (first.from_code, first.to_code, first.author) == (None, "●", TEACHER.name)
    assert (second.from_code, second.to_code, second.to_minutes) == ("●", "s", 12)
    assert (second.reason, second.account_id) == ("korek na Szczecińskiej", TEACHER.account_id)


async def short_of(stage, actor) -> str:
    async with stage.inside() as tx:
        return await tx.value("SELECT short FROM staff WHERE account_id = $1", actor.account_id)


async def test_two_teachers_conflict_and_nothing_is_swallowed(stage):
    lesson = await stage.opened()
    pupil = stage.a.classes["4a"].pupils[0]
    await stage.mark(TEACHER, lesson, {pupil: "—"}, base_rev=0)
    answer = await stage.mark(HOMEROOM, lesson, {pupil: "s"}, op="homeroom-one", base_rev=0)
    (result,) = answer.results
    assert result.outcome == "conflict"
    assert (result.mark.type_id, result.wanted.type_id) == (stage.a.types["—"], stage.a.types["s"])
    assert await marks(stage, lesson) == {pupil: (stage.a.types["—"], 1)}
    resent = await stage.mark(HOMEROOM, lesson, {pupil: "s"}, op="homeroom-two", base_rev=result.mark.rev)
    assert resent.results[0].outcome == "saved"
    async with stage.inside() as tx:
        assert [one.to_code for one in await store.history(tx, lesson.id)] == ["—", "s"]


async def test_twenty_five_pupils_marked_by_two_at_once_end_with_one_mark_each(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    turns = asyncio.Semaphore(8)  # of ten connections

    async def one(actor, pupil, code, op):
        async with turns:
            return (await stage.mark(actor, lesson, {pupil: code}, op=op, base_rev=0)).results[0]

    outcomes = await asyncio.gather(
        *(
            one(actor, pupil, code, op)
            for pupil in pupils
            for actor, code, op in ((TEACHER, "●", "teacher-at-once"), (HOMEROOM, "—", "homeroom-at-once"))
        )
    )
    assert sorted(one.outcome for one in outcomes) == ["conflict"] * 25 + ["saved"] * 25
    saved = {one.pupil_id: one.mark for one in outcomes if one.outcome == "saved"}
    assert await marks(stage, lesson) == {pupil: (mark.type_id, mark.rev) for pupil, mark in saved.items()}
    assert len({mark.rev for mark in saved.values()}) == 25


async def test_who_may_not_mark(stage):
    lesson = await stage.opened()
    pupil = stage.a.classes["4a"].pupils[0]
    for actor in STRANGERS:
        with pytest.raises(NotFound):
            await stage.mark(actor, lesson, {pupil: "●"})
    with pytest.raises(Forbidden):
        await stage.mark(COUNSELLOR, lesson, {pupil: "●"})
    with pytest.raises(NotFound):
        await actions.mark(stage.database, FOREIGN_TEACHER, stage.b.school_id, lesson.id, [])
    answer = await stage.mark(TEACHER, lesson, {stage.a.classes["5a"].pupils[0]: "●"})
    assert answer.results[0].outcome == "refused"
    assert await marks(stage, lesson) == {}


async def test_a_pupil_who_moves_keeps_old_marks_and_stands_in_one_list(stage):
    lesson = await stage.opened()
    pupil = stage.a.classes["4a"].pupils[0]
    await stage.mark(TEACHER, lesson, {pupil: "—"})
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE class_membership SET during = daterange(lower(during), $2::date) WHERE pupil_id = $1",
            pupil,
            stage.today,
        )
        await tx.execute(
            "INSERT INTO class_membership (school_id, pupil_id, class_id, during)"
            " VALUES (current_school(), $1, $2, daterange($3::date, NULL))",
            pupil,
            stage.a.classes["5a"].id,
            stage.today,
        )
    rows = {row.pupil_id: row for row in (await view(stage, lesson)).pupils}
    assert len(rows) == 25
    assert (rows[pupil].mark.type_id, rows[pupil].class_id) == (stage.a.types["—"], stage.a.classes["5a"].id)
    fifth = await stage.opened(class_name="5a")
    assert len((await view(stage, fifth)).pupils) == 26
    other = await stage.opened(HOMEROOM, subject="Język polski")
    assert pupil not in {row.pupil_id for row in (await view(stage, other, HOMEROOM)).pupils}


async def test_a_group_lesson_has_the_group(stage):
    async with stage.inside() as tx:
        entry = await tx.record(
            "SELECT d::date AS day, e.entry_id, e.group_id FROM generate_series($1::date - 6, $1::date, '1 day') d,"
            " planned_on(d::date) e WHERE e.group_id IS NOT NULL LIMIT 1",
            stage.today,
        )
        members = await tx.value("SELECT count(*) FROM group_membership WHERE group_id = $1", entry["group_id"])
    lesson = await actions.open_lesson(stage.database, PRINCIPAL, stage.school_id, entry["entry_id"], entry["day"])
    assert members in {12, 13}
    assert len((await view(stage, lesson, PRINCIPAL)).pupils) == members


async def test_snapshot_and_events_make_a_fresh_snapshot(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    before = await view(stage, lesson)
    stage.backplane.published.clear()
    await stage.mark(TEACHER, lesson, dict.fromkeys(pupils, "●"))
    await stage.mark(HOMEROOM, lesson, {pupils[1]: "—", pupils[2]: None}, op="corrections")
    held = {row.pupil_id: row.mark for row in before.pupils}
    for event in stage.backplane.of(lesson_room(stage.school_id, lesson.id)):
        assert isinstance(event, MarkChanged)
        assert event.key == str(event.mark.pupil_id)
        held[event.mark.pupil_id] = event.mark
    assert held == {row.pupil_id: row.mark for row in (await view(stage, lesson)).pupils}
    async with stage.inside() as tx:
        fresh = await actions.day_view(tx, PRINCIPAL, stage.school_id)
    events = stage.backplane.of(day_room(stage.school_id))
    assert events[-1].lesson == fresh.lessons[0]
    assert [one.lesson.rev for one in events] == sorted(one.lesson.rev for one in events)


async def test_a_sign_that_is_not_offered_any_more_still_counts_where_it_stands(stage):
    lesson = await stage.opened()
    first, second, third = stage.a.classes["4a"].pupils[:3]
    await stage.mark(TEACHER, lesson, {first: "ns", second: "—"})
    async with stage.inside() as tx:
        await tx.execute("UPDATE attendance_type SET archived = true WHERE code = ANY($1)", ["ns", "—"])
    assert "ns" not in {one.code for one in (await view(stage, lesson)).types}
    refused = await stage.mark(TEACHER, lesson, {third: "ns"}, op="no-such-sign")
    assert refused.results[0].outcome == "refused"
    await stage.mark(TEACHER, lesson, {second: "s"}, op="came-after-all", minutes=5)
    async with stage.inside() as tx:
        written = (await store.history(tx, lesson.id))[-1]
        fresh = await store.day_lesson(tx, lesson.id)
    assert (written.from_code, written.to_code, written.to_minutes) == ("—", "s", 5)
    assert (fresh.marked, fresh.present, fresh.counted, fresh.absent, fresh.late) == (2, 2, 2, [], [second])
    assert stage.backplane.of(day_room(stage.school_id))[-1].lesson == fresh


async def test_the_history_is_not_rewritten(stage):
    lesson = await stage.opened()
    await stage.mark(TEACHER, lesson, {stage.child: "●"})
    for statement in ("UPDATE attendance_history SET author = ''", "DELETE FROM attendance_history"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with stage.inside() as tx:
                await tx.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with stage.database.transaction() as tx:
                await tx.execute(statement)


async def test_a_day_of_another_school_is_not_there(stage):
    for actor in (FOREIGN_TEACHER, TEACHER, SECRETARY, PARENT, NOBODY):
        with pytest.raises(NotFound):
            async with school_transaction(stage.database, stage.school_id) as tx:
                await actions.day_view(tx, actor, stage.school_id)
