"""A ticket below an outage, as its requester sees it: that it is there, and that it is about something else."""

from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, NotFound
from app.throttle import Charge, Limit, spend
from portals.helpdesk import actions as helpdesk
from portals.helpdesk import part_store
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk import telling as helpdesk_telling
from portals.helpdesk.access import access_ticket
from portals.helpdesk.model import Change, Ticket
from portals.helpdesk.outages import hit_store, store, telling
from portals.helpdesk.outages.model import Outage

CHANGING: Final = Limit("helpdesk.belonging", burst=10, every_s=30)


class Below(msgspec.Struct, frozen=True):
    """The outage with which a ticket is seen to. `stands`: below it now; else its requester has taken it out."""

    outage: Outage
    stands: bool


async def below(tx: Tx, ticket_id: int) -> Below | None:
    """For the requester's page; None: no outage that runs. Access is the caller's to check."""
    found = await hit_store.outage_of(tx, ticket_id)
    outage = await store.outage(tx, found[0]) if found else None
    return Below(outage, stands=found[1]) if outage and found else None


async def belong(database: Database, actor: Actor, ticket_id: int, *, wanted: bool) -> Ticket:
    """Whoever sent it says that it is about something else: it stands alone and rings as if it had just come. Said by
    mistake it is taken back (`wanted`). Said twice it is said once.

    Raises `NotFound` for everybody else, `Conflict` where no outage runs to which it belongs or the ticket is closed.
    """
    await spend(database, Charge(CHANGING, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        own = (await access_ticket(tx, actor, ticket_id)).ticket
        if actor.account_id is None or own.requester_id != actor.account_id:
            raise NotFound
        known = await below(tx, ticket_id)
        # the outage first and then tickets, as those do that come in; it does not end until this is done
        if known is None or not await store.runs(tx, known.outage.id):
            raise Conflict("This outage is over already")
        await helpdesk_store.lock_tickets(tx, [ticket_id, known.outage.ticket_id])
        ticket, main = [await helpdesk_store.ticket(tx, one) for one in (ticket_id, known.outage.ticket_id)]
        if ticket is None or main is None or not ticket.is_open:
            raise Conflict("This ticket is closed already")
        if (ticket.parent_id == main.id) == wanted:
            return ticket
        return await _change(tx, actor, ticket, main, known.outage, wanted=wanted)


async def _change(tx: Tx, actor: Actor, ticket: Ticket, main: Ticket, outage: Outage, *, wanted: bool) -> Ticket:
    if wanted:
        fault = helpdesk_rules.can_be_parent(
            ticket,
            main,
            parent_is_child=main.parent_id is not None,
            child_has_children=bool(await part_store.children(tx, ticket.id)),
        )
        if fault or ticket.parent_id is not None:
            raise Conflict("The helpdesk has put this ticket elsewhere by now")
    elif ticket.parent_id != main.id:
        raise Conflict("The helpdesk has put this ticket elsewhere by now")
    after = await helpdesk.set_parent_in(tx, actor, ticket, main if wanted else None)
    if not wanted:
        after = await _said(tx, actor, after, outage)
    await tx.audit(actor, "outage.join" if wanted else "outage.detach", f"outage/{outage.id}", ticket=ticket.id)
    tx.wake(telling.WORK)
    return after


async def _said(tx: Tx, actor: Actor, ticket: Ticket, outage: Outage) -> Ticket:
    """In the words of the ticket, for both sides. That it came below an outage is said by `watching.tell_joined`."""
    entry = await helpdesk_store.add_entry(
        tx,
        ticket.id,
        kind="event",
        public=True,
        by_staff=False,
        author_id=actor.account_id,
        author_name=actor.name,
        verb="outage_left",
        changes=[Change("outage", "", outage.title)],
    )
    after = await helpdesk_store.changed_ticket(tx, ticket.id, {})
    await helpdesk_telling.tell_changed(tx, ticket, after, [entry])
    return after
