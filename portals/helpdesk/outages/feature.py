"""Outages: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import ANYONE, SIGNED_IN, Feature, PagePart, Room, RoomKind
from portals.helpdesk.api_routes import INSIDE
from portals.helpdesk.outages import demo, hitting, words
from portals.helpdesk.outages.events import (
    DESK_ROOM,
    PUBLIC_ROOM,
    NoticeChanged,
    NoticeLeft,
    OutageChanged,
    PublicNoticeChanged,
    PublicNoticeLeft,
)
from portals.helpdesk.outages.routes import API, PAGES
from portals.helpdesk.outages.watching import watch_service

ROOMS: Final = (
    Room(
        pattern=DESK_ROOM,
        allow=INSIDE,
        kind=RoomKind.LATEST,
        snapshot=hitting.board_snapshot,
        events=(OutageChanged,),
        summary="All outages with their counts, for agents and wallboards",
    ),
    Room(
        pattern=PUBLIC_ROOM,
        allow=ANYONE,
        kind=RoomKind.LATEST,
        snapshot=hitting.public_snapshot,
        events=(PublicNoticeChanged, PublicNoticeLeft),
        summary="What residents see of outages",
    ),
    Room(
        pattern="helpdesk/outages/unit/{unit_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=hitting.unit_snapshot,
        events=(NoticeChanged, NoticeLeft),
        looked_at_again=True,
        summary="What hits a unit now, and what is planned for it",
    ),
)

FEATURE = Feature(
    name="helpdesk_outages",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "push", "intranet", "equipment", "helpdesk"),
    routes=(*PAGES, *API),
    rooms=ROOMS,
    services=(watch_service,),
    page_parts=(PagePart(template="helpdesk_outages/_everywhere.html", allow=SIGNED_IN, place="banners"),),
    demo=demo.fill,
    template_globals={"outage_words": words},
)
