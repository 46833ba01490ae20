"""Substitutions: who may stand in, what is refused, who hears of it, and what becomes of lessons that are open."""

import asyncio
from datetime import date, timedelta

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.register import actions as register
from schools.register.model import DayLessonChanged, LessonChanged, day_room, lesson_room
from schools.timetable import store as timetable
from schools.timetable.substitutions import actions, board, duties, rules, store, views
from schools.timetable.substitutions.model import (
    Absence,
    AbsenceDraft,
    Colleague,
    Decision,
    LessonReplanned,
    Original,
    all_room,
    class_room,
    staff_room,
)
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_PRINCIPAL,
    FOREIGN_TEACHER,
    HOMEROOM,
    NOBODY,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    STRANGER,
    TEACHER,
)

DAY = date(2026, 11, 30)
READERS = (TEACHER, HOMEROOM, OTHER_TEACHER, COUNSELLOR)
FAMILY = (PARENT, PUPIL)


# ---- pure rules ----


def lesson(entry_id, period, staff_id, **more):
    from datetime import UTC, datetime

    from schools.timetable.model import Planned

    values = {
        "on_date": DAY,
        "starts_at": datetime(2026, 11, 30, 7, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 30, 8, tzinfo=UTC),
        "class_id": 1,
        "group_id": None,
        "class_name": "4a",
        "subject_id": 1,
        "subject": "Matematyka",
        "staff": "",
        "second_staff_id": None,
        "absent_id": None,
        "absent": "",
        "room_id": entry_id,
        "room": str(entry_id),
        "kind": "",
        "substitution_id": None,
        "note": "",
        "lesson_id": None,
        "taken": False,
    }
    return Planned(entry_id=entry_id, period=period, staff_id=staff_id, **{**values, **more})


ORIGINAL = Original(
    entry_id=10, period=3, class_id=1, group_id=None, subject_id=1, subject="Matematyka", staff_id=1, staff="A", room_id=10,
    room="10",
)  # fmt: skip


def person(number, subjects=(), classes=(), month=0):
    return Colleague(
        id=number, name=f"N{number}", subject_ids=list(subjects), class_ids=list(classes), this_month=month
    )


def away(staff_id, first=0, last=20):
    return Absence(id=1, staff_id=staff_id, staff="", first_on=DAY, last_on=DAY, from_period=first, to_period=last)


def test_whoever_knows_class_and_subject_is_asked_first():
    people = [
        person(2),  # free, knows neither, not at school
        person(3, month=4),  # free, at school, has stood in four times
        person(4, month=1),  # the same, once
        person(5, [1]),  # teaches the subject
        person(6, [], [1]),  # teaches the class
        person(7, [1], [1], month=9),  # both
        person(8, [1], [1]),  # both, but has a lesson
        person(9, [1], [1]),  # both, but is away at the third hour
        person(1, [1], [1]),  # whoever is planned
    ]
    lessons = [lesson(20, 3, 8), lesson(21, 2, 3), lesson(22, 4, 4), lesson(10, 3, 1)]
    found = rules.candidates(ORIGINAL, [1], lessons, people, [away(1), away(9, 3, 4)], DAY)
    assert [one.id for one in found] == [7, 6, 5, 4, 3, 2]
    assert [(one.same_class, one.same_subject, one.at_school) for one in found[:4]] == [
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_a_cancelled_lesson_frees_its_teacher_and_a_second_teacher_is_busy():
    lessons = [lesson(20, 3, 2, kind="cancellation"), lesson(21, 3, 3, second_staff_id=4)]
    assert rules.busy_at(lessons, 3) == {3, 4}
    assert rules.busy_at(lessons, 2) == set()


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        (Decision(kind="substitution", staff_id=None), "staff_id"),
        (Decision(kind="substitution", staff_id=1), "staff_id"),  # planned anyway
        (Decision(kind="substitution", staff_id=8), "staff_id"),  # another lesson
        (Decision(kind="substitution", staff_id=4), "staff_id"),  # second teacher of another lesson
        (Decision(kind="substitution", staff_id=9), "staff_id"),  # away
        (Decision(kind="substitution", staff_id=2, room_id=20), "room_id"),  # taken
        (Decision(kind="room"), "room_id"),
        (Decision(kind="room", room_id=20), "room_id"),
        (Decision(kind="joint"), "joint_entry_id"),
        (Decision(kind="joint", joint_entry_id=30), "joint_entry_id"),  # another hour
        (Decision(kind="joint", joint_entry_id=23), "joint_entry_id"),  # cancelled
        (Decision(kind="joint", joint_entry_id=10), "joint_entry_id"),  # itself
        (Decision(kind="substitution", staff_id=2), None),
        (Decision(kind="substitution", staff_id=5, room_id=23), None),  # its lesson is cancelled, the room is free
        (Decision(kind="room", room_id=30), None),  # taken at another hour
        (Decision(kind="joint", joint_entry_id=20), None),
        (Decision(kind="cancellation"), None),
    ],
)
def test_conflicts_of_a_decision(decision, field):
    lessons = [
        lesson(10, 3, 1),
        lesson(20, 3, 8),
        lesson(21, 3, 3, second_staff_id=4),
        lesson(23, 3, 5, kind="cancellation"),
        lesson(30, 4, 2),
    ]
    found = rules.clash(decision, ORIGINAL, lessons, [away(1), away(9)], DAY)
    assert (found and found[0]) == field


def test_a_month_ends_with_its_year():
    assert rules.month_of(date(2026, 12, 31)) == (date(2026, 12, 1), date(2027, 1, 1))
    assert rules.month_of(date(2026, 2, 28)) == (date(2026, 2, 1), date(2026, 3, 1))


# ---- with rows ----


async def stand_ins(stage, planned):
    async with stage.inside() as tx:
        original = (await store.originals(tx, [planned.entry_id]))[planned.entry_id]
        return await board.candidates_for(tx, planned, original)


async def decide(stage, planned, actor=SECRETARY, **decision):
    return await actions.decide(
        stage.database, actor, stage.school_id, planned.entry_id, planned.on_date, Decision(**decision)
    )


async def withdraw(stage, planned, actor=SECRETARY):
    return await actions.withdraw(stage.database, actor, stage.school_id, planned.entry_id, planned.on_date)


async def now(stage, planned):
    async with stage.inside() as tx:
        return await timetable.planned_entry(tx, planned.entry_id, planned.on_date)


async def test_both_teachers_stay_known_and_all_concerned_hear(stage):
    planned = await stage.planned()
    first, second = (await stand_ins(stage, planned))[:2]
    change = await decide(stage, planned, kind="substitution", staff_id=first.id, note="ćwiczenia")
    after = await now(stage, planned)
    assert (after.staff_id, after.absent_id, after.kind, after.note) == (
        first.id, planned.staff_id, "substitution", "ćwiczenia",
    )  # fmt: skip
    class_id = stage.a.classes["4a"].id
    rooms = [
        all_room(stage.school_id),
        class_room(stage.school_id, class_id),
        staff_room(stage.school_id, planned.staff_id),
        staff_room(stage.school_id, first.id),
    ]
    for room in rooms:
        assert stage.backplane.of(room) == [LessonReplanned(change)], room
    assert stage.backplane.of(class_room(stage.school_id, stage.a.classes["5a"].id)) == []
    again = await decide(stage, planned, kind="substitution", staff_id=second.id)
    assert (again.rev, again.staff_id, again.absent) == (change.rev + 1, second.id, planned.staff)
    # whoever was to stand in before hears that somebody else does
    assert stage.backplane.of(rooms[-1]) == [LessonReplanned(change), LessonReplanned(again)]
    back = await withdraw(stage, planned)
    assert (back.kind, back.staff_id, back.absent, back.rev) == ("", planned.staff_id, "", change.rev + 2)
    assert stage.backplane.of(staff_room(stage.school_id, second.id))[-1] == LessonReplanned(back)
    assert (await stage.audited())[-3:] == [
        "substitutions.substitution", "substitutions.substitution", "substitutions.withdraw",
    ]  # fmt: skip


async def test_snapshot_and_events_are_a_fresh_snapshot(stage):
    planned = await stage.planned()
    ids = {"school_id": str(stage.school_id), "class_id": str(stage.a.classes["4a"].id)}
    ids["staff_id"] = str(planned.staff_id)

    async def read():
        async with stage.database.transaction() as tx:
            whole = await views.whole_school(tx, TEACHER, ids)
        async with stage.database.transaction() as tx:
            own = await views.of_staff(tx, TEACHER, ids)
        async with stage.database.transaction() as tx:
            return {"all": whole, "staff": own, "class": await views.of_class(tx, PUPIL, ids)}

    async with stage.inside() as tx:
        other = next(one for one in await timetable.planned(tx, stage.today) if one.class_name == "5a")
        taken = {one.room_id for one in await timetable.planned(tx, stage.today)}
        free = next(one for one in await store.rooms(tx) if one[0] not in taken)
    ranked = await stand_ins(stage, planned)
    await decide(stage, planned, kind="substitution", staff_id=ranked[0].id)
    before = await read()
    mark = len(stage.backplane.published)
    await decide(stage, other, kind="room", room_id=free[0])
    await decide(stage, planned, kind="cancellation")
    await withdraw(stage, other)
    after = await read()
    rooms = {
        "all": all_room(stage.school_id),
        "staff": staff_room(stage.school_id, planned.staff_id),
        "class": class_room(stage.school_id, stage.a.classes["4a"].id),
    }
    for name, room in rooms.items():
        state = {(one.on_date, one.entry_id): one for one in before[name].changes}
        for one in stage.backplane.published[mark:]:
            if one.room == room:
                state[one.event.change.on_date, one.event.change.entry_id] = one.event.change
        assert sorted(state.values(), key=lambda x: x.entry_id) == sorted(
            after[name].changes, key=lambda x: x.entry_id
        ), name
    assert len(after["all"].changes) == 2
    assert [one.kind for one in after["class"].changes] == ["cancellation"]


async def test_only_principal_and_secretary_write_and_staff_read(stage):
    planned = await stage.planned()
    for actor in READERS:
        with pytest.raises(Forbidden):
            await decide(stage, planned, actor, kind="cancellation")
        with pytest.raises(Forbidden):
            await withdraw(stage, planned, actor)
        with pytest.raises(Forbidden):
            await actions.add_absence(
                stage.database, actor, stage.school_id,
                AbsenceDraft(staff_id=planned.staff_id, first_on=stage.today, last_on=stage.today),
            )  # fmt: skip
        with pytest.raises(Forbidden):
            await duties.add_duty(stage.database, actor, stage.school_id, planned.staff_id, 1, 1, "parter")
    for actor in (*OUTSIDERS, *FAMILY):
        with pytest.raises(NotFound):
            await decide(stage, planned, actor, kind="cancellation")
    await decide(stage, planned, PRINCIPAL, kind="cancellation")
    ids = {"school_id": str(stage.school_id), "class_id": str(stage.a.classes["4a"].id), "staff_id": "1"}
    for actor in (*OUTSIDERS, *FAMILY):
        for view in (views.whole_school, views.of_staff):
            with pytest.raises(NotFound):
                async with stage.database.transaction() as tx:
                    await view(tx, actor, ids)
    for actor in OUTSIDERS:
        with pytest.raises(NotFound):
            async with stage.database.transaction() as tx:
                await views.of_class(tx, actor, ids)
    for actor in FAMILY:
        async with stage.database.transaction() as tx:
            assert len((await views.of_class(tx, actor, ids)).changes) == 1
        with pytest.raises(NotFound):
            async with stage.database.transaction() as tx:
                await views.of_class(tx, actor, {**ids, "class_id": str(stage.a.classes["5a"].id)})


async def test_two_secretaries_do_not_send_one_teacher_into_two_rooms(stage):
    async with stage.inside() as tx:
        day = await timetable.planned(tx, stage.today)
    hour = next(
        period
        for period in range(1, 7)
        if len({one.class_name[:2] for one in day if one.period == period and one.class_id}) == 2
    )
    pair = [one for one in day if one.period == hour and one.class_id]
    free = (await stand_ins(stage, pair[0]))[0]
    made = await asyncio.gather(
        decide(stage, pair[0], SECRETARY, kind="substitution", staff_id=free.id),
        decide(stage, pair[1], PRINCIPAL, kind="substitution", staff_id=free.id),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in made) == ["Change", "Invalid"]
    refused = next(one for one in made if isinstance(one, Invalid))
    assert refused.fields == {"staff_id": "This teacher has another lesson at that hour"}


async def test_a_lesson_that_is_open_follows_and_one_that_is_taken_does_not_change(stage):
    planned = await stage.planned()
    lesson = await stage.opened()
    ranked = await stand_ins(stage, planned)
    await decide(stage, planned, kind="substitution", staff_id=ranked[0].id)
    assert [type(one) for one in stage.backplane.of(lesson_room(stage.school_id, lesson.id))] == [LessonChanged]
    assert DayLessonChanged in {type(one) for one in stage.backplane.of(day_room(stage.school_id))}
    async with stage.inside() as tx:
        row = await tx.record("SELECT staff_id, absent_id, rev FROM lesson WHERE id = $1", lesson.id)
    assert tuple(row) == (ranked[0].id, planned.staff_id, lesson.rev + 1)
    pupil = stage.a.classes["4a"].pupils[0]
    await stage.mark(PRINCIPAL, lesson, {pupil: "—"})
    for kind, more in (("cancellation", {}), ("substitution", {"staff_id": ranked[1].id})):
        with pytest.raises(Conflict, match="taken already"):
            await decide(stage, planned, kind=kind, **more)
    with pytest.raises(Conflict, match="taken already"):
        await withdraw(stage, planned)
    async with stage.inside() as tx:
        assert await tx.value("SELECT count(*) FROM attendance WHERE lesson_id = $1", lesson.id) == 1
        taken = {one.room_id for one in await timetable.planned(tx, stage.today) if one.period == planned.period}
        room = next(key for key, _name in await store.rooms(tx) if key not in taken)
    change = await decide(stage, planned, kind="room", room_id=room)
    assert change.kind == "room"


async def test_whoever_stands_in_opens_the_lesson(stage):
    async with stage.inside() as tx:
        day = await timetable.planned(tx, stage.today)
        other = await tx.value("SELECT id FROM staff WHERE account_id = $1", OTHER_TEACHER.account_id)
        busy = {one.period for one in day if one.staff_id == other}
    planned = next(one for one in day if one.class_name == "4a" and one.period not in busy and one.staff_id != other)
    with pytest.raises(NotFound):
        await register.open_lesson(stage.database, OTHER_TEACHER, stage.school_id, planned.entry_id, stage.today)
    await decide(stage, planned, kind="substitution", staff_id=other)
    opened = await register.open_lesson(stage.database, OTHER_TEACHER, stage.school_id, planned.entry_id, stage.today)
    assert (opened.staff_id, opened.absent_id) == (other, planned.staff_id)


async def test_the_lesson_that_another_one_joins_takes_place(stage):
    async with stage.inside() as tx:
        day = await timetable.planned(tx, stage.today)
    planned = await stage.planned()
    host = next(one for one in day if one.period == planned.period and one.class_name.startswith("5a"))
    change = await decide(stage, planned, kind="joint", joint_entry_id=host.entry_id)
    assert (change.staff_id, change.room, change.absent) == (host.staff_id, host.room, planned.staff)
    with pytest.raises(Conflict, match="joined to this one"):
        await decide(stage, host, kind="cancellation")
    with pytest.raises(Conflict, match="joined to this one"):
        await decide(stage, host, kind="joint", joint_entry_id=planned.entry_id)


async def test_taking_back_is_refused_where_the_teacher_stands_in_elsewhere(stage):
    async with stage.inside() as tx:
        day = await timetable.planned(tx, stage.today)
    planned = await stage.planned()
    await decide(stage, planned, kind="cancellation")
    host = next(one for one in day if one.period == planned.period and one.class_name.startswith("5a"))
    await decide(stage, host, kind="substitution", staff_id=planned.staff_id)
    with pytest.raises(Conflict, match="stands in elsewhere"):
        await withdraw(stage, planned)


async def test_the_board_of_a_day_with_somebody_away(stage):
    planned = await stage.planned()
    draft = AbsenceDraft(staff_id=planned.staff_id, first_on=stage.today, last_on=stage.today + timedelta(days=1))
    absence_id = await actions.add_absence(stage.database, SECRETARY, stage.school_id, draft)
    with pytest.raises(Invalid) as refused:
        await actions.add_absence(stage.database, PRINCIPAL, stage.school_id, draft)
    assert refused.value.fields == {"staff_id": "This teacher is entered as away at that time already"}
    for wrong in (
        {"staff_id": stage.a.secretary_id},
        {"last_on": stage.today - timedelta(days=1)},
        {"from_period": 4, "to_period": 3},
    ):
        values = {"staff_id": stage.a.teachers[-1], "first_on": stage.today, "last_on": stage.today, **wrong}
        with pytest.raises(Invalid):
            await actions.add_absence(stage.database, SECRETARY, stage.school_id, AbsenceDraft(**values))
    async with stage.inside() as tx:
        found = await board.board(tx, stage.today, proposals=True)
        own = await timetable.planned_for_staff(tx, planned.staff_id, stage.today)
    assert found.open == len(own) == len(found.lessons)
    assert all(one.best is not None and one.best.id != planned.staff_id for one in found.lessons)
    for one in found.lessons:
        await decide(stage, one.planned, kind="cancellation")
    async with stage.inside() as tx:
        assert (await board.board(tx, stage.today, proposals=True)).open == 0
    await actions.end_absence(stage.database, SECRETARY, stage.school_id, absence_id)
    async with stage.inside() as tx:
        left = await board.board(tx, stage.today, proposals=True)
    assert (left.absences, len(left.changed)) == ([], len(own))


async def test_a_teacher_of_another_school_cannot_stand_in(stage):
    planned = await stage.planned()
    for foreign in ({"kind": "substitution", "staff_id": stage.b.teachers[0]}, {"kind": "room", "room_id": 10**9}):
        with pytest.raises(Invalid):
            await decide(stage, planned, **foreign)
    with pytest.raises(NotFound):
        await actions.decide(
            stage.database, FOREIGN_PRINCIPAL, stage.b.school_id, planned.entry_id, stage.today,
            Decision(kind="cancellation"),
        )  # fmt: skip


async def test_duties_on_breaks(stage):
    weekday = stage.today.isoweekday()
    staff, other = stage.a.teachers[0], stage.a.teachers[1]
    duty_id = await duties.add_duty(stage.database, SECRETARY, stage.school_id, staff, weekday, 2, " stołówka ")
    with pytest.raises(Invalid):
        await duties.add_duty(stage.database, SECRETARY, stage.school_id, staff, weekday, 2, "parter")
    with pytest.raises(Invalid):
        await duties.add_duty(stage.database, SECRETARY, stage.school_id, stage.b.teachers[0], 1, 2, "parter")
    await duties.stand_in(stage.database, PRINCIPAL, stage.school_id, duty_id, stage.today, other)
    async with stage.inside() as tx:
        (found,) = await store.duties(tx, stage.today)
        tomorrow = await store.duties(tx, stage.today + timedelta(days=1))
    assert (found.place, found.staff_id, found.stand_in_id, tomorrow) == ("stołówka", staff, other, [])
    for actor in (TEACHER, HOMEROOM):
        with pytest.raises(Forbidden):
            await duties.stand_in(stage.database, actor, stage.school_id, duty_id, stage.today, None)
    for actor in (NOBODY, STRANGER, FOREIGN_TEACHER):
        with pytest.raises(NotFound):
            await duties.end_duty(stage.database, actor, stage.school_id, duty_id)
    await duties.stand_in(stage.database, PRINCIPAL, stage.school_id, duty_id, stage.today, None)
    await duties.end_duty(stage.database, SECRETARY, stage.school_id, duty_id)
    async with stage.inside() as tx:
        assert await store.duties(tx, stage.today) == []
    with pytest.raises(NotFound):
        await duties.end_duty(stage.database, SECRETARY, stage.school_id, duty_id)
