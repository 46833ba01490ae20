"""The diary: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Handler, Route
from schools.diary import api, demo, desk_pages, pages, rules, views
from schools.diary.model import Attendance, Decision, Excuse, ExcuseDesk, NewExcuse, PupilView
from schools.register.feature import API, SCHOOL
from schools.register.rules import shown_percent

PUPIL: Final = r"/diary/{pupil_id:\d{1,18}}"
CLASS: Final = r"/classes/{class_id:\d{1,18}}"
EXCUSE: Final = r"/excuses/{excuse_id:\d{1,18}}"


def _page(path: str, handler: Handler, name: str, *, posts: bool = False) -> tuple[Route, ...]:
    shown = Route(method="GET", path=SCHOOL + path, handler=handler, allow=SIGNED_IN, name=name)
    if not posts:
        return (shown,)
    return (shown, Route(method="POST", path=SCHOOL + path, handler=handler, allow=SIGNED_IN))


ROUTES: Final = (
    *_page("/diary", pages.show_own, "own"),
    *_page(PUPIL, pages.show_today, "today"),
    *_page(f"{PUPIL}/attendance", pages.show_attendance, "attendance"),
    *_page(f"{PUPIL}/tasks", pages.show_tasks, "tasks"),
    *_page(f"{PUPIL}/excuses", pages.show_excuses, "excuses", posts=True),
    Route(method="POST", path=f"{SCHOOL}{EXCUSE}/withdraw", handler=pages.withdraw, allow=SIGNED_IN, name="withdraw"),
    *_page("/excuses", desk_pages.show_classes, "classes"),
    *_page(f"{CLASS}/excuses", desk_pages.show_desk, "desk", posts=True),
    *_page("/families", desk_pages.show_families, "families", posts=True),
    Route(
        method="GET",
        path=API + PUPIL,
        handler=api.show_diary,
        allow=SIGNED_IN,
        summary="A pupil's day, unexcused absences, newest excuses",
        query=api.OfDay,
        reply=PupilView,
    ),
    Route(
        method="GET",
        path=f"{API}{PUPIL}/attendance",
        handler=api.show_attendance,
        allow=SIGNED_IN,
        summary="A pupil's attendance by subject",
        query=api.OfPart,
        reply=Attendance,
    ),
    Route(
        method="POST",
        path=f"{API}{PUPIL}/excuses",
        handler=api.send_excuse,
        allow=SIGNED_IN,
        summary="Excuse hours or days of a pupil",
        body=NewExcuse,
        reply=Excuse,
        status=201,
    ),
    Route(
        method="POST",
        path=f"{API}{EXCUSE}/withdraw",
        handler=api.withdraw_excuse,
        allow=SIGNED_IN,
        summary="Withdraw one's own excuse while nobody has decided",
        reply=Excuse,
    ),
    Route(
        method="POST",
        path=f"{API}/excuses/decisions",
        handler=api.decide,
        allow=SIGNED_IN,
        summary="Accept or refuse excuses, several at once",
        body=Decision,
        reply=api.Decided,
    ),
    Route(
        method="GET",
        path=f"{API}{CLASS}/excuses",
        handler=api.show_desk,
        allow=SIGNED_IN,
        summary="Excuses of a class",
        reply=ExcuseDesk,
    ),
)

FEATURE = Feature(
    name="diary",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "register", "lessons", "substitutions", "realtime"),
    routes=ROUTES,
    rooms=views.ROOMS,
    demo=demo.fill,
    template_globals={"shown_percent": shown_percent, "excused_share": rules.excused_share},
)
