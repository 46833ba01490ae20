"""The intranet: the visible place where everything it adds stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from app.feature import SIGNED_IN, Allow, Feature, Handler, NavItem, Room, RoomKind, Route, having
from portals.intranet import actions, api, demo, pages
from portals.intranet.model import (
    UNITS_ROOM,
    MemberChange,
    NewMember,
    NewUnit,
    UnitChange,
    UnitChanged,
    UnitList,
    UnitMembersChanged,
    UnitRow,
    UnitView,
)
from portals.intranet.start import START_PAGE, StartPage

_ADMIN: Final = having("admin")
_API: Final = "/api/intranet/units"
_ONE: Final = rf"{_API}/{{unit_id:\d{{1,18}}}}"
_MEMBER: Final = rf"{_ONE}/members/{{account_id:\d{{1,18}}}}"


_UNITS: Final = "/intranet/units"
_UNIT: Final = rf"{_UNITS}/{{unit_id:\d{{1,18}}}}"


async def start_page_service(app: web.Application) -> AsyncIterator[None]:
    """Features that come after this one put their parts onto the start page."""
    app[START_PAGE] = StartPage()
    yield


def _page(path: str, handler: Handler, allow: Allow, name: str) -> tuple[Route, Route]:
    """A form's page: shown by GET, taken by POST."""
    return (
        Route(method="GET", path=path, handler=handler, allow=allow, name=name),
        Route(method="POST", path=path, handler=handler, allow=allow),
    )


PAGE_ROUTES: Final = (
    Route(method="GET", path="/intranet", handler=pages.show_start, allow=SIGNED_IN, name="start"),
    Route(method="GET", path=_UNITS, handler=pages.list_units, allow=SIGNED_IN, name="units"),
    *_page(f"{_UNITS}/new", pages.add_unit, _ADMIN, "unit_new"),
    *_page(_UNIT, pages.show_unit, SIGNED_IN, "unit"),
    *_page(f"{_UNIT}/edit", pages.change_unit, _ADMIN, "unit_edit"),
    *_page(f"{_UNIT}/card", pages.give_card, _ADMIN, "unit_card"),
    Route(
        method="POST",
        path=rf"{_UNIT}/members/{{account_id:\d{{1,18}}}}/{{verb:remove|restore|head|member}}",
        handler=pages.act_on_member,
        allow=SIGNED_IN,
        name="member",
    ),
)


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


API_ROUTES: Final = (
    _api("GET", _API, api.list_units, SIGNED_IN, "Units of the organisation, for its staff", reply=UnitList),
    _api("POST", _API, api.create_unit, _ADMIN, "Add a unit", body=NewUnit, reply=UnitRow, status=201),
    _api("GET", _ONE, api.show_unit, SIGNED_IN, "A unit with its people, for the staff", reply=UnitView),
    _api("PUT", _ONE, api.change_unit, _ADMIN, "Change a unit's card", body=UnitChange, reply=UnitRow),
    _api(
        "POST", f"{_ONE}/members", api.add_member, SIGNED_IN, "Somebody works here from now on",
        body=NewMember, reply=UnitView, status=201,
    ),
    _api("PUT", _MEMBER, api.change_member, _ADMIN, "Name a head, or not", body=MemberChange, reply=UnitView),
    _api("DELETE", _MEMBER, api.remove_member, SIGNED_IN, "Somebody does not work here any more", status=204),
)  # fmt: skip

ROOMS: Final = (
    Room(
        pattern=UNITS_ROOM,
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=actions.units_snapshot,
        events=(UnitChanged,),
        looked_at_again=True,
        summary="Units of the organisation, for its staff",
    ),
    Room(
        pattern="intranet/units/{unit_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=actions.unit_snapshot,
        events=(UnitMembersChanged,),
        looked_at_again=True,
        summary="One unit and its people, for the staff",
    ),
)

FEATURE = Feature(
    name="intranet",
    folder=Path(__file__).parent,
    needs=("identity", "realtime"),
    nav=(NavItem(label="Intranet", path="/intranet", allow=SIGNED_IN, order=45, icon="home", shown=actions.is_staff),),
    routes=(*PAGE_ROUTES, *API_ROUTES),
    rooms=ROOMS,
    services=(start_page_service,),
    demo=demo.fill,
)
