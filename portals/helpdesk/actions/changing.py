"""Changing fields of a ticket: what is wrong with them, and what somebody else has changed meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound
from app.i18n import _
from portals.equipment import actions as equipment
from portals.helpdesk import part_store, rules, setup_store, store, telling
from portals.helpdesk.access import access_ticket_to_work
from portals.helpdesk.actions.applying import Applied, apply, changed_fields, wanted_words, words
from portals.helpdesk.details import checked_details
from portals.helpdesk.drafts import TicketChange, Wanted
from portals.helpdesk.model import Clash, Ticket
from portals.helpdesk.refusals import FieldClash
from portals.helpdesk.setup_model import Category, Queue, Service

NOT_OFFERED: Final = _("Choose one of what is offered")
YEARS: Final = (2000, 2200)
"""In which a ticket may wait for a day."""


async def change_ticket(database: Database, actor: Actor, ticket_id: int, change: TicketChange) -> Ticket:
    """All of it or nothing. Raises `Invalid` by field, `FieldClash` where fields have changed since they were seen."""
    async with database.transaction() as tx:
        await lock_family(tx, ticket_id, str(change.wanted.state))
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        columns = await columns_of(tx, actor, ticket, change.wanted)
        touched = [
            rules.Touch(field, change.seen.get(field, change.rev))
            for field in changed_fields(ticket, columns)
            if asked_for(change.wanted, field)
        ]
        clashing = rules.clashing(ticket, touched)
        if clashing:
            raise FieldClash([await _clash(tx, ticket, columns, field) for field in clashing])
        return await change_in(tx, actor, ticket, columns)


async def change_in(
    tx: Tx, actor: Actor, ticket: Ticket, columns: dict[str, Any], *, text: str = "", at: datetime | None = None
) -> Ticket:
    """Checked columns (`columns_of`) of a locked ticket, in the caller's transaction. `text`: for its children."""
    applied = await apply(tx, actor, ticket, columns, at=at)
    if applied.ticket.rev == ticket.rev:
        return ticket
    await told(tx, actor, ticket, applied)
    if ticket.is_open and applied.ticket.state in {"solved", "closed"}:
        await solve_children(tx, actor, applied.ticket, text)
    return applied.ticket


async def told(tx: Tx, actor: Actor, before: Ticket, applied: Applied, verb: str = "change") -> None:
    """Rooms, notifications and the audit of a change. `verb`: what was done, for the audit."""
    after = applied.ticket
    await telling.tell_changed(tx, before, after, applied.entries)
    if after.assignee_id != before.assignee_id:
        ref = f"ticket-assigned/{after.id}/{after.rev}"
        await telling.notify(tx, actor, after.assignee_id, ref, telling.ASSIGNED, after, after.desk_path)
    if after.state == "solved" and before.state != "solved" and verb != "undo":  # then it is no news
        ref = f"ticket-solved/{after.id}/{after.rev}"
        await telling.notify(tx, actor, after.requester_id, ref, telling.SOLVED, after, after.path)
    changes = {one.field: [one.old, one.new] for entry in applied.entries for one in entry.changes}
    await tx.audit(actor, f"ticket.{verb}", f"ticket/{after.id}", **changes)


async def lock_family(tx: Tx, ticket_id: int, state: str) -> None:
    """Solving an incident solves its children: all are locked in one order, so that nobody waits in a circle."""
    if state in {"solved", "closed"}:
        await store.lock_tickets(tx, [ticket_id, *await part_store.children(tx, ticket_id)])


async def solve_children(tx: Tx, actor: Actor, parent: Ticket, text: str) -> None:
    """Those that are open are solved with it, and their requesters are told: in the same words where there are any."""
    for child_id in await part_store.children(tx, parent.id, open_only=True):
        child = await store.ticket(tx, child_id, lock=True)
        if child is None or not child.is_open:
            continue
        columns: dict[str, Any] = {"state": parent.state, "pending_reason": None, "pending_until": None}
        entry = await store.add_entry(
            tx,
            child.id,
            kind="reply" if text else "event",
            public=True,
            by_staff=True,
            author_id=actor.account_id,
            author_name=actor.name,
            source="system",
            text=text or parent.number,
            verb="" if text else "parent_solved",
        )
        if text:
            columns |= {"waits_for_us": False, "last_entry_at": entry.at}
            columns |= {} if child.first_reply_at else {"first_reply_at": entry.at}
        applied = await apply(tx, actor, child, columns)
        await told(tx, actor, child, Applied(applied.ticket, [entry, *applied.entries]))


def asked_for(wanted: Wanted, field: str) -> bool:
    """Whether somebody wants this field changed, and not only what follows from another one."""
    if field.startswith("details."):
        return wanted.details is not UNSET and field.removeprefix("details.") in wanted.details
    names = ("state", "pending_reason", "pending_until") if field == "state" else (field,)
    return any(getattr(wanted, name, UNSET) is not UNSET for name in names)


async def columns_of(tx: Tx, actor: Actor, ticket: Ticket, wanted: Wanted) -> dict[str, Any]:
    """What is to be written, with what follows from it. Raises `Invalid` by field."""
    columns: dict[str, Any] = {}
    faults: dict[str, str] = {}
    await _plain(tx, actor, ticket, wanted, columns, faults)
    await _category(tx, ticket, wanted, columns, faults)
    await _queue(tx, ticket, wanted, columns, faults)
    await _priority(tx, ticket, wanted, columns)
    _state(ticket, wanted, columns, faults)
    if faults:
        raise Invalid(fields=faults)
    return {name: value for name, value in columns.items() if getattr(ticket, name, UNSET) != value}


async def _plain(
    tx: Tx, actor: Actor, ticket: Ticket, wanted: Wanted, columns: dict[str, Any], faults: dict[str, str]
) -> None:
    if wanted.subject is not UNSET:
        columns["subject"] = rules.one_line(wanted.subject)
        fault = rules.NEEDED if not columns["subject"] else rules.too_long(columns["subject"], 200)
        faults |= {"subject": fault} if fault else {}
    if wanted.room is not UNSET:
        columns["room"] = rules.one_line(wanted.room)
        fault = rules.too_long(columns["room"], 80)
        faults |= {"room": fault} if fault else {}
    if wanted.service_id is not UNSET:
        columns["service_id"] = wanted.service_id
        if wanted.service_id is not None and await setup_store.thing(tx, Service, wanted.service_id) is None:
            faults["service_id"] = NOT_OFFERED
    if wanted.unit_id is not UNSET:
        columns["unit_id"] = wanted.unit_id
        if wanted.unit_id is not None and not await setup_store.units(tx, [wanted.unit_id]):
            faults["unit_id"] = NOT_OFFERED
    if wanted.device_id is not UNSET:
        columns["device_id"] = wanted.device_id
        if wanted.device_id not in {None, ticket.device_id} and actor != SYSTEM:
            try:
                await equipment.access_device(tx, actor, wanted.device_id or 0)
            except NotFound:
                faults["device_id"] = _("There is no device with this number: look at its label once more")


async def _category(tx: Tx, ticket: Ticket, wanted: Wanted, columns: dict[str, Any], faults: dict[str, str]) -> None:
    """Another category keeps the values whose fields it has too."""
    category_id = ticket.category_id if wanted.category_id is UNSET else wanted.category_id
    category = await setup_store.thing(tx, Category, category_id)
    fields = category.fields if category else []
    details = dict(ticket.details)
    if wanted.category_id is not UNSET:
        columns["category_id"] = category_id
        if category_id is not None and category is None:
            faults["category_id"] = _("Choose a category")
        keys = {one.key for one in fields}
        details = {key: value for key, value in details.items() if key in keys}
        if category and category.service_id and wanted.service_id is UNSET and ticket.service_id is None:
            columns["service_id"] = category.service_id
    if wanted.details is not UNSET:
        values, wrong = checked_details(fields, wanted.details, whole=False)
        faults |= wrong
        details = {key: value for key, value in details.items() if key not in wanted.details} | values
    if details != ticket.details:
        columns["details"] = details


async def _queue(tx: Tx, ticket: Ticket, wanted: Wanted, columns: dict[str, Any], faults: dict[str, str]) -> None:
    """Another queue has other teams and agents: who does not work on it is taken off."""
    queue_id = ticket.queue_id
    if wanted.queue_id is not UNSET:
        queue = await setup_store.thing(tx, Queue, wanted.queue_id)
        if queue is None or not queue.active:
            faults["queue_id"] = NOT_OFFERED
            return
        columns["queue_id"] = queue_id = queue.id
    team_id = ticket.team_id if wanted.team_id is UNSET else wanted.team_id
    if team_id is not None and not await setup_store.team_works_on(tx, team_id, queue_id):
        if wanted.team_id is not UNSET:
            faults["team_id"] = _("This team does not work on this queue")
        team_id = None
    columns["team_id"] = team_id
    assignee_id = ticket.assignee_id if wanted.assignee_id is UNSET else wanted.assignee_id
    moved = queue_id != ticket.queue_id
    if (
        assignee_id is not None
        and (moved or wanted.assignee_id is not UNSET)
        and not await setup_store.works_on(tx, assignee_id, queue_id)
    ):
        if wanted.assignee_id is not UNSET:
            faults["assignee_id"] = _("This person does not work on this queue")
        assignee_id = None
    columns["assignee_id"] = assignee_id
    taken = assignee_id is not None and assignee_id != ticket.assignee_id
    if taken and ticket.state == "new" and wanted.state is UNSET:
        columns["state"] = "open"


async def _priority(tx: Tx, ticket: Ticket, wanted: Wanted, columns: dict[str, Any]) -> None:
    """Impact and urgency decide, until somebody chooses."""
    impact = ticket.impact if wanted.impact is UNSET else wanted.impact
    urgency = ticket.urgency if wanted.urgency is UNSET else wanted.urgency
    columns |= {"impact": impact, "urgency": urgency}
    chosen = ticket.priority_set
    if wanted.priority is not UNSET:
        chosen = wanted.priority is not None
        columns["priority_set"] = chosen
        if wanted.priority is not None:
            columns["priority"] = wanted.priority
    if not chosen and (impact != ticket.impact or urgency != ticket.urgency or ticket.priority_set):
        columns["priority"] = (await setup_store.matrix(tx)).priority(impact, urgency)


def _state(ticket: Ticket, wanted: Wanted, columns: dict[str, Any], faults: dict[str, str]) -> None:
    reason_asked = wanted.pending_reason is not UNSET
    if wanted.state is UNSET and not reason_asked and wanted.pending_until is UNSET:
        if columns.get("state") == "open":
            columns |= {"pending_reason": None, "pending_until": None}
        return
    state = ticket.state if wanted.state is UNSET else wanted.state
    reason = wanted.pending_reason if wanted.pending_reason is not UNSET else None
    if not reason_asked and state == ticket.state == "pending":
        reason = ticket.pending_reason
    until = wanted.pending_until if wanted.pending_until is not UNSET else None
    if fault := rules.pending_fault(state, reason):
        faults["pending_reason"] = fault
    if until is not None and (until.tzinfo is None or state != "pending" or not YEARS[0] <= until.year <= YEARS[1]):
        faults["pending_until"] = _("This moment cannot be used")
    if state != ticket.state and not rules.can_go(ticket.state, state):
        faults["state"] = _("From here a ticket cannot go there")
    columns |= {"state": state, "pending_reason": reason, "pending_until": until if state == "pending" else None}


async def _clash(tx: Tx, ticket: Ticket, columns: dict[str, Any], field: str) -> Clash:
    by = await store.last_change(tx, ticket.id, field)
    return Clash(
        field=field,
        mine=await wanted_words(tx, field, columns, ticket),
        theirs=words(ticket, field),
        by=by[0] if by else "",
        at=by[1] if by else None,
        rev=ticket.rev_of(field),
    )


class Bulk(msgspec.Struct, frozen=True):
    """What became of many: ids that were changed, and why others were not."""

    changed: list[int]
    refused: dict[int, str]


async def change_many(database: Database, actor: Actor, ticket_ids: Sequence[int], wanted: Wanted) -> Bulk:
    """The same for many, each in a transaction of its own: one that cannot be changed holds up no other."""
    changed: list[int] = []
    refused: dict[int, str] = {}
    for ticket_id in dict.fromkeys(ticket_ids):
        try:
            async with database.transaction() as tx:
                await lock_family(tx, ticket_id, str(wanted.state))
                ticket = await access_ticket_to_work(tx, actor, ticket_id)
                columns = await columns_of(tx, actor, ticket, wanted)
                if columns:
                    await change_in(tx, actor, ticket, columns)
                    changed.append(ticket_id)
        except Invalid as problem:
            refused[ticket_id] = next(iter(problem.fields.values()), problem.detail)
        except NotFound:
            refused[ticket_id] = NotFound.title
    return Bulk(changed, refused)
