"""Verbs around a lesson: the page's sheet, topic, note, homework, tests, seats."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.lessons import rules, store
from schools.lessons.model import (
    ClassTest,
    ClassTests,
    LessonPlan,
    LessonPlanChanged,
    NewHomework,
    NewTest,
    Note,
    Sheet,
    TestChanged,
    Topic,
    plan_room,
    tests_room,
)
from schools.register import store as register
from schools.register.access import access_lesson, access_lesson_to_mark
from schools.register.model import DayLessonChanged, Lesson, LessonChanged, LessonView, day_room, lesson_room
from schools.structure import store as structure
from schools.structure.access import access_class
from schools.structure.model import ClassPlace
from schools.structure.tenancy import school_transaction

SUGGESTED: Final = 6
SOON: Final = timedelta(days=21)


async def lesson_sheet(tx: Tx, actor: Actor, school_id: int, lesson_id: int) -> Sheet:
    """Everything that the page of a lesson begins with."""
    place = await access_lesson(tx, actor, school_id, lesson_id)
    lesson, member = place.lesson, place.member
    assert member.staff_id is not None
    class_id = place.home_class_id
    seats, seats_rev = await store.seats(tx, member.staff_id, lesson)
    tests: list[ClassTest] = []
    if class_id is not None:
        tests = await store.announced(tx, class_id, lesson.on_date, lesson.on_date + SOON)
    return Sheet(
        account_id=actor.account_id or 0,
        short=member.short,
        view=LessonView(
            lesson=lesson,
            types=place.offered,
            pupils=await register.grid(tx, lesson_id),
            may_mark=place.may_mark,
        ),
        earlier=await store.earlier_lessons(tx, lesson),
        elsewhere=await store.elsewhere(tx, lesson),
        plan=await store.lesson_plan(tx, lesson_id),
        tests=tests,
        class_id=class_id,
        suggestions=await store.suggestions(tx, lesson, SUGGESTED) if place.may_mark else [],
        next_number=await store.next_number(tx, lesson),
        seats=seats,
        seats_rev=seats_rev,
        may_take_back=place.may_take_back,
        now=datetime.now(UTC),
    )


async def plan_view(tx: Tx, actor: Actor, school_id: int, lesson_id: int) -> LessonPlan:
    """What stands beside the marks, for its room."""
    await access_lesson(tx, actor, school_id, lesson_id)
    return await store.lesson_plan(tx, lesson_id)


async def set_topic(database: Database, actor: Actor, school_id: int, lesson_id: int, wanted: Topic) -> Lesson:
    """Raises `Conflict` where somebody else has written another topic since `base_rev`."""
    if wanted.account_id is not None and wanted.account_id != actor.account_id:
        raise Conflict("Somebody else is signed in here by now")
    topic = wanted.topic.strip()
    async with school_transaction(database, school_id) as tx:
        lesson = (await access_lesson_to_mark(tx, actor, school_id, lesson_id)).lesson
        if (lesson.topic, lesson.topic_number, lesson.curriculum_point) == (topic, wanted.number, wanted.point):
            return lesson
        if lesson.rev != wanted.base_rev:
            raise Conflict("Another topic was written meanwhile: “%(topic)s”", topic=lesson.topic)
        await store.set_topic(tx, lesson_id, topic, wanted.number, wanted.point.strip())
        await tx.audit(
            actor, "lesson.topic", f"school/{school_id}/lesson/{lesson_id}", before=lesson.topic, after=topic
        )
        changed = await register.lesson(tx, lesson_id)
        assert changed is not None
        tx.publish(lesson_room(school_id, lesson_id), LessonChanged(changed))
        tx.publish(day_room(school_id), DayLessonChanged(await register.day_lesson(tx, lesson_id)))
        return changed


async def set_note(database: Database, actor: Actor, school_id: int, lesson_id: int, wanted: Note) -> LessonPlan:
    """A note for those who teach the lesson. Raises `Conflict` where somebody else has written another one."""
    async with school_transaction(database, school_id) as tx:
        place = await access_lesson_to_mark(tx, actor, school_id, lesson_id)
        before = await store.lesson_plan(tx, lesson_id)
        if before.note == wanted.text.strip():
            return before
        if before.note and before.note_by != place.member.short and before.rev != wanted.base_rev:
            raise Conflict("Another note was written meanwhile: “%(note)s”", note=before.note)
        await store.count_plan(tx, lesson_id)
        await store.set_note(tx, lesson_id, wanted.text.strip(), place.member.short)
        await tx.audit(actor, "lesson.note", f"school/{school_id}/lesson/{lesson_id}")
        return await _told_plan(tx, school_id, lesson_id)


async def add_homework(
    database: Database, actor: Actor, school_id: int, lesson_id: int, wanted: NewHomework
) -> LessonPlan:
    """Raises `Invalid` beside the field."""
    async with school_transaction(database, school_id) as tx:
        place = await access_lesson_to_mark(tx, actor, school_id, lesson_id)
        assert place.member.staff_id is not None
        text = wanted.text.strip()
        if not text:
            raise Invalid(fields={"text": "Write what is to be done"})
        if wanted.due_on < place.lesson.on_date:
            raise Invalid(fields={"due_on": "The day is before the lesson"})
        homework_id = await store.add_homework(tx, lesson_id, text, wanted.due_on, place.member.staff_id)
        await store.count_plan(tx, lesson_id)
        await tx.audit(
            actor, "lesson.homework", f"school/{school_id}/lesson/{lesson_id}", homework=homework_id, due=wanted.due_on
        )
        return await _told_plan(tx, school_id, lesson_id)


async def remove_homework(
    database: Database, actor: Actor, school_id: int, lesson_id: int, homework_id: int
) -> LessonPlan:
    async with school_transaction(database, school_id) as tx:
        await access_lesson_to_mark(tx, actor, school_id, lesson_id)
        if not await store.remove_homework(tx, lesson_id, homework_id):
            raise NotFound
        await store.count_plan(tx, lesson_id)
        await tx.audit(actor, "lesson.homework_off", f"school/{school_id}/lesson/{lesson_id}", homework=homework_id)
        return await _told_plan(tx, school_id, lesson_id)


async def _told_plan(tx: Tx, school_id: int, lesson_id: int) -> LessonPlan:
    plan = await store.lesson_plan(tx, lesson_id)
    tx.publish(plan_room(school_id, lesson_id), LessonPlanChanged(plan))
    return plan


async def class_tests(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ClassTests:
    """The calendar of tests of a class, from this week on."""
    place = await access_class_register(tx, actor, school_id, class_id)
    school = await structure.school(tx, school_id)
    assert school is not None
    return ClassTests(
        class_id=class_id,
        class_name=place.school_class.name,
        limits=rules.limits_of(school.settings),
        tests=await store.announced(tx, class_id, rules.monday_of(place.member.today)),
        may_add=can_announce(place),
    )


async def access_class_register(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ClassPlace:
    """A class whose register the actor may read: not for the secretary."""
    place = await access_class(tx, actor, school_id, class_id)
    if not (place.is_homeroom or place.teaches or place.member.has("principal", "counsellor")):
        raise NotFound
    return place


def can_announce(place: ClassPlace) -> bool:
    """Who teaches the class, its homeroom teacher, the principal."""
    return place.teaches or place.is_homeroom or place.member.has("principal")


async def add_test(database: Database, actor: Actor, school_id: int, class_id: int, wanted: NewTest) -> ClassTest:
    """Announces a test within the limits of the school. Raises `Invalid` that names the tests which fill a limit."""
    async with school_transaction(database, school_id) as tx:
        place = await access_class_register(tx, actor, school_id, class_id)
        if not can_announce(place):
            raise Forbidden("Tests are announced by those who teach the class")
        assert place.member.staff_id is not None
        if not wanted.scope.strip():
            raise Invalid(fields={"scope": "Say what the test is about"})
        if wanted.on_date < place.member.today:
            raise Invalid(fields={"on_date": "This day is over"})
        if not await store.subject_and_group_fit(tx, class_id, wanted.subject_id, wanted.group_id):
            raise Invalid(fields={"subject_id": "Choose a subject of the class"})
        await store.lock_class(tx, class_id)
        if wanted.kind == "test":
            await _within_limits(tx, school_id, class_id, wanted)
        test = await store.add_test(tx, class_id, wanted, place.member.staff_id)
        await tx.audit(actor, "test.announce", f"school/{school_id}/class/{class_id}", test=test.id, on=test.on_date)
        tx.publish(tests_room(school_id, class_id), TestChanged(test))
        return test


async def _within_limits(tx: Tx, school_id: int, class_id: int, wanted: NewTest) -> None:
    school = await structure.school(tx, school_id)
    assert school is not None
    monday = rules.monday_of(wanted.on_date)
    others = await store.announced(tx, class_id, monday, monday + timedelta(days=6))
    full = rules.crowded(others, wanted.on_date, rules.limits_of(school.settings))
    if full is None:
        return
    named = "; ".join(f"{one.subject} ({one.on_date:%d.%m}, {one.scope})" for one in full.others)
    if full.per == "day":
        raise Invalid(
            "On this day the class has a test already: %(others)s. More than %(limit)s a day is not allowed",
            others=named,
            limit=full.limit,
        )
    raise Invalid(
        "In this week the class has tests already: %(others)s. More than %(limit)s a week is not allowed",
        others=named,
        limit=full.limit,
    )


async def remove_test(database: Database, actor: Actor, school_id: int, test_id: int) -> ClassTest:
    """Called off by who announced it, the homeroom teacher or the principal."""
    async with school_transaction(database, school_id) as tx:
        await structure.school(tx, school_id)
        found = await store.class_test(tx, test_id)
        if found is None:
            raise NotFound
        place = await access_class_register(tx, actor, school_id, found.class_id)
        own = found.author_id == place.member.staff_id
        if not (own or place.is_homeroom or place.member.has("principal")):
            raise Forbidden("A test is called off by whoever announced it")
        if found.removed:
            return found
        gone = await store.remove_test(tx, test_id)
        await tx.audit(actor, "test.call_off", f"school/{school_id}/class/{gone.class_id}", test=test_id)
        tx.publish(tests_room(school_id, gone.class_id), TestChanged(gone))
        return gone


async def set_seats(database: Database, actor: Actor, school_id: int, lesson_id: int, seats: Mapping[int, int]) -> None:
    """The actor's own arrangement of the lesson's class or group; whoever may mark may arrange."""
    if not rules.seats_fit(seats):
        raise Invalid("Two pupils cannot have one place")
    async with school_transaction(database, school_id) as tx:
        place = await access_lesson_to_mark(tx, actor, school_id, lesson_id)
        assert place.member.staff_id is not None
        known = {one.pupil_id for one in await register.grid(tx, lesson_id)}
        kept = {pupil: where for pupil, where in seats.items() if pupil in known}
        rev = await store.set_seats(tx, place.member.staff_id, place.lesson, kept)
        await tx.audit(actor, "lesson.seats", f"school/{school_id}/lesson/{lesson_id}", rev=rev)
