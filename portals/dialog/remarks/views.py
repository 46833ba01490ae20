"""What pages, the API and rooms show of remarks: rows with authors, as the public sees them."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import Params
from app.markup import render_markdown
from portals.dialog.access import Place, access_block, room_number
from portals.dialog.participation import authors
from portals.dialog.remarks import rules, store, version_store
from portals.dialog.remarks.model import (
    Count,
    Paragraph,
    Remark,
    RemarkPage,
    RemarkRow,
    RemarksSettings,
    RemarksView,
    Version,
)

NAME: Final = "remarks"
PAGE: Final = 30
NEWEST: Final = 2**62


class Elsewhere(msgspec.Struct, frozen=True):
    """The draft stands in another block, of an earlier phase: this one is about the answers."""

    block_id: int
    path: str
    count: Count


class RemarksData(msgspec.Struct, frozen=True):
    """What the block's templates get. `version` None: the office has put no text there yet."""

    version: Version | None
    versions: list[Version]
    paragraphs: list[Paragraph]
    on: Mapping[int, int]
    """How many remarks that can be read stand on a paragraph, by ordinal."""
    page: RemarkPage
    count: Count
    intro: Markup
    elsewhere: Elsewhere | None = None


async def rows(tx: Tx, remarks: Sequence[Remark]) -> list[RemarkRow]:
    known = await authors(tx, list({one.participant_id for one in remarks}))
    return [rules.row(one, known.get(one.participant_id)) for one in remarks]


async def row_of(tx: Tx, remark_id: int, version: Version) -> RemarkRow:
    found = await store.remark(tx, remark_id, version.id)
    if found is None:
        raise NotFound
    return (await rows(tx, [found]))[0]


async def page(
    tx: Tx, place: Place, version: Version | None, ordinal: int | None = None, before: int = NEWEST
) -> RemarkPage:
    """Newest first; of one paragraph, or of all."""
    if version is None:
        return RemarkPage([], more=False, mine=[])
    found = await store.newest_remarks(tx, place.block.id, version.id, ordinal, before, PAGE + 1)
    mine = await store.own_ids(tx, place.block.id, place.participant_id) if place.participant_id else []
    return RemarkPage(await rows(tx, found[:PAGE]), more=len(found) > PAGE, mine=mine)


async def data(tx: Tx, _actor: Actor, place: Place) -> RemarksData:
    """The newest version with the newest remarks."""
    versions = await version_store.versions(tx, place.block.id)
    settings = msgspec.convert(place.block.settings, RemarksSettings)
    found = await version_data(tx, place, versions, versions[0] if versions else None, settings.intro)
    return found if versions else msgspec.structs.replace(found, elsewhere=await _elsewhere(tx, place))


async def _elsewhere(tx: Tx, place: Place) -> Elsewhere | None:
    block_id = await version_store.drafted_elsewhere(tx, place.consultation.id, place.block.id)
    newest = await version_store.newest(tx, block_id) if block_id else None
    if block_id is None or newest is None:
        return None
    count = await store.count(tx, block_id, newest.id)
    return Elsewhere(block_id, f"{place.consultation.path}/blocks/{block_id}", count)


async def version_data(
    tx: Tx, place: Place, versions: list[Version], version: Version | None, intro: str = ""
) -> RemarksData:
    if version is None:
        empty = RemarkPage([], more=False, mine=[])
        return RemarksData(None, [], [], {}, empty, Count(0, 0, 0, 0), render_markdown(intro))
    on: dict[int, int] = {}
    for mark in await store.marks(tx, place.block.id, version.id):
        if mark.state == "shown":
            on[mark.ordinal] = on.get(mark.ordinal, 0) + 1
    return RemarksData(
        version,
        versions,
        await version_store.paragraphs(tx, version.id),
        on,
        await page(tx, place, version),
        await store.count(tx, place.block.id, version.id),
        render_markdown(intro),
    )


async def snapshot(tx: Tx, actor: Actor, params: Params) -> RemarksView:
    """Of a block's room."""
    place = await access_block(tx, actor, room_number(params, "block_id"), NAME)
    version = await version_store.newest(tx, place.block.id)
    if version is None:
        return RemarksView(0, [])
    return RemarksView(version.number, await store.marks(tx, place.block.id, version.id))
