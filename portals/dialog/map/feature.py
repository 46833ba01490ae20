"""Maps in consultations: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from app.feature import ANYONE, SIGNED_IN, Allow, Feature, Handler, Room, RoomKind, Route, having
from app.i18n import _
from app.wire import IMAGE_HOSTS, section
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.map import actions, api, demo, desk, desk_pages, pages, rules, views
from portals.dialog.map.forms import MapForm
from portals.dialog.map.model import EntryChanged, EntryDraft, EntryPage, EntryRow, EntryTakenAway, MapSettings, MapView
from portals.dialog.map.settings import MapSectionSettings
from portals.dialog.rules import MANAGING_ROLES, MODERATING_ROLES

_DESK: Final = having(*MANAGING_ROLES)
_MODERATORS: Final = having(*MODERATING_ROLES)
_BLOCK: Final = r"{block_id:\d{1,18}}"
_PAGES: Final = f"/dialog/{{slug}}/map/{_BLOCK}"
_ENTRY: Final = rf"{_PAGES}/entries/{{entry_id:\d{{1,18}}}}"
_MANAGED: Final = rf"/dialog/manage/{{consultation_id:\d{{1,18}}}}/map/{_BLOCK}"
_API: Final = f"/api/dialog/blocks/{_BLOCK}/map"
_ONE: Final = r"/api/dialog/map/{entry_id:\d{1,18}}"

KIND: Final = BlockKind(
    name=views.KIND,
    label=_("Map"),
    description=_("People put points, lines and areas on a map and say what they think of the place"),
    icon="globe",
    order=45,
    settings=MapSettings,
    form=MapForm,
    data=views.data,
    figures=views.figures,
    contributions=views.contributions,
    ready=views.ready,
    account_erased=actions.forget_author,
    copied=desk.copied,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages, and lets pictures of the map come from their host."""
    app[BLOCKS].add(KIND)
    host = section(app, MapSectionSettings).tiles_host
    if host:
        app[IMAGE_HOSTS]["/dialog/"] = host
    yield


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str = "", **more: Any) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name, **more)


ROUTES: Final = (
    _get(_PAGES, pages.show_list, ANYONE, "list"),
    _get(f"{_PAGES}/entries.{{ending:geojson|xlsx|csv}}", pages.send_file, ANYONE, "file"),
    _get(f"{_PAGES}/new", pages.show_new, SIGNED_IN, "new"),
    _post(f"{_PAGES}/new", pages.show_new, SIGNED_IN),
    _get(_ENTRY, pages.show_entry, ANYONE, "entry"),
    _get(f"{_ENTRY}/edit", pages.show_edit, SIGNED_IN, "edit"),
    _post(f"{_ENTRY}/edit", pages.show_edit, SIGNED_IN),
    _post(f"{_ENTRY}/{{verb:endorse|unendorse|withdraw}}", pages.act, SIGNED_IN, "act"),
    _post(f"{_ENTRY}/{{verb:hide|restore}}", pages.act, _MODERATORS, "moderate"),
    _get(f"{_MANAGED}/paper", desk_pages.show_paper, _DESK, "paper"),
    _post(f"{_MANAGED}/paper", desk_pages.show_paper, _DESK),
    _get(f"{_MANAGED}/categories", desk_pages.show_categories, _DESK, "categories"),
    _post(f"{_MANAGED}/categories", desk_pages.show_categories, _DESK),
    _post(rf"{_MANAGED}/categories/{{category_id:\d{{1,18}}}}/remove", desk_pages.remove_category, _DESK, "category"),
    _get(f"{_MANAGED}/layers", desk_pages.show_layers, _DESK, "layers"),
    _post(f"{_MANAGED}/layers", desk_pages.show_layers, _DESK, max_bytes=3 * 1024 * 1024),
    _post(rf"{_MANAGED}/layers/{{layer_id:\d{{1,18}}}}/remove", desk_pages.remove_layer, _DESK, "layer"),
    Route(
        method="GET", path=_API, handler=api.show_map, allow=ANYONE, reply=MapView,
        summary="A map as it is drawn: categories, the office's layers, where entries stand; without with `spots=none`",
    ),
    Route(
        method="GET", path=f"{_API}/entries", handler=api.list_entries, allow=ANYONE, reply=EntryPage,
        summary="Entries of a map, a hundred a page, or those of `ids`",
    ),
    Route(
        method="POST", path=_API, handler=api.add_entry, allow=SIGNED_IN, body=EntryDraft, reply=EntryRow, status=201,
        summary="Put something on a map",
    ),
    Route(
        method="GET", path=_ONE, handler=api.show_entry, allow=ANYONE, reply=EntryRow, summary="One entry of a map"
    ),
    Route(
        method="PUT", path=_ONE, handler=api.change_entry, allow=SIGNED_IN, body=EntryDraft, reply=EntryRow,
        summary="Change one's own entry of a map",
    ),
    Route(
        method="PUT", path=f"{_ONE}/endorsement", handler=api.endorse, allow=SIGNED_IN, reply=EntryRow,
        summary="Endorse an entry of a map",
    ),
    Route(
        method="DELETE", path=f"{_ONE}/endorsement", handler=api.endorse, allow=SIGNED_IN, reply=EntryRow,
        summary="Take an endorsement back",
    ),
)  # fmt: skip

FEATURE = Feature(
    name=views.KIND,
    folder=Path(__file__).parent,
    needs=("dialog", "discussion"),
    settings=MapSectionSettings,
    routes=ROUTES,
    rooms=(
        Room(
            pattern="dialog/map/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LOG,
            kept=True,
            snapshot=views.snapshot,
            events=(EntryChanged, EntryTakenAway),
            summary="Entries of a map as they come and change",
        ),
    ),
    services=(kind_service,),
    demo=demo.fill,
    template_globals={"map_paths": rules.PATHS},
)
