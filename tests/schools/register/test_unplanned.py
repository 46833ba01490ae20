"""Lessons that no plan holds: who may open them, what becomes of what was planned, and that there is one of each."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.register import actions, store, unplanned
from schools.register.model import ClassOrGroup, DayLessonChanged, NewUnplanned, day_room, lesson_room, pupil_room
from schools.structure import store as structure
from schools.timetable import store as timetable
from tests.schools.stage import (
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


async def wanted(stage, *, period: int, class_name: str = "4a", subject: str = "Matematyka", **more) -> NewUnplanned:
    async with stage.inside() as tx:
        subject_id = await tx.value("SELECT id FROM subject WHERE name = $1", subject)
    place = ClassOrGroup(class_id=stage.a.classes[class_name].id, group_id=None, name="")
    return NewUnplanned(**{"place": place, "subject_id": subject_id, "on_date": stage.today, "period": period, **more})


async def free_hour(stage) -> int:
    """An hour of today's bells in which 4a has nothing."""
    async with stage.inside() as tx:
        bells = {one.period for one in await timetable.bells(tx, stage.today)}
        taken = {one.period for one in await timetable.planned_for_class(tx, stage.a.classes["4a"].id, stage.today)}
    return max(bells - taken)


async def opened(stage, actor, new):
    return await unplanned.open_unplanned(stage.database, actor, stage.school_id, new)


async def own(stage, actor) -> list[int]:
    async with stage.inside() as tx:
        member = await unplanned.access_teaching(tx, actor, stage.school_id)
        return [one.id for one in await unplanned.own_lessons(tx, member, stage.today)]


async def test_a_lesson_beside_the_plan_is_opened_once_marked_and_told(stage):
    new = await wanted(stage, period=await free_hour(stage))
    found = await asyncio.gather(*(opened(stage, OTHER_TEACHER, new) for _ in range(3)))
    assert {one.id for one in found} == {found[0].id}
    lesson = found[0]
    assert (lesson.entry_id, lesson.absent_id, lesson.period) == (None, None, new.period)
    assert (await stage.audited()).count("register.open_unplanned") == 1
    told = stage.backplane.of(day_room(stage.school_id))
    assert [type(one) for one in told] == [DayLessonChanged]
    pupil = stage.a.classes["4a"].pupils[0]
    answer = await stage.mark(OTHER_TEACHER, lesson, {pupil: "—"})
    assert [one.outcome for one in answer.results] == ["saved"]
    assert await own(stage, OTHER_TEACHER) == [lesson.id]
    assert await own(stage, TEACHER) == []


async def test_who_stands_in_takes_the_place_of_what_was_planned(stage):
    planned = await stage.planned()
    new = await wanted(stage, period=planned.period, subject="Historia")
    lesson = await opened(stage, OTHER_TEACHER, new)
    assert (lesson.entry_id, lesson.absent_id, lesson.subject) == (planned.entry_id, planned.staff_id, "Historia")
    after = await stage.planned()
    assert after.lesson_id == lesson.id  # the plan's hour is not «unopened» any more
    # the absent one comes back: the same lesson, and not a second one
    again = await actions.open_lesson(stage.database, TEACHER, stage.school_id, planned.entry_id, stage.today)
    assert again.id == lesson.id
    assert await own(stage, OTHER_TEACHER) == [lesson.id]
    with pytest.raises(Conflict) as refused:
        await opened(stage, HOMEROOM, new)
    assert refused.value.values["subject"] == "Historia"


async def test_ones_own_planned_lesson_is_simply_opened(stage):
    planned = await stage.planned()
    lesson = await opened(stage, TEACHER, await wanted(stage, period=planned.period))
    assert (lesson.entry_id, lesson.absent_id) == (planned.entry_id, None)
    assert await own(stage, TEACHER) == []


async def test_a_cancelled_hour_gets_a_lesson_of_its_own(stage):
    planned = await stage.planned()
    async with stage.inside() as tx:
        await tx.execute(
            "INSERT INTO substitution (school_id, entry_id, on_date, kind)"
            " VALUES (current_school(), $1, $2, 'cancellation')",
            planned.entry_id,
            stage.today,
        )
    lesson = await opened(stage, OTHER_TEACHER, await wanted(stage, period=planned.period))
    assert (lesson.entry_id, lesson.absent_id) == (None, None)


async def test_an_open_lesson_is_not_covered_by_another_one(stage):
    lesson = await stage.opened(TEACHER)
    with pytest.raises(Conflict):
        await opened(stage, OTHER_TEACHER, await wanted(stage, period=lesson.period))
    async with stage.inside() as tx:
        assert len([one for one in await store.day_lessons(tx, stage.today) if one.period == lesson.period]) == 1


async def test_only_teachers_of_the_school_and_only_today(stage):
    new = await wanted(stage, period=await free_hour(stage))
    for actor in (NOBODY, STRANGER, FOREIGN_TEACHER, PARENT, PUPIL, SECRETARY):
        with pytest.raises(NotFound):
            await opened(stage, actor, new)
    for days in (-1, 1):
        with pytest.raises(Forbidden):
            await opened(stage, TEACHER, msgspec.structs.replace(new, on_date=stage.today + timedelta(days=days)))
    foreign = ClassOrGroup(class_id=stage.b.classes["4a"].id, group_id=None, name="")
    for changed, field in (
        ({"period": 77}, "period"),
        ({"place": foreign}, "place"),
        ({"place": ClassOrGroup(class_id=None, group_id=0, name="")}, "place"),
        ({"subject_id": 2**40}, "subject_id"),
    ):
        with pytest.raises(Invalid) as refused:
            await opened(stage, TEACHER, msgspec.structs.replace(new, **changed))
        assert set(refused.value.fields) == {field}


async def test_a_group_is_a_place_too(stage):
    async with stage.inside() as tx:
        year = await structure.year_on(tx, stage.school_id, stage.today)
        group = (await structure.groups(tx, year.id))[0]
    new = await wanted(stage, period=await free_hour(stage))
    new = msgspec.structs.replace(new, place=ClassOrGroup(class_id=None, group_id=group.id, name=""))
    lesson = await opened(stage, OTHER_TEACHER, new)
    assert (lesson.class_id, lesson.group_id) == (None, group.id)


async def taken_back(stage, actor, lesson):
    return await unplanned.take_back(stage.database, actor, stage.school_id, lesson.id)


async def brought_back(stage, actor, lesson):
    return await unplanned.bring_back(stage.database, actor, stage.school_id, lesson.id)


async def test_a_lesson_opened_by_mistake_counts_nowhere_and_comes_back_with_its_marks(stage):
    new = await wanted(stage, period=await free_hour(stage))
    lesson = await opened(stage, OTHER_TEACHER, new)
    await stage.mark(OTHER_TEACHER, lesson, {stage.child: "—"})
    stage.backplane.published.clear()
    assert (await taken_back(stage, OTHER_TEACHER, lesson)).state == "void"
    assert (await taken_back(stage, OTHER_TEACHER, lesson)).state == "void"  # pressed twice
    assert (await stage.audited()).count("register.take_back") == 1
    told = stage.backplane.of(pupil_room(stage.school_id, stage.child))
    assert [(one.mark.lesson_id, one.mark.code) for one in told] == [(lesson.id, "")]
    assert [one.lesson.state for one in stage.backplane.of(lesson_room(stage.school_id, lesson.id))] == ["void"]
    assert [one.lesson.state for one in stage.backplane.of(day_room(stage.school_id))] == ["void"]
    async with stage.inside() as tx:
        assert await store.day_lessons(tx, stage.today) == []
        assert await tx.value("SELECT count(*) FROM attendance") == 0
        assert len(await store.history(tx, lesson.id)) == 1
    assert await own(stage, OTHER_TEACHER) == []
    with pytest.raises(Forbidden):
        await stage.mark(OTHER_TEACHER, lesson, {stage.child: "●"}, op="too-late")

    assert (await brought_back(stage, OTHER_TEACHER, lesson)).state == "open"
    assert stage.backplane.of(pupil_room(stage.school_id, stage.child))[-1].mark.code == "—"
    async with stage.inside() as tx:
        assert await tx.value("SELECT count(*) FROM attendance") == 1
        (day,) = await store.day_lessons(tx, stage.today)
    assert day == stage.backplane.of(day_room(stage.school_id))[-1].lesson


async def test_what_was_taken_back_leaves_its_hour_to_others_and_to_the_plan(stage):
    planned = await stage.planned()
    lesson = await opened(stage, OTHER_TEACHER, await wanted(stage, period=planned.period, subject="Historia"))
    assert lesson.entry_id == planned.entry_id
    await taken_back(stage, OTHER_TEACHER, lesson)
    own_lesson = await stage.opened()
    assert (own_lesson.entry_id, own_lesson.id != lesson.id, own_lesson.state) == (planned.entry_id, True, "open")
    with pytest.raises(Conflict, match="already"):
        await brought_back(stage, OTHER_TEACHER, lesson)

    new = await wanted(stage, period=await free_hour(stage))
    first = await opened(stage, OTHER_TEACHER, new)
    await taken_back(stage, OTHER_TEACHER, first)
    second = await opened(stage, OTHER_TEACHER, new)  # the very same once more
    assert second.id != first.id


async def test_what_was_instead_of_the_plan_is_so_again(stage):
    planned = await stage.planned()
    lesson = await opened(stage, OTHER_TEACHER, await wanted(stage, period=planned.period, subject="Historia"))
    await taken_back(stage, OTHER_TEACHER, lesson)
    again = await brought_back(stage, OTHER_TEACHER, lesson)
    assert (again.entry_id, again.absent_id) == (planned.entry_id, planned.staff_id)


async def test_who_may_take_back_what(stage):
    by_plan = await stage.opened()
    with pytest.raises(Forbidden):
        await taken_back(stage, TEACHER, by_plan)
    with pytest.raises(Forbidden):
        await taken_back(stage, PRINCIPAL, by_plan)
    lesson = await opened(stage, OTHER_TEACHER, await wanted(stage, period=await free_hour(stage)))
    for verb in (taken_back, brought_back):
        for actor in (NOBODY, STRANGER, FOREIGN_TEACHER, PARENT, PUPIL, SECRETARY):
            with pytest.raises(NotFound):
                await verb(stage, actor, lesson)
        for actor in (TEACHER, HOMEROOM):
            with pytest.raises(Forbidden):
                await verb(stage, actor, lesson)
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE lesson SET on_date = on_date - 1, starts_at = starts_at - interval '1 day',"
            " ends_at = ends_at - interval '1 day' WHERE id = $1",
            lesson.id,
        )
    with pytest.raises(Forbidden):  # yesterday's
        await taken_back(stage, OTHER_TEACHER, lesson)
    assert (await taken_back(stage, PRINCIPAL, lesson)).state == "void"
