"""The council's people: terms, clubs, councillors, committees."""

from pathlib import Path

from app.feature import Feature, Handler, Route, having
from portals.council.members import pages
from portals.council.rules import DESK_ROLES

_DESK = having(*DESK_ROLES)
_ROOT = "/council/desk/members"
_TERM = _ROOT + r"/terms/{term_id:\d{1,18}}"
_COUNCILLOR = _ROOT + r"/councillors/{councillor_id:\d{1,18}}"
_COMMITTEE = _ROOT + r"/committees/{committee_id:\d{1,18}}"
_CLUB = _ROOT + r"/clubs/{club_id:\d{1,18}}"
_SEAT = _COMMITTEE + r"/seats/{councillor_id:\d{1,18}}"


def _route(method: str, path: str, handler: Handler, name: str = "") -> Route:
    return Route(method=method, path=path, handler=handler, allow=_DESK, name=name)


FEATURE = Feature(
    name="members",
    folder=Path(__file__).parent,
    needs=("council", "identity", "mail"),
    routes=(
        _route("GET", _ROOT, pages.show_desk, "desk"),
        _route("POST", f"{_ROOT}/terms", pages.add_term, "add_term"),
        _route("POST", _TERM, pages.change_term, "change_term"),
        _route("POST", f"{_TERM}/clubs", pages.add_club, "add_club"),
        _route("GET", _CLUB, pages.show_club, "club"),
        _route("POST", _CLUB, pages.show_club),
        _route("GET", f"{_TERM}/councillors", pages.add_councillor, "add_councillor"),
        _route("POST", f"{_TERM}/councillors", pages.add_councillor),
        _route("GET", _COUNCILLOR, pages.show_councillor, "councillor"),
        _route("POST", _COUNCILLOR, pages.change_councillor),
        _route("POST", f"{_COUNCILLOR}/club", pages.change_club, "change_club"),
        _route("POST", f"{_TERM}/committees", pages.add_committee, "add_committee"),
        _route("GET", _COMMITTEE, pages.show_committee, "committee"),
        _route("POST", _COMMITTEE, pages.change_committee),
        _route("POST", f"{_COMMITTEE}/seats", pages.take_seat, "take_seat"),
        _route("POST", f"{_SEAT}/role", pages.change_role, "change_role"),
        _route("POST", f"{_SEAT}/leave", pages.leave_seat, "leave_seat"),
    ),
)
