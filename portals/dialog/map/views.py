"""What pages, the API and rooms show of a map: rows with authors, as the public sees them."""

import asyncio
from collections.abc import Mapping, Sequence
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
from portals.dialog.map.geometry import contains, middle
from portals.dialog.map.model import (
    Category,
    Entry,
    EntryPage,
    EntryRow,
    Geometry,
    Ground,
    MapData,
    MapMarks,
    MapSettings,
    MapView,
    Wanted,
)
from portals.dialog.participation import authors

KIND: Final = "map"
PAGE: Final = 30
MOST_AT_ONCE: Final = 100


def settings_of(place: Place) -> MapSettings:
    return msgspec.convert(place.block.settings, MapSettings)


async def rows(tx: Tx, entries: Sequence[Entry]) -> list[EntryRow]:
    known = await authors(tx, list({one.participant_id for one in entries}))

    def drawn() -> list[EntryRow]:
        return [rules.row(one, known.get(one.participant_id)) for one in entries]

    # reading what people wrote takes a third of a millisecond each
    return drawn() if len(entries) <= MOST_AT_ONCE else await asyncio.to_thread(drawn)


async def data(tx: Tx, _actor: Actor, place: Place) -> MapData:
    """The newest entries."""
    return await list_data(tx, place, Wanted())


async def list_data(tx: Tx, place: Place, wanted: Wanted) -> MapData:
    """A page of the list: of one category, of one area, in an order."""
    block_id, mine = place.block.id, place.participant_id
    categories, layers = await store.categories(tx, block_id), await store.layers(tx, block_id)
    areas = rules.areas(layers)
    category_id = rules.wanted_category(wanted.category, categories)
    ids = await _ids_in(tx, place, wanted, areas) if wanted.area else None
    found = len(ids) if ids is not None else await store.entry_count(tx, block_id, category_id=category_id)
    pages = max(1, -(-found // PAGE))
    page = min(_page(wanted.page), pages)
    entries = await store.entry_page(
        tx, block_id, category_id=category_id, ids=ids, sort=wanted.sort, limit=PAGE, offset=(page - 1) * PAGE
    )
    threads = await discussion.thread_counts(tx, block_id)
    return MapData(
        intro=render_markdown(settings_of(place).intro),
        categories=categories,
        layers=layers,
        areas=[(key, name) for key, (name, _area) in areas.items()],
        rows=await rows(tx, entries),
        comments={one.id: threads.get(one.subject, 0) for one in entries},
        own=frozenset(await store.own_ids(tx, block_id, mine)) if mine else frozenset(),
        endorsed=frozenset(await store.endorsed(tx, block_id, mine)) if mine else frozenset(),
        count=await store.entry_count(tx, block_id, shown=True),
        found=found,
        page=page,
        pages=pages,
        wanted=wanted,
    )


async def _ids_in(tx: Tx, place: Place, wanted: Wanted, areas: Mapping[str, tuple[str, Geometry]]) -> list[int]:
    """Entries that lie in the area that is asked for, of the category that is asked for."""
    area = areas.get(wanted.area)
    if area is None:
        return []
    known = await store.places(tx, place.block.id)

    def inside() -> list[int]:
        return [
            entry_id
            for entry_id, category_id, geometry in known
            if (not wanted.category or str(category_id) == wanted.category) and contains(area[1], middle(geometry))
        ]

    return await asyncio.to_thread(inside)


async def view(tx: Tx, place: Place, ground: Ground, *, spots: bool = True) -> MapView:
    """The map as it is drawn; `spots` False: what lies below the entries."""
    mine = place.participant_id
    return MapView(
        ground=ground,
        categories=await store.categories(tx, place.block.id),
        layers=await store.layers(tx, place.block.id),
        spots=await store.spots(tx, place.block.id) if spots else [],
        own=await store.own_ids(tx, place.block.id, mine) if mine else [],
        endorsed=await store.endorsed(tx, place.block.id, mine) if mine else [],
    )


async def entry_page(tx: Tx, place: Place, page: str, ids: Sequence[int] | None = None) -> EntryPage:
    """A hundred entries, or those that are named."""
    count = await store.entry_count(tx, place.block.id)
    pages = max(1, -(-count // MOST_AT_ONCE)) if ids is None else 1
    number = min(_page(page), pages)
    found = await store.entry_page(tx, place.block.id, ids=ids, limit=MOST_AT_ONCE, offset=(number - 1) * MOST_AT_ONCE)
    return EntryPage(await rows(tx, found), count, number, pages)


async def whole(tx: Tx, place: Place) -> tuple[list[Category], list[EntryRow]]:
    """For files."""
    found = await store.entries(tx, place.block.id)
    return await store.categories(tx, place.block.id), await rows(tx, found)


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
