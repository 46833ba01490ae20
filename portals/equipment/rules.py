"""Labels, fields and rights of equipment. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, get_args

from stdnum import damm
from stdnum.exceptions import ValidationError

from app.actor import SYSTEM, Actor
from app.i18n import _
from app.search import folded
from app.tables import tidy
from portals.equipment.model import Device, DeviceDraft, Kind, State

KEEPER: Final = "equipment_keeper"
KEEPING_ROLES: Final = (KEEPER, "admin")
"""Who changes the inventory, in the part of the organisation where the role is held."""
READING_ROLES: Final = (*KEEPING_ROLES, "auditor", "helpdesk_agent", "helpdesk_lead")
"""Who reads all of it there; members of a unit read what their unit has."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STATES: Final[tuple[State, ...]] = get_args(State)
KIND_TITLES: Final[dict[Kind, str]] = {
    "laptop": _("Laptop"),
    "computer": _("Desktop computer"),
    "monitor": _("Monitor"),
    "projector": _("Projector"),
    "board": _("Interactive board"),
    "tablet": _("Tablet"),
    "printer": _("Printer"),
    "access_point": _("Access point"),
    "switch": _("Network switch"),
    "phone": _("Phone"),
    "other": _("Other device"),
}
STATE_TITLES: Final[dict[State, str]] = {
    "in_use": _("in use"),
    "spare": _("spare"),
    "in_repair": _("in repair"),
    "scrapped": _("scrapped"),
    "lost": _("lost"),
}
STATE_LOOKS: Final[dict[State, str]] = {
    "in_use": "success",
    "spare": "info",
    "in_repair": "warning",
    "scrapped": "",
    "lost": "danger",
}
"""Kind of the badge."""

FIELD_TITLES: Final = {
    "kind": _("Kind"),
    "maker": _("Maker"),
    "model": _("Model"),
    "model_id": _("Model"),
    "serial": _("Serial number"),
    "asset_number": _("Number in the books"),
    "unit_id": _("Unit"),
    "room": _("Room or place"),
    "state": _("State"),
    "assigned_to": _("Who has it"),
    "account_id": _("Account"),
    "bought": _("Bought"),
    "warranty_until": _("Warranty until"),
    "note": _("Note"),
    "mac": _("MAC address"),
    "channel": _("Channel"),
}
LONGEST: Final = {
    "maker": 80,
    "model": 120,
    "serial": 80,
    "asset_number": 60,
    "room": 40,
    "assigned_to": 120,
    "note": 1000,
}
FIRST_YEAR: Final = 1980
"""Nothing that is still here was bought before."""
CHANNELS: Final = frozenset({*range(1, 15), *range(32, 178), *range(178, 234)})
"""2.4 GHz, 5 GHz, 6 GHz."""
_MAC: Final = re.compile(r"[0-9a-f]{12}")


# labels


def label_of(number: int) -> str:
    """What a label says: at least five digits and a check digit, without signs between.

    Damm's digit finds each mistyped digit and each pair of neighbours that has changed places.
    """
    digits = f"{number:05d}"
    return digits + str(damm.calc_check_digit(digits))


def spoken(label: str) -> str:
    """As it is printed and read out: `00421-8`."""
    return f"{label[:-1]}-{label[-1]}"


def label_from(text: str) -> str | None:
    """The label in what somebody has typed or scanned; None where the check digit does not fit."""
    digits = re.sub(r"[\s\-–—.]", "", text)
    if not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 10):
        return None
    try:
        return str(damm.validate(digits))
    except ValidationError:
        return None


# rights


def can_keep(actor: Actor, unit_path: str) -> bool:
    return actor == SYSTEM or actor.has(*KEEPING_ROLES, unit_path=unit_path)


def can_read(actor: Actor, unit_path: str, *, is_member: bool) -> bool:
    return is_member or actor == SYSTEM or actor.has(*READING_ROLES, unit_path=unit_path)


def paths_of(actor: Actor, roles: tuple[str, ...]) -> list[str]:
    """Parts of the organisation in which one of the roles is held."""
    return sorted({grant.unit_path for grant in actor.grants if grant.role in roles})


# fields


def mac_of(text: str) -> str | None:
    """`AA-BB-CC-00-11-22`, `aabb.cc00.1122` and the like as `aa:bb:cc:00:11:22`; None for anything else."""
    digits = re.sub(r"[\s:.\-]", "", text.lower())
    if not _MAC.fullmatch(digits) or int(digits[:2], 16) & 1:  # a group address belongs to no device
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def tidied(draft: DeviceDraft) -> dict[str, str]:
    """Texts with single spaces; notes keep their lines; serial numbers are written large."""
    texts = {name: tidy(getattr(draft, name)) for name in LONGEST if name != "note"}
    note = "\n".join(tidy(line) for line in draft.note.strip().splitlines())
    return {**texts, "serial": texts["serial"].upper(), "note": note}


def faults(draft: DeviceDraft, texts: Mapping[str, str], today: date) -> dict[str, str]:
    """What is wrong with a device, by field. The unit is judged where units are known."""
    found = {name: _("This is too long") for name, most in LONGEST.items() if len(texts[name]) > most}
    if not texts["model"]:
        found["model"] = _("Enter the model")
    if draft.mac and mac_of(draft.mac) is None:
        found["mac"] = _("This is not a MAC address. Write 00:1a:2b:3c:4d:5e")
    if draft.channel is not None and draft.channel not in CHANNELS:
        found["channel"] = _("There is no such Wi-Fi channel")
    if draft.bought is not None and (draft.bought > today or draft.bought.year < FIRST_YEAR):
        found["bought"] = _("This day is in the future or too long ago")
    if draft.warranty_until is not None and not FIRST_YEAR <= draft.warranty_until.year <= today.year + 30:
        found["warranty_until"] = _("This day is too far away")
    elif draft.warranty_until is not None and draft.bought is not None and draft.warranty_until < draft.bought:
        found["warranty_until"] = _("The warranty would end before the device was bought")
    return found


def folded_of(device: Device) -> str:
    """What a search looks into."""
    label = device.inventory_number
    numbers = (label, spoken(label), device.asset_number, device.serial, device.mac or "")
    return folded(" ".join((*numbers, device.maker, device.model, device.room, device.assigned_to)))
