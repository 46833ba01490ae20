"""How resolutions are numbered, and what a draft must hold. Pure."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from app.actor import Actor
from app.i18n import _
from portals.council.records.resolutions.model import Draft
from portals.council.rules import DESK_ROLES

SHOWN: Final = 100
"""Rows of the register on a page, and in its room."""

_NUMBER: Final = re.compile(r"^[^/\s]+/(\d+)/\d{2,4}$")
_RESOLVES: Final = re.compile(r"^(?:podjęcie|przyjęcie)\s+uchwały\s+(?=\S)", re.IGNORECASE)


def can_keep(actor: Actor) -> bool:
    """Whether the actor keeps the register."""
    return actor.has(*DESK_ROLES)


def next_number(session_number: str, last_numbers: Iterable[str], passed_on: date) -> str:
    """«XXXI/246/26»: session, count through the term, year; after the highest count so far."""
    counts = [int(found[1]) for number in last_numbers if (found := _NUMBER.match(number))]
    return f"{session_number or '–'}/{max(counts, default=0) + 1}/{passed_on.year % 100:02}"


def title_from(item_title: str) -> str:
    """An item «Podjęcie uchwały w sprawie …» gives a resolution «w sprawie …»."""
    return _RESOLVES.sub("", item_title.strip()).strip()


def faults(draft: Draft, today: date) -> dict[str, str]:
    """What is wrong with which field."""
    found: dict[str, str] = {}
    if not draft.number:
        found["number"] = _("A resolution needs its number")
    elif len(draft.number) > 40:
        found["number"] = _("This is too long: 40 characters at most")
    if not draft.title:
        found["title"] = _("A resolution needs a title")
    elif len(draft.title) > 500:
        found["title"] = _("This is too long: 500 characters at most")
    if draft.passed_on > today:
        found["passed_on"] = _("This day is still to come")
    if draft.in_force_on is not None and draft.in_force_on < draft.passed_on:
        found["in_force_on"] = _("It cannot be in force before it was passed")
    if draft.state != "in_force" and not draft.remark:
        found["remark"] = _("Say why it is not in force any more")
    if len(draft.remark) > 500:
        found["remark"] = _("This is too long: 500 characters at most")
    if len(draft.journal) > 200:
        found["journal"] = _("This is too long: 200 characters at most")
    return found
