"""Materials of consultations: the visible place where everything they add stands."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Allow, Feature, Handler, Route, having
from app.i18n import _
from portals.dialog.access import Place
from portals.dialog.blocks import BLOCKS, BlockKind, Figure
from portals.dialog.materials import actions, demo, pages, store, views
from portals.dialog.materials.actions import NAME
from portals.dialog.materials.forms import MaterialsForm
from portals.dialog.materials.model import MaterialList, MaterialsSettings
from portals.dialog.materials.previews import PREVIEW
from portals.dialog.materials.settings import MaterialSettings
from portals.dialog.rules import MANAGING_ROLES

_DESK: Final = having(*MANAGING_ROLES)
_ONE: Final = r"/dialog/{slug}/materials/{material_id:\d{1,18}}"
_MANAGED: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/materials"
_NEW: Final = rf"{_MANAGED}/{{block_id:\d{{1,18}}}}/new/{{kind:text|file|link}}"
_EDIT: Final = rf"{_MANAGED}/one/{{material_id:\d{{1,18}}}}"
MOST_BODY: Final = 1 << 50
"""The setting `limit_mib` is what counts; the handler looks at each file."""


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    return [Figure(_("materials"), sum(1 for one in await store.materials(tx, place.block.id) if not one.removed))]


async def ready(tx: Tx, place: Place) -> Sequence[str]:
    there = any(not one.removed for one in await store.materials(tx, place.block.id))
    return [] if there else [_("A block of materials is still empty")]


KIND: Final = BlockKind(
    name=NAME,
    label=_("Materials"),
    description=_("Texts, files, slides, pictures, films, links to read and see first"),
    icon="document",
    order=15,
    settings=MaterialsSettings,
    form=MaterialsForm,
    data=views.data,
    timed=False,
    figures=figures,
    ready=ready,
    discarded=actions.discard_files,
    copied=actions.copy_materials,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(KIND)
    yield


def _page(
    method: str, path: str, handler: Handler, name: str = "", allow: Allow = _DESK, max_bytes: int = 1 << 20
) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, name=name, max_bytes=max_bytes)


FEATURE = Feature(
    name=NAME,
    folder=Path(__file__).parent,
    needs=("dialog", "discussion", "uploads"),
    settings=MaterialSettings,
    services=(kind_service,),
    routes=(
        _page("GET", _ONE, pages.show_material, "material", ANYONE),
        _page("GET", _ONE + r"/v{number:\d{1,6}}", pages.send_version, "version", ANYONE),
        _page("GET", _ONE + r"/v{number:\d{1,6}}/preview", pages.send_preview, "preview", ANYONE),
        _page("GET", _NEW, pages.show_new, "new"),
        _page("POST", _NEW, pages.add_material, max_bytes=MOST_BODY),
        _page("GET", _EDIT, pages.edit_material, "edit"),
        _page("POST", _EDIT, pages.edit_material),
        _page("POST", f"{_EDIT}/versions", pages.add_version, "add_version", max_bytes=MOST_BODY),
        _page("POST", f"{_EDIT}/captions", pages.attach_captions, "captions", max_bytes=3 << 20),
        _page("POST", f"{_EDIT}/move", pages.move_material, "move"),
        _page("POST", f"{_EDIT}/remove", pages.remove_material, "remove"),
        Route(
            method="GET",
            path=r"/api/dialog/blocks/{block_id:\d{1,18}}/materials",
            handler=pages.list_materials,
            allow=ANYONE,
            summary="Materials of a consultation's block, in order",
            reply=MaterialList,
        ),
    ),
    jobs=(PREVIEW,),
    demo=demo.fill,
)
