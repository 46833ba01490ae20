"""What leaves the register: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.feature import SIGNED_IN, Feature, Params, Room, RoomKind, Route
from schools.register.feature import SCHOOL
from schools.reports import actions, pages
from schools.reports.model import ArchiveChanged, ArchiveGrew, Archives
from schools.structure.access import room_number

_CLASS: Final = r"/reports/classes/{class_id:\d{1,18}}/{form:list|attendance|topics|grades|notes}.{kind:pdf|xlsx}"
_ARCHIVE: Final = r"/archives/{archive_id:\d{1,18}}/register.zip"


async def archives_snapshot(tx: Tx, actor: Actor, params: Params) -> Archives:
    return await actions.archives_view(tx, actor, room_number(params, "school_id"))


FEATURE = Feature(
    name="reports",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "register", "grades", "realtime"),
    routes=(
        Route(method="GET", path=f"{SCHOOL}/reports", handler=pages.show_reports, allow=SIGNED_IN, name="reports"),
        Route(method="GET", path=SCHOOL + _CLASS, handler=pages.send_class, allow=SIGNED_IN, name="page"),
        Route(method="POST", path=f"{SCHOOL}/archives", handler=pages.ask_archive, allow=SIGNED_IN, name="save"),
        Route(method="GET", path=SCHOOL + _ARCHIVE, handler=pages.send_archive, allow=SIGNED_IN, name="archive"),
    ),
    rooms=(
        Room(
            pattern="school/{school_id}/archives",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=archives_snapshot,
            events=(ArchiveChanged, ArchiveGrew),
            summary="Archives of a school's years, for its principal",
        ),
    ),
    jobs=(actions.MAKE,),
)
