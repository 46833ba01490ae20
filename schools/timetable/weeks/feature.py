"""Pages of timetables: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Route
from app.i18n import _
from schools.timetable.weeks import pages

_TIMETABLE: Final = r"/schools/{school_id:\d{1,18}}/timetable"
_ONE: Final = r"{of:class|staff|room|pupil}/{target_id:\d{1,18}}"

WEEKDAYS: Final = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
SHORT: Final = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))

FEATURE = Feature(
    name="timetable_weeks",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "substitutions", "realtime"),
    routes=(
        Route(method="GET", path=_TIMETABLE, handler=pages.show_contents, allow=SIGNED_IN, name="contents"),
        Route(method="GET", path=f"{_TIMETABLE}/{_ONE}", handler=pages.show_week, allow=SIGNED_IN, name="week"),
    ),
    template_globals={"timetable_weekdays": WEEKDAYS, "timetable_weekdays_short": SHORT},
)
