"""Loaders that check: what they return may be used, what may not be known of raises NotFound."""

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from app.identity import rules, store
from app.identity.model import Account, HeldRole, Unit


class AccountFile(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its roles, in an administrator's hands. `may_change`: the actor reaches all of its places."""

    account: Account
    roles: list[HeldRole]
    may_change: bool


async def access_unit(tx: Tx, actor: Actor, unit_id: int) -> Unit:
    """A unit the actor administers."""
    unit = await store.unit(tx, unit_id)
    if unit is None or not rules.can_administer_unit(actor, unit.path):
        raise NotFound
    return unit


async def access_account(tx: Tx, actor: Actor, account_id: int) -> AccountFile:
    """An account the actor may see in administration; locked until the transaction ends."""
    account = await store.account(tx, account_id, lock=True)
    if account is None:
        raise NotFound
    roles = await store.held_roles(tx, account_id)
    home = account.unit_path or await city_path(tx)
    if not rules.can_see_account(actor, home, roles):
        raise NotFound
    return AccountFile(account=account, roles=roles, may_change=rules.can_administer_account(actor, home, roles))


async def access_account_to_change(tx: Tx, actor: Actor, account_id: int) -> AccountFile:
    """The same for one that the actor may change. Raises `Forbidden` where it reaches only a part of its places."""
    found = await access_account(tx, actor, account_id)
    if not found.may_change:
        raise Forbidden("This account also has a place that you do not administer")
    return found


async def access_own_account(tx: Tx, actor: Actor) -> Account:
    """The actor's own account, locked until the transaction ends."""
    account = None if actor.account_id is None else await store.account(tx, actor.account_id, lock=True)
    if account is None or not account.enabled:
        raise NotFound
    return account


async def city_path(tx: Tx) -> str:
    """Path of the top of the tree."""
    city = await store.city_unit(tx)
    if city is None:
        raise NotFound("There is no city yet: start the server once")
    return city.path


def administered_paths(actor: Actor) -> list[str]:
    """Where the actor administers."""
    return sorted({grant.unit_path for grant in actor.grants if grant.role == rules.ADMIN})
