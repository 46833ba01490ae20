"""Who may see and change units, and what may stand on a card. Pure."""

import re
from typing import Final

from app.actor import SYSTEM, Actor
from app.i18n import _
from app.identity.model import UnitKind
from app.identity.rules import ADMIN, AUDITOR, can_administer_unit, is_email
from app.tables import tidy
from portals.intranet.model import Kind, UnitDraft

STAFF_ROLES: Final = (ADMIN, AUDITOR, "equipment_keeper", "helpdesk_agent", "helpdesk_lead")
"""Who holds one of them belongs to the staff, member of a unit or not."""

TREE_KINDS: Final[dict[Kind, UnitKind]] = {
    "department": UnitKind.UNIT,
    "school": UnitKind.SCHOOL,
    "other": UnitKind.UNIT,
}
"""What a unit is in the organisation's tree."""

LONGEST: Final = {"short_name": 40, "address": 200, "room": 40, "phone": 40}
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()/-]*(?: ?(?:w|wew|ext)\.? ?[0-9]+)?", re.IGNORECASE)


def is_staff(actor: Actor, *, has_unit: bool) -> bool:
    """Whoever works in a unit, and those whose role is about the office itself; residents are not."""
    return has_unit or actor == SYSTEM or actor.has(*STAFF_ROLES)


def can_change_unit(actor: Actor, path: str) -> bool:
    """Its administrators."""
    return can_administer_unit(actor, path)


def can_add_members(actor: Actor, path: str, *, is_head: bool) -> bool:
    """Administrators, and the head for the unit's own people."""
    return is_head or can_administer_unit(actor, path)


def tidied(draft: UnitDraft) -> dict[str, str]:
    """The texts of a card with single spaces; the e-mail address in small letters."""
    texts = {name: tidy(getattr(draft, name)) for name in ("name", "short_name", "address", "room", "phone")}
    return {**texts, "email": tidy(draft.email).lower()}


def card_faults(texts: dict[str, str]) -> dict[str, str]:
    """What is wrong with a card, by field; the name is judged by the tree."""
    faults = {name: _("This is too long") for name, most in LONGEST.items() if len(texts[name]) > most}
    if not texts["short_name"]:
        faults["short_name"] = _("Enter a short name, such as «IT» or «SP 4»")
    if texts["phone"] and "phone" not in faults and not _PHONE.fullmatch(texts["phone"]):
        faults["phone"] = _("This is not a telephone number")
    if texts["email"] and not is_email(texts["email"]):
        faults["email"] = _("This is not an e-mail address")
    return faults
