"""The live dashboard: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import ANYONE, SIGNED_IN, Feature, NavItem, Params, Room, RoomKind, Route, having
from schools.dashboard import actions, api, city, city_pages, pages, watching
from schools.dashboard.city import CityCounted, CityRoom
from schools.dashboard.model import Absentees, Alert, AlertChanged, AlertsView, Board, WallChanged, WallEnded, WallView
from schools.structure.access import can_read_city, room_number
from schools.structure.rules import EDUCATION_DEPARTMENT

_SCHOOL: Final = r"/schools/{school_id:\d{1,18}}"
_DASHBOARD: Final = f"{_SCHOOL}/dashboard"
_API: Final = rf"/api{_SCHOOL}"
_DEPARTMENT: Final = having(EDUCATION_DEPARTMENT)


async def alerts_snapshot(tx: Tx, actor: Actor, params: Params) -> AlertsView:
    return await actions.alerts_view(tx, actor, room_number(params, "school_id"))


async def class_alerts_snapshot(tx: Tx, actor: Actor, params: Params) -> AlertsView:
    return await actions.class_alerts_view(tx, actor, room_number(params, "school_id"), room_number(params, "class_id"))


async def wallboard_snapshot(tx: Tx, actor: Actor, params: Params) -> WallView:  # noqa: ARG001 - the key is the right
    return await actions.wallboard_view(tx, room_number(params, "school_id"), params["key"])


async def city_snapshot(tx: Tx, actor: Actor, params: Params) -> CityRoom:  # noqa: ARG001 - there is one city
    if not can_read_city(actor):
        raise NotFound
    return CityRoom()


ROUTES: Final = (
    Route(method="GET", path=_DASHBOARD, handler=pages.show_dashboard, allow=SIGNED_IN, name="dashboard"),
    Route(
        method="GET",
        path=rf"{_DASHBOARD}/classes/{{class_id:\d{{1,18}}}}",
        handler=pages.show_class,
        allow=SIGNED_IN,
        name="homeroom",
    ),
    Route(method="GET", path=f"{_DASHBOARD}/settings", handler=pages.show_settings, allow=SIGNED_IN, name="settings"),
    Route(method="POST", path=f"{_DASHBOARD}/settings", handler=pages.show_settings, allow=SIGNED_IN),
    Route(
        method="POST", path=f"{_DASHBOARD}/wallboards", handler=pages.add_wallboard, allow=SIGNED_IN, name="wallboards"
    ),
    Route(
        method="POST",
        path=rf"{_DASHBOARD}/wallboards/{{wallboard_id:\d{{1,18}}}}/revoke",
        handler=pages.revoke_wallboard,
        allow=SIGNED_IN,
        name="revoke_wallboard",
    ),
    Route(
        method="GET",
        path=rf"{_SCHOOL}/wallboard/{{secret:[\w-]{{20,64}}}}",
        handler=pages.show_wallboard,
        allow=ANYONE,
        name="wallboard",
    ),
    Route(method="GET", path="/schools/city", handler=city_pages.show_city, allow=_DEPARTMENT, name="city"),
    Route(method="GET", path="/schools/city.xlsx", handler=city_pages.send_sheet, allow=_DEPARTMENT, name="city_sheet"),
    Route(
        method="GET",
        path=f"{_API}/dashboard",
        handler=api.show_board,
        allow=SIGNED_IN,
        summary="A school's day: what is planned, what is held",
        query=api.Chosen,
        reply=Board,
    ),
    Route(
        method="GET",
        path=f"{_API}/dashboard/absentees",
        handler=api.show_absentees,
        allow=SIGNED_IN,
        summary="Who is absent or late in some lessons",
        query=api.Lessons,
        reply=Absentees,
    ),
    Route(
        method="GET",
        path=f"{_API}/alerts",
        handler=api.show_alerts,
        allow=SIGNED_IN,
        summary="Today's alerts that the account gets",
        reply=AlertsView,
    ),
    Route(
        method="POST",
        path=rf"{_API}/alerts/{{alert_id:\d{{1,18}}}}/settle",
        handler=api.settle,
        allow=SIGNED_IN,
        summary="Settle an alert, or open it again",
        body=api.Settled,
        reply=Alert,
    ),
    Route(
        method="POST",
        path=f"{_API}/alerts/seen",
        handler=api.see,
        allow=SIGNED_IN,
        summary="Say that these alerts are on one's screen",
        body=api.SeenIds,
        status=204,
    ),
)

FEATURE = Feature(
    name="dashboard",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "register", "substitutions", "timetable_weeks", "realtime"),
    routes=ROUTES,
    nav=(NavItem(label="Attendance in schools", path="/schools/city", allow=_DEPARTMENT, order=41, icon="school"),),
    rooms=(
        Room(
            pattern="school/{school_id}/alerts",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=alerts_snapshot,
            events=(AlertChanged,),
            summary="Alerts of a school's day, for principal and counsellor",
        ),
        Room(
            pattern="school/{school_id}/class/{class_id}/alerts",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=class_alerts_snapshot,
            events=(AlertChanged,),
            summary="Alerts of one class, for its homeroom teacher too",
        ),
        Room(
            pattern="school/{school_id}/wallboard/{key}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=wallboard_snapshot,
            events=(WallChanged, WallEnded),
            summary="A school's day on a screen, for whoever knows the address",
        ),
        Room(
            pattern=city.ROOM,
            allow=_DEPARTMENT,
            kind=RoomKind.LATEST,
            snapshot=city_snapshot,
            events=(CityCounted,),
            summary="All schools of today as sums, once a minute",
        ),
    ),
    services=(watching.watch_service,),
)
