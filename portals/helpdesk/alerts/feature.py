"""The agents' bell and screens on the wall: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.feature import ANYONE, Feature, PagePart, Room, RoomKind, Route, having
from portals.helpdesk.alerts import actions, api, demo, pages, wall
from portals.helpdesk.alerts.events import BellChanged, WallChanged, WallEnded
from portals.helpdesk.alerts.model import Bell, BellDraft, BellView, Quieting, Seen, WallView
from portals.helpdesk.model import AGENT, AUDITOR, LEAD

DESK: Final = having(AGENT, LEAD)
INSIDE: Final = having(AGENT, LEAD, AUDITOR)
LEADS: Final = having(LEAD)
_API: Final = "/api/helpdesk/bell"

PAGES: Final = (
    Route(method="GET", path=pages.BELL, handler=pages.show_bell, allow=DESK, name="bell"),
    Route(method="POST", path=pages.BELL, handler=pages.show_bell, allow=DESK),
    Route(method="POST", path=f"{pages.BELL}/cisza", handler=pages.be_quiet, allow=DESK, name="quiet"),
    Route(method="POST", path=f"{pages.BELL}/gra", handler=pages.be_quiet, allow=DESK, name="loud"),
    Route(method="POST", path=f"{pages.BELL}/wyczysc", handler=pages.clear, allow=DESK, name="clear"),
    Route(method="GET", path=pages.WALL, handler=pages.show_wall, allow=INSIDE, name="wall"),
    Route(
        method="GET",
        path=rf"{pages.WALL}/{{secret:[\w-]{{20,64}}}}",
        handler=pages.show_screen,
        allow=ANYONE,
        name="screen",
    ),
    Route(method="GET", path=pages.BOARDS, handler=pages.show_boards, allow=LEADS, name="boards"),
    Route(method="POST", path=pages.BOARDS, handler=pages.show_boards, allow=LEADS),
    Route(
        method="POST",
        path=rf"{pages.BOARDS}/{{board_id:\d{{1,18}}}}/cofnij",
        handler=pages.revoke_board,
        allow=LEADS,
        name="revoke_board",
    ),
)
API: Final = (
    Route(
        method="GET",
        path=_API,
        handler=api.show_bell,
        allow=DESK,
        summary="What rings for the account and when, and what stands on its bell",
        reply=BellView,
    ),
    Route(
        method="PUT",
        path=_API,
        handler=api.set_bell,
        allow=DESK,
        summary="Say what rings and when",
        body=BellDraft,
        reply=Bell,
    ),
    Route(
        method="POST",
        path=f"{_API}/quiet",
        handler=api.be_quiet,
        allow=DESK,
        summary="Silence for some minutes; 0: it rings again",
        body=Quieting,
        reply=Bell,
    ),
    Route(method="POST", path=f"{_API}/clear", handler=api.clear, allow=DESK, summary="Empty the bell", reply=Bell),
    Route(
        method="POST",
        path=f"{_API}/seen",
        handler=api.put_away,
        allow=DESK,
        summary="Put single alerts away",
        body=Seen,
        reply=Bell,
    ),
    Route(
        method="GET",
        path="/api/helpdesk/wall",
        handler=api.show_wall,
        allow=INSIDE,
        summary="Figures of the queues: open, unassigned, next deadlines, what came today",
        reply=WallView,
    ),
)
ROOMS: Final = (
    Room(
        pattern="helpdesk/bell/{account_id}",
        allow=DESK,
        kind=RoomKind.LATEST,
        snapshot=actions.bell_snapshot,
        events=(BellChanged,),
        summary="What rings for the account",
    ),
    Room(
        pattern="helpdesk/wall/{queue_id}",
        allow=INSIDE,
        kind=RoomKind.LATEST,
        snapshot=wall.queue_snapshot,
        events=(WallChanged,),
        looked_at_again=True,
        summary="Figures of a queue for a wall",
    ),
    Room(
        pattern="helpdesk/wall/{queue_id}/{key}",
        allow=ANYONE,
        kind=RoomKind.LATEST,
        snapshot=wall.screen_snapshot,
        events=(WallChanged, WallEnded),
        looked_at_again=True,
        summary="The same on a screen, for whoever knows its address",
    ),
)

FEATURE = Feature(
    name="helpdesk_alerts",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "push", "intranet", "helpdesk", "helpdesk_sla"),
    routes=(*PAGES, *API),
    rooms=ROOMS,
    services=(wall.watch_service,),
    page_parts=(PagePart(template="helpdesk_alerts/_bell.html", allow=DESK),),
    demo=demo.fill,
    template_globals={"bell_words": pages.KIND_WORDS},
)
