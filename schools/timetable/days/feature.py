"""Bells and days unlike the others: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Route
from schools.timetable.days import pages

_SCHOOL: Final = r"/schools/{school_id:\d{1,18}}"
_BELLS: Final = rf"{_SCHOOL}/bells/{{schedule_id:\d{{1,18}}}}"

FEATURE = Feature(
    name="school_days",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "substitutions", "timetable_weeks"),
    routes=(
        Route(method="GET", path=f"{_SCHOOL}/days", handler=pages.show_days, allow=SIGNED_IN, name="days"),
        Route(method="POST", path=f"{_SCHOOL}/days", handler=pages.show_days, allow=SIGNED_IN),
        Route(
            method="POST",
            path=rf"{_SCHOOL}/days/{{day:\d{{4}}-\d{{2}}-\d{{2}}}}/clear",
            handler=pages.clear_day,
            allow=SIGNED_IN,
            name="clear",
        ),
        Route(method="GET", path=f"{_SCHOOL}/bells/new", handler=pages.show_bells, allow=SIGNED_IN, name="new_bells"),
        Route(method="POST", path=f"{_SCHOOL}/bells/new", handler=pages.show_bells, allow=SIGNED_IN),
        Route(method="GET", path=_BELLS, handler=pages.show_bells, allow=SIGNED_IN, name="bells"),
        Route(method="POST", path=_BELLS, handler=pages.show_bells, allow=SIGNED_IN),
    ),
)
