"""Versions of the timetable: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Handler, Route
from schools.timetable.drafts import pages

_VERSIONS: Final = r"/schools/{school_id:\d{1,18}}/timetable/versions"
_VERSION: Final = rf"{_VERSIONS}/{{version_id:\d{{1,18}}}}"
_ENTRY: Final = rf"{_VERSION}/entries/{{entry_id:\d{{1,18}}}}"


def _both(path: str, handler: Handler, name: str) -> tuple[Route, Route]:
    return (
        Route(method="GET", path=path, handler=handler, allow=SIGNED_IN, name=name),
        Route(method="POST", path=path, handler=handler, allow=SIGNED_IN),
    )


FEATURE = Feature(
    name="timetable_drafts",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "substitutions"),
    routes=(
        *_both(_VERSIONS, pages.show_versions, "versions"),
        *_both(_VERSION, pages.show_version, "version"),
        *_both(f"{_VERSION}/entries/new", pages.show_entry, "new_entry"),
        *_both(_ENTRY, pages.show_entry, "entry"),
        Route(method="POST", path=f"{_ENTRY}/remove", handler=pages.remove_entry, allow=SIGNED_IN, name="remove_entry"),
        Route(method="POST", path=f"{_VERSION}/delete", handler=pages.delete_draft, allow=SIGNED_IN, name="delete"),
    ),
)
