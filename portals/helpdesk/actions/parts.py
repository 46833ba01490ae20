"""What hangs on a ticket: who watches it, its checklist, time spent, how content its requester is, what was seen."""

from typing import Literal

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.helpdesk import part_store, rules, store, telling
from portals.helpdesk.access import access_ticket, access_ticket_to_work
from portals.helpdesk.actions.applying import Applied, apply
from portals.helpdesk.actions.changing import told
from portals.helpdesk.events import OwnTicketChanged, own_room
from portals.helpdesk.model import Check, Ticket
from portals.helpdesk.refusals import TicketClosed

MOST_CHECKS = 60
Why = Literal["asked", "mentioned"]


async def watch(
    database: Database, actor: Actor, ticket_id: int, account_id: int | None = None, *, wanted: bool = True
) -> Ticket:
    """Adds somebody who follows the public side (None: the actor, from inside), or takes them off. Agents add others;
    whoever watches may leave. Raises `Invalid` for `account_id`.
    """
    target = account_id if account_id is not None else actor.account_id
    own = target == actor.account_id
    async with database.transaction() as tx:
        place = await access_ticket(tx, actor, ticket_id, lock=True)
        ticket = place.ticket
        if not (place.may_work or (own and not wanted)):
            raise NotFound
        person = await part_store.person(tx, target or 0)
        if person is None:
            raise Invalid(fields={"account_id": _("There is no such account any more")})
        if wanted:
            why: Why = "mentioned" if own and rules.is_desk(actor) else "asked"
            done = await part_store.add_watcher(tx, ticket_id, person.id, why)
        else:
            done = await part_store.remove_watcher(tx, ticket_id, person.id)
        if not done:
            return ticket
        after = await _touched(tx, ticket)
        if wanted and not own:
            ref = f"ticket-watch/{ticket_id}/{after.rev}"
            await telling.notify(tx, actor, person.id, ref, telling.ANSWERED, ticket, ticket.path)
        await tx.audit(actor, "ticket.watch" if wanted else "ticket.unwatch", f"ticket/{ticket_id}", account=person.id)
        return after


async def add_check(database: Database, actor: Actor, ticket_id: int, text: str) -> list[Check]:
    """A line more on the checklist. Raises `Invalid`."""
    words = rules.one_line(text)
    if fault := rules.NEEDED if not words else rules.too_long(words, 200):
        raise Invalid(fields={"text": fault})
    async with database.transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        if len(await part_store.checks(tx, ticket_id)) >= MOST_CHECKS:
            raise Conflict("This checklist is full")
        await part_store.add_checks(tx, ticket_id, [words])
        await _touched(tx, ticket)
        await tx.audit(actor, "ticket.add_check", f"ticket/{ticket_id}")
        return await part_store.checks(tx, ticket_id)


async def set_check(database: Database, actor: Actor, ticket_id: int, check_id: int, *, done: bool) -> Check:
    """Ticks a line off, or takes the tick away; done twice it stays with whoever was first."""
    async with database.transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        check = await part_store.set_check(tx, ticket_id, check_id, actor.account_id, actor.name, done=done)
        if check is None:
            raise NotFound
        await _touched(tx, ticket)
        await tx.audit(actor, "ticket.check" if done else "ticket.uncheck", f"ticket/{ticket_id}", check=check_id)
        return check


async def remove_check(database: Database, actor: Actor, ticket_id: int, check_id: int) -> None:
    async with database.transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        if not await part_store.remove_check(tx, ticket_id, check_id):
            raise NotFound
        await _touched(tx, ticket)
        await tx.audit(actor, "ticket.remove_check", f"ticket/{ticket_id}", check=check_id)


async def add_time(database: Database, actor: Actor, ticket_id: int, minutes: int, text: str = "") -> Ticket:
    """Work that no reply and no note tells of. Negative minutes take too much back. Raises `Invalid` for `minutes`."""
    words = rules.clean(text)
    faults = {}
    if not minutes or abs(minutes) > 6000:
        faults["minutes"] = _("Write minutes, up to 6,000")
    if fault := rules.too_long(words, 1000):
        faults["text"] = fault
    async with database.transaction() as tx:
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        if not faults and ticket.spent_minutes + minutes < 0:
            faults["minutes"] = _("So much was not written down")
        if faults:
            raise Invalid(fields=faults)
        entry = await store.add_entry(
            tx,
            ticket_id,
            kind="event",
            public=False,
            by_staff=True,
            author_id=actor.account_id,
            author_name=actor.name,
            verb="time_spent" if minutes > 0 else "time_taken_back",
            text=words,
            minutes=abs(minutes),
        )
        after = await store.changed_ticket(tx, ticket_id, {"spent_minutes": ticket.spent_minutes + minutes})
        await telling.tell_changed(tx, ticket, after, [entry])
        await tx.audit(actor, "ticket.time", f"ticket/{ticket_id}", minutes=minutes)
        return after


async def rate(database: Database, actor: Actor, ticket_id: int, rating: int, text: str = "") -> Ticket:
    """How the requester found it, 1 to 5; a later word replaces an earlier one. Raises `Invalid`, `Conflict`."""
    words = rules.clean(text)
    faults = {}
    if not 1 <= rating <= 5:
        faults["rating"] = _("Choose one of what is offered")
    if fault := rules.too_long(words, 1000):
        faults["text"] = fault
    if faults:
        raise Invalid(fields=faults)
    async with database.transaction() as tx:
        ticket = (await access_ticket(tx, actor, ticket_id, lock=True)).ticket
        if ticket.requester_id != actor.account_id:
            raise NotFound
        if not rules.may_rate(ticket, actor.account_id):
            raise Conflict("This is said once the ticket is solved")
        columns = {"rating": rating, "rating_note": words, "rated_at": await store.now(tx)}
        after = await store.changed_ticket(tx, ticket_id, columns)
        entry = await store.add_entry(
            tx,
            ticket_id,
            kind="event",
            public=True,
            by_staff=False,
            author_id=actor.account_id,
            author_name=actor.name,
            verb="rated",
            text=f"{rating}/5 {words}".strip(),
        )
        await telling.tell_changed(tx, ticket, after, [entry])
        await tx.audit(actor, "ticket.rate", f"ticket/{ticket_id}", rating=rating)
        return after


async def close_own(database: Database, actor: Actor, ticket_id: int) -> Ticket:
    """The requester says that it is done: it works, or is needed no more."""
    async with database.transaction() as tx:
        place = await access_ticket(tx, actor, ticket_id, lock=True)
        if place.ticket.requester_id != actor.account_id:
            raise NotFound
        if place.ticket.state not in {"new", "open", "pending", "solved"}:
            raise TicketClosed
        columns = {"state": "closed", "pending_reason": None, "pending_until": None}
        applied = await apply(tx, actor, place.ticket, columns)
        await told(tx, actor, place.ticket, Applied(applied.ticket, applied.entries))
        return applied.ticket


async def see(database: Database, actor: Actor, ticket_id: int, entry_id: int) -> None:
    """Everything up to this entry was on the actor's screen; said again it is no news."""
    assert actor.account_id is not None  # the guard has seen to it
    async with database.transaction() as tx:
        place = await access_ticket(tx, actor, ticket_id)
        news = await store.mark_seen(tx, ticket_id, actor.account_id, entry_id)
        if news and not place.inside and actor.account_id in await store.followers(tx, ticket_id):
            row = await store.own_row(tx, ticket_id, actor.account_id)
            tx.publish(own_room(actor.account_id), OwnTicketChanged(row))


async def _touched(tx: Tx, ticket: Ticket) -> Ticket:
    """A part has changed: the ticket's rev grows, and those inside ask anew."""
    after = await store.changed_ticket(tx, ticket.id, {})
    telling.tell_parts(tx, after)
    return after
