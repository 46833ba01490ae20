"""Equipment: the visible place where everything it adds stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from app.feature import ANYONE, SIGNED_IN, Allow, Feature, Handler, Role, Room, RoomKind, Route, having
from app.i18n import _
from portals.equipment import actions, api, bulk_pages, demo, pages, rules, start, wifi, wifi_pages
from portals.equipment.model import (
    STOCK_ROOM,
    WIFI_ROOM,
    AccessPointList,
    AccessPointSeen,
    Device,
    DeviceChange,
    DeviceChanged,
    DeviceDraft,
    DevicePage,
    DeviceTold,
    DeviceView,
    Move,
    Moved,
    SeenReply,
    SeenReport,
    StockChanged,
    Undone,
    Wanted,
)
from portals.intranet.start import START_PAGE, Link, Part

_KEEPERS: Final = having(*rules.KEEPING_ROLES)
_ID: Final = r"\d{1,18}"
_API: Final = "/api/equipment/devices"
_ONE: Final = rf"{_API}/{{device_id:{_ID}}}"


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


API_ROUTES: Final = (
    _api("GET", _API, api.list_devices, SIGNED_IN, "Devices, 50 a page", query=Wanted, reply=DevicePage),
    _api("POST", _API, api.add_device, _KEEPERS, "Add a device", body=DeviceDraft, reply=Device, status=201),
    _api("GET", _ONE, api.show_device, SIGNED_IN, "A device with its history", reply=DeviceView),
    _api("PUT", _ONE, api.change_device, _KEEPERS, "Change a device", body=DeviceChange, reply=Device),
    _api(
        "GET", "/api/equipment/labels/{label}", api.show_labelled, SIGNED_IN,
        "The device with a label, as it is printed or without signs between", reply=Device,
    ),
    _api(
        "POST", "/api/equipment/moves", api.move_devices, _KEEPERS, "Move or change many devices", body=Move,
        reply=Moved, status=201,
    ),
    _api(
        "DELETE", rf"/api/equipment/moves/{{batch_id:{_ID}}}", api.undo_move, _KEEPERS,
        "Take a move back, within a day; what was changed since stays", reply=Undone,
    ),
    _api(
        "GET", "/api/equipment/access-points", api.list_access_points, SIGNED_IN, "When access points were seen",
        reply=AccessPointList,
    ),
    _api(
        "POST", "/api/equipment/seen", api.report_seen, ANYONE,
        "A Wi-Fi controller tells what it sees; its key comes as `Authorization: Bearer …`", body=SeenReport,
        reply=SeenReply,
    ),
)  # fmt: skip


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str = "", **more: Any) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name, **more)


_LIST: Final = "/equipment"
_DEVICE: Final = rf"{_LIST}/{{device_id:{_ID}}}"
_IMPORT: Final = rf"{_LIST}/imports/{{import_id:{_ID}}}"
_KEYS: Final = f"{_LIST}/wifi/keys"
FILE_BYTES: Final = 9 * 1024 * 1024
PAGE_ROUTES: Final = (
    _get(_LIST, pages.show_list, SIGNED_IN, "list"),
    _get(f"{_LIST}/new", pages.add_device, _KEEPERS, "new"),
    _post(f"{_LIST}/new", pages.add_device, _KEEPERS),
    _get(_DEVICE, pages.show_device, SIGNED_IN, "device"),
    _get(f"{_DEVICE}/edit", pages.change_device, _KEEPERS, "edit"),
    _post(f"{_DEVICE}/edit", pages.change_device, _KEEPERS),
    _post(f"{_LIST}/move", bulk_pages.move, _KEEPERS, "move"),
    _post(rf"{_LIST}/moves/{{batch_id:{_ID}}}/undo", bulk_pages.undo_move, _KEEPERS, "undo"),
    _post(f"{_LIST}/labels", bulk_pages.print_labels, SIGNED_IN, "labels"),
    _get(f"{_LIST}/imports", bulk_pages.show_imports, _KEEPERS, "imports"),
    _post(f"{_LIST}/imports", bulk_pages.show_imports, _KEEPERS, max_bytes=FILE_BYTES),
    _get(_IMPORT, bulk_pages.show_import, _KEEPERS, "import_file"),
    _get(f"{_IMPORT}/faults.csv", bulk_pages.send_report, _KEEPERS, "import_faults"),
    _post(f"{_IMPORT}/{{verb:do|drop}}", bulk_pages.do_import, _KEEPERS, "import_do"),
    _get(f"{_LIST}/wifi", wifi_pages.show_wifi, SIGNED_IN, "wifi"),
    _get(_KEYS, wifi_pages.show_keys, _KEEPERS, "wifi_keys"),
    _post(_KEYS, wifi_pages.show_keys, _KEEPERS),
    _post(rf"{_KEYS}/{{key_id:{_ID}}}/revoke", wifi_pages.revoke_key, _KEEPERS, "wifi_key_revoke"),
)

ROOMS: Final = (
    Room(
        pattern=STOCK_ROOM,
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=actions.stock_snapshot,
        events=(DeviceChanged, StockChanged),
        looked_at_again=True,
        summary="The inventory as a whole, for those who read all of it",
    ),
    Room(
        pattern="equipment/device/{device_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=actions.device_snapshot,
        events=(DeviceTold,),
        looked_at_again=True,
        summary="A device and what becomes of it",
    ),
    Room(
        pattern=WIFI_ROOM,
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=wifi.wifi_snapshot,
        events=(AccessPointSeen,),
        looked_at_again=True,
        summary="Access points as controllers see them, for those who read the whole inventory",
    ),
)


async def start_page_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the own devices onto the staff's start page."""
    app[START_PAGE].add(Part(name="equipment", template="equipment/_start.html", data=start.data, order=40))
    text = _("Where each device is, who has it and what became of it")
    app[START_PAGE].add_link(Link(label=_("Equipment"), text=text, path=_LIST, icon="wallboard", order=40))
    yield


FEATURE = Feature(
    name="equipment",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "intranet"),
    roles=(Role(name=rules.KEEPER, title="Keeper of the equipment"),),
    routes=(*PAGE_ROUTES, *API_ROUTES),
    rooms=ROOMS,
    services=(start_page_service,),
    demo=demo.fill,
    template_globals={
        "device_kinds": rules.KIND_TITLES,
        "device_states": rules.STATE_TITLES,
        "device_state_looks": rules.STATE_LOOKS,
        "device_fields": rules.FIELD_TITLES,
        "device_label": rules.spoken,
    },
)
