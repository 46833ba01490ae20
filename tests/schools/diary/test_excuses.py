"""Excuses: who may, what they change, who hears of it; and the diary's rooms."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.diary import actions, rules, views
from schools.diary.model import Decision, ExcuseChanged, FamilyRules, NewExcuse, excuses_room
from schools.lessons import actions as lessons
from schools.register.model import MarkChanged, PupilMarked, lesson_room, pupil_room
from tests.schools.stage import (
    COUNSELLOR,
    HOMEROOM,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    TEACHER,
)


def today_excuse(stage, **more) -> NewExcuse:
    return NewExcuse(**({"first_on": stage.today, "last_on": stage.today, "reason": "Gorączka"} | more))


async def sent(stage, actor=PARENT, **more):
    return await actions.send_excuse(stage.database, actor, stage.school_id, stage.child, today_excuse(stage, **more))


async def decided(stage, *excuses, verdict="accepted", word="", actor=HOMEROOM):
    wanted = Decision(excuses=[one.id for one in excuses], verdict=verdict, word=word)
    return await actions.decide_excuses(stage.database, actor, stage.school_id, wanted)


async def attendance(stage, actor=PARENT):
    async with stage.inside() as tx:
        return await views.attendance(tx, actor, stage.school_id, stage.child)


async def view(stage, actor=PARENT):
    async with stage.inside() as tx:
        return await views.pupil_view(tx, actor, stage.school_id, stage.child)


async def end_guardianship(stage):
    """As the office does it: yesterday was the last day."""
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE guardianship SET during = daterange(NULL, $2) WHERE pupil_id = $1", stage.child, stage.today
        )


async def test_an_accepted_excuse_changes_marks_and_sums_by_the_oracle(stage):
    mathematics = await stage.opened(TEACHER)
    polish = await stage.opened(HOMEROOM, subject="Język polski")
    await stage.mark(TEACHER, mathematics, {stage.child: "—"})
    await stage.mark(HOMEROOM, polish, {stage.child: "s"}, minutes=7)
    before = await attendance(stage)
    assert before.total.percent == Decimal(50)
    assert (before.total.unexcused, rules.excused_share(before.total)) == (1, Decimal(0))

    excuse = await sent(stage)
    assert (excuse.state, excuse.author_kind, excuse.hours, excuse.class_name) == ("sent", "guardian", 2, "4a")
    assert (await attendance(stage)).total == before.total  # nothing is excused by asking
    shown = await view(stage)
    assert len(shown.unexcused) == 2
    assert rules.still_open(shown.unexcused, shown.excuses) == []

    stage.backplane.published.clear()
    (accepted,) = await decided(stage, excuse, word="Zdrowia")
    assert (accepted.state, accepted.word, accepted.rev) == ("accepted", "Zdrowia", 2)
    after = await attendance(stage)
    assert after.total.percent == Decimal(50)  # excused is a flag: who was not there was not there
    assert (after.total.unexcused, rules.excused_share(after.total)) == (0, Decimal(100))
    assert {(one.code, one.excused, one.minutes_late) for one in after.named} == {("u", True, None), ("su", True, 7)}
    assert len(stage.backplane.of(lesson_room(stage.school_id, mathematics.id))) == 1
    assert isinstance(stage.backplane.of(lesson_room(stage.school_id, polish.id))[0], MarkChanged)
    assert [type(one) for one in stage.backplane.of(pupil_room(stage.school_id, stage.child))] == [
        PupilMarked,
        PupilMarked,
        ExcuseChanged,
    ]
    class_id = stage.a.classes["4a"].id
    assert stage.backplane.of(excuses_room(stage.school_id, class_id)) == [ExcuseChanged(accepted)]
    async with stage.inside() as tx:
        history = await tx.records(
            "SELECT from_code, to_code, author, reason FROM attendance_history WHERE lesson_id = $1 ORDER BY id DESC",
            mathematics.id,
        )
    assert tuple(history[0]) == ("—", "u", HOMEROOM.name, "Gorączka")
    assert (await stage.audited())[-2:] == ["excuse.send", "excuse.accepted"]


async def test_hours_outside_of_the_excuse_stay(stage):
    lesson = await stage.opened(TEACHER)
    await stage.mark(TEACHER, lesson, {stage.child: "—"})
    other = lesson.period + 1
    excuse = await sent(stage, from_period=other, to_period=other)
    assert excuse.hours == 0
    await decided(stage, excuse)
    assert (await attendance(stage)).total.unexcused == 1
    right = await sent(stage, from_period=lesson.period, to_period=lesson.period)
    await decided(stage, right)
    assert (await attendance(stage)).total.unexcused == 0


async def test_an_absence_known_ahead_is_a_hint_and_never_a_mark(stage):
    excuse = await sent(stage)
    lesson = await stage.opened(TEACHER)
    async with stage.inside() as tx:
        sheet = await lessons.lesson_sheet(tx, TEACHER, stage.school_id, lesson.id)
    assert [(one.pupil_id, one.announced) for one in sheet.elsewhere] == [(stage.child, True)]
    assert next(row for row in sheet.view.pupils if row.pupil_id == stage.child).mark is None
    assert (await attendance(stage)).total.percent is None
    await decided(stage, excuse)
    answer = await stage.mark(TEACHER, lesson, {stage.child: "—"})
    assert answer.results[0].mark.excused  # accepted before it was marked
    async with stage.inside() as tx:
        assert await tx.value("SELECT excused FROM attendance_mark WHERE pupil_id = $1", stage.child) is True
    again = await stage.mark(TEACHER, lesson, {stage.child: "—"}, op="deliberate", excused=False)
    assert not again.results[0].mark.excused
    present = await stage.mark(TEACHER, lesson, {stage.child: "●"}, op="came-late")
    assert not present.results[0].mark.excused


async def test_who_may_send(stage):
    for actor in (*OUTSIDERS, OTHER_TEACHER, SECRETARY):
        with pytest.raises(NotFound):
            await sent(stage, actor)
    for actor in (TEACHER, PRINCIPAL, COUNSELLOR, PUPIL):
        with pytest.raises(Forbidden):
            await sent(stage, actor)
    with pytest.raises(NotFound):  # the parent's other child is in the other school
        await actions.send_excuse(stage.database, PARENT, stage.school_id, stage.child_b, today_excuse(stage))
    own = await sent(stage, HOMEROOM)
    assert (own.state, own.author_kind) == ("accepted", "homeroom")
    with pytest.raises(Conflict):
        await sent(stage, PARENT)


async def test_a_pupil_of_age_where_the_school_says_so(stage):
    with pytest.raises(NotFound):
        await actions.set_family_rules(stage.database, HOMEROOM, stage.school_id, FamilyRules(adults_excuse=True))
    await actions.set_family_rules(stage.database, PRINCIPAL, stage.school_id, FamilyRules(adults_excuse=True))
    async with stage.inside() as tx:
        born = stage.today.replace(year=stage.today.year - 18, day=1, month=1)
        await tx.execute("UPDATE pupil SET born_on = $2 WHERE id = $1", stage.child, born)
    assert (await sent(stage, PUPIL)).author_kind == "pupil"
    await actions.set_family_rules(stage.database, PRINCIPAL, stage.school_id, FamilyRules())
    with pytest.raises(Forbidden):
        await sent(stage, PUPIL, first_on=stage.today - timedelta(days=1))


async def test_who_decides_and_that_it_is_done_once(stage):
    first = await sent(stage)
    second = await sent(stage, first_on=stage.today - timedelta(days=3), last_on=stage.today - timedelta(days=2))
    for actor in (*OUTSIDERS, OTHER_TEACHER, SECRETARY, PARENT, PUPIL):
        with pytest.raises(NotFound):
            await decided(stage, first, actor=actor)
    for actor in (TEACHER, COUNSELLOR):
        with pytest.raises(Forbidden):
            await decided(stage, first, actor=actor)
    with pytest.raises(Invalid) as refused:
        await decided(stage, first, verdict="refused", word=" ")
    assert list(refused.value.fields) == ["word"]
    both = await decided(stage, first, second, verdict="refused", word="Proszę o zwolnienie lekarskie")
    assert [one.state for one in both] == ["refused", "refused"]
    with pytest.raises(Conflict):
        await decided(stage, first)
    third = await sent(stage)  # after a refusal the parent may write again
    assert [one.id for one in await decided(stage, second, third)] == [third.id]


async def test_who_sent_it_withdraws_it_until_it_is_decided(stage):
    excuse = await sent(stage)
    for actor in (PUPIL, HOMEROOM, *OUTSIDERS):
        with pytest.raises(NotFound):
            await actions.withdraw_excuse(stage.database, actor, stage.school_id, excuse.id)
    gone = await actions.withdraw_excuse(stage.database, PARENT, stage.school_id, excuse.id)
    assert gone.state == "withdrawn"
    with pytest.raises(Conflict):
        await decided(stage, excuse)
    another = await sent(stage)
    await decided(stage, another)
    with pytest.raises(Conflict):
        await actions.withdraw_excuse(stage.database, PARENT, stage.school_id, another.id)


async def test_rooms_are_of_the_family_and_of_the_homeroom_teacher(stage):
    pupil = {"school_id": str(stage.school_id), "pupil_id": str(stage.child)}
    desk = {"school_id": str(stage.school_id), "class_id": str(stage.a.classes["4a"].id)}

    async def admitted(actor, snapshot, params) -> bool:
        async with stage.database.transaction(readonly=True) as tx:
            try:
                await snapshot(tx, actor, params)
            except NotFound:
                return False
            return True

    for actor in (TEACHER, HOMEROOM, PRINCIPAL, OTHER_TEACHER, SECRETARY, COUNSELLOR, *OUTSIDERS):
        assert not await admitted(actor, views.pupil_snapshot, pupil), actor.login
    for actor in (PARENT, PUPIL):
        assert await admitted(actor, views.pupil_snapshot, pupil)
        assert not await admitted(actor, views.desk_snapshot, desk)
    for actor in (HOMEROOM, PRINCIPAL, COUNSELLOR):
        assert await admitted(actor, views.desk_snapshot, desk)
    for actor in (TEACHER, OTHER_TEACHER, SECRETARY, *OUTSIDERS):
        assert not await admitted(actor, views.desk_snapshot, desk), actor.login
    other = {"school_id": str(stage.b.school_id), "pupil_id": str(stage.child)}
    assert not await admitted(PARENT, views.pupil_snapshot, other)
    await end_guardianship(stage)
    assert not await admitted(PARENT, views.pupil_snapshot, pupil)
    with pytest.raises(NotFound):
        await sent(stage)


def folded(first, events):
    """What a client makes of a snapshot and what came after it."""
    marks = {one.lesson_id: one for one in first.marks}
    open_ones = {one.lesson_id: one for one in first.unexcused}
    excuses = {one.id: one for one in first.excuses}
    for event in events:
        if isinstance(event, ExcuseChanged):
            excuses[event.excuse.id] = event.excuse
            continue
        mark = event.mark
        for rows, belongs in ((marks, bool(mark.code)), (open_ones, rules.is_open(mark))):
            rows.pop(mark.lesson_id, None)
            if belongs:
                rows[mark.lesson_id] = mark
    return (
        sorted(marks.values(), key=lambda one: one.lesson_id),
        sorted(open_ones.values(), key=lambda one: one.lesson_id),
        sorted(excuses.values(), key=lambda one: one.id),
    )


async def test_snapshot_and_events_are_a_fresh_snapshot(stage):
    mathematics = await stage.opened(TEACHER)
    polish = await stage.opened(HOMEROOM, subject="Język polski")
    first = await view(stage)
    stage.backplane.published.clear()
    await stage.mark(TEACHER, mathematics, {stage.child: "—"})
    await stage.mark(HOMEROOM, polish, {stage.child: "●"}, op="polish-one")
    await stage.mark(HOMEROOM, polish, {stage.child: None}, op="polish-two")
    excuse = await sent(stage)
    await decided(stage, excuse)
    withdrawn = await sent(stage, first_on=stage.today - timedelta(days=1), last_on=stage.today - timedelta(days=1))
    await actions.withdraw_excuse(stage.database, PARENT, stage.school_id, withdrawn.id)
    events = stage.backplane.of(pupil_room(stage.school_id, stage.child))
    fresh = folded(await view(stage), [])
    assert folded(first, events) == fresh
    assert fresh[0][0].code == "u"
    assert folded(first, events + events[-2:]) == fresh  # told twice it is told once


async def test_children_of_two_schools_stand_in_one_account(stage):
    from schools.structure.access import own_children

    async with stage.database.transaction(readonly=True) as tx:
        found = [(at.school_id, child.id) for at, child in await own_children(tx, PARENT)]
    assert found == [(stage.school_id, stage.child), (stage.b.school_id, stage.child_b)]
    async with stage.inside(stage.b.school_id) as tx:
        other = await views.pupil_view(tx, PARENT, stage.b.school_id, stage.child_b)
    assert {row.id for row in other.rows}.isdisjoint({row.id for row in (await view(stage)).rows})


async def test_a_reason_is_kept_as_it_was_written(stage):
    hostile = "<script>alert(1)</script> %(n)s {{ 7*7 }} '; DROP TABLE pupil; --"
    excuse = await sent(stage, reason=hostile)
    assert excuse.reason == hostile
    assert msgspec.json.decode(msgspec.json.encode(excuse))["reason"] == hostile
