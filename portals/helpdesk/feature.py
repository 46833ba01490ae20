"""The helpdesk: the visible place where everything its core adds stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, NavItem, Role, Room, RoomKind
from app.markup import render_markdown
from portals.helpdesk import demo, views, words
from portals.helpdesk.api_routes import API_ROUTES, INSIDE
from portals.helpdesk.closing import closing_service
from portals.helpdesk.events import (
    AlertBack,
    AlertOver,
    EntryWritten,
    OwnTicketChanged,
    PartsChanged,
    PublicTicketChanged,
    RequesterReplied,
    TicketChanged,
    TicketEdited,
    TicketLeft,
    TicketSent,
)
from portals.helpdesk.model import AGENT, LEAD
from portals.helpdesk.numbers import digits_of, number_of
from portals.helpdesk.routes import PAGES
from portals.helpdesk.settings import HelpdeskSettings
from portals.intranet import actions as intranet

ROOMS: Final = (
    Room(
        pattern="helpdesk/alerts/{queue_id}",
        allow=INSIDE,
        kind=RoomKind.LOG,
        kept=True,
        acks=True,
        snapshot=views.alerts_snapshot,
        events=(TicketSent, RequesterReplied, AlertOver, AlertBack),
        summary="What rings at the agents of a queue, each once",
    ),
    Room(
        pattern="helpdesk/queue/{queue_id}",
        allow=INSIDE,
        kind=RoomKind.LATEST,
        snapshot=views.queue_snapshot,
        events=(TicketChanged, TicketLeft),
        looked_at_again=True,
        summary="Open tickets of a queue",
    ),
    Room(
        pattern="helpdesk/ticket/{ticket_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=views.ticket_snapshot,
        events=(PublicTicketChanged, EntryWritten),
        looked_at_again=True,
        summary="A ticket as its requester sees it",
    ),
    Room(
        pattern="helpdesk/ticket/{ticket_id}/inside",
        allow=INSIDE,
        kind=RoomKind.LATEST,
        snapshot=views.inside_snapshot,
        events=(TicketEdited, EntryWritten, PartsChanged),
        presence=True,
        looked_at_again=True,
        summary="A ticket as the helpdesk sees it, with notes",
    ),
    Room(
        pattern="helpdesk/own/{account_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=views.own_snapshot,
        events=(OwnTicketChanged,),
        summary="One's own tickets",
    ),
)

FEATURE = Feature(
    name="helpdesk",
    folder=Path(__file__).parent,
    needs=("identity", "intranet", "equipment", "push", "realtime"),
    roles=(Role(name=AGENT, title="Helpdesk agent"), Role(name=LEAD, title="Helpdesk lead")),
    nav=(NavItem(label="Help", path="/pomoc", allow=SIGNED_IN, order=40, icon="help", shown=intranet.is_staff),),
    settings=HelpdeskSettings,
    routes=(*PAGES, *API_ROUTES),
    rooms=ROOMS,
    services=(closing_service,),
    demo=demo.fill,
    template_globals={
        "helpdesk_words": words,
        "helpdesk_number": number_of,
        "helpdesk_digits": digits_of,
        "helpdesk_markdown": render_markdown,
    },
)
