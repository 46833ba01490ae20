"""Service levels: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

import msgspec

from app.feature import SIGNED_IN, Feature, Room, RoomKind
from portals.helpdesk.sla import actions, demo, promising, watching
from portals.helpdesk.sla.events import (
    SETUP_ROOM,
    AgreementChanged,
    AgreementRemoved,
    CalendarChanged,
    CalendarRemoved,
    ClocksChanged,
    ClocksLeft,
    ClockTold,
    PromiseChanged,
    promise_room,
)
from portals.helpdesk.sla.forms import WEEKDAYS
from portals.helpdesk.sla.hours import hours_text, length_text
from portals.helpdesk.sla.model import Clock
from portals.helpdesk.sla.routes import API, DESK, PAGES, READERS

ROOMS: Final = (
    Room(
        pattern="helpdesk/clocks/{queue_id}",
        allow=DESK,
        kind=RoomKind.LATEST,
        snapshot=actions.clocks_snapshot,
        events=(ClocksChanged, ClocksLeft),
        looked_at_again=True,
        summary="How the promises of a queue's open tickets stand",
    ),
    Room(
        pattern="helpdesk/alarms/{queue_id}",
        allow=DESK,
        kind=RoomKind.LOG,
        snapshot=actions.alarms_snapshot,
        events=(ClockTold,),
        summary="Warnings, missed targets, escalations: each one once",
        kept=True,
        acks=True,
        looked_at_again=True,
    ),
    Room(
        pattern="helpdesk/promise/{ticket_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=promising.promise_snapshot,
        events=(PromiseChanged,),
        looked_at_again=True,
        summary="What the requester of a ticket is promised next",
    ),
    Room(
        pattern=SETUP_ROOM,
        allow=READERS,
        kind=RoomKind.LATEST,
        snapshot=actions.setup_snapshot,
        events=(AgreementChanged, AgreementRemoved, CalendarChanged, CalendarRemoved),
        summary="Agreements and calendars, for leads",
    ),
)


def as_json(clock: Clock) -> str:
    """For the script that lets a ring go on."""
    return msgspec.json.encode(clock).decode()


FEATURE = Feature(
    name="helpdesk_sla",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "push", "intranet", "helpdesk"),
    routes=(*PAGES, *API),
    rooms=ROOMS,
    services=(watching.watch_service,),
    demo=demo.fill,
    template_globals={
        "sla_hours": hours_text,
        "sla_length": length_text,
        "sla_json": as_json,
        "sla_weekdays": WEEKDAYS,
        "sla_told": watching.WORDS,
        "sla_promise": promising.in_words,
        "sla_promise_room": promise_room,
        "sla_promise_path": promising.promise_path,
    },
)
