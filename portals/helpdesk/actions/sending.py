"""Sending a ticket: by its requester, by an agent on the phone, by a part that takes letters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.files.upload import FileStore, Upload
from app.i18n import _
from app.identity.rules import is_email, login_of
from app.throttle import Charge, Limit, spend
from portals.equipment import actions as equipment
from portals.equipment.model import Device
from portals.helpdesk import part_store, rules, setup_store, store, telling
from portals.helpdesk.access import access_sending
from portals.helpdesk.actions.approving import ask_in
from portals.helpdesk.details import checked_details
from portals.helpdesk.drafts import Entered, NewTicket, Requester
from portals.helpdesk.model import MOST_TEXT, Source, Ticket, Value
from portals.helpdesk.setup_model import Category, Queue, RoutingRule
from portals.intranet import actions as intranet

SENDING: Final = Limit("helpdesk.send", burst=20, every_s=20)
AT_ONCE: Final = 8
"""Tickets that one process writes at the same time; more of them only wait for each other's statements."""
NO_DEVICE: Final = _("There is no device with this number: look at its label once more")
WHICH_UNIT: Final = _("Choose the unit this is about")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A new ticket that was checked."""

    subject: str
    text: str
    room: str
    phone: str
    category: Category | None
    details: Mapping[str, Value]
    unit_id: int | None
    device: Device | None


async def send_ticket(
    database: Database,
    actor: Actor,
    new: NewTicket,
    *,
    source: Source = "form",
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
) -> Ticket:
    """The actor's own. Raises `Invalid` by field (`details.<key>` too), NotFound for residents, `TooMany`."""
    async with database.turn("helpdesk.send", AT_ONCE):
        await spend(database, Charge(SENDING, f"account/{actor.account_id}"))
        return await _send(database, actor, new, source, files, uploads)


async def _send(
    database: Database,
    actor: Actor,
    new: NewTicket,
    source: Source,
    files: FileStore | None,
    uploads: Sequence[Upload],
) -> Ticket:
    async with database.transaction() as tx:
        await access_sending(tx, actor)
        assert actor.account_id is not None  # residents and visitors were turned away
        before = await store.sent_before(tx, actor.account_id, new.sent_key)
        if before is not None:
            return before
        email = await part_store.email_of(tx, actor.account_id)
        requester = Requester(account_id=actor.account_id, name=actor.name, email=email, phone=new.phone)
        kept = await kept_files(tx, files, uploads, actor.account_id)
        return await send_ticket_in(tx, actor, new, requester, source, kept)


async def enter_ticket(
    database: Database, actor: Actor, entered: Entered, files: FileStore | None = None, uploads: Sequence[Upload] = ()
) -> Ticket:
    """What somebody said on the phone or at the counter. Raises `Invalid` by field."""
    if not rules.is_desk(actor):
        raise Forbidden
    async with database.transaction() as tx:
        requester = await _requester(tx, entered)
        before = await store.sent_before(tx, requester.account_id, entered.ticket.sent_key)
        if before is not None:
            return before
        kept = await kept_files(tx, files, uploads, actor.account_id)
        return await send_ticket_in(tx, actor, entered.ticket, requester, "phone", kept, queue_id=entered.queue_id)


async def send_ticket_in(
    tx: Tx,
    actor: Actor,
    new: NewTicket,
    requester: Requester,
    source: Source,
    file_ids: Sequence[UUID] = (),
    *,
    queue_id: int | None = None,
    split_from_id: int | None = None,
    at: datetime | None = None,
) -> Ticket:
    """In the caller's transaction; the caller has checked that the actor may send it. `queue_id`: not as it would be
    routed; `at`: when it was sent, for imports. Raises `Invalid` by field, `Conflict` when it is sent twice at once.
    """
    draft = await _checked(tx, actor, new, requester, source, with_files=bool(file_ids))
    columns = await _routed(tx, draft, new, queue_id)
    moment = at or await store.now(tx)
    columns |= _of(requester, draft) | {
        "source": source,
        "entered_by": actor.account_id if source == "phone" else None,
        "split_from_id": split_from_id,
        "sent_at": moment,
        "last_entry_at": moment,
        "sent_key": new.sent_key or None,
    }
    ticket_id = await store.add_ticket(tx, columns)
    if ticket_id is None:
        raise Conflict("This was sent already")
    await store.begin_span(tx, ticket_id, "new", None, moment, first=True)
    entry = await store.add_entry(
        tx,
        ticket_id,
        kind="reply",
        public=True,
        by_staff=False,
        author_id=requester.account_id,
        author_name=str(columns["requester_name"]),
        source=source,
        text=draft.text,
        files=file_ids,
        at=moment,
    )
    ticket = await store.ticket(tx, ticket_id)
    assert ticket is not None  # it was just written
    await tx.audit(actor, "ticket.send", f"ticket/{ticket_id}", source=source, queue=ticket.queue_id)
    await telling.tell_sent(tx, ticket, entry)
    return await _with_category(tx, actor, ticket, draft, moment)


def _of(requester: Requester, draft: Draft) -> dict[str, Any]:
    """Columns that say whose it is."""
    return {
        "requester_id": requester.account_id,
        "requester_name": rules.one_line(requester.name)[:200],
        "requester_email": login_of(requester.email or "") or None,
        "requester_phone": draft.phone or rules.one_line(requester.phone)[:40],
    }


async def _with_category(tx: Tx, actor: Actor, ticket: Ticket, draft: Draft, at: datetime) -> Ticket:
    """The category's checklist, and the heads whom it asks."""
    category = draft.category
    if category is None:
        return ticket
    if category.checklist:
        await part_store.add_checks(tx, ticket.id, category.checklist)
    if category.approval == "head" and ticket.unit_id is not None:
        heads = await part_store.heads(tx, ticket.unit_id)
        if heads and ticket.requester_id not in heads:
            for head in heads:
                ticket = await ask_in(tx, actor, ticket, head, "", at=at)
    return ticket


async def _routed(tx: Tx, draft: Draft, new: NewTicket, queue_id: int | None) -> dict[str, Any]:
    """Columns that rules and the matrix decide."""
    category = draft.category
    category_id = category.id if category else None
    path = await setup_store.unit_path(tx, draft.unit_id)
    found = await setup_store.things(tx, RoutingRule, active=True)
    rule = None
    if queue_id is None:
        rule = rules.route(found, category_id, path, f"{draft.subject}\n{draft.text}")
        queue_id = rule.queue_id if rule else category.queue_id if category else None
    queue = await setup_store.thing(tx, Queue, queue_id)
    if queue is None or not queue.active:
        queue, rule = await _first_queue(tx), None
    impact = new.impact or (category.impact if category else 1)
    urgency = new.urgency or (category.urgency if category else 2)
    chosen = rule.priority if rule else None
    team_id = rule.team_id if rule else None
    if team_id is not None and not await setup_store.team_works_on(tx, team_id, queue.id):
        team_id = None
    return {
        "subject": draft.subject,
        "unit_id": draft.unit_id,
        "room": draft.room,
        "device_id": draft.device.id if draft.device else None,
        "category_id": category_id,
        "service_id": category.service_id if category else None,
        "details": dict(draft.details),
        "queue_id": queue.id,
        "team_id": team_id,
        "impact": impact,
        "urgency": urgency,
        "priority": chosen or (await setup_store.matrix(tx)).priority(impact, urgency),
        "priority_set": chosen is not None,
    }


async def _first_queue(tx: Tx) -> Queue:
    queues = await setup_store.things(tx, Queue, active=True)
    if not queues:
        raise Conflict("The helpdesk has no queue yet: its lead sets it up")
    return queues[0]


async def _checked(
    tx: Tx, actor: Actor, new: NewTicket, requester: Requester, source: Source, *, with_files: bool
) -> Draft:
    """Everything that is wrong at once. Letters are taken as they are: too long is cut, not refused."""
    faults: dict[str, str] = {}
    text, room, phone = rules.clean(new.text), rules.one_line(new.room), rules.one_line(new.phone)
    if source == "mail":
        text, room, phone = text[:MOST_TEXT], room[:80], phone[:40]
    category = await setup_store.thing(tx, Category, new.category_id) if new.category_id else None
    if new.category_id and (category is None or not category.active):
        faults["category_id"] = _("Choose a category")
    subject = rules.subject_of(new.subject, text) or (category.name if category and with_files else "")
    if source == "mail":
        subject = subject[:200] or "–"
    if not subject:
        faults["text"] = _("Say in a few words what is wrong")
    for field, words, most in (("subject", subject, 200), ("text", text, MOST_TEXT), ("room", room, 80)):
        if fault := rules.too_long(words, most):
            faults[field] = fault
    if len(phone) > 40:
        faults["phone"] = _("This is not a telephone number")
    details, wrong = checked_details(category.fields if category else [], new.details)
    faults |= wrong
    device = await _device(tx, actor, new, faults)
    if category is not None and category.device == "must" and device is None:
        faults.setdefault("device_label", _("Write the number that the device's label says"))
    unit_id = await _unit(tx, actor, new, requester, device, source, faults)
    if faults:
        raise Invalid(fields=faults)
    return Draft(
        subject=subject, text=text, room=room or (device.room if device else ""), phone=phone, category=category,
        details=details, unit_id=unit_id, device=device,
    )  # fmt: skip


async def _device(tx: Tx, actor: Actor, new: NewTicket, faults: dict[str, str]) -> Device | None:
    """By its label: who has it in hand may say that it is broken, whoever it belongs to. By its id: who may read it."""
    if new.device_label.strip():
        found = await equipment.device_by_label(tx, new.device_label)
        if found is None:
            faults["device_label"] = NO_DEVICE
        return found
    if new.device_id is None:
        return None
    try:
        return await equipment.access_device(tx, actor, new.device_id)
    except NotFound:
        faults["device_id"] = NO_DEVICE
        return None


async def _unit(
    tx: Tx,
    actor: Actor,
    new: NewTicket,
    requester: Requester,
    device: Device | None,
    source: Source,
    faults: dict[str, str],
) -> int | None:
    own = await intranet.units_of(tx, requester.account_id)
    if new.unit_id is not None:
        known = new.unit_id in own or (
            (rules.is_desk(actor) or actor == SYSTEM) and bool(await setup_store.units(tx, [new.unit_id]))
        )
        if not known:
            faults["unit_id"] = WHICH_UNIT
        return new.unit_id
    if device is not None and (device.unit_id in own or not own):
        return device.unit_id
    if len(own) > 1 and source in {"form", "qr", "api"} and device is None:
        faults["unit_id"] = WHICH_UNIT
    return own[0] if own else None


async def _requester(tx: Tx, entered: Entered) -> Requester:
    """Whom an agent writes it down for. Raises `Invalid`."""
    phone = entered.ticket.phone
    if entered.account_id is not None:
        person = await part_store.person(tx, entered.account_id)
        if person is None:
            raise Invalid(fields={"account_id": _("There is no such account any more")})
        email = await part_store.email_of(tx, person.id)
        return Requester(account_id=person.id, name=person.name, email=email, phone=phone)
    name, email = rules.one_line(entered.name), login_of(rules.one_line(entered.email))
    faults = {}
    if not name:
        faults["name"] = _("Say who it is for")
    elif len(name) > 200:
        faults["name"] = rules.TOO_LONG[200]
    if email and not is_email(email):
        faults["email"] = _("This is not an e-mail address")
    if faults:
        raise Invalid(fields=faults)
    return Requester(name=name, email=email or None, phone=phone)


async def kept_files(tx: Tx, files: FileStore | None, uploads: Sequence[Upload], account_id: int | None) -> list[UUID]:
    """Uploads become files, in the transaction of what refers to them."""
    if files is None:
        return []
    return [(await files.keep(tx, one, account_id)).id for one in uploads]
