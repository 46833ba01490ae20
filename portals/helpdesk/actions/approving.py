"""Somebody must agree before the helpdesk goes on."""

from datetime import datetime

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.helpdesk import part_store, rules, store, telling
from portals.helpdesk.access import access_ticket, access_ticket_to_work
from portals.helpdesk.actions.applying import apply
from portals.helpdesk.model import Approval, Change, Ticket


async def ask_approval(
    database: Database, actor: Actor, ticket_id: int, approver_id: int, question: str = ""
) -> Ticket:
    """The ticket waits until everybody who was asked has decided. Raises `Invalid`, `Conflict`."""
    words = rules.clean(question)
    if fault := rules.too_long(words, 1000):
        raise Invalid(fields={"question": fault})
    async with database.transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        if not ticket.is_open:
            raise Conflict("This ticket is not open")
        if await part_store.person(tx, approver_id) is None:
            raise Invalid(fields={"approver_id": _("There is no such account any more")})
        return await ask_in(tx, actor, ticket, approver_id, words)


async def ask_in(
    tx: Tx, actor: Actor, ticket: Ticket, approver_id: int, question: str, *, at: datetime | None = None
) -> Ticket:
    """The same in the caller's transaction, which holds the ticket; `at`: for imports."""
    approver = await part_store.person(tx, approver_id)
    if approver is None:
        raise NotFound
    approval_id = await part_store.ask_approval(tx, ticket.id, approver_id, actor.account_id, question, at)
    if approval_id is None:
        raise Conflict("This person is asked already")
    entry = await store.add_entry(
        tx,
        ticket.id,
        kind="event",
        public=True,
        by_staff=True,
        author_id=actor.account_id,
        author_name=actor.name,
        verb="approval_asked",
        text=question,
        changes=[Change("approver", "", approver.name)],
        at=at,
    )
    columns = {"state": "pending", "pending_reason": "approval", "pending_until": None}
    applied = await apply(tx, actor, ticket, columns, at=at)
    await telling.tell_changed(tx, ticket, applied.ticket, [entry, *applied.entries])
    telling.tell_parts(tx, applied.ticket)
    await telling.notify(tx, actor, approver_id, f"ticket-approval/{approval_id}", telling.ASKED, ticket, ticket.path)
    await tx.audit(actor, "ticket.ask_approval", f"ticket/{ticket.id}", approver=approver_id)
    return applied.ticket


async def decide(database: Database, actor: Actor, approval_id: int, *, granted: bool, answer: str = "") -> Approval:
    """Whoever was asked agrees or does not; a refusal says why. Raises `Invalid`, `Conflict` when it is settled."""
    words = rules.clean(answer)
    faults = {}
    if fault := rules.too_long(words, 1000):
        faults["answer"] = fault
    elif not granted and not words:
        faults["answer"] = _("Say why not")
    async with database.transaction() as tx:
        approval = await part_store.approval(tx, approval_id)
        if approval is None or approval.approver_id != actor.account_id:
            raise NotFound
        if faults:
            raise Invalid(fields=faults)
        ticket = (await access_ticket(tx, actor, approval.ticket_id, lock=True)).ticket
        if not await part_store.decide(tx, approval_id, "granted" if granted else "refused", words):
            raise Conflict("This was settled in the meantime")
        await part_store.add_watcher(tx, ticket.id, approval.approver_id, "approver")
        entry = await store.add_entry(
            tx,
            ticket.id,
            kind="event",
            public=True,
            by_staff=False,
            author_id=actor.account_id,
            author_name=actor.name,
            verb="approval_granted" if granted else "approval_refused",
            text=words,
        )
        after, entries = ticket, [entry]
        asked = await part_store.approvals(tx, ticket.id)
        waits = any(one.state == "waiting" for one in asked)
        if ticket.pending_reason == "approval" and not waits:
            applied = await apply(tx, actor, ticket, {"state": "open", "pending_reason": None, "pending_until": None})
            after, entries = applied.ticket, [entry, *applied.entries]
        else:
            after = await store.changed_ticket(tx, ticket.id, {})
        await telling.tell_changed(tx, ticket, after, entries)
        telling.tell_parts(tx, after)
        await telling.notify(
            tx, actor, ticket.assignee_id, f"ticket-approved/{approval_id}", telling.ANSWERED, ticket, ticket.desk_path
        )
        await tx.audit(actor, "ticket.decide", f"ticket/{ticket.id}", approval=approval_id, granted=granted)
        return next(one for one in asked if one.id == approval_id)
