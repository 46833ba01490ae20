"""Verbs of the settings page: subjects, rooms, groups, kinds of attendance, limits and thresholds, signing in."""

from collections.abc import Mapping
from typing import Any, Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Forbidden, Invalid, NotFound
from app.i18n import _
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
TAKEN: Final = _("There is one of this name already")


def limits(settings: Mapping[str, Any]) -> dict[str, int]:
    """What holds: the school's own where it has said so."""
    found = {}
    for name, (section, usual) in LIMITS.items():
        kept = settings.get(section)
        value = kept.get(name) if isinstance(kept, Mapping) else None
        found[name] = value if isinstance(value, int) else usual
    return found


def wants_second_factor(settings: Mapping[str, Any]) -> bool:
    """Whether staff of the school need one. The same is read by `schools.structure.store.member`."""
    kept = settings.get("security")
    return isinstance(kept, Mapping) and kept.get("second_factor") is True


async def save(database: Database, actor: Actor, school_id: int, part: str, values: Mapping[str, Any]) -> None:
    """`part`: subject, room, limits or security; the principal alone sets what says how the register works."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        if part == "subject":
            name = rules.tidy(values["name"])
            if not await store.add_subject(tx, name, rules.tidy(values["short"])):
                raise Invalid(fields={"name": TAKEN})
        elif part == "room":
            name = rules.tidy(values["name"])
            if not await store.add_room(tx, name, rules.tidy(values["building"]), values["seats"]):
                raise Invalid(fields={"name": TAKEN})
        elif part == "security":
            await _security(tx, actor, member, wanted=bool(values["second_factor"]))
        elif part == "new_type":
            await _new_type(tx, member, values)
        elif part == "limits":
            await _limits(tx, member, values)
        else:
            raise NotFound  # groups are made with timetables and rollovers
        details = {key: value for key, value in values.items() if value not in (None, "")}
        await tx.audit(actor, f"secretariat.settings_{part}", f"school/{school_id}", values=details)


async def change(
    database: Database, actor: Actor, school_id: int, part: str, key: int, values: Mapping[str, Any]
) -> None:
    """Another name (and abbreviation, building, seats) of a subject, room or group; all that refers to it stays."""
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        name = rules.tidy(values["name"])
        if part == "subject":
            before = await store.change_subject(tx, key, name, rules.tidy(values["short"]))
        elif part == "room":
            before = await store.change_room(tx, key, name, rules.tidy(values["building"]), values["seats"])
        elif part == "group":
            before = await store.rename_group(tx, key, name)
        else:
            raise NotFound
        if before is None:
            if await store.is_there(tx, part, key):
                raise Invalid(fields={"name": TAKEN})
            raise NotFound
        await tx.audit(actor, f"secretariat.rename_{part}", f"school/{school_id}/{part}/{key}", was=before, now=name)


async def _security(tx: Tx, actor: Actor, member: Member, *, wanted: bool) -> None:
    if not member.has("principal"):
        raise Forbidden("The principal decides how staff sign in")
    if wanted and not actor.second_factor:
        raise Invalid(fields={"second_factor": "Set up a second factor of your own first: else this page would close"})
    await store.merge_settings(tx, "security", {"second_factor": wanted})


async def _new_type(tx: Tx, member: Member, values: Mapping[str, Any]) -> None:
    if not member.has("principal"):
        raise Forbidden("The principal sets the kinds of attendance")
    code, name, letter = (rules.tidy(values[key]) for key in ("code", "name", "letter"))
    known = await store.attendance_types(tx)
    faults = {}
    if code in {one.code for one in known}:
        faults["code"] = _("There is one with this sign already")
    if letter and not (letter.isascii() and letter.isalpha() and letter.islower()):
        faults["letter"] = _("One small letter without a diacritic")
    elif letter and letter in {one.key for one in known if not one.archived}:
        faults["letter"] = _("Another kind has this key")
    if faults:
        raise Invalid(fields=faults)
    await store.add_type(tx, code, name, values["category"], letter, excused=bool(values["excused"]))


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
