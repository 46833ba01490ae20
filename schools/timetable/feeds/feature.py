"""Calendars of timetables: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import ANYONE, SIGNED_IN, Feature, Route
from schools.timetable.feeds import pages

_CALENDARS: Final = r"/schools/{school_id:\d{1,18}}/calendars"

FEATURE = Feature(
    name="timetable_feeds",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "substitutions"),
    routes=(
        Route(method="GET", path=_CALENDARS, handler=pages.show_feeds, allow=SIGNED_IN, name="feeds"),
        Route(method="POST", path=_CALENDARS, handler=pages.make, allow=SIGNED_IN, name="make"),
        Route(
            method="POST", path=f"{_CALENDARS}/take-back", handler=pages.take_back, allow=SIGNED_IN, name="take_back"
        ),
        Route(
            method="GET",
            path=rf"{_CALENDARS}/{{token:[\w-]{{20,60}}}}.ics",
            handler=pages.send_calendar,
            allow=ANYONE,
            name="calendar",
        ),
    ),
)
