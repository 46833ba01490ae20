"""Addresses of outages."""

from typing import Any, Final

from app.feature import ANYONE, SIGNED_IN, Allow, Handler, Route
from portals.helpdesk.api_routes import DESK, INSIDE, ONE
from portals.helpdesk.outages import api, pages
from portals.helpdesk.outages.model import (
    Belonging,
    Board,
    Ending,
    Joining,
    MeToo,
    NewUpdate,
    Outage,
    OutageDraft,
    OutageView,
    OwnNotices,
    PublicStatus,
)

_ID: Final = r"{outage_id:\d{1,18}}"
_ONE: Final = f"{pages.DESK}/{_ID}"
_API: Final = "/api/helpdesk/outages"


def _page(method: str, path: str, handler: Handler, allow: Allow, name: str = "") -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, name=name)


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


PAGES: Final = (
    _page("GET", "/awarie", pages.show_status, ANYONE, "status"),
    _page("GET", pages.DESK, pages.show_board, INSIDE, "board"),
    _page("GET", f"{pages.DESK}/nowa", pages.declare, DESK, "declare"),
    _page("POST", f"{pages.DESK}/nowa", pages.declare, DESK),
    _page("GET", _ONE, pages.show_inside, INSIDE, "inside"),
    _page("GET", f"{_ONE}/zmiana", pages.change, DESK, "change"),
    _page("POST", f"{_ONE}/zmiana", pages.change, DESK),
    _page("POST", f"{_ONE}/wpis", pages.say, DESK),
    _page("POST", f"{_ONE}/koniec", pages.end, DESK),
    _page("POST", f"{_ONE}/odwolanie", pages.withdraw, DESK),
    _page("POST", f"{_ONE}/zgloszenia/{{verb:dolacz|odlacz}}", pages.join, DESK),
    _page("GET", f"/pomoc/awarie/{_ID}", pages.show_outage, SIGNED_IN, "outage"),
    _page("POST", f"/pomoc/awarie/{_ID}/{{verb:ja-tez|nie-ja}}", pages.me_too, SIGNED_IN),
    _page("POST", r"/pomoc/awarie/zgloszenia/{number:\d{1,19}}/{verb:dolacz|odlacz}", pages.belong, SIGNED_IN),
)

API: Final = (
    _api("GET", f"{_API}/own", api.list_own, SIGNED_IN, "What hits the units of the account, and is planned",
         reply=OwnNotices),
    _api("GET", f"{_API}/public", api.show_status, ANYONE, "What residents see: now, planned, of the past 90 days",
         reply=PublicStatus),
    _api("GET", _API, api.show_board, INSIDE, "Outages that run, are announced, are over; for wallboards", reply=Board),
    _api("POST", _API, api.declare, DESK, "Declare an outage or announce maintenance", body=OutageDraft, reply=Outage,
         status=201),
    _api("GET", f"{_API}/{_ID}", api.show_outage, INSIDE, "An outage with its log, whom it hits, its tickets",
         reply=OutageView),
    _api("PUT", f"{_API}/{_ID}", api.change, DESK, "Change what an outage is and whom it hits", body=OutageDraft,
         reply=Outage),
    _api("POST", f"{_API}/{_ID}/updates", api.say, DESK, "Tell those whom it hits what is new", body=NewUpdate,
         reply=Outage),
    _api("POST", f"{_API}/{_ID}/end", api.end, DESK, "End an outage: solves its tickets, tells everybody whom it hit",
         body=Ending, reply=Outage),
    _api("POST", f"{_API}/{_ID}/withdraw", api.withdraw, DESK, "Call planned maintenance off", reply=Outage),
    _api("POST", f"{_API}/{_ID}/tickets", api.join, DESK, "Put a ticket below an outage, or take it out", body=Joining,
         reply=OutageView),
    _api("POST", f"{_API}/{_ID}/me-too", api.me_too, SIGNED_IN, "Say that it hits oneself too, or take it back",
         body=MeToo, reply=MeToo),
    _api("POST", f"{ONE}/belonging", api.belong, SIGNED_IN, "Say of one's own ticket that it is not about the outage",
         body=Belonging, reply=Belonging),
)  # fmt: skip
