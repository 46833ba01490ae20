"""Projects of a participatory budget: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, SIGNED_IN, Allow, Feature, Handler, Params, Room, RoomKind, Route, having
from app.i18n import _
from portals.dialog import rules as dialog_rules
from portals.dialog.access import room_number
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.budget import actions, api, demo, desk_pages, pages, rules, views
from portals.dialog.budget.forms import BudgetForm
from portals.dialog.budget.model import BudgetSettings, ProjectChanged, ProjectList

MANAGING: Final = having(*dialog_rules.MANAGING_ROLES)
INSIDE: Final = having(*dialog_rules.INSIDE_ROLES)
BASE: Final = "/dialog/{slug}/budget"
PROJECT: Final = rf"{BASE}/{{project_id:\d{{1,18}}}}"
FILE: Final = rf"{BASE}/files/{{file_id:\d{{1,18}}}}"
LIST: Final = rf"{BASE}/list/{{block_id:\d{{1,18}}}}"
NEW: Final = rf"{BASE}/new/{{block_id:\d{{1,18}}}}"
DESK: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/budget"
CHECK: Final = rf"{DESK}/{{project_id:\d{{1,18}}}}"

KIND: Final = BlockKind(
    name=actions.KIND,
    label=_("Projects of residents"),
    description=_("A participatory budget: projects are sent in, checked, put on the ballot"),
    icon="plus",
    order=38,
    settings=BudgetSettings,
    form=BudgetForm,
    check=rules.settings_faults,
    data=views.view,
    manage=views.desk_view,
    figures=views.figures,
    contributions=views.contributions,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(KIND)
    yield


async def snapshot(tx: Tx, actor: Actor, params: Params) -> ProjectList:
    return await actions.listed(tx, actor, room_number(params, "block_id"))


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str = "") -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name)


FEATURE = Feature(
    name="budget",
    folder=Path(__file__).parent,
    needs=("dialog", "ballots", "map", "realtime"),
    routes=(
        _get(LIST, pages.list_projects, ANYONE, "list"),
        _get(f"{LIST}/projects.{{form}}", pages.send_projects, ANYONE, "projects_file"),
        _get(NEW, pages.show_edit, SIGNED_IN, "new"),
        _post(NEW, pages.show_edit, SIGNED_IN),
        _get(PROJECT, pages.show_project, ANYONE, "project"),
        _get(f"{PROJECT}/edit", pages.show_edit, SIGNED_IN, "edit"),
        _post(f"{PROJECT}/edit", pages.show_edit, SIGNED_IN),
        _post(f"{PROJECT}/submit", pages.submit, SIGNED_IN, "submit"),
        _post(f"{PROJECT}/withdraw", pages.withdraw, SIGNED_IN, "withdraw"),
        _post(f"{PROJECT}/appeal", pages.appeal, SIGNED_IN, "appeal"),
        Route(
            method="POST",
            path=f"{PROJECT}/files",
            handler=pages.add_file,
            allow=SIGNED_IN,
            name="add_file",
            max_bytes=pages.FILE_LIMIT + 65536,
        ),
        _get(FILE, pages.send_file, ANYONE, "file"),
        _post(f"{FILE}/remove", pages.remove_file, SIGNED_IN, "remove_file"),
        _get(CHECK, desk_pages.show_check, INSIDE, "check"),
        _post(CHECK, desk_pages.show_check, MANAGING),
        _post(rf"{DESK}/blocks/{{block_id:\d{{1,18}}}}/ballot", desk_pages.put_on_ballot, MANAGING, "put_on_ballot"),
        Route(
            method="GET",
            path=r"/api/dialog/blocks/{block_id:\d{1,18}}/budget",
            handler=api.list_projects,
            allow=ANYONE,
            summary="Projects that were sent in",
            reply=ProjectList,
        ),
    ),
    rooms=(
        Room(
            pattern="dialog/budget/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=snapshot,
            events=(ProjectChanged,),
            summary="Projects of a participatory budget as they are sent in and checked",
        ),
    ),
    services=(kind_service,),
    demo=demo.fill,
)
