"""What the office may do, and what is wrong with what was typed. Pure."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from app.i18n import _
from schools.secretariat.model import GuardianDraft, PupilDraft, StaffDraft
from schools.structure.model import Member, SchoolYear, StaffRole
from schools.structure.rules import born_on

EMAIL: Final = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")
READS_ALL: Final[frozenset[StaffRole]] = frozenset({"principal", "counsellor"})
"""Roles that open the whole register."""

WRONG_PESEL: Final = _("This is not a PESEL number: a digit is wrong, or its date is impossible")
OTHER_BIRTH: Final = _("The PESEL number says another birth date")
WRONG_EMAIL: Final = _("This is not an e-mail address")
NEEDED: Final = _("This is needed")


def can_set_roles(
    member: Member, staff_id: int | None, before: Iterable[StaffRole], after: Iterable[StaffRole]
) -> bool:
    """Roles that open the whole register are given and taken by the principal; one's own roles by nobody."""
    changed = set(before) ^ set(after)
    if not changed:
        return True
    if staff_id is not None and staff_id == member.staff_id:
        return False
    return member.has("principal") or changed.isdisjoint(READS_ALL)


def can_invite_staff(member: Member, roles: Iterable[StaffRole]) -> bool:
    """An account of a role that opens the whole register is opened by the principal: addresses can be mistyped."""
    return member.has("principal") or READS_ALL.isdisjoint(roles)


def pupil_faults(draft: PupilDraft) -> dict[str, str]:
    """Field → message id."""
    found = {name: NEEDED for name in ("first_name", "last_name") if not getattr(draft, name)}
    if draft.pesel:
        born = born_on(draft.pesel)
        if born is None:
            found["pesel"] = WRONG_PESEL
        elif draft.born_on is not None and born != draft.born_on:
            found["born_on"] = OTHER_BIRTH
    if draft.email and not EMAIL.fullmatch(draft.email):
        found["email"] = WRONG_EMAIL
    return found


def guardian_faults(draft: GuardianDraft) -> dict[str, str]:
    """Field → message id."""
    found = {name: NEEDED for name in ("first_name", "last_name") if not getattr(draft, name)}
    if draft.email and not EMAIL.fullmatch(draft.email):
        found["email"] = WRONG_EMAIL
    return found


def staff_faults(draft: StaffDraft) -> dict[str, str]:
    found = {name: NEEDED for name in ("first_name", "last_name") if not getattr(draft, name)}
    if not draft.roles:
        found["roles"] = _("Choose at least one role")
    if draft.email and not EMAIL.fullmatch(draft.email):
        found["email"] = WRONG_EMAIL
    return found


def day_fault(year: SchoolYear | None, day: date) -> str:
    """Why a day cannot begin or end a time in a class; empty where it can."""
    if year is None:
        return _("No school year holds this day")
    return "" if year.starts_on <= day <= year.ends_on else _("This day lies outside of the school year")


def tidy(text: str | None) -> str:
    """One line, single spaces."""
    return " ".join((text or "").split())
