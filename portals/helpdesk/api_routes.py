"""Addresses of the helpdesk's API."""

from typing import Any, Final

from app.feature import SIGNED_IN, Allow, Handler, Route, having
from portals.helpdesk import api, attachments, reading_api, setup_api
from portals.helpdesk.drafts import Entered, NewTicket, TicketChange, Written
from portals.helpdesk.model import (
    AGENT,
    AUDITOR,
    LEAD,
    MOST_FILES,
    Approval,
    Check,
    Entry,
    OwnView,
    PublicTicket,
    PublicView,
    QueueView,
    Refusals,
    Ticket,
    TicketView,
)
from portals.helpdesk.setup_model import (
    CannedReply,
    Category,
    Matrix,
    Queue,
    RoutingRule,
    Service,
    Team,
    TicketTemplate,
)

INSIDE: Final = having(AGENT, LEAD, AUDITOR)
DESK: Final = having(AGENT, LEAD)
LEADS: Final = having(LEAD)
API: Final = "/api/helpdesk"
ONE: Final = rf"{API}/tickets/{{number:\d{{1,19}}}}"
_ID: Final = r"\d{1,18}"


FILED: Final[Any] = {"files": MOST_FILES, "max_bytes": attachments.UPLOADS}
"""Of a route to whose body files may be added."""


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


TICKETS: Final = (
    _api("GET", f"{API}/own", api.list_own, SIGNED_IN, "Own tickets and those that are watched", reply=OwnView),
    _api("GET", f"{API}/queues", api.list_queues, INSIDE, "Queues that are open to the account", reply=api.Queues),
    _api(
        "GET", rf"{API}/queues/{{queue_id:{_ID}}}/tickets", api.show_queue, INSIDE,
        "Open tickets of a queue, the most urgent first", reply=QueueView,
    ),
    _api(
        "POST", f"{API}/tickets", api.send, SIGNED_IN, "Send a ticket", body=NewTicket, reply=PublicTicket, status=201,
        **FILED,
    ),
    _api(
        "POST", f"{API}/tickets/entered", api.enter, DESK, "Write down what somebody has said", body=Entered,
        reply=Ticket, status=201, **FILED,
    ),
    _api(
        "POST", f"{API}/tickets/changes", api.change_many, DESK, "Change many tickets at once", body=api.ManyChanges,
        reply=Refusals,
    ),
    _api("GET", ONE, api.show_ticket, SIGNED_IN, "A ticket as its requester sees it", reply=PublicView),
    _api("GET", f"{ONE}/inside", api.show_inside, INSIDE, "A ticket with notes and all fields", reply=TicketView),
    _api(
        "PATCH", ONE, api.change, DESK,
        "Change fields; 409 names both values where somebody else has changed the same ones", body=TicketChange,
        reply=Ticket, problems={409: api.ClashProblem},
    ),
    _api(
        "POST", f"{ONE}/replies", api.reply, SIGNED_IN, "Say something", body=Written, reply=Entry, status=201,
        **FILED,
    ),
    _api(
        "POST", f"{ONE}/notes", api.note, DESK, "Write a note that stays inside", body=Written, reply=Entry,
        status=201, **FILED,
    ),
    _api(
        "GET", rf"{ONE}/files/{{file_id:[0-9a-f-]{{1,40}}}}", reading_api.send_file, SIGNED_IN,
        "A file of one of its words, as it is", media="*/*",
    ),
    _api("POST", f"{ONE}/merge", api.merge, DESK, "Let it go on in another ticket", body=api.Merging, reply=Ticket),
    _api("POST", f"{ONE}/unmerge", api.unmerge, DESK, "Take a merging back", reply=Ticket),
    _api(
        "POST", f"{ONE}/split", api.split, DESK, "Make a ticket of one of its words", body=api.Splitting, reply=Ticket,
        status=201,
    ),
    _api("POST", f"{ONE}/relations", api.relate, DESK, "Link it with another ticket", body=api.Relating, reply=Ticket),
    _api("PUT", f"{ONE}/parent", api.set_parent, DESK, "Put it below an incident", body=api.Parenting, reply=Ticket),
    _api("POST", f"{ONE}/watchers", api.watch, SIGNED_IN, "Watch it, or not any more", body=api.Watching, status=204),
    _api(
        "POST", f"{ONE}/approvals", api.ask_approval, DESK, "Ask somebody to agree", body=api.Asking, reply=Ticket,
        status=201,
    ),
    _api(
        "POST", rf"{API}/approvals/{{approval_id:{_ID}}}", api.decide, SIGNED_IN, "Agree, or not", body=api.Deciding,
        reply=Approval,
    ),
    _api(
        "POST", f"{ONE}/checks", api.add_check, DESK, "Add a line to the checklist", body=api.NewCheck,
        reply=api.Checks, status=201,
    ),
    _api(
        "PUT", rf"{ONE}/checks/{{check_id:{_ID}}}", api.set_check, DESK, "Tick a line off", body=api.Checking,
        reply=Check,
    ),
    _api(
        "DELETE", rf"{ONE}/checks/{{check_id:{_ID}}}", api.remove_check, DESK, "Take a line off the checklist",
        status=204,
    ),
    _api("POST", f"{ONE}/time", api.add_time, DESK, "Write down time spent", body=api.Spending, reply=Ticket),
    _api(
        "POST", f"{ONE}/rating", api.rate, SIGNED_IN, "Say how it was, once it is solved", body=api.Rating,
        reply=PublicTicket,
    ),
    _api("POST", f"{ONE}/close", api.close_own, SIGNED_IN, "One's own is done", reply=PublicTicket),
    _api("POST", f"{ONE}/seen", api.see, SIGNED_IN, "Everything up to an entry was seen", body=api.Seeing, status=204),
    _api(
        "GET", f"{ONE}/canned-replies", api.list_canned, INSIDE, "Canned replies with their places filled",
        reply=api.CannedReplies,
    ),
    _api(
        "GET", f"{API}/approvals", reading_api.list_asked, SIGNED_IN, "What one is asked to agree to",
        reply=reading_api.Asked,
    ),
    _api(
        "GET", f"{API}/units", reading_api.list_units, SIGNED_IN, "Units that one's ticket may be about",
        reply=reading_api.Units,
    ),
    _api(
        "GET", rf"{API}/devices/{{label:[0-9 -]{{1,20}}}}", reading_api.show_device, SIGNED_IN,
        "A device by the number on its label", reply=reading_api.LabelledDevice,
    ),
    _api(
        "GET", rf"{API}/queues/{{queue_id:{_ID}}}/agents", reading_api.list_agents, INSIDE,
        "Whom tickets of a queue may be given to", reply=api.People,
    ),
    _api(
        "GET", f"{API}/people", api.find_people, DESK, "People of the city's units by name", query=api.PeopleQuery,
        reply=api.People,
    ),
)  # fmt: skip

KINDS: Final[tuple[tuple[str, Any, Allow], ...]] = (
    ("teams", Team, LEADS),
    ("queues", Queue, LEADS),
    ("services", Service, LEADS),
    ("categories", Category, LEADS),
    ("rules", RoutingRule, LEADS),
    ("canned-replies", CannedReply, DESK),
    ("templates", TicketTemplate, LEADS),
)
"""Things of the set-up: last part of the address, row, who saves them."""

SETUP: Final = (
    _api(
        "GET", f"{API}/categories", setup_api.list_categories, SIGNED_IN, "What a ticket may be about",
        reply=setup_api.Categories,
    ),
    _api("GET", f"{API}/setup", setup_api.show_setup, INSIDE, "How the helpdesk is set up", reply=setup_api.Setup),
    *(
        _api(
            "PUT", f"{API}/setup/{name}", setup_api.saving(kind), allow, f"Save one of the {name}", body=kind,
            reply=kind,
        )
        for name, kind, allow in KINDS
    ),
    *(
        _api(
            "DELETE", rf"{API}/setup/{name}/{{thing_id:{_ID}}}", setup_api.removing(kind), allow,
            f"Remove one of the {name}", status=204,
        )
        for name, kind, allow in KINDS
        if name in {"rules", "canned-replies", "templates"}
    ),
    _api("PUT", f"{API}/setup/matrix", setup_api.set_matrix, LEADS, "Priorities", body=Matrix, reply=Matrix),
)  # fmt: skip

API_ROUTES: Final = (*TICKETS, *SETUP)
