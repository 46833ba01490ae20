"""The class register: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.feature import SIGNED_IN, Feature, Params, Room, RoomKind, Route
from schools.register import actions, api, demo, pages, unplanned_pages
from schools.register.model import (
    DayLessonChanged,
    DayView,
    Lesson,
    LessonChanged,
    LessonView,
    MarkAnswer,
    MarkChanged,
)
from schools.structure.access import room_number

SCHOOL: Final = r"/schools/{school_id:\d{1,18}}"
API: Final = r"/api/schools/{school_id:\d{1,18}}"
LESSON: Final = r"/lessons/{lesson_id:\d{1,18}}"


async def lesson_snapshot(tx: Tx, actor: Actor, params: Params) -> LessonView:
    return await actions.lesson_view(tx, actor, room_number(params, "school_id"), room_number(params, "lesson_id"))


async def day_snapshot(tx: Tx, actor: Actor, params: Params) -> DayView:
    return await actions.day_view(tx, actor, room_number(params, "school_id"))


ROUTES: Final = (
    Route(method="GET", path=SCHOOL, handler=pages.show_school, allow=SIGNED_IN, name="school"),
    Route(method="POST", path=f"{SCHOOL}/lessons", handler=pages.open_lesson, allow=SIGNED_IN, name="open"),
    *(
        Route(
            method=method,
            path=f"{SCHOOL}/lessons/new",
            handler=unplanned_pages.show_unplanned,
            allow=SIGNED_IN,
            name="unplanned" if method == "GET" else "",
        )
        for method in ("GET", "POST")
    ),
    *(
        Route(method="POST", path=f"{SCHOOL}{LESSON}/{verb}", handler=handler, allow=SIGNED_IN, name=name)
        for verb, name, handler in (
            ("take-back", "take_back", unplanned_pages.take_back),
            ("bring-back", "bring_back", unplanned_pages.bring_back),
        )
    ),
    Route(
        method="GET",
        path="/api/schools",
        handler=api.show_schools,
        allow=SIGNED_IN,
        summary="Schools the account belongs to, and as what",
        reply=api.OwnSchools,
    ),
    Route(
        method="GET",
        path=f"{API}/day",
        handler=api.show_own_day,
        allow=SIGNED_IN,
        summary="A teacher's or a pupil's own lessons of a day",
        query=api.Day,
        reply=api.OwnDay,
    ),
    Route(
        method="POST",
        path=f"{API}/lessons",
        handler=api.open_lesson,
        allow=SIGNED_IN,
        summary="Open a planned lesson; opening it again gives the same one",
        body=api.NewLesson,
        reply=Lesson,
        status=201,
    ),
    Route(
        method="GET",
        path=API + LESSON,
        handler=api.show_lesson,
        allow=SIGNED_IN,
        summary="A lesson with its pupils and their marks",
        reply=LessonView,
    ),
    Route(
        method="GET",
        path=f"{API}{LESSON}/history",
        handler=api.show_history,
        allow=SIGNED_IN,
        summary="Every change of a lesson's marks",
        reply=api.MarkHistory,
    ),
    Route(
        method="POST",
        path=f"{API}{LESSON}/marks",
        handler=api.mark,
        allow=SIGNED_IN,
        summary="Mark pupils, cell by cell",
        body=api.Marks,
        reply=MarkAnswer,
    ),
)

FEATURE = Feature(
    name="register",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "realtime"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="school/{school_id}/lesson/{lesson_id}",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=lesson_snapshot,
            events=(MarkChanged, LessonChanged),
            presence=True,
            summary="A lesson's grid",
        ),
        Room(
            pattern="school/{school_id}/day",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=day_snapshot,
            events=(DayLessonChanged,),
            summary="Held lessons of a school's day, for its principal",
        ),
    ),
    jobs=(demo.EARLIER,),
    demo=demo.fill,
)
