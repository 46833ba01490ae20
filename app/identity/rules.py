"""Who may do what to accounts, units and roles. Pure: the loaders and actions ask here."""

import re
from collections.abc import Iterable
from typing import Final

from app.actor import SYSTEM, Actor
from app.identity.model import Account, HeldRole, UnitKind

ADMIN: Final = "admin"
AUDITOR: Final = "auditor"

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")

_BELOW: Final = {
    UnitKind.CITY: frozenset({UnitKind.OFFICE, UnitKind.UNIT, UnitKind.SCHOOL}),
    UnitKind.OFFICE: frozenset({UnitKind.UNIT}),
    UnitKind.UNIT: frozenset({UnitKind.UNIT, UnitKind.SCHOOL}),
    UnitKind.SCHOOL: frozenset({UnitKind.UNIT, UnitKind.SCHOOL}),
}
"""A school in a school is one of a group of schools (zespół szkół)."""


def can_administer_unit(actor: Actor, unit_path: str) -> bool:
    """Administrators reach their unit and everything below."""
    return actor == SYSTEM or actor.has(ADMIN, unit_path=unit_path)


def can_see_account(actor: Actor, home_path: str, roles: Iterable[HeldRole]) -> bool:
    """Who administers the account's home or a place where it holds a role."""
    return any(can_administer_unit(actor, path) for path in _places(home_path, roles))


def can_administer_account(actor: Actor, home_path: str, roles: Iterable[HeldRole]) -> bool:
    """Only who reaches all of its places: else a school's administrator could take over a city's account."""
    return all(can_administer_unit(actor, path) for path in _places(home_path, roles))


def can_grant(actor: Actor, unit_path: str) -> bool:
    return can_administer_unit(actor, unit_path)


def can_revoke(actor: Actor, held: HeldRole) -> bool:
    """Nobody saws off the branch: one's own administration is taken away by somebody else."""
    own_branch = held.role == ADMIN and held.account_id == actor.account_id
    return can_administer_unit(actor, held.unit_path) and not own_branch


def can_disable(actor: Actor, account: Account) -> bool:
    return account.id != actor.account_id


def can_read_audit(actor: Actor, city_path: str) -> bool:
    """The log tells of the whole city, so a school's administrator does not read it."""
    return actor.has(ADMIN, AUDITOR, unit_path=city_path)


def can_stand_below(kind: UnitKind, parent: UnitKind) -> bool:
    """What the organisation's tree may look like."""
    return kind in _BELOW[UnitKind(parent)]


def login_of(text: str) -> str:
    """A login or e-mail address as it is stored."""
    return text.strip().lower()


def is_login(text: str) -> bool:
    """Letters a–z, digits, dot, dash, underscore; no @, so that no login looks like somebody's address."""
    return _LOGIN.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Plausible; only a message that arrives proves more."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def _places(home_path: str, roles: Iterable[HeldRole]) -> set[str]:
    return {home_path, *(held.unit_path for held in roles)}
