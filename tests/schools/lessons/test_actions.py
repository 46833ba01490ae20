"""Topics, homework, tests, events: who may, what conflicts, what is told, what a school event marks."""

import asyncio
from datetime import timedelta

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.lessons import actions, away, model, plans, store
from schools.lessons.model import (
    LessonPlanChanged,
    NewHomework,
    NewTest,
    Note,
    PlannedTopic,
    TestChanged,
    Topic,
    plan_room,
)
from schools.register import actions as register
from schools.register import store as marks
from schools.register.model import DayLessonChanged, LessonChanged, MarkChanged, day_room, lesson_room
from schools.timetable.access import access_own_day
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_PRINCIPAL,
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

OUTSIDE = (NOBODY, STRANGER, FOREIGN_TEACHER, FOREIGN_PRINCIPAL, PARENT, PUPIL, SECRETARY, OTHER_TEACHER)


def topic(text: str, rev: int, **more) -> Topic:
    return Topic(topic=text, base_rev=rev, **more)


async def codes(stage, lesson) -> dict[int, str]:
    names = {id_: code for code, id_ in stage.a.types.items()}
    async with stage.inside() as tx:
        return {
            row.pupil_id: names[row.mark.type_id]
            for row in await marks.grid(tx, lesson.id)
            if row.mark and row.mark.type_id
        }


async def sheet(stage, lesson, actor=TEACHER):
    async with stage.inside() as tx:
        return await actions.lesson_sheet(tx, actor, stage.school_id, lesson.id)


async def test_a_topic_is_written_told_and_never_lost(stage):
    lesson = await stage.opened()
    room = lesson_room(stage.school_id, lesson.id)
    told = len(stage.backplane.of(room))
    changed = await actions.set_topic(
        stage.database, TEACHER, stage.school_id, lesson.id, topic("Ułamki", lesson.rev, number=4)
    )
    assert (changed.topic, changed.topic_number, changed.rev) == ("Ułamki", 4, lesson.rev + 1)
    assert [type(one) for one in stage.backplane.of(room)[told:]] == [LessonChanged]
    assert isinstance(stage.backplane.of(day_room(stage.school_id))[-1], DayLessonChanged)
    assert "lesson.topic" in await stage.audited()
    again = await actions.set_topic(stage.database, TEACHER, stage.school_id, lesson.id, topic("Ułamki", 1, number=4))
    assert again.rev == changed.rev  # the same once more is no change
    with pytest.raises(Conflict, match="Another topic"):
        await actions.set_topic(stage.database, HOMEROOM, stage.school_id, lesson.id, topic("Procenty", lesson.rev))
    with pytest.raises(Conflict, match="signed in"):
        await actions.set_topic(
            stage.database, TEACHER, stage.school_id, lesson.id, topic("Procenty", changed.rev, account_id=999)
        )
    for actor in OUTSIDE:
        with pytest.raises(NotFound):
            await actions.set_topic(stage.database, actor, stage.school_id, lesson.id, topic("x", changed.rev))
    with pytest.raises(Forbidden):
        await actions.set_topic(stage.database, COUNSELLOR, stage.school_id, lesson.id, topic("x", changed.rev))


async def test_note_and_homework_are_told_whole(stage):
    lesson = await stage.opened()
    here = (stage.database, TEACHER, stage.school_id, lesson.id)
    room = plan_room(stage.school_id, lesson.id)
    due = stage.today + timedelta(days=3)
    plan = await actions.add_homework(*here, NewHomework(text="  Zadania 1–4, s. 57 ", due_on=due))
    assert [(one.text, one.due_on) for one in plan.homework] == [("Zadania 1–4, s. 57", due)]
    noted = await actions.set_note(*here, Note(text="Bez kalkulatorów", base_rev=plan.rev))
    assert (noted.note, noted.rev, len(noted.homework)) == ("Bez kalkulatorów", plan.rev + 1, 1)
    with pytest.raises(Conflict):
        await actions.set_note(
            stage.database, HOMEROOM, stage.school_id, lesson.id, Note(text="Inna", base_rev=plan.rev)
        )
    empty = await actions.remove_homework(*here, plan.homework[0].id)
    assert empty.homework == []
    events = stage.backplane.of(room)
    assert [type(one) for one in events] == [LessonPlanChanged] * 3
    async with stage.inside() as tx:  # the last event is what a fresh snapshot says
        assert events[-1].plan == await actions.plan_view(tx, TEACHER, stage.school_id, lesson.id)
    for fields in ({"text": " ", "due_on": due}, {"text": "x", "due_on": stage.today - timedelta(days=1)}):
        with pytest.raises(Invalid):
            await actions.add_homework(*here, NewHomework(**fields))
    for actor in OUTSIDE:
        with pytest.raises(NotFound):
            await actions.add_homework(
                stage.database, actor, stage.school_id, lesson.id, NewHomework(text="x", due_on=due)
            )
        with pytest.raises(NotFound):
            await sheet(stage, lesson, actor)


async def test_tests_keep_the_limits_even_when_two_announce_at_once(stage):
    class_id = stage.a.classes["4a"].id
    day = stage.today + timedelta(days=7 - stage.today.weekday())  # next Monday
    maths, polish = stage.a.subjects["Matematyka"], stage.a.subjects["Język polski"]

    async def announce(actor, subject, on, kind="test"):
        new = NewTest(subject_id=subject, on_date=on, kind=kind, scope="Dział 2")
        return await actions.add_test(stage.database, actor, stage.school_id, class_id, new)

    both = await asyncio.gather(announce(TEACHER, maths, day), announce(HOMEROOM, polish, day), return_exceptions=True)
    refused = [one for one in both if isinstance(one, Invalid)]
    assert len(refused) == 1
    first = next(one for one in both if not isinstance(one, Exception))
    assert first.subject in refused[0].values["others"]
    await announce(HOMEROOM, polish, day, "quiz")
    await announce(TEACHER, maths, day + timedelta(days=1))
    await announce(TEACHER, maths, day + timedelta(days=2))
    with pytest.raises(Invalid, match="a week"):
        await announce(HOMEROOM, polish, day + timedelta(days=3))
    gone = await actions.remove_test(stage.database, PRINCIPAL, stage.school_id, first.id)
    assert (gone.removed, gone.rev) == (True, 2)
    assert isinstance(stage.backplane.of(model.tests_room(stage.school_id, class_id))[-1], TestChanged)
    await announce(HOMEROOM, polish, day + timedelta(days=3))
    for actor in (NOBODY, STRANGER, FOREIGN_TEACHER, PARENT, PUPIL, SECRETARY, OTHER_TEACHER):
        with pytest.raises(NotFound):
            await announce(actor, maths, day + timedelta(days=14))
    with pytest.raises(Forbidden):
        await announce(COUNSELLOR, maths, day + timedelta(days=14))


async def test_an_event_marks_open_lessons_at_once_and_later_ones_when_they_open(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    await stage.mark(TEACHER, lesson, {pupils[0]: "—"})
    room = lesson_room(stage.school_id, lesson.id)
    told = len(stage.backplane.of(room))
    event = {"name": "Muzeum", "place": "Zamek", "on_date": stage.today, "periods": (0, 20)}
    class_ids = [stage.a.classes["4a"].id]
    event_id = await away.add_event(stage.database, HOMEROOM, stage.school_id, class_ids=class_ids, **event)
    assert await codes(stage, lesson) == {one: "—" if one == pupils[0] else "ns" for one in pupils}
    assert [type(one) for one in stage.backplane.of(room)[told:]] == [MarkChanged] * 24
    later = await stage.opened(HOMEROOM, subject="Język polski")
    assert later.taken_at is None  # marked for the event; nobody has taken attendance
    assert set((await codes(stage, later)).values()) == {"ns"}
    assert {one.event for one in (await sheet(stage, later, HOMEROOM)).elsewhere} == {"Muzeum"}
    await stage.mark(HOMEROOM, later, {pupils[1]: "●"}, op="stayed-here")
    for actor in (TEACHER, COUNSELLOR):
        with pytest.raises(Forbidden):
            await away.cancel_event(stage.database, actor, stage.school_id, event_id)
    await away.cancel_event(stage.database, HOMEROOM, stage.school_id, event_id)
    assert await codes(stage, lesson) == {pupils[0]: "—"}
    assert await codes(stage, later) == {pupils[1]: "●"}
    for actor in (NOBODY, STRANGER, FOREIGN_TEACHER, PARENT, PUPIL):
        with pytest.raises(NotFound):
            await away.add_event(stage.database, actor, stage.school_id, class_ids=class_ids, **event)
    with pytest.raises(NotFound):  # of a class that one does not teach
        await away.add_event(stage.database, OTHER_TEACHER, stage.school_id, class_ids=class_ids, **event)


async def test_a_pupil_taught_individually_is_released_in_lessons_of_the_class(stage):
    pupil = stage.a.classes["4a"].pupils[5]
    individual = await away.begin_individual(stage.database, SECRETARY, stage.school_id, pupil, stage.today)
    with pytest.raises(Conflict):
        await away.begin_individual(stage.database, PRINCIPAL, stage.school_id, pupil, stage.today)
    assert await codes(stage, await stage.opened()) == {pupil: "z"}
    for actor in (TEACHER, HOMEROOM, PARENT, NOBODY, FOREIGN_PRINCIPAL):
        with pytest.raises(NotFound):
            await away.end_individual(stage.database, actor, stage.school_id, individual)
    await away.end_individual(stage.database, SECRETARY, stage.school_id, individual)
    assert await codes(stage, await stage.opened(HOMEROOM, subject="Język polski")) == {}


async def test_the_plan_suggests_what_was_not_taught_yet(stage):
    lesson = await stage.opened()
    maths = stage.a.subjects["Matematyka"]
    topics = [PlannedTopic(number=1, topic="Ułamki", hours=1), PlannedTopic(number=2, topic="Procenty", point="II.3")]
    with pytest.raises(Forbidden):
        await plans.replace_plan(
            stage.database, HOMEROOM, stage.school_id, subject_id=maths, level=4, name="", topics=topics
        )
    for name in ("stary", "nowy"):
        await plans.replace_plan(
            stage.database, TEACHER, stage.school_id, subject_id=maths, level=4, name=name, topics=topics
        )
    assert [one.topic for one in (await sheet(stage, lesson)).suggestions] == ["Ułamki", "Procenty"]
    await actions.set_topic(stage.database, TEACHER, stage.school_id, lesson.id, topic("Ułamki", lesson.rev, number=1))
    async with stage.inside() as tx:
        yesterday = await tx.value(
            "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, subject_id, staff_id,"
            " topic, topic_number) SELECT school_id, year_id, on_date - 1, period, starts_at, ends_at, class_id,"
            " subject_id, staff_id, 'Procenty', 2 FROM lesson WHERE id = $1 RETURNING id",
            lesson.id,
        )
        assert yesterday
        found = await marks.lesson(tx, lesson.id)
        assert [one.topic for one in await store.suggestions(tx, found, 5)] == ["Ułamki"]
        assert await store.next_number(tx, found) == 3


async def test_how_far_a_plan_has_come_counts_its_hours_and_no_more(stage):
    maths = stage.a.subjects["Matematyka"]
    topics = [PlannedTopic(number=1, topic="Ułamki", hours=2), PlannedTopic(number=2, topic="Procenty", hours=3)]
    await plans.replace_plan(
        stage.database, TEACHER, stage.school_id, subject_id=maths, level=4, name="", topics=topics
    )
    lesson = await stage.opened()
    held = [("Ułamki", "open"), ("Ułamki", "open"), ("Ułamki", "open"), ("Procenty", "open"), ("", "open"),
            ("Kartkówka", "open"), ("Procenty", "void")]  # fmt: skip
    async with stage.inside() as tx:
        for back, (name, state) in enumerate(held, start=1):
            await tx.execute(
                "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, subject_id,"
                " staff_id, topic, state) SELECT school_id, year_id, on_date - $2::int, period, starts_at, ends_at,"
                " class_id, subject_id, staff_id, $3, $4 FROM lesson WHERE id = $1",
                lesson.id,
                back,
                name,
                state,
            )

    async def seen(actor):
        async with stage.inside() as tx:
            member, _plans = await plans.plans(tx, actor, stage.school_id)
            return [(one.class_name, one.taught, one.planned, one.lessons, one.without_topic, one.percent)
                    for one in await plans.progress(tx, member)]  # fmt: skip

    # two of three lessons on fractions, one on percentages; today's has no topic yet
    expected = [("4a", 3, 5, 7, 2, 60)]
    assert await seen(TEACHER) == await seen(PRINCIPAL) == await seen(HOMEROOM) == expected
    assert await seen(OTHER_TEACHER) == await seen(SECRETARY) == []


async def test_seats_are_the_teacher_s_own(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    await actions.set_seats(stage.database, TEACHER, stage.school_id, lesson.id, {pupils[0]: 101, 999_999: 102})
    assert (await sheet(stage, lesson)).seats == {pupils[0]: 101}
    assert (await sheet(stage, lesson, HOMEROOM)).seats == {}
    with pytest.raises(Forbidden):
        await actions.set_seats(stage.database, COUNSELLOR, stage.school_id, lesson.id, {})
    with pytest.raises(Invalid):
        await actions.set_seats(stage.database, TEACHER, stage.school_id, lesson.id, {pupils[0]: 101, pupils[1]: 101})


async def test_earlier_lessons_of_the_day_stand_beside(stage):
    first, second = sorted(
        [await stage.opened(), await stage.opened(HOMEROOM, subject="Język polski")], key=lambda one: one.period
    )
    pupil = stage.a.classes["4a"].pupils[2]
    await stage.mark(PRINCIPAL, first, {pupil: "—"})
    (column,) = (await sheet(stage, second, PRINCIPAL)).earlier
    assert (column.lesson_id, column.marks) == (first.id, {pupil: stage.a.types["—"]})
    assert (await sheet(stage, first, PRINCIPAL)).earlier == []
    async with stage.inside() as tx:
        view = await register.lesson_view(tx, PRINCIPAL, stage.school_id, first.id)
        assert view.may_mark


async def test_a_support_teacher_opens_and_marks_what_she_assists_in_and_nothing_else(stage):
    async with stage.inside() as tx:
        await tx.execute(
            "INSERT INTO teaching (school_id, staff_id, subject_id, class_id, kind)"
            " SELECT current_school(), s.id, $1, $2, 'support' FROM staff s WHERE s.account_id = $3",
            stage.a.subjects["Matematyka"],
            stage.a.classes["4a"].id,
            OTHER_TEACHER.account_id,
        )
        _member, day = await access_own_day(tx, OTHER_TEACHER, stage.school_id)
    assert [one.class_name for one in day if one.subject == "Matematyka"] == ["4a"]
    lesson = await stage.opened(OTHER_TEACHER)
    answer = await stage.mark(OTHER_TEACHER, lesson, {stage.a.classes["4a"].pupils[0]: "s"})
    assert answer.results[0].outcome == "saved"
    polish = await stage.opened(HOMEROOM, subject="Język polski")
    with pytest.raises(Forbidden):  # she is a teacher of the class now, and reads it
        await stage.mark(OTHER_TEACHER, polish, {stage.a.classes["4a"].pupils[0]: "s"})
