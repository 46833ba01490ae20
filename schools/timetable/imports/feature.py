"""Imports of timetables: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Route
from schools.timetable.imports import pages
from schools.timetable.imports.opening import MOST_BYTES

_IMPORTS: Final = r"/schools/{school_id:\d{1,18}}/timetable/imports"
_IMPORT: Final = rf"{_IMPORTS}/{{import_id:\d{{1,18}}}}"

FEATURE = Feature(
    name="timetable_imports",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "substitutions", "timetable_drafts"),
    routes=(
        Route(method="GET", path=_IMPORTS, handler=pages.show_imports, allow=SIGNED_IN, name="imports"),
        Route(
            method="POST",
            path=_IMPORTS,
            handler=pages.show_imports,
            allow=SIGNED_IN,
            max_bytes=MOST_BYTES + 64 * 1024,
        ),
        Route(method="GET", path=_IMPORT, handler=pages.show_import, allow=SIGNED_IN, name="found"),
        Route(method="POST", path=_IMPORT, handler=pages.show_import, allow=SIGNED_IN),
        Route(method="POST", path=f"{_IMPORT}/settle", handler=pages.settle, allow=SIGNED_IN, name="settle"),
    ),
)
