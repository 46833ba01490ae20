"""What the office puts into a map: categories and plan layers."""

import asyncio
from typing import Final, get_args

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.dialog import plan
from portals.dialog.access import access_block_to_manage
from portals.dialog.joining import clean
from portals.dialog.map import geometry, store
from portals.dialog.map.model import Bounds, Colour, Shape
from portals.dialog.map.views import KIND
from portals.dialog.model import Block

MOST_CATEGORIES: Final = 20
MOST_LAYERS: Final = 10


async def add_category(database: Database, actor: Actor, block_id: int, name: str, colour: str, shape: str) -> int:
    """A category with its sign; no two have the same sign."""
    name = clean(name)
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        known = await store.categories(tx, block_id)
        fields = {}
        if not 1 <= len(name) <= 80:  # the table's limit
            fields["name"] = _("Write a name of 80 characters at most")
        if colour not in get_args(Colour):
            fields["colour"] = _("Choose a colour")
        if shape not in get_args(Shape):
            fields["shape"] = _("Choose a shape")
        elif any((one.colour, one.shape) == (colour, shape) for one in known):
            fields["shape"] = _("Another category has this sign already")
        if len(known) >= MOST_CATEGORIES:
            fields["name"] = _("There are 20 categories already: nobody tells more apart")
        if fields:
            raise Invalid(fields=fields)
        made = await store.add_category(tx, block_id, name, colour, shape)
        if made is None:
            raise Invalid(fields={"name": _("There is a category of this name already")})
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "map.category", subject, block=block_id, name=name)
        await plan.block_changed(tx, block_id)
        return made


async def remove_category(database: Database, actor: Actor, block_id: int, category_id: int) -> None:
    """One that nobody has used. Raises `Conflict`."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        if not await store.remove_category(tx, block_id, category_id):
            raise Conflict("There are entries of this category: it stays")
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "map.category-remove", subject, block=block_id, category=category_id)
        await plan.block_changed(tx, block_id)


async def add_layer(database: Database, actor: Actor, block_id: int, title: str, text: str, bounds: Bounds) -> int:
    """Outlines from GeoJSON. Reading a big file is a thread's work."""
    title = clean(title)
    fields = {} if 1 <= len(title) <= 120 else {"title": _("Write a title of 120 characters at most")}
    outlines = []
    try:
        outlines = await asyncio.to_thread(geometry.plan, text, bounds)
    except Invalid as problem:
        fields.update(problem.fields)
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        if len(await store.layers(tx, block_id)) >= MOST_LAYERS:
            fields["title"] = _("There are 10 layers already. Remove one first")
        if fields:
            raise Invalid(fields=fields)
        made = await store.add_layer(tx, block_id, title, outlines, actor.account_id)
        await tx.audit(actor, "map.layer", f"consultation/{place.consultation.id}", block=block_id, title=title)
        await plan.block_changed(tx, block_id)
        return made


async def remove_layer(database: Database, actor: Actor, block_id: int, layer_id: int) -> None:
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        title = await store.remove_layer(tx, block_id, layer_id)
        if title is None:
            raise NotFound
        await tx.audit(actor, "map.layer-remove", f"consultation/{place.consultation.id}", block=block_id, title=title)
        await plan.block_changed(tx, block_id)


async def copied(tx: Tx, _actor: Actor, old: Block, new: Block) -> None:
    await store.copy_office_part(tx, old.id, new.id)
