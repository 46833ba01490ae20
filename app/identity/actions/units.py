"""The organisation's tree."""

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from app.identity import rules, store
from app.identity.access import access_unit, administered_paths
from app.identity.model import Unit, UnitKind


async def ensure_city(database: Database, name: str) -> Unit:
    """The top of the tree, made at the first start and called as the setting says."""
    async with database.transaction() as tx:
        city = await store.city_unit(tx)
        if city is None:
            await store.lock_tree(tx)
            city = await store.city_unit(tx) or await store.add_unit(tx, None, UnitKind.CITY, name)
        elif city.name != name:
            city = await store.rename_unit(tx, city.id, name, city.rev)
    return city


async def list_units(database: Database, actor: Actor) -> list[Unit]:
    """Units that the actor administers, each after its parent."""
    async with database.transaction(readonly=True) as tx:
        city = await store.city_unit(tx)
        paths = administered_paths(actor)
        if actor == SYSTEM and city is not None:
            paths = [city.path]
        return await store.units_below(tx, paths)


async def show_unit(database: Database, actor: Actor, unit_id: int) -> Unit:
    async with database.transaction(readonly=True) as tx:
        return await access_unit(tx, actor, unit_id)


async def create_unit(database: Database, actor: Actor, *, parent_id: int, kind: UnitKind, name: str) -> Unit:
    """Raises `Invalid` (`name`, `kind`), `NotFound` for a parent out of reach."""
    async with database.transaction() as tx:
        return await create_unit_in(tx, actor, parent_id=parent_id, kind=kind, name=name)


async def create_unit_in(tx: Tx, actor: Actor, *, parent_id: int, kind: UnitKind, name: str) -> Unit:
    """The same as a part of a larger action."""
    await store.lock_tree(tx)
    parent = await access_unit(tx, actor, parent_id)
    if not rules.can_stand_below(kind, parent.kind):
        raise Invalid(fields={"kind": "This cannot stand here in the organisation"})
    name = await _free_name(tx, parent_id, name)
    unit = await store.add_unit(tx, parent_id, kind, name)
    await tx.audit(actor, "unit.create", f"unit/{unit.id}", name=unit.name, kind=str(kind), path=unit.path)
    return unit


async def rename_unit(database: Database, actor: Actor, unit_id: int, *, name: str, rev: int) -> Unit:
    """Raises `Invalid` (`name`), `Conflict` when it changed since `rev`; the city's name is a setting."""
    async with database.transaction() as tx:
        return await rename_unit_in(tx, actor, unit_id, name=name, rev=rev)


async def rename_unit_in(tx: Tx, actor: Actor, unit_id: int, *, name: str, rev: int) -> Unit:
    """The same as a part of a larger action."""
    await store.lock_tree(tx)
    unit = await access_unit(tx, actor, unit_id)
    if unit.parent_id is None:
        raise Conflict("The city's name is a setting of the server")
    name = await _free_name(tx, unit.parent_id, name, itself=unit.id)
    renamed = await store.rename_unit(tx, unit_id, name, rev)
    await tx.audit(actor, "unit.rename", f"unit/{unit_id}", name=name, was=unit.name)
    return renamed


async def _free_name(tx: Tx, parent_id: int | None, name: str, itself: int | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 160:
        raise Invalid(fields={"name": "Enter a name of at most 160 characters"})
    if await store.sibling_named(tx, parent_id, name) not in {None, itself}:
        raise Invalid(fields={"name": "There is a unit of this name here already"})
    return name
