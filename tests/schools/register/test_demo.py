"""The demonstration's attendance is made again at each start, beside what people have done meanwhile."""

from datetime import timedelta

from schools.register import actions, demo_store, store
from tests.schools.stage import PRINCIPAL


async def test_a_lesson_that_somebody_has_opened_stays_as_they_left_it(stage):
    yesterday = stage.today - timedelta(days=1)
    async with stage.inside() as tx:
        (first, *_others) = await tx.records(
            "SELECT entry_id FROM planned_on($1) WHERE class_id IS NOT NULL", yesterday
        )
    opened = await actions.open_lesson(stage.database, PRINCIPAL, stage.school_id, first["entry_id"], yesterday)
    for _start in range(2):
        async with stage.inside() as tx:
            await demo_store.hold_lessons(tx, yesterday, yesterday)
    async with stage.inside() as tx:
        assert [row.mark for row in await store.grid(tx, opened.id)] == [None] * 25
        lessons = await tx.records("SELECT id, taken_at FROM lesson WHERE on_date = $1", yesterday)
        assert [one["id"] for one in lessons if one["taken_at"] is None] == [opened.id]
        marks = await tx.records("SELECT lesson_id, count(*) AS n FROM attendance_mark GROUP BY lesson_id")
    assert {one["lesson_id"] for one in marks} == {one["id"] for one in lessons} - {opened.id}
    assert {one["n"] for one in marks} <= {12, 13, 25}
