"""How long registers are kept and how they go: the visible place where everything this adds stands."""

from pathlib import Path
from typing import Final

from app.feature import Feature, NavItem, Room, RoomKind, Route, having
from schools.retention import actions, demo, pages, rules
from schools.retention.model import ROOM, ErasureChanged, ErasureTakenBack

_READERS: Final = having(rules.ADMIN, rules.AUDITOR)
_DECIDERS: Final = having(rules.ADMIN)

FEATURE = Feature(
    name="retention",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "realtime"),
    nav=(NavItem(label="Keeping of registers", path=pages.PATH, allow=_READERS, order=85, icon="document"),),
    routes=(
        Route(method="GET", path=pages.PATH, handler=pages.show_retention, allow=_READERS, name="retention"),
        Route(method="POST", path=pages.PATH, handler=pages.show_retention, allow=_DECIDERS),
        Route(
            method="POST",
            path=rf"{pages.PATH}/{{school_id:\d{{1,18}}}}/{{erasure_id:\d{{1,18}}}}/back",
            handler=pages.take_back,
            allow=_DECIDERS,
            name="back",
        ),
    ),
    rooms=(
        Room(
            pattern=ROOM,
            allow=_READERS,
            kind=RoomKind.LATEST,
            snapshot=actions.retention_snapshot,
            events=(ErasureChanged, ErasureTakenBack),
            summary="Decisions to erase registers whose time is over",
        ),
    ),
    jobs=(actions.ERASE,),
    demo=demo.fill,
)
