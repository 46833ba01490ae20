"""Writes a change of a ticket down: the row, the revs of its fields, the span of its state, the event that tells it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from app.actor import Actor
from app.database import Tx
from portals.helpdesk import part_store, rules, setup_store, store
from portals.helpdesk.details import in_words
from portals.helpdesk.model import Change, Entry, Ticket
from portals.helpdesk.setup_model import Category, Queue, Service, Team

FIELDS: Final = (
    *("state", "assignee_id", "queue_id", "team_id", "priority", "impact", "urgency", "subject", "category_id"),
    *("service_id", "unit_id", "device_id", "room"),
)
"""What an event tells of, in this order; then the category's own fields."""


class Applied(msgspec.Struct, frozen=True):
    """The ticket as it is now, and the event that tells it, if there is anything to tell."""

    ticket: Ticket
    entries: list[Entry]


async def apply(
    tx: Tx, actor: Actor, ticket: Ticket, columns: Mapping[str, Any], *, at: datetime | None = None
) -> Applied:
    """Gives a locked ticket other values; the caller has checked them and tells it on. `columns`: by the table's names;
    those that are as they were are left out. `at`: for imports. `solved_at` and `closed_at` follow from the state
    unless they are said: what is put back was solved and closed when it was.
    """
    wanted = {name: value for name, value in columns.items() if not _same(ticket, name, value)}
    moment = at or await store.now(tx)
    moved = "state" in wanted or "pending_reason" in wanted
    if moved:
        follows = _moments(ticket, str(columns.get("state", ticket.state)), moment)
        wanted |= {name: value for name, value in follows.items() if name not in columns}
    fields = changed_fields(ticket, wanted)
    if not wanted:
        return Applied(ticket, [])
    after = await store.changed_ticket(tx, ticket.id, wanted, fields)
    if moved:
        await store.begin_span(tx, ticket.id, after.state, after.pending_reason, moment)
        if after.state in {"solved", "closed", "merged"}:
            await part_store.withdraw_approvals(tx, ticket.id)
    changes = _changes(ticket, after, fields)
    if not changes:
        return Applied(after, [])
    public = any(one.field in rules.PUBLIC_FIELDS for one in changes)
    entry = await store.add_entry(
        tx,
        ticket.id,
        kind="event",
        public=public,
        by_staff=rules.is_desk(actor) or not actor.signed_in,
        author_id=actor.account_id,
        author_name=actor.name,
        source="system" if not actor.signed_in else "form",
        verb="changed",
        changes=changes,
        at=at,
    )
    return Applied(after, [entry])


def _same(ticket: Ticket, name: str, value: object) -> bool:
    return hasattr(ticket, name) and getattr(ticket, name) == value


def _moments(ticket: Ticket, state: str, moment: datetime) -> dict[str, datetime | None]:
    """Since when it is solved and closed."""
    if state == "solved":
        return {"solved_at": moment, "closed_at": None}
    if state == "closed":
        return {"solved_at": ticket.solved_at or moment, "closed_at": moment}
    return {"solved_at": None, "closed_at": None} if state != "merged" else {}


def changed_fields(ticket: Ticket, columns: Mapping[str, Any]) -> list[str]:
    """Fields as conflicts know them: what belongs to the state is one, each of the category's own fields is one."""
    fields = [name for name in FIELDS if name in columns]
    if "pending_reason" in columns or "pending_until" in columns:
        fields += ["state"] if "state" not in fields else []
    if "priority_set" in columns and "priority" not in fields:
        fields.append("priority")
    details: dict[str, Any] = columns.get("details", ticket.details)
    keys = sorted({*details, *ticket.details})
    fields += [f"details.{key}" for key in keys if details.get(key) != ticket.details.get(key)]
    return fields


def state_code(state: str, reason: str | None) -> str:
    """`pending:parts`: what pages and programs put into words."""
    return f"{state}:{reason}" if reason else state


def _changes(before: Ticket, after: Ticket, fields: list[str]) -> list[Change]:
    found = [Change(field, words(before, field), words(after, field)) for field in fields]
    return [one for one in found if one.old != one.new]


def words(ticket: Ticket, field: str) -> str:
    """A field's value as people read it; states and levels by their codes."""
    if field.startswith("details."):
        return in_words(ticket.details.get(field.removeprefix("details.")))
    match field:
        case "state":
            return state_code(ticket.state, ticket.pending_reason)
        case "queue_id":
            return ticket.queue_name
        case "team_id":
            return ticket.team_name
        case "assignee_id":
            return ticket.assignee_name
        case "category_id":
            return ticket.category_name
        case "service_id":
            return ticket.service_name
        case "unit_id":
            return ticket.unit_name
        case "device_id":
            return ticket.device_label
        case _:
            return str(getattr(ticket, field))


async def wanted_words(tx: Tx, field: str, columns: Mapping[str, Any], ticket: Ticket) -> str:
    """The same for what somebody wants and has not got."""
    if field.startswith("details."):
        return in_words(columns["details"].get(field.removeprefix("details.")))
    value = columns.get(field)
    match field:
        case "state":
            state = columns.get("state", ticket.state)
            return state_code(state, columns.get("pending_reason", ticket.pending_reason))
        case "queue_id":
            return await setup_store.name_of(tx, Queue, value) or ""
        case "team_id":
            return await setup_store.name_of(tx, Team, value) or ""
        case "category_id":
            return await setup_store.name_of(tx, Category, value) or ""
        case "service_id":
            return await setup_store.name_of(tx, Service, value) or ""
        case "assignee_id":
            person = await part_store.person(tx, value) if value else None
            return person.name if person else ""
        case "unit_id":
            units = await setup_store.units(tx, [value]) if value else []
            return units[0].short_name if units else ""
        case "device_id":
            return await store.device_label(tx, value)
        case _:
            return "" if value is None else str(value)
