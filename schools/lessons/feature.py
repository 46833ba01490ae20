"""Lessons: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, SIGNED_IN, Feature, Params, Room, RoomKind, Route
from schools.lessons import actions, api, demo, office_pages, pages
from schools.lessons.model import (
    ClassTest,
    ClassTests,
    LessonPlan,
    LessonPlanChanged,
    NewHomework,
    NewTest,
    Note,
    Seats,
    Sheet,
    TestChanged,
    Topic,
)
from schools.register.feature import API, LESSON, SCHOOL
from schools.register.model import Lesson
from schools.structure.access import room_number

CLASS: Final = r"/classes/{class_id:\d{1,18}}"


async def plan_snapshot(tx: Tx, actor: Actor, params: Params) -> LessonPlan:
    return await actions.plan_view(tx, actor, room_number(params, "school_id"), room_number(params, "lesson_id"))


async def tests_snapshot(tx: Tx, actor: Actor, params: Params) -> ClassTests:
    return await actions.class_tests(tx, actor, room_number(params, "school_id"), room_number(params, "class_id"))


ROUTES: Final = (
    Route(method="GET", path=SCHOOL + LESSON, handler=pages.show_lesson, allow=SIGNED_IN, name="lesson"),
    Route(method="GET", path=f"{SCHOOL}{CLASS}/tests", handler=pages.show_tests, allow=SIGNED_IN, name="tests"),
    Route(method="GET", path="/schools/worker.js", handler=pages.send_worker, allow=ANYONE, name="worker"),
    Route(method="GET", path=f"{SCHOOL}/plans", handler=office_pages.show_plans, allow=SIGNED_IN, name="plans"),
    Route(method="POST", path=f"{SCHOOL}/plans", handler=office_pages.show_plans, allow=SIGNED_IN),
    Route(method="GET", path=f"{SCHOOL}/away", handler=office_pages.show_away, allow=SIGNED_IN, name="away"),
    Route(method="POST", path=f"{SCHOOL}/away", handler=office_pages.show_away, allow=SIGNED_IN),
    Route(
        method="POST",
        path=rf"{SCHOOL}/events/{{event_id:\d{{1,18}}}}/cancel",
        handler=office_pages.cancel_event,
        allow=SIGNED_IN,
        name="cancel_event",
    ),
    Route(
        method="POST",
        path=f"{SCHOOL}/individual",
        handler=office_pages.begin_individual,
        allow=SIGNED_IN,
        name="individual",
    ),
    Route(
        method="POST",
        path=rf"{SCHOOL}/individual/{{individual_id:\d{{1,18}}}}/end",
        handler=office_pages.end_individual,
        allow=SIGNED_IN,
        name="end_individual",
    ),
    Route(
        method="GET",
        path=f"{API}{LESSON}/sheet",
        handler=api.show_sheet,
        allow=SIGNED_IN,
        summary="A lesson with everything that stands beside its marks",
        reply=Sheet,
    ),
    Route(
        method="PUT",
        path=f"{API}{LESSON}/topic",
        handler=api.set_topic,
        allow=SIGNED_IN,
        summary="Write a lesson's topic",
        body=Topic,
        reply=Lesson,
    ),
    Route(
        method="PUT",
        path=f"{API}{LESSON}/note",
        handler=api.set_note,
        allow=SIGNED_IN,
        summary="Write the note for a lesson's teachers",
        body=Note,
        reply=LessonPlan,
    ),
    Route(
        method="POST",
        path=f"{API}{LESSON}/homework",
        handler=api.add_homework,
        allow=SIGNED_IN,
        summary="Set homework",
        body=NewHomework,
        reply=LessonPlan,
        status=201,
    ),
    Route(
        method="DELETE",
        path=rf"{API}{LESSON}/homework/{{homework_id:\d{{1,18}}}}",
        handler=api.remove_homework,
        allow=SIGNED_IN,
        summary="Take homework back",
        reply=LessonPlan,
    ),
    Route(
        method="PUT",
        path=f"{API}{LESSON}/seats",
        handler=api.set_seats,
        allow=SIGNED_IN,
        summary="Arrange where the pupils of a lesson sit, for oneself",
        body=Seats,
        status=204,
    ),
    Route(
        method="GET",
        path=f"{API}{CLASS}/tests",
        handler=api.show_tests,
        allow=SIGNED_IN,
        summary="Announced tests of a class from this week on",
        reply=ClassTests,
    ),
    Route(
        method="POST",
        path=f"{API}{CLASS}/tests",
        handler=api.add_test,
        allow=SIGNED_IN,
        summary="Announce a test within the school's limits",
        body=NewTest,
        reply=ClassTest,
        status=201,
    ),
    Route(
        method="DELETE",
        path=rf"{API}/tests/{{test_id:\d{{1,18}}}}",
        handler=api.remove_test,
        allow=SIGNED_IN,
        summary="Call a test off",
        reply=ClassTest,
    ),
)

FEATURE = Feature(
    name="lessons",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "register", "realtime"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="school/{school_id}/lesson/{lesson_id}/plan",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=plan_snapshot,
            events=(LessonPlanChanged,),
            summary="Note and homework of a lesson",
        ),
        Room(
            pattern="school/{school_id}/class/{class_id}/tests",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=tests_snapshot,
            events=(TestChanged,),
            summary="Announced tests of a class",
        ),
    ),
    demo=demo.fill,
)
