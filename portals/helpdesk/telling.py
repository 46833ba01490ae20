"""What a change of a ticket tells, and whom: rooms, notifications, background work."""

from collections.abc import Sequence

import msgspec

from app import push
from app.actor import Actor
from app.database import Tx
from app.i18n import _
from portals.helpdesk import rules, store
from portals.helpdesk.events import (
    AlertBack,
    AlertOver,
    EntryWritten,
    OwnTicketChanged,
    PartsChanged,
    PublicTicketChanged,
    RequesterReplied,
    TicketChanged,
    TicketEdited,
    TicketLeft,
    TicketSent,
    alerts_room,
    inside_room,
    own_room,
    queue_room,
    ticket_room,
)
from portals.helpdesk.model import WOKEN, Entry, PublicTicket, Ticket

REPLIED = _("The helpdesk has answered")
SOLVED = _("Your ticket is solved: does it work?")
ASSIGNED = _("A ticket is yours now")
MENTIONED = _("Somebody names you in a note")
ASKED = _("You are asked to agree to something")
ANSWERED = _("There is an answer in a ticket of yours")


def outside(entry: Entry) -> Entry:
    """An entry as the requester's side gets it: the public changes, and nothing of who is who in the database."""
    return msgspec.structs.replace(
        entry,
        author_id=None,
        minutes=0,
        mentions=[],
        changes=[one for one in entry.changes if entry.verb != "changed" or one.field in rules.PUBLIC_FIELDS],
    )


async def tell_sent(tx: Tx, ticket: Ticket, entry: Entry) -> None:
    """A new ticket: the alert, the queue's list, the requester's own. One that came below an outage does not ring."""
    if ticket.parent_id is None:
        tx.publish(alerts_room(ticket.queue_id), TicketSent(ticket.row))
    tx.publish(queue_room(ticket.queue_id), TicketChanged(ticket.row))
    tx.publish(inside_room(ticket.id), TicketEdited(ticket))
    tx.publish(inside_room(ticket.id), EntryWritten(entry))
    if ticket.requester_id is not None:  # nobody else follows it yet
        row = await store.own_row(tx, ticket.id, ticket.requester_id)
        tx.publish(own_room(ticket.requester_id), OwnTicketChanged(row))
    wake(tx)


async def tell_changed(tx: Tx, before: Ticket, after: Ticket, entries: Sequence[Entry] = ()) -> None:
    """A ticket as it is now, to everybody who looks at it from either side."""
    in_list = after.state != "merged"
    if rules.alert_is_over(before, after):
        row = msgspec.structs.replace(after.row, queue_id=before.queue_id, queue_name=before.queue_name)
        moved = before.queue_id != after.queue_id
        tx.publish(alerts_room(before.queue_id), AlertOver(row, _whose(before, after, entries), moved))
    if before.queue_id != after.queue_id or not in_list:
        tx.publish(queue_room(before.queue_id), TicketLeft(msgspec.structs.replace(before.row, rev=after.rev)))
    if in_list:
        tx.publish(queue_room(after.queue_id), TicketChanged(after.row))
        freed = before.parent_id is not None and rules.waits_untaken(after)  # it may never have rung
        if before.queue_id != after.queue_id or freed:
            tx.publish(alerts_room(after.queue_id), TicketSent(after.row, moved=True))
        elif rules.alert_is_back(before, after) and not any(_rings(one) for one in entries):
            tx.publish(alerts_room(after.queue_id), AlertBack(after.row))
    tx.publish(inside_room(after.id), TicketEdited(after))
    if _seen_outside(before) != _seen_outside(after):
        tx.publish(ticket_room(after.id), PublicTicketChanged(after.outside))
    for entry in entries:
        await _tell_entry(tx, after, entry)
    await tell_own_lists(tx, after)
    wake(tx)


def _whose(before: Ticket, after: Ticket, entries: Sequence[Entry]) -> str:
    """Who sees to it now: whoever it was given to, else whoever has done something."""
    if after.assignee_id is not None and after.assignee_id != before.assignee_id:
        return after.assignee_name
    return next((one.author_name for one in entries if one.by_staff), after.assignee_name)


def _seen_outside(ticket: Ticket) -> PublicTicket:
    """What its requester sees, whatever else has changed."""
    return msgspec.structs.replace(ticket.outside, rev=0)


async def _tell_entry(tx: Tx, ticket: Ticket, entry: Entry) -> None:
    tx.publish(inside_room(ticket.id), EntryWritten(entry))
    if not entry.public:
        return
    tx.publish(ticket_room(ticket.id), EntryWritten(outside(entry)))
    if _rings(entry):
        tx.publish(alerts_room(ticket.queue_id), RequesterReplied(ticket.row, entry.id))


def _rings(entry: Entry) -> bool:
    """A word of the requester's side."""
    return entry.public and entry.kind == "reply" and not entry.by_staff


def tell_parts(tx: Tx, ticket: Ticket) -> None:
    """Something that hangs on the ticket has changed; its rev has grown with it."""
    tx.publish(inside_room(ticket.id), PartsChanged(ticket.id, ticket.rev))
    wake(tx)


async def tell_own_lists(tx: Tx, ticket: Ticket) -> None:
    for account_id in await store.followers(tx, ticket.id):
        tx.publish(own_room(account_id), OwnTicketChanged(await store.own_row(tx, ticket.id, account_id)))


def wake(tx: Tx) -> None:
    for work in WOKEN:
        tx.wake(work)


async def notify(tx: Tx, actor: Actor, account_id: int | None, ref: str, text: str, ticket: Ticket, path: str) -> None:
    """One notification to one person, never to whoever did it. A subject may hold names: the number alone is told."""
    if account_id is None or account_id == actor.account_id:
        return
    note = push.Note(ref=ref, tag=f"helpdesk/{ticket.id}", title=ticket.number, text=text, path=path)
    await push.tell(tx, account_id, note)


async def notify_reply(tx: Tx, actor: Actor, ticket: Ticket, entry: Entry) -> None:
    """A public word reaches the other side: requester and watchers, or the agent whose ticket it is."""
    if entry.by_staff:
        for account_id in await store.followers(tx, ticket.id):
            await notify(tx, actor, account_id, f"ticket-entry/{entry.id}", REPLIED, ticket, ticket.path)
    else:
        await notify(tx, actor, ticket.assignee_id, f"ticket-entry/{entry.id}", ANSWERED, ticket, ticket.desk_path)
