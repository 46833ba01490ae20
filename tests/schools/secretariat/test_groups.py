"""A school from nothing: opened by a command, classes and groups made by its office, pupils in groups from a day on."""

from datetime import timedelta

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.register import store as register
from schools.secretariat import groups, setup, setup_store
from schools.secretariat.model import NewClass
from schools.secretariat.opening import BELLS, NewSchool, open_school
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.demo import school_year
from schools.timetable import store as timetable
from tests.schools.stage import OUTSIDERS, PARENT, PRINCIPAL, PUPIL, SECRETARY, STRANGER, TEACHER


async def members(stage, group_id, day=None) -> list[int]:
    async with stage.inside() as tx:
        rows = await tx.records(
            "SELECT pupil_id FROM group_membership WHERE group_id = $1 AND during @> $2::date ORDER BY pupil_id",
            group_id,
            day or stage.today,
        )
    return [row["pupil_id"] for row in rows]


async def saved(stage, group_id, pupils, day=None, rev=None):
    async with stage.inside() as tx:
        _member, found = await groups.access_group(tx, SECRETARY, stage.school_id, group_id)
    await groups.set_members(
        stage.database,
        SECRETARY,
        stage.school_id,
        group_id,
        pupils,
        day or stage.today,
        found.rev if rev is None else rev,
    )


async def test_a_group_across_classes_is_made_and_filled_and_its_lesson_has_it(stage):
    group_id = await groups.add_group(stage.database, SECRETARY, stage.school_id, None, "Chór")
    chosen = [*stage.a.classes["4a"].pupils[:3], *stage.a.classes["5a"].pupils[:2]]
    await saved(stage, group_id, chosen)
    assert await members(stage, group_id) == sorted(chosen)
    assert await members(stage, group_id, stage.today - timedelta(days=1)) == []
    async with stage.inside() as tx:
        year = await structure.year_on(tx, stage.school_id, stage.today)
        subject = (await setup_store.subjects(tx))[0].id
        lesson = await tx.value(
            "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, group_id, subject_id, staff_id)"
            " VALUES (current_school(), $1, $2, 1, now(), now() + interval '45 minutes', $3, $4, $5) RETURNING id",
            year.id,
            stage.today,
            group_id,
            subject,
            stage.a.principal_id,
        )
        assert sorted(row.pupil_id for row in await register.grid(tx, lesson)) == sorted(chosen)
    assert {"secretariat.group_add", "secretariat.group_members"} <= set(await stage.audited())


async def test_a_group_changes_from_a_day_on_and_the_days_before_stay(stage):
    group = stage.a.classes["4a"].groups[0]
    before = await members(stage, group)
    assert before
    week = stage.today + timedelta(days=7)
    others = [one for one in stage.a.classes["4a"].pupils if one not in before]
    wanted = [*before[2:], others[0]]
    await saved(stage, group, wanted, day=week)
    assert await members(stage, group) == before
    assert await members(stage, group, week) == sorted(wanted)
    # somebody decides about today after all: what was entered for next week is replaced
    await saved(stage, group, before[:1])
    assert await members(stage, group) == before[:1]
    assert await members(stage, group, week + timedelta(days=1)) == before[:1]
    await saved(stage, group, before)
    assert await members(stage, group) == before
    assert await members(stage, group, week) == before


async def test_two_at_one_group_strangers_and_days_of_no_year_are_refused(stage):
    group, school_id = stage.a.classes["4a"].groups[0], stage.school_id
    inside = await members(stage, group)
    await saved(stage, group, inside[:2], rev=1)
    with pytest.raises(Conflict):
        await saved(stage, group, inside, rev=1)
    for pupils in ([stage.a.classes["5a"].pupils[0]], [stage.b.classes["4a"].pupils[0]]):
        with pytest.raises(Invalid):
            await saved(stage, group, pupils)
    assert await members(stage, group) == inside[:2]
    with pytest.raises(Invalid) as refused:
        await saved(stage, group, inside, day=stage.today + timedelta(days=900))
    assert set(refused.value.fields) == {"day"}
    for actor in (TEACHER, PARENT, PUPIL, *OUTSIDERS):
        with pytest.raises(NotFound):
            await groups.set_members(stage.database, actor, school_id, group, inside, stage.today, 2)
        with pytest.raises(NotFound):
            await groups.add_group(stage.database, actor, school_id, None, "Chór")
        with pytest.raises(NotFound):
            await groups.add_class(stage.database, actor, school_id, NewClass(level=4, letter="z", building=""))


async def test_classes_and_names_of_groups_are_there_once(stage):
    database, school_id = stage.database, stage.school_id
    for level, letter, fault in ((4, "a", "letter"), (4, "4", "letter"), (4, "", "letter")):
        with pytest.raises(Invalid) as refused:
            await groups.add_class(database, SECRETARY, school_id, NewClass(level=level, letter=letter, building=""))
        assert set(refused.value.fields) == {fault}
    class_id = await groups.add_class(database, SECRETARY, school_id, NewClass(level=1, letter="TI", building="B"))
    first = await groups.add_group(database, SECRETARY, school_id, class_id, "gr. 1")
    with pytest.raises(Invalid) as refused:
        await groups.add_group(database, SECRETARY, school_id, class_id, "gr. 1")
    assert set(refused.value.fields) == {"name"}
    with pytest.raises(Invalid) as refused:
        await groups.add_group(database, SECRETARY, school_id, stage.b.classes["4a"].id, "gr. 1")
    assert set(refused.value.fields) == {"class_id"}
    async with stage.inside() as tx:
        _member, _year, classes, found = await groups.structure_of(tx, SECRETARY, school_id)
    assert [one.name for one in classes] == ["1TI", "4a", "5a"]
    assert [(one.class_name, one.name) for one in found if one.id == first] == [("1TI", "gr. 1")]


async def test_a_school_has_kinds_of_attendance_of_its_own(stage):
    values = {"code": "zw", "name": "Zawody", "category": "away", "excused": False, "letter": "w"}
    with pytest.raises(Forbidden):
        await setup.save(stage.database, SECRETARY, stage.school_id, "new_type", values)
    await setup.save(stage.database, PRINCIPAL, stage.school_id, "new_type", values)
    for changed, field in (
        ({"code": "u", "letter": ""}, "code"),
        ({"code": "x", "letter": "w"}, "letter"),
        ({"code": "x", "letter": "7"}, "letter"),
    ):
        with pytest.raises(Invalid) as refused:
            await setup.save(stage.database, PRINCIPAL, stage.school_id, "new_type", {**values, **changed})
        assert set(refused.value.fields) == {field}
    lesson = await stage.opened(TEACHER)
    async with stage.inside() as tx:
        own = next(one for one in await register.types(tx) if one.code == "zw")
    stage.a.types["zw"] = own.id
    answer = await stage.mark(TEACHER, lesson, {stage.child: "zw"})
    del stage.a.types["zw"]
    assert [(one.outcome, one.mark.type_id) for one in answer.results] == [("saved", own.id)]


async def test_a_school_is_opened_with_its_year_bells_kinds_and_principal(stage):
    new = NewSchool(
        name="Szkoła C", short_name="C", kind="primary", number=77, rspo="123456", year=school_year(stage.today),
        principal=STRANGER.login, time_zone="Europe/Warsaw",
    )  # fmt: skip
    school_id = await open_school(stage.database, new)
    async with stage.inside(school_id) as tx:
        member = await access_office(tx, STRANGER, school_id)
        assert (member.roles, member.school_name) == (["principal"], "Szkoła C")
        assert [one.code for one in await register.types(tx)] == ["●", "—", "u", "s", "su", "ns", "z"]
        assert [one.period for one in await timetable.bells(tx, stage.today)] == list(range(1, len(BELLS) + 1))
    class_id = await groups.add_class(stage.database, STRANGER, school_id, NewClass(level=4, letter="a", building=""))
    assert class_id > 0
    with pytest.raises(Invalid):
        await open_school(stage.database, new)
    with pytest.raises(NotFound):
        other = msgspec.structs.replace(new, name="Szkoła D", rspo=None, principal="nikt")
        await open_school(stage.database, other)
