"""Lessons that no plan holds: who may open them, what becomes of what was planned, and that there is one of each."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.register import actions, store, unplanned
from schools.register.model import ClassOrGroup, DayLessonChanged, NewUnplanned, day_room
from schools.structure import store as structure
from schools.timetable import store as timetable
from tests.schools.stage import (
    FOREIGN_TEACHER,
    HOMEROOM,
    NOBODY,
    OTHER_TEACHER,
    PARENT,
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
