"""What pages, the API and rooms show of a map: rows with authors, as the public sees them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Tx
from app.feature import Params
from app.i18n import _
from app.markup import render_markdown
from portals.dialog.access import Place, access_block, room_number
from portals.dialog.blocks import Contribution, Figure
from portals.dialog.discussion import actions as discussion
from portals.dialog.discussion.prose import pieces, plain
from portals.dialog.map import rules, store
from portals.dialog.map.model import Entry, EntryRow, Ground, MapData, MapMarks, MapSettings, MapView, Wanted
from portals.dialog.participation import authors

KIND: Final = "map"
PAGE: Final = 30


def settings_of(place: Place) -> MapSettings:
    return msgspec.convert(place.block.settings, MapSettings)


async def rows(tx: Tx, entries: Sequence[Entry]) -> list[EntryRow]:
    known = await authors(tx, list({one.participant_id for one in entries}))
    return [rules.row(one, known.get(one.participant_id)) for one in entries]


async def data(tx: Tx, _actor: Actor, place: Place) -> MapData:
    """The newest entries."""
    return await list_data(tx, place, Wanted())


async def list_data(tx: Tx, place: Place, wanted: Wanted) -> MapData:
    """A page of the list: of one category, of one area, in an order."""
    block_id = place.block.id
    categories, layers = await store.categories(tx, block_id), await store.layers(tx, block_id)
    every = await store.entries(tx, block_id)
    areas = rules.areas(layers)
    found = [one for one in every if not wanted.category or str(one.category_id) == wanted.category]
    if wanted.area:
        area = areas.get(wanted.area)
        found = [one for one in found if area is not None and one.state == "shown" and rules.lies_in(one, area[1])]
    if wanted.sort == "endorsed":
        found.sort(key=lambda one: -one.endorsements)
    elif wanted.sort == "category":
        order = {one.id: number for number, one in enumerate(categories)}
        found.sort(key=lambda one: order.get(one.category_id, 0))
    pages = max(1, -(-len(found) // PAGE))
    page = min(_page(wanted.page), pages)
    threads = await discussion.thread_counts(tx, block_id)
    mine = place.participant_id
    return MapData(
        intro=render_markdown(settings_of(place).intro),
        categories=categories,
        layers=layers,
        areas=[(key, name) for key, (name, _area) in areas.items()],
        rows=await rows(tx, found[(page - 1) * PAGE : page * PAGE]),
        comments={one.id: threads.get(one.subject, 0) for one in found},
        own=frozenset(one.id for one in every if rules.is_own(one, place)),
        endorsed=frozenset(await store.endorsed(tx, block_id, mine)) if mine else frozenset(),
        count=sum(1 for one in every if one.state == "shown"),
        found=len(found),
        page=page,
        pages=pages,
        wanted=wanted,
    )


async def view(tx: Tx, place: Place, ground: Ground) -> MapView:
    """The whole map."""
    found = await store.entries(tx, place.block.id)
    mine = place.participant_id
    return MapView(
        ground=ground,
        categories=await store.categories(tx, place.block.id),
        layers=await store.layers(tx, place.block.id),
        entries=await rows(tx, found),
        own=[one.id for one in found if rules.is_own(one, place)],
        endorsed=await store.endorsed(tx, place.block.id, mine) if mine else [],
    )


async def snapshot(tx: Tx, actor: Actor, params: Params) -> MapMarks:
    """Of a map's room."""
    place = await access_block(tx, actor, room_number(params, "block_id"), KIND)
    return MapMarks(await store.marks(tx, place.block.id))


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    shown, paper, endorsements = await store.counts(tx, place.block.id)
    return (
        Figure(_("entries on the map"), shown),
        Figure(_("of them on paper"), paper),
        Figure(_("endorsements"), endorsements),
    )


async def contributions(tx: Tx, _actor: Actor, place: Place) -> Sequence[Contribution]:
    """What people have put there; not what they took back."""
    return [
        Contribution(
            block_id=place.block.id,
            ref=f"entry/{one.id}",
            participant_id=one.participant_id,
            text=plain(pieces(one.text)),
            at=one.made_at,
            path=entry_path(place, one.id),
            visible=one.state == "shown",
        )
        for one in await store.entries(tx, place.block.id)
        if one.state != "withdrawn"
    ]


async def ready(tx: Tx, place: Place) -> Sequence[str]:
    """Nobody can put anything on a map without a category."""
    return [] if await store.categories(tx, place.block.id) else [_("A map has no categories yet")]


def entry_path(place: Place, entry_id: int) -> str:
    """The one address of an entry."""
    return f"{place.consultation.path}/map/{place.block.id}/entries/{entry_id}"


def _page(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 5 else 1  # digits
