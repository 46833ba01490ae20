"""Verbs of units; the loaders that say who may know of one stand on top."""

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.feature import Params
from app.i18n import _
from app.identity import rules as identity_rules
from app.identity import store as identity_store
from app.identity.access import access_unit as access_tree_unit
from app.identity.access import administered_paths
from app.identity.actions import create_unit_in, rename_unit_in
from app.tables import tidy
from portals.intranet import rules, store
from portals.intranet.model import (
    UNITS_ROOM,
    Member,
    MemberChange,
    NewMember,
    NewUnit,
    OrganisationUnit,
    UnitChange,
    UnitChanged,
    UnitDraft,
    UnitList,
    UnitMembersChanged,
    UnitRow,
    UnitView,
    unit_room,
)


async def units_of(tx: Tx, account_id: int | None) -> tuple[int, ...]:
    """Ids of the units in which an account works now."""
    return () if account_id is None else tuple(await store.unit_ids_of(tx, account_id))


async def own_units(tx: Tx, actor: Actor) -> list[OrganisationUnit]:
    """Units in which the actor works now, by name."""
    return [] if actor.account_id is None else await store.units_of(tx, actor.account_id)


async def is_staff(tx: Tx, actor: Actor) -> bool:
    """Whether the intranet is open to somebody."""
    return rules.is_staff(actor, has_unit=False) or bool(await units_of(tx, actor.account_id))


async def access_staff(tx: Tx, actor: Actor) -> None:
    """Raises `NotFound` for those who do not work here."""
    if not await is_staff(tx, actor):
        raise NotFound


async def access_unit(tx: Tx, actor: Actor, unit_id: int) -> OrganisationUnit:
    """A unit as all of the staff may know it, closed ones too."""
    await access_staff(tx, actor)
    found = await store.unit(tx, unit_id)
    if found is None:
        raise NotFound
    return found


async def access_unit_to_change(tx: Tx, actor: Actor, unit_id: int) -> OrganisationUnit:
    """The same for its administrators, in a transaction that writes."""
    await store.lock_card(tx, unit_id)
    found = await access_unit(tx, actor, unit_id)
    if not rules.can_change_unit(actor, found.path):
        raise NotFound
    return found


async def access_unit_to_staff(tx: Tx, actor: Actor, unit_id: int) -> OrganisationUnit:
    """The same for those who say who works in it: administrators, and its head."""
    await store.lock_card(tx, unit_id)
    found = await access_unit(tx, actor, unit_id)
    is_head = await store.is_head(tx, unit_id, actor.account_id)
    if not rules.can_add_members(actor, found.path, is_head=is_head):
        raise NotFound
    return found


async def unit_choices(tx: Tx) -> list[OrganisationUnit]:
    """Units that a form may offer. For other features, behind their own permission."""
    return await store.units(tx, active=True)


async def list_units(database: Database, actor: Actor) -> UnitList:
    async with database.transaction(readonly=True) as tx:
        return await units_snapshot(tx, actor, {})


async def show_unit(database: Database, actor: Actor, unit_id: int) -> UnitView:
    async with database.transaction(readonly=True) as tx:
        return await _view(tx, actor, await access_unit(tx, actor, unit_id))


async def units_snapshot(tx: Tx, actor: Actor, params: Params) -> UnitList:  # noqa: ARG001  # a room's signature
    await access_staff(tx, actor)
    return UnitList(units=await store.rows(tx))


async def unit_snapshot(tx: Tx, actor: Actor, params: Params) -> UnitView:
    text = params["unit_id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return await _view(tx, actor, await access_unit(tx, actor, int(text)))


async def create_unit(database: Database, actor: Actor, new: NewUnit) -> UnitRow:
    """A unit in the tree, with its card. Raises `Invalid` by field, `NotFound` for a parent out of reach."""
    async with database.transaction() as tx:
        await access_tree_unit(tx, actor, new.parent_id)
        texts = await _checked(tx, new, None)
        kind = rules.TREE_KINDS[new.kind]
        made = await create_unit_in(tx, actor, parent_id=new.parent_id, kind=kind, name=texts["name"])
        await store.put_card(tx, made.id, new.kind, texts, active=new.active)
        await tx.audit(actor, "unit.card", f"unit/{made.id}", short_name=texts["short_name"])
        return await _published(tx, made.id)


async def change_unit(database: Database, actor: Actor, unit_id: int, change: UnitChange) -> UnitRow:
    """Raises `Invalid` by field, `Conflict` when somebody else was faster."""
    async with database.transaction() as tx:
        old = await access_unit_to_change(tx, actor, unit_id)
        if old.rev != change.rev:
            raise Conflict("Somebody has changed this unit in the meantime. Look at it once more")
        if change.kind != old.kind and rules.TREE_KINDS[change.kind] != rules.TREE_KINDS[old.kind]:
            raise Invalid(fields={"kind": "A school stays a school: roles and people hang on it"})
        texts = await _checked(tx, change, unit_id)
        if texts["name"] != old.name:
            tree = await identity_store.unit(tx, unit_id)
            assert tree is not None  # the card refers to it
            await rename_unit_in(tx, actor, unit_id, name=texts["name"], rev=tree.rev)
        await store.put_card(tx, unit_id, change.kind, texts, active=change.active)
        was = {name: getattr(old, name) for name in ("short_name", "address", "room", "phone", "email", "active")}
        now = {**texts, "active": change.active}
        changed = {name: [old_value, now[name]] for name, old_value in was.items() if old_value != now[name]}
        await tx.audit(actor, "unit.card", f"unit/{unit_id}", **changed)
        return await _published(tx, unit_id)


async def give_card(database: Database, actor: Actor, unit_id: int, draft: UnitDraft) -> UnitRow:
    """For a unit that was in the tree before the intranet. Its name stays the tree's."""
    async with database.transaction() as tx:
        bare = next((one for one in await store.without_card(tx, administered_paths(actor)) if one.id == unit_id), None)
        if bare is None:
            raise NotFound
        texts = await _checked(tx, msgspec.structs.replace(draft, name=bare.name), unit_id)
        await store.put_card(tx, unit_id, draft.kind, texts, active=draft.active)
        await tx.audit(actor, "unit.card", f"unit/{unit_id}", short_name=texts["short_name"])
        return await _published(tx, unit_id)


async def units_without_card(database: Database, actor: Actor) -> list[store.Bare]:
    """Those of the actor's part of the tree."""
    async with database.transaction(readonly=True) as tx:
        return await store.without_card(tx, administered_paths(actor))


async def parents_for(database: Database, actor: Actor) -> list[tuple[int, str]]:
    """Below what the actor may add a unit: id, and the name after dashes that tell its depth."""
    async with database.transaction(readonly=True) as tx:
        found = await identity_store.units_below(tx, administered_paths(actor))
        return [(one.id, "— " * one.depth + one.name) for one in found]


# people


async def add_member(database: Database, actor: Actor, unit_id: int, new: NewMember) -> UnitView:
    """Somebody works here from now on. Raises `Invalid` (`who`)."""
    async with database.transaction() as tx:
        unit = await access_unit_to_staff(tx, actor, unit_id)
        account = await identity_store.account_called(tx, identity_rules.login_of(tidy(new.who)))
        if account is None or not account.enabled:
            raise Invalid(fields={"who": _("There is no account with this login or e-mail address")})
        if await store.member(tx, unit_id, account.id) is not None:
            raise Invalid(fields={"who": _("This person works here already")})
        if new.head and not rules.can_change_unit(actor, unit.path):
            raise Invalid(fields={"head": _("Heads are named by an administrator")})
        await store.put_member(tx, unit_id, account.id, head=new.head)
        await tx.audit(actor, "unit.join", f"unit/{unit_id}", account=account.id, login=account.login, head=new.head)
        return await _members_published(tx, actor, unit)


async def change_member(
    database: Database, actor: Actor, unit_id: int, account_id: int, change: MemberChange
) -> UnitView:
    """Makes a member the head, or takes it back."""
    async with database.transaction() as tx:
        unit = await access_unit_to_change(tx, actor, unit_id)
        if await store.member(tx, unit_id, account_id) is None:
            raise NotFound
        if not await store.put_member(tx, unit_id, account_id, head=change.head):
            return await _view(tx, actor, unit)
        await tx.audit(actor, "unit.head", f"unit/{unit_id}", account=account_id, head=change.head)
        return await _members_published(tx, actor, unit)


async def remove_member(database: Database, actor: Actor, unit_id: int, account_id: int) -> Member:
    """Somebody does not work here any more; the account stays as it is."""
    async with database.transaction() as tx:
        unit = await access_unit_to_staff(tx, actor, unit_id)
        member = await store.member(tx, unit_id, account_id)
        if member is None:
            raise NotFound
        if member.head and not rules.can_change_unit(actor, unit.path):
            raise Conflict("Heads are named by an administrator")
        await store.remove_member(tx, unit_id, account_id)
        await tx.audit(actor, "unit.leave", f"unit/{unit_id}", account=account_id, head=member.head)
        await _members_published(tx, actor, unit)
        return member


async def restore_member(database: Database, actor: Actor, unit_id: int, account_id: int) -> None:
    """Takes a removal of the last day back. Raises `NotFound` where there was none."""
    async with database.transaction() as tx:
        unit = await access_unit_to_staff(tx, actor, unit_id)
        if not await store.restore_member(tx, unit_id, account_id):
            raise NotFound
        await tx.audit(actor, "unit.join", f"unit/{unit_id}", account=account_id, restored=True)
        await _members_published(tx, actor, unit)


async def _checked(tx: Tx, draft: UnitDraft, itself: int | None) -> dict[str, str]:
    texts = rules.tidied(draft)
    faults = rules.card_faults(texts)
    if "short_name" not in faults and await store.name_taken(tx, texts["short_name"], itself):
        faults["short_name"] = _("Another unit has this short name")
    if faults:
        raise Invalid(fields=faults)
    return texts


async def _view(tx: Tx, actor: Actor, unit: OrganisationUnit) -> UnitView:
    is_head = await store.is_head(tx, unit.id, actor.account_id)
    return UnitView(
        unit=await store.row(tx, unit.id),
        members=await store.members(tx, unit.id),
        may_change=rules.can_change_unit(actor, unit.path),
        may_add_members=rules.can_add_members(actor, unit.path, is_head=is_head),
    )


async def _published(tx: Tx, unit_id: int) -> UnitRow:
    row = await store.row(tx, unit_id)
    tx.publish(UNITS_ROOM, UnitChanged(row))
    tx.publish(unit_room(unit_id), UnitMembersChanged(row, await store.members(tx, unit_id)))
    return row


async def _members_published(tx: Tx, actor: Actor, unit: OrganisationUnit) -> UnitView:
    await store.touch(tx, unit.id)
    await _published(tx, unit.id)
    return await _view(tx, actor, unit)
