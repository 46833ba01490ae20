"""What pages and the API show of materials."""

from typing import Any

import msgspec
from markupsafe import Markup

from app.actor import Actor
from app.database import Tx
from app.markup import render_markdown
from media.uploads import store as upload_store
from media.uploads.model import UploadView, view_of
from portals.dialog.access import Place
from portals.dialog.discussion import store as discussion_store
from portals.dialog.materials import rules, store
from portals.dialog.materials.model import Chapter, Material, MaterialRow, MaterialsData, MaterialsSettings, Shown


async def data(tx: Tx, _actor: Actor, place: Place) -> MaterialsData:
    """Those of a block, in order."""
    settings = msgspec.convert(place.block.settings, MaterialsSettings)
    counts: dict[str, int] = {}
    if settings.comments:
        threads = await discussion_store.threads(tx, place.block.id)
        counts = {one.subject: one.comments for one in threads if not one.hidden}
    found = await store.materials(tx, place.block.id)
    return MaterialsData([await shown(tx, one, counts.get(one.subject, 0)) for one in found])


async def shown(tx: Tx, material: Material, comments: int = 0) -> Shown:
    html = render_markdown(material.text) if material.kind == "text" else Markup("")
    return Shown(material, html, await recording(tx, material), comments, _chapters(material))


def _chapters(material: Material) -> list[Chapter]:
    return rules.read_chapters(material.chapters) or []


async def recording(tx: Tx, material: Material) -> UploadView | None:
    """What the media core has made of a film or a recording, with its captions."""
    upload = await upload_store.upload(tx, material.upload_id) if material.upload_id and not material.removed else None
    return view_of(upload, await upload_store.captions_of(tx, upload.id), "") if upload else None


def row(material: Material, place: Place) -> MaterialRow:
    address = f"{place.consultation.path}/materials/{material.id}"
    values: dict[str, Any] = {
        name: getattr(material, name)
        for name in ("id", "kind", "shape", "title", "summary", "alt", "version", "type", "bytes", "link", "removed",
                     "removal_reason", "changed_at", "rev")
    }  # fmt: skip
    file = f"{address}/v{material.version}" if material.file_id and not material.removed else ""
    return MaterialRow(address=address, file=file, chapters=_chapters(material), **values)
