"""Verbs of the settings page: subjects, rooms, kinds of attendance, limits and thresholds."""

from collections.abc import Mapping
from typing import Any, Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Forbidden, Invalid, NotFound
from schools.secretariat import rules
from schools.secretariat import setup_store as store
from schools.structure.access import access_office
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction

LIMITS: Final = {
    "per_day": ("tests", 1),
    "per_week": ("tests", 3),
    "unchecked_after_min": ("dashboard", 10),
    "unexcused_percent": ("dashboard", 50),
}
"""Name → section of the school's settings, and the usual."""


def limits(settings: Mapping[str, Any]) -> dict[str, int]:
    """What holds: the school's own where it has said so."""
    found = {}
    for name, (section, usual) in LIMITS.items():
        kept = settings.get(section)
        value = kept.get(name) if isinstance(kept, Mapping) else None
        found[name] = value if isinstance(value, int) else usual
    return found


async def save(database: Database, actor: Actor, school_id: int, part: str, values: Mapping[str, Any]) -> None:
    """`part`: subject, room or limits; the principal alone sets limits, which say what the register tells."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        if part == "subject":
            name = rules.tidy(values["name"])
            if not await store.add_subject(tx, name, rules.tidy(values["short"])):
                raise Invalid(fields={"name": "There is one of this name already"})
        elif part == "room":
            name = rules.tidy(values["name"])
            if not await store.add_room(tx, name, rules.tidy(values["building"]), values["seats"]):
                raise Invalid(fields={"name": "There is one of this name already"})
        else:
            await _limits(tx, member, values)
        details = {key: value for key, value in values.items() if value not in (None, "")}
        await tx.audit(actor, f"secretariat.settings_{part}", f"school/{school_id}", values=details)


async def _limits(tx: Tx, member: Member, values: Mapping[str, Any]) -> None:
    if not member.has("principal"):
        raise Invalid("The principal sets limits and thresholds")
    sections: dict[str, dict[str, int]] = {}
    for name, (section, _usual) in LIMITS.items():
        sections.setdefault(section, {})[name] = int(values[name])
    for section, changed in sections.items():
        await store.merge_settings(tx, section, changed)


async def change_type(
    database: Database, actor: Actor, school_id: int, type_id: int, name: str, *, archived: bool
) -> None:
    """The name and whether it is still offered. What it counts as does not change: old marks would change with it."""
    if not name:
        raise Invalid(fields={"name": rules.NEEDED})
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        if not member.has("principal"):
            raise Forbidden("The principal sets the kinds of attendance")
        if not await store.rename_type(tx, type_id, name, archived=archived):
            raise NotFound
        await tx.audit(
            actor, "secretariat.settings_type", f"school/{school_id}/type/{type_id}", name=name, archived=archived
        )
