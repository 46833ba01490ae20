"""The agents' desk: the visible place where everything it adds stands. Its pages are the core's."""

from pathlib import Path
from typing import Final

from app.feature import Feature, Room, RoomKind, Route
from portals.helpdesk.api_routes import API, DESK, INSIDE, ONE
from portals.helpdesk.desk import api, company
from portals.helpdesk.desk.bar import bar_of
from portals.helpdesk.desk.events import CompanyChanged
from portals.helpdesk.desk.model import Here, Made, PutBack, Together

_CHANGES: Final = f"{API}/desk/changes"

ROUTES: Final = (
    Route(
        method="POST", path=f"{ONE}/company", handler=api.say_here, allow=DESK, body=Here, status=204, name="company",
        summary="Say that the ticket is open on an agent's page, is written in, or was left",
    ),
    Route(
        method="POST", path=_CHANGES, handler=api.change_together, allow=DESK, body=Together, reply=Made,
        name="changes", summary="Change many tickets at once in a way that can be put back within an hour",
    ),
    Route(
        method="POST", path=rf"{_CHANGES}/{{change_id:\d{{1,18}}}}/undo", handler=api.put_back, allow=DESK,
        reply=PutBack, summary="Put a change of many tickets back, where nobody has changed the same since",
    ),
)  # fmt: skip

FEATURE = Feature(
    name="helpdesk_desk",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "helpdesk"),
    routes=ROUTES,
    bar=bar_of,
    rooms=(
        Room(
            pattern="helpdesk/queue/{queue_id}/company",
            allow=INSIDE,
            kind=RoomKind.LATEST,
            snapshot=company.queue_snapshot,
            events=(CompanyChanged,),
            looked_at_again=True,
            summary="Who reads or writes in a queue's tickets",
        ),
        Room(
            pattern="helpdesk/ticket/{ticket_id}/company",
            allow=INSIDE,
            kind=RoomKind.LATEST,
            snapshot=company.ticket_snapshot,
            events=(CompanyChanged,),
            looked_at_again=True,
            summary="Who reads or writes in a ticket",
        ),
    ),
)
