"""Tickets that have to do with each other: merged, split, linked, below an incident."""

from typing import Any

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from portals.helpdesk import part_store, rules, store, telling
from portals.helpdesk.access import access_ticket_inside, access_ticket_to_work
from portals.helpdesk.actions.applying import Applied, apply
from portals.helpdesk.actions.changing import told
from portals.helpdesk.actions.sending import send_ticket_in
from portals.helpdesk.drafts import NewTicket, Requester
from portals.helpdesk.model import Change, Entry, Ticket


async def merge(database: Database, actor: Actor, ticket_id: int, into_id: int) -> Ticket:
    """The talk goes on in `into_id`, whose page shows both; the requester of the first follows the second from now on.
    Raises `Invalid` for `into`, NotFound for either that the actor does not work on.
    """
    async with database.transaction() as tx:
        source, target = await _both(tx, actor, ticket_id, into_id)
        if fault := rules.merge_fault(source, target):
            raise Invalid(fields={"into": fault})
        columns: dict[str, Any] = {"state": "merged", "merged_into_id": target.id, "parent_id": None}
        columns |= {"pending_reason": None, "pending_until": None}
        applied = await apply(tx, actor, source, columns)
        said = await _event(tx, actor, source, "merged", target.number, public=True)
        await told(tx, actor, source, Applied(applied.ticket, [*applied.entries, said]))
        for account_id in {source.requester_id, *await store.followers(tx, source.id)} - {None, target.requester_id}:
            await part_store.add_watcher(tx, target.id, account_id or 0, "merged")
        waits = {"waits_for_us": True} if source.waits_for_us else {}
        after = await store.changed_ticket(tx, target.id, waits)
        heard = await _event(tx, actor, target, "merged_in", source.number, public=False)
        await telling.tell_changed(tx, target, after, [heard])
        telling.tell_parts(tx, after)
        await tx.audit(actor, "ticket.merge", f"ticket/{source.id}", into=target.id)
        return after


async def unmerge(database: Database, actor: Actor, ticket_id: int) -> Ticket:
    """Takes it back: nothing was moved, so both talks are as they were. One that was solved or closed is so since that
    day; others are open. Raises `Conflict`.
    """
    async with database.transaction() as tx:
        found = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        if found.merged_into_id is None:
            raise Conflict("This ticket is not merged")
        source, target = await _both(tx, actor, ticket_id, found.merged_into_id)
        if source.merged_into_id != target.id:
            raise Conflict("This ticket is not merged")
        state = await part_store.state_before_merging(tx, source.id)
        moments = {"solved_at": source.solved_at, "closed_at": source.closed_at}  # merging does not touch them
        applied = await apply(tx, actor, source, {"state": state, "merged_into_id": None, **moments})
        said = await _event(tx, actor, source, "unmerged", target.number, public=True)
        await told(tx, actor, source, Applied(applied.ticket, [*applied.entries, said]), "undo")
        if source.requester_id is not None:
            await part_store.remove_watcher(tx, target.id, source.requester_id, "merged")
        after = await store.changed_ticket(tx, target.id, {})
        await telling.tell_changed(tx, target, after)
        telling.tell_parts(tx, after)
        await tx.audit(actor, "ticket.unmerge", f"ticket/{source.id}", was_in=target.id)
        return applied.ticket


async def split(database: Database, actor: Actor, ticket_id: int, entry_id: int, subject: str) -> Ticket:
    """A word that is about something else becomes a ticket of the same requester; it stays where it was said, too."""
    async with database.transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        entry = await store.entry(tx, ticket_id, entry_id)
        if entry is None or entry.kind == "event":
            raise NotFound
        words = rules.one_line(subject)
        if fault := rules.NEEDED if not words else rules.too_long(words, 200):
            raise Invalid(fields={"subject": fault})
        requester = Requester(
            account_id=ticket.requester_id,
            name=ticket.requester_name,
            email=ticket.requester_email,
            phone=ticket.requester_phone,
        )
        new = NewTicket(subject=words, text=entry.text, unit_id=None, room=ticket.room)
        files = [one.id for one in entry.files]
        made = await send_ticket_in(
            tx, actor, new, requester, "split", files, queue_id=ticket.queue_id, split_from_id=ticket.id
        )
        if ticket.unit_id != made.unit_id:
            made = (await apply(tx, actor, made, {"unit_id": ticket.unit_id})).ticket
        after = await store.changed_ticket(tx, ticket.id, {})
        said = await _event(tx, actor, ticket, "split_off", made.number, public=False)
        await telling.tell_changed(tx, ticket, after, [said])
        telling.tell_parts(tx, after)
        await tx.audit(actor, "ticket.split", f"ticket/{ticket.id}", made=made.id, entry=entry_id)
        return made


async def relate(database: Database, actor: Actor, ticket_id: int, other_id: int, *, wanted: bool = True) -> Ticket:
    """Two tickets that have to do with each other, or not any more. Raises `Invalid` for `other`."""
    async with database.transaction() as tx:
        ticket, other = await _both(tx, actor, ticket_id, other_id)
        if ticket.id == other.id:
            raise Invalid(fields={"other": "A ticket cannot be linked with itself"})
        change = part_store.relate if wanted else part_store.unrelate
        if not await change(tx, ticket.id, other.id):
            return ticket
        found = []
        for one, beside in ((ticket, other), (other, ticket)):
            after = await store.changed_ticket(tx, one.id, {})
            said = await _event(tx, actor, one, "linked" if wanted else "unlinked", beside.number, public=False)
            await telling.tell_changed(tx, one, after, [said])
            telling.tell_parts(tx, after)
            found.append(after)
        await tx.audit(actor, "ticket.link" if wanted else "ticket.unlink", f"ticket/{ticket.id}", other=other.id)
        return found[0]


async def set_parent(database: Database, actor: Actor, ticket_id: int, parent_id: int | None) -> Ticket:
    """Puts a ticket below an incident that hits many, or takes it out (None): solving the incident solves it too.
    Raises `Invalid` for `parent`.
    """
    async with database.transaction() as tx:
        if parent_id is None:
            child, parent = await access_ticket_to_work(tx, actor, ticket_id), None
        else:
            child, parent = await _both(tx, actor, ticket_id, parent_id)
            fault = rules.can_be_parent(
                child,
                parent,
                parent_is_child=parent.parent_id is not None,
                child_has_children=bool(await part_store.children(tx, child.id)),
            )
            if fault:
                raise Invalid(fields={"parent": fault})
        return child if child.parent_id == parent_id else await set_parent_in(tx, actor, child, parent)


async def set_parent_in(tx: Tx, actor: Actor, child: Ticket, parent: Ticket | None) -> Ticket:
    """In the caller's transaction, which has locked and checked both."""
    before = await store.ticket(tx, child.parent_id, lock=True) if child.parent_id else None
    after = await store.changed_ticket(tx, child.id, {"parent_id": parent.id if parent else None})
    verb, number = ("parent_set", parent.number) if parent else ("parent_left", before.number if before else "")
    said = await _event(tx, actor, child, verb, number, public=False)
    await telling.tell_changed(tx, child, after, [said])
    telling.tell_parts(tx, after)
    for one in (parent, before):
        if one is not None:
            touched = await store.changed_ticket(tx, one.id, {})
            await telling.tell_changed(tx, one, touched)
            telling.tell_parts(tx, touched)
    await tx.audit(actor, "ticket.parent", f"ticket/{child.id}", parent=parent.id if parent else None)
    return after


async def _both(tx: Tx, actor: Actor, one_id: int, other_id: int) -> tuple[Ticket, Ticket]:
    """Two tickets that the actor changes, locked in one order for all."""
    await store.lock_tickets(tx, [one_id, other_id])
    return await access_ticket_to_work(tx, actor, one_id), await access_ticket_to_work(tx, actor, other_id)


async def _event(tx: Tx, actor: Actor, ticket: Ticket, verb: str, number: str, *, public: bool) -> Entry:
    """What has happened with another ticket, by its number."""
    return await store.add_entry(
        tx,
        ticket.id,
        kind="event",
        public=public,
        by_staff=rules.is_desk(actor) or not actor.signed_in,
        author_id=actor.account_id,
        author_name=actor.name,
        verb=verb,
        changes=[Change("ticket", "", number)],
    )
