"""Who may know of what: every loader with every role."""

import pytest

from app.errors import Forbidden, NotFound
from schools.register.access import access_lesson, access_lesson_to_mark, access_pupil_register
from schools.structure.access import (
    access_class,
    access_office,
    access_pupil,
    access_school,
    access_staff_room,
    access_whole_school,
    own_children,
)
from schools.timetable.access import access_own_day, access_pupil_day, access_timetable
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_PRINCIPAL,
    HOMEROOM,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PEOPLE,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    TEACHER,
)


async def admitted(stage, load, *place) -> set[str]:
    """Logins whom the loader lets in; nobody else gets more than NotFound."""
    found = set()
    for actor in (*PEOPLE, *OUTSIDERS):
        async with stage.database.transaction() as tx:
            try:
                await load(tx, actor, *place)
            except NotFound:
                continue
            found.add(actor.login)
    return found


STAFF = {"teacher", "homeroom", "other", "principal", "secretary", "counsellor"}


async def test_the_school_and_its_rooms(stage):
    here = stage.school_id
    assert await admitted(stage, access_school, here) == STAFF | {"parent", "pupil"}
    assert await admitted(stage, access_staff_room, here) == STAFF
    assert await admitted(stage, access_whole_school, here) == {"principal", "counsellor"}
    assert await admitted(stage, access_office, here) == {"principal", "secretary"}
    assert await admitted(stage, access_timetable, here, stage.today) == STAFF
    assert await admitted(stage, access_school, stage.b.school_id) == {"teacher.b", "principal.b", "parent"}
    for unknown in (0, 10**6, 2**62 + 1):
        assert await admitted(stage, access_school, unknown) == set()


async def test_a_class(stage):
    fourth, fifth = stage.a.classes["4a"].id, stage.a.classes["5a"].id
    office = {"principal", "secretary", "counsellor"}
    assert await admitted(stage, access_class, stage.school_id, fourth) == office | {"teacher", "homeroom"}
    assert await admitted(stage, access_class, stage.school_id, fifth) == office | {"teacher", "other"}
    assert await admitted(stage, access_class, stage.b.school_id, fourth) == set()
    async with stage.database.transaction() as tx:
        place = await access_class(tx, HOMEROOM, stage.school_id, fourth)
    assert (place.is_homeroom, place.teaches) == (True, True)


async def test_a_pupil_and_the_register_of_a_pupil(stage):
    near = {"teacher", "homeroom", "principal", "counsellor", "parent", "pupil"}
    assert await admitted(stage, access_pupil, stage.school_id, stage.child) == near | {"secretary"}
    assert await admitted(stage, access_pupil_register, stage.school_id, stage.child) == near
    assert await admitted(stage, access_pupil_day, stage.school_id, stage.child, stage.today) == near | {"secretary"}
    other = stage.a.classes["4a"].pupils[4]
    assert await admitted(stage, access_pupil_register, stage.school_id, other) == near - {"parent", "pupil"}


async def test_rights_of_a_parent_end_on_their_day(stage):
    async with stage.database.transaction() as tx:
        assert {child.id for _member, child in await own_children(tx, PARENT)} == {stage.child, stage.child_b}
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE guardianship SET during = daterange(NULL, $2::date) WHERE pupil_id = $1", stage.child, stage.today
        )
    async with stage.database.transaction() as tx:
        assert {child.id for _member, child in await own_children(tx, PARENT)} == {stage.child_b}
    assert "parent" not in await admitted(stage, access_pupil, stage.school_id, stage.child)
    assert "parent" not in await admitted(stage, access_school, stage.school_id)


async def test_a_lesson(stage):
    lesson = await stage.opened()
    readers = {"teacher", "homeroom", "principal", "counsellor"}
    assert await admitted(stage, access_lesson, stage.school_id, lesson.id) == readers
    assert await admitted(stage, access_lesson, stage.b.school_id, lesson.id) == set()
    writers = {TEACHER, HOMEROOM, PRINCIPAL}
    for actor in (*writers, COUNSELLOR):
        async with stage.database.transaction() as tx:
            if actor in writers:
                assert (await access_lesson_to_mark(tx, actor, stage.school_id, lesson.id)).may_mark
            else:
                with pytest.raises(Forbidden):
                    await access_lesson_to_mark(tx, actor, stage.school_id, lesson.id)


async def test_standing_in_opens_a_class_for_a_day(stage):
    planned = await stage.planned()
    async with stage.inside() as tx:
        staff_id = stage.a.classes["5a"].homeroom_id
        await tx.execute(
            "INSERT INTO substitution (school_id, on_date, entry_id, kind, staff_id) VALUES (current_school(), $1, $2,"
            " 'substitution', $3)",
            stage.today,
            planned.entry_id,
            staff_id,
        )
    async with stage.database.transaction() as tx:
        assert (await access_class(tx, OTHER_TEACHER, stage.school_id, stage.a.classes["4a"].id)).teaches
        _member, mine = await access_own_day(tx, OTHER_TEACHER, stage.school_id)
        _member, theirs = await access_own_day(tx, TEACHER, stage.school_id)
    stood_in = next(one for one in mine if one.entry_id == planned.entry_id)
    assert (stood_in.staff_id, stood_in.absent_id, stood_in.kind) == (staff_id, planned.staff_id, "substitution")
    assert planned.entry_id in {one.entry_id for one in theirs}  # who is replaced still sees it, marked
    lesson = await stage.opened(OTHER_TEACHER)
    assert (lesson.staff_id, lesson.absent_id) == (staff_id, planned.staff_id)
    async with stage.database.transaction() as tx:
        assert (await access_lesson_to_mark(tx, OTHER_TEACHER, stage.school_id, lesson.id)).may_mark
        assert not (await access_lesson(tx, TEACHER, stage.school_id, lesson.id)).may_mark


async def test_a_pupil_has_own_lessons_of_the_day(stage):
    async with stage.database.transaction() as tx:
        _member, lessons = await access_own_day(tx, PUPIL, stage.school_id)
        assert len(lessons) == 6
        assert [one.period for one in lessons] == [1, 2, 3, 4, 5, 6]
        _member, none = await access_own_day(tx, SECRETARY, stage.school_id)
        assert none == []
        with pytest.raises(NotFound):
            await access_own_day(tx, FOREIGN_PRINCIPAL, stage.school_id)
