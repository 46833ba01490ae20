"""Verbs of outages: declare, change, say something, end, call off."""

from datetime import datetime
from typing import Any, Final

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from portals.helpdesk import actions as helpdesk
from portals.helpdesk import part_store, setup_store
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import access_queue, access_ticket_to_work
from portals.helpdesk.drafts import NewTicket, Requester, Written
from portals.helpdesk.model import Ticket
from portals.helpdesk.numbers import id_of
from portals.helpdesk.outages import hit_store, rules, store, telling
from portals.helpdesk.outages.access import access_current_to_work
from portals.helpdesk.outages.model import Ending, NewUpdate, Outage, OutageDraft
from portals.helpdesk.setup_model import Category, Service
from portals.intranet import actions as intranet

FASTER = "Somebody has changed this outage in the meantime. Look at it once more"
NOT_OFFERED = _("Choose one of what is offered")
CHANGED: Final = (
    *("title", "text", "service_id", "category_id", "everywhere", "unit_kinds", "unit_ids", "room", "model_id"),
    *("words", "gathers", "public", "starts_at", "expected_end", "update_every_min"),
)
"""Of what the audit keeps the old value and the new one."""
MOMENTS: Final = ("starts_at", "expected_end")


class OutageClash(Conflict):
    """Somebody else was faster; `now`: how it stands."""

    def __init__(self, now: Outage) -> None:
        super().__init__(FASTER)
        self.now = now


async def declare(database: Database, actor: Actor, draft: OutageDraft) -> Outage:
    """Makes an outage of a ticket, or one with a ticket of its own. Raises `Invalid` by field, `Conflict`."""
    if not helpdesk_rules.is_desk(actor):
        raise Forbidden
    async with database.transaction() as tx:
        return await declare_in(tx, actor, draft)


async def declare_in(tx: Tx, actor: Actor, draft: OutageDraft, *, at: datetime | None = None) -> Outage:
    """In the caller's transaction. `at`: when it was declared, for demonstrations."""
    draft, now = rules.tidied(draft), at or await helpdesk_store.now(tx)
    faults = rules.faults(draft, now) | await _reference_faults(tx, draft)
    if faults:
        raise Invalid(fields=faults)
    ticket = await _ticket(tx, actor, draft, at)
    if await store.current_of_ticket(tx, ticket.id) is not None:
        raise Invalid(fields={"ticket": _("This ticket is an outage already")})
    begins = draft.kind == "incident"
    starts = draft.starts_at or now
    columns = _columns(draft) | {
        "state": "running" if begins else "announced",
        "starts_at": starts,
        "ticket_id": ticket.id,
        "updated_at": now,
        "declared_by": actor.account_id,
        "declared_at": now,
    }
    outage_id = await store.add(tx, columns)
    await store.set_units(tx, outage_id, draft.unit_ids)
    kind = "begun" if begins else "announced"
    await store.add_update(tx, outage_id, kind, draft.text, (actor.account_id, actor.name), draft.expected_end, at)
    await hit_store.keep_children(tx, outage_id, ticket.id)
    await tx.audit(actor, "outage.declare", f"outage/{outage_id}", ticket=ticket.id, **_audited(draft))
    outage = await store.outage(tx, outage_id)
    assert outage is not None  # it was just written
    await telling.tell(tx, outage)
    tx.wake(telling.WORK)
    return outage


async def _ticket(tx: Tx, actor: Actor, draft: OutageDraft, at: datetime | None) -> Ticket:
    """The one that becomes the outage's; or a new one in a queue of the actor's. Raises `Invalid`."""
    if draft.ticket:
        return await _known_ticket(tx, actor, draft.ticket)
    if draft.queue_id is None:
        raise Invalid(fields={"queue_id": _("Choose the queue that works on it")})
    if actor != SYSTEM:
        try:
            await access_queue(tx, actor, draft.queue_id)
        except NotFound:
            raise Invalid(fields={"queue_id": NOT_OFFERED}) from None
    new = NewTicket(subject=draft.title, text=draft.text or draft.title, impact=3, urgency=3)
    requester = Requester(account_id=actor.account_id, name=actor.name)
    ticket = await helpdesk.send_ticket_in(tx, actor, new, requester, "phone", queue_id=draft.queue_id, at=at)
    if ticket.parent_id is not None:  # another outage took it for one of its own
        ticket = await helpdesk_store.changed_ticket(tx, ticket.id, {"parent_id": None})
    columns: dict[str, Any] = {"category_id": draft.category_id, "service_id": draft.service_id, "unit_id": None}
    if draft.kind == "planned":
        columns |= {"state": "pending", "pending_reason": "planned", "pending_until": draft.starts_at}
    else:
        columns |= {"state": "open"}
    if actor.account_id is not None and await setup_store.works_on(tx, actor.account_id, draft.queue_id):
        columns["assignee_id"] = actor.account_id
    return await helpdesk.change_in(tx, actor, ticket, columns, at=at)


async def _known_ticket(tx: Tx, actor: Actor, number: str) -> Ticket:
    ticket_id = id_of(number)
    if ticket_id is None:
        raise Invalid(fields={"ticket": _("This is not a number of a ticket: one digit is wrong or missing")})
    try:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
    except NotFound:
        raise Invalid(fields={"ticket": _("There is no ticket with this number that you may see")}) from None
    if not ticket.is_open or ticket.parent_id is not None:
        raise Invalid(fields={"ticket": _("This must be an open ticket that stands below no other")})
    return ticket


async def change(database: Database, actor: Actor, outage_id: int, draft: OutageDraft) -> Outage:
    """What it is and whom it hits. Raises `Invalid` by field, `OutageClash` when somebody else has changed it since."""
    async with database.transaction() as tx:
        before = await access_current_to_work(tx, actor, outage_id)
        if draft.rev != before.rev:
            raise OutageClash(before)
        draft = rules.tidied(msgspec.structs.replace(draft, kind=before.kind))
        faults = rules.faults(draft, await helpdesk_store.now(tx), before) | await _reference_faults(tx, draft)
        if faults:
            raise Invalid(fields=faults)
        reached = await store.reached(tx, outage_id)
        columns = _columns(draft) | ({"starts_at": draft.starts_at} if draft.starts_at else {})
        if before.kind == "planned" and before.state == "running":
            columns.pop("starts_at", None)
        await store.set_units(tx, outage_id, draft.unit_ids)
        moved = any(columns.get(name, getattr(before, name)) != getattr(before, name) for name in MOMENTS)
        if moved:
            columns["updated_at"] = await helpdesk_store.now(tx)  # people read other times: they were told something
        after = await store.change(tx, outage_id, columns)
        if moved:
            await store.add_update(tx, outage_id, "changed", "", (actor.account_id, actor.name), after.expected_end)
        was = ((name, [getattr(before, name), getattr(after, name)]) for name in CHANGED)
        changes = {name: both for name, both in was if both[0] != both[1]}
        await tx.audit(actor, "outage.change", f"outage/{outage_id}", **changes)
        await telling.tell(tx, after, before=before, reached_before=reached)
        tx.wake(telling.WORK)
        return after


async def say(database: Database, actor: Actor, outage_id: int, new: NewUpdate) -> Outage:
    """A line of the log that everybody reads whom it hits. Two people who say something at once have both said it."""
    text = helpdesk_rules.clean(new.text)
    fault = rules.update_fault(text)
    async with database.transaction() as tx:
        before = await access_current_to_work(tx, actor, outage_id)
        now = await helpdesk_store.now(tx)
        faults = {"text": fault} if fault else {}
        expected = before.expected_end if new.keep_end else new.expected_end
        if not new.keep_end and expected is not None:
            if expected.tzinfo is None or not now < expected < now + rules.FURTHEST:
                faults["expected_end"] = _("Choose a moment to come")
            elif expected <= before.starts_at:
                faults["expected_end"] = _("The end comes after the beginning")
        if faults:
            raise Invalid(fields=faults)
        after = await store.change(tx, outage_id, {"updated_at": now, "expected_end": expected})
        await store.add_update(tx, outage_id, "update", text, (actor.account_id, actor.name), expected)
        await tx.audit(actor, "outage.say", f"outage/{outage_id}", text=text, expected_end=expected)
        await telling.tell(tx, after)
        tx.wake(telling.WORK)
        return after


async def end(database: Database, actor: Actor, outage_id: int, ending: Ending) -> Outage:
    """It is over: its ticket and those below it are solved with these words, and who said «me too» is told.

    Raises `Invalid` for `outcome`, `Conflict` when it is over or has not begun.
    """
    outcome = helpdesk_rules.clean(ending.outcome)
    if fault := rules.update_fault(outcome):
        raise Invalid(fields={"outcome": fault})
    async with database.transaction() as tx:
        before = await access_current_to_work(tx, actor, outage_id)
        if before.state != "running":
            raise Conflict("This has not begun yet: it can be called off")
        return await end_in(tx, actor, before, outcome)


async def end_in(
    tx: Tx, actor: Actor, before: Outage, outcome: str, *, at: datetime | None = None, ended_at: datetime | None = None
) -> Outage:
    """In the caller's transaction, which holds the outage. `at`: for demonstrations; `ended_at`: where it was over
    before it is said.
    """
    now = max(ended_at or at or await helpdesk_store.now(tx), before.starts_at)
    columns = {"state": "ended", "ended_at": now, "outcome": outcome, "updated_at": now}
    after = await store.change(tx, before.id, columns)
    await store.add_update(tx, before.id, "ended", outcome, (actor.account_id, actor.name), None, at)
    children = await part_store.children(tx, before.ticket_id)
    await helpdesk_store.lock_tickets(tx, [before.ticket_id, *children])
    ticket = await helpdesk_store.ticket(tx, before.ticket_id)
    if ticket is not None and ticket.is_open:
        speaker = helpdesk.Speaker(name=actor.name, account_id=actor.account_id, by_staff=True)
        await helpdesk.reply_in(tx, actor, ticket, Written(text=outcome, state="solved"), speaker, at=at)
    told = await telling.tell_over(tx, actor, after)
    await tx.audit(actor, "outage.end", f"outage/{before.id}", outcome=outcome, told=told, tickets=len(children))
    await hit_store.uncounted(tx)
    fresh = await store.outage(tx, before.id)
    await telling.tell(tx, fresh or after)
    return fresh or after


async def withdraw(database: Database, actor: Actor, outage_id: int) -> Outage:
    """Planned work is called off before it begins. Raises `Conflict` afterwards."""
    async with database.transaction() as tx:
        before = await access_current_to_work(tx, actor, outage_id)
        if before.state != "announced":
            raise Conflict("This has begun already: it can be ended")
        after = await store.change(tx, outage_id, {"state": "withdrawn"})
        await store.add_update(tx, outage_id, "withdrawn", "", (actor.account_id, actor.name))
        ticket = await helpdesk_store.ticket(tx, before.ticket_id, lock=True)
        if ticket is not None and ticket.is_open:
            columns = {"state": "closed", "pending_reason": None, "pending_until": None}
            await helpdesk.change_in(tx, actor, ticket, columns)
        await tx.audit(actor, "outage.withdraw", f"outage/{outage_id}")
        await telling.tell(tx, after, before=before)
        return after


def _columns(draft: OutageDraft) -> dict[str, Any]:
    """What a draft says of the row, without moments that depend on what it is."""
    names = ("title", "text", "service_id", "category_id", "everywhere", "unit_kinds", "room", "model_id", "words")
    more = ("gathers", "public", "expected_end", "update_every_min", "kind")
    return {name: getattr(draft, name) for name in (*names, *more)}


def _audited(draft: OutageDraft) -> dict[str, object]:
    names = ("title", "kind", "everywhere", "unit_kinds", "unit_ids", "public", "starts_at", "expected_end")
    return {name: getattr(draft, name) for name in names}


async def _reference_faults(tx: Tx, draft: OutageDraft) -> dict[str, str]:
    faults = {}
    for name, kind in (("service_id", Service), ("category_id", Category)):
        value = getattr(draft, name)
        if value is not None and await setup_store.name_of(tx, kind, value) is None:
            faults[name] = NOT_OFFERED
    known = {one.id for one in await intranet.unit_choices(tx)} if draft.unit_ids else set()
    if not set(draft.unit_ids) <= known:
        faults["unit_ids"] = _("One of these units is not there any more")
    if draft.model_id is not None and draft.model_id not in {one for one, _name in await store.model_choices(tx)}:
        faults["model_id"] = NOT_OFFERED
    return faults
