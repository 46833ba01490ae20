"""How leads set the helpdesk up; agents keep canned replies of their own."""

from collections.abc import Mapping
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from portals.helpdesk import rules, setup_store
from portals.helpdesk.access import access_setup
from portals.helpdesk.details import field_faults
from portals.helpdesk.model import CategoryField
from portals.helpdesk.placeholders import unknown_placeholders
from portals.helpdesk.setup_model import (
    CannedReply,
    Category,
    Matrix,
    Queue,
    RoutingRule,
    Service,
    Team,
    TicketTemplate,
)
from portals.helpdesk.setup_store import Thing

CHANGED: Final = _("Somebody has changed this in the meantime. Look at it once more")
LENGTHS: Final[Mapping[str, int]] = {"name": 80, "title": 80, "description": 500, "hint": 300, "subject": 200}


async def save_thing(database: Database, actor: Actor, thing: Thing) -> Thing:
    """A team, queue, service, category, rule, canned reply or template: new with `id` 0, else what has its `rev`.
    Raises `Invalid` by field, `Conflict` when somebody else was faster, NotFound.
    """
    async with database.transaction() as tx:
        await _access(tx, actor, thing)
        kept, faults = await _checked(tx, thing)
        if faults:
            raise Invalid(fields=faults)
        old = await setup_store.thing(tx, type(thing), thing.id, lock=True) if thing.id else None
        if thing.id and old is None:
            raise NotFound
        if old is not None and old.rev != thing.rev:
            raise Conflict(CHANGED)
        await _still_there(tx, thing, old)
        thing_id = await setup_store.put_thing(tx, kept)
        if thing_id is None:
            raise Invalid(fields={"name": _("There is one with this name already")})
        if isinstance(thing, Team):
            await setup_store.set_team(tx, thing_id, thing.members, thing.queues)
        await tx.audit(actor, f"helpdesk.{word(thing)}", f"helpdesk/{word(thing)}/{thing_id}", new=old is None)
        found = await setup_store.thing(tx, type(thing), thing_id)
        assert found is not None  # it was just written
        return found


async def remove_thing(database: Database, actor: Actor, kind: type[Thing], thing_id: int) -> None:
    """Rules, canned replies and templates go; all else is switched off, since tickets refer to it."""
    async with database.transaction() as tx:
        found = await setup_store.thing(tx, kind, thing_id, lock=True)
        if found is None:
            raise NotFound
        await _access(tx, actor, found)
        if not isinstance(found, RoutingRule | CannedReply | TicketTemplate):
            raise Conflict("Tickets refer to it: switch it off instead")
        await setup_store.remove_thing(tx, kind, thing_id)
        await tx.audit(actor, f"helpdesk.remove_{word(found)}", f"helpdesk/{word(found)}/{thing_id}")


async def set_matrix(database: Database, actor: Actor, wanted: Matrix) -> Matrix:
    """Priority of each impact and urgency; what is open keeps its own. Raises `Invalid` for `cells`."""
    access_setup(actor)
    if len({(one.impact, one.urgency) for one in wanted.cells}) != 9:
        raise Invalid(fields={"cells": "Each impact and urgency is needed once"})
    async with database.transaction() as tx:
        await setup_store.set_matrix(tx, wanted)
        await tx.audit(actor, "helpdesk.matrix", "helpdesk/matrix", cells=msgspec.to_builtins(wanted.cells))
        return await setup_store.matrix(tx)


async def canned_replies(tx: Tx, actor: Actor, queue_id: int | None = None) -> list[CannedReply]:
    """Those that the actor may use: everybody's and their own; `queue_id`: also of this queue, None: of all."""
    if not (rules.is_desk(actor) or rules.can_read_all(actor)):
        raise NotFound
    found = await setup_store.things(tx, CannedReply, active=queue_id is not None)
    return [
        one
        for one in found
        if one.owner_id in {None, actor.account_id} and (queue_id is None or one.queue_id in {None, queue_id})
    ]


def word(thing: msgspec.Struct) -> str:
    """For the audit log."""
    return {
        Team: "team",
        Queue: "queue",
        Service: "service",
        Category: "category",
        RoutingRule: "rule",
        CannedReply: "canned_reply",
        TicketTemplate: "template",
    }[type(thing)]


async def _access(tx: Tx, actor: Actor, thing: msgspec.Struct) -> None:
    """Leads, and an agent for canned replies of their own: those that are there, too."""
    if isinstance(thing, CannedReply) and rules.is_desk(actor) and not rules.can_set_up(actor):
        known = await setup_store.thing(tx, CannedReply, thing.id) if thing.id else thing
        if known is None or known.owner_id != actor.account_id:
            raise NotFound
        if thing.owner_id != actor.account_id:
            raise Forbidden
        return
    access_setup(actor)


async def _checked(tx: Tx, thing: Thing) -> tuple[Thing, dict[str, str]]:
    """Texts tidied, and what is wrong."""
    texts = {name: rules.one_line(getattr(thing, name)) for name in LENGTHS if hasattr(thing, name)}
    faults = {name: fault for name, text in texts.items() if (fault := rules.too_long(text, LENGTHS[name]))}
    for name in ("name", "title"):
        if name in texts and not texts[name]:
            faults[name] = rules.NEEDED
    more: dict[str, object] = {}
    if isinstance(thing, Category):
        more["checklist"] = [line for one in thing.checklist if (line := rules.one_line(one))]
        if any(len(line) > 200 for line in more["checklist"]):  # type: ignore[attr-defined]  # just made: lines
            faults["checklist"] = rules.TOO_LONG[200]
        more["fields"] = [_tidied(one) for one in thing.fields]
        if fault := field_faults(thing.fields):
            faults["fields"] = fault
    if isinstance(thing, RoutingRule):
        more["words"] = [plain for one in thing.words if (plain := rules.plain_words(one))]
        if thing.category_id is None and thing.unit_id is None and not more["words"]:
            faults["words"] = _("Say for which category, unit or words this rule is")
    if isinstance(thing, CannedReply | TicketTemplate):
        more["text"] = rules.clean(thing.text)
        faults |= _text_faults(thing, rules.clean(thing.text))
    faults |= await _reference_faults(tx, thing)
    return msgspec.structs.replace(thing, **texts, **more), faults


def _tidied(field: CategoryField) -> CategoryField:
    choices = [words for one in field.choices if (words := rules.one_line(one))]
    return msgspec.structs.replace(
        field, label=rules.one_line(field.label) or field.key, hint=rules.one_line(field.hint), choices=choices
    )


def _text_faults(thing: CannedReply | TicketTemplate, text: str) -> dict[str, str]:
    if isinstance(thing, TicketTemplate):
        return {}
    if not text:
        return {"text": rules.NEEDED}
    if len(text) > 10_000:
        return {"text": _("This is too long: 10 000 characters at most")}
    if unknown_placeholders(text):
        return {"text": _("There is a place in braces that means nothing: look at the list below")}
    return {}


async def _reference_faults(tx: Tx, thing: Thing) -> dict[str, str]:
    """Ids that mean nothing."""
    kinds: tuple[tuple[str, type[msgspec.Struct]], ...] = (
        ("queue_id", Queue),
        ("team_id", Team),
        ("service_id", Service),
        ("category_id", Category),
    )
    faults = {}
    for name, kind in kinds:
        value = getattr(thing, name, None)
        if value is not None and await setup_store.name_of(tx, kind, value) is None:
            faults[name] = _("Choose one of what is offered")
    unit_id = getattr(thing, "unit_id", None)
    if unit_id is not None and not await setup_store.units(tx, [unit_id]):
        faults["unit_id"] = _("Choose one of what is offered")
    return faults


async def _still_there(tx: Tx, thing: Thing, old: Thing | None) -> None:
    """The last active queue cannot be switched off: tickets must go somewhere."""
    if isinstance(thing, Queue) and old is not None and not thing.active:
        others = [one for one in await setup_store.things(tx, Queue, active=True) if one.id != thing.id]
        if not others:
            raise Invalid(fields={"active": _("One queue must stay: new tickets go there")})
