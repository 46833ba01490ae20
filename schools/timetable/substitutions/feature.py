"""Substitutions: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Handler, Route
from schools.timetable.substitutions import api, demo, duty_pages, pages, views
from schools.timetable.substitutions.model import Board, Change

_SCHOOL: Final = r"/schools/{school_id:\d{1,18}}"
_DAY: Final = f"{_SCHOOL}/substitutions"
_LESSON: Final = rf"{_DAY}/{{entry_id:\d{{1,18}}}}"
_DUTIES: Final = f"{_SCHOOL}/duties"
_DUTY: Final = rf"{_DUTIES}/{{duty_id:\d{{1,18}}}}"


def _get(path: str, handler: Handler, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=SIGNED_IN, name=name)


def _post(path: str, handler: Handler, name: str = "") -> Route:
    return Route(method="POST", path=path, handler=handler, allow=SIGNED_IN, name=name)


ROUTES: Final = (
    _get(_DAY, pages.show_board, "board"),
    _post(_DAY, pages.show_board),
    _get(f"{_DAY}.pdf", pages.send_print, "print"),
    _post(rf"{_DAY}/absences/{{absence_id:\d{{1,18}}}}/end", pages.end_absence, "end_absence"),
    _get(_LESSON, pages.show_lesson, "lesson"),
    _post(_LESSON, pages.show_lesson),
    _post(f"{_LESSON}/{{verb:assign|withdraw}}", pages.quick, "quick"),
    _get(_DUTIES, duty_pages.show_duties, "duties"),
    _post(_DUTIES, duty_pages.show_duties),
    _post(f"{_DUTY}/end", duty_pages.end_duty, "end_duty"),
    _post(f"{_DUTY}/stand-in", duty_pages.stand_in, "stand_in"),
    Route(
        method="GET",
        path=rf"/api{_DAY}",
        handler=api.show_board,
        allow=SIGNED_IN,
        summary="A school's day: who is away, which lessons are changed or wait for a decision",
        query=pages.Day,
        reply=Board,
    ),
    Route(
        method="POST",
        path=rf"/api{_DAY}",
        handler=api.decide,
        allow=SIGNED_IN,
        summary="Decide what becomes of one lesson of a day",
        body=api.NewDecision,
        reply=Change,
    ),
)

FEATURE = Feature(
    name="substitutions",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "register", "realtime"),
    routes=ROUTES,
    rooms=views.ROOMS,
    demo=demo.fill,
)
