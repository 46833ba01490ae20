"""Search, saved views and imports of tickets: the visible place where everything they add stands."""

from pathlib import Path
from typing import Any, Final

from app.feature import SIGNED_IN, Allow, Feature, Handler, Room, RoomKind, Route, having
from portals.helpdesk.finding import api, demo, import_pages, importing, imports, pages, saved, saved_pages
from portals.helpdesk.finding.indexing import indexing_service
from portals.helpdesk.finding.model import (
    Import,
    OwnQuestion,
    OwnResults,
    Question,
    Results,
    View,
    ViewCounts,
    ViewDraft,
    Views,
)
from portals.helpdesk.model import AGENT, AUDITOR, LEAD

READERS: Final = having(AGENT, LEAD, AUDITOR)
DESK: Final = having(AGENT, LEAD)
LEADS: Final = having(LEAD)
_VIEW: Final = rf"{saved_pages.PATH}/{{view_id:\d{{1,18}}}}"
_IMPORT: Final = rf"{import_pages.PATH}/{{import_id:\d{{1,18}}}}"
_API: Final = "/api/helpdesk"
_API_VIEW: Final = rf"{_API}/views/{{view_id:\d{{1,18}}}}"


def _page(method: str, path: str, handler: Handler, allow: Allow, name: str = "") -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, name=name)


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


PAGES: Final = (
    _page("GET", pages.PATH, pages.show_search, READERS, "search"),
    _page("GET", pages.OWN_PATH, pages.show_own, SIGNED_IN, "own"),
    _page("GET", saved_pages.PATH, saved_pages.show_views, READERS, "views"),
    _page("POST", saved_pages.PATH, saved_pages.add_view, DESK, "add_view"),
    _page("GET", _VIEW, saved_pages.edit_view, DESK, "edit_view"),
    _page("POST", _VIEW, saved_pages.edit_view, DESK),
    _page("POST", rf"{_VIEW}/{{verb:remove}}", saved_pages.act, DESK, "remove_view"),
    _page("POST", rf"{_VIEW}/{{verb:default|plain}}", saved_pages.act, READERS, "act_view"),
    _page("POST", rf"{_VIEW}/undo/{{rev:\d{{1,9}}}}", saved_pages.undo, DESK),
    _page("GET", import_pages.PATH, import_pages.show_imports, LEADS, "imports"),
    Route(
        method="POST", path=import_pages.PATH, handler=import_pages.show_imports, allow=LEADS,
        max_bytes=imports.MOST_BYTES + 1_000_000,
    ),
    _page("GET", _IMPORT, import_pages.show_import, LEADS, "one_import"),
    _page("POST", rf"{_IMPORT}/{{verb:start|stop|drop}}", import_pages.act, LEADS, "import_act"),
    _page("GET", f"{_IMPORT}/bledy.csv", import_pages.send_faults, LEADS, "import_faults"),
)  # fmt: skip
API: Final = (
    _api(
        "GET", f"{_API}/search", api.search, READERS, "Search in tickets that the account may read", query=Question,
        reply=Results,
    ),
    _api(
        "GET", f"{_API}/own/search", api.search_own, SIGNED_IN, "Search in own and watched tickets, by public words",
        query=OwnQuestion, reply=OwnResults,
    ),
    _api("GET", f"{_API}/views", api.list_views, READERS, "Saved views, own and of the teams", reply=Views),
    _api(
        "GET", f"{_API}/views/counts", api.count_views, READERS, "How many tickets each saved view shows",
        reply=ViewCounts,
    ),
    _api("POST", f"{_API}/views", api.add_view, DESK, "Save a view", body=ViewDraft, reply=View, status=201),
    _api("PUT", _API_VIEW, api.change_view, DESK, "Change a view", body=ViewDraft, reply=View),
    _api("DELETE", _API_VIEW, api.remove_view, DESK, "Remove a view; for a day it can be brought back", reply=View),
    _api(
        "POST", rf"{_API_VIEW}/undo/{{rev:\d{{1,9}}}}", api.undo_view, DESK,
        "Take the last change of a view back, or its removal", reply=View,
    ),
    _api("GET", f"{_API}/imports", import_pages.list_json, LEADS, "Files of tickets", reply=importing.Imports),
    _api(
        "GET", rf"{_API}/imports/{{import_id:\d{{1,18}}}}", import_pages.show_json, LEADS, "How far an import has got",
        reply=Import,
    ),
    _api(
        "POST", rf"{_API}/imports/{{import_id:\d{{1,18}}}}/{{verb:start|stop}}", import_pages.act_json, LEADS,
        "Let an import go on, or stop it", reply=Import,
    ),
)  # fmt: skip
ROOMS: Final = (
    Room(
        pattern="helpdesk/views/{account_id}",
        allow=READERS,
        kind=RoomKind.LATEST,
        snapshot=saved.views_snapshot,
        events=(saved.ViewSaved, saved.ViewRemoved),
        summary="An account's saved views, own and of its teams",
    ),
    Room(
        pattern="helpdesk/import/{import_id}",
        allow=LEADS,
        kind=RoomKind.LATEST,
        snapshot=importing.import_snapshot,
        events=(importing.ImportMoved,),
        summary="How far an import of tickets has got",
    ),
)

FEATURE = Feature(
    name="helpdesk_finding",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "intranet", "equipment", "search", "helpdesk", "helpdesk_sla"),
    routes=(*PAGES, *API),
    rooms=ROOMS,
    services=(indexing_service, importing.importing_service),
    demo=demo.fill,
)
