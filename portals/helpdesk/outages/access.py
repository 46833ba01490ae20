"""Loaders that check: an outage for those whom it hits, for the helpdesk, for whoever changes it."""

from app.actor import Actor
from app.database import Tx
from app.errors import Conflict, Forbidden, NotFound
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import setup_store
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import access_ticket_inside, access_ticket_to_work
from portals.helpdesk.outages import store
from portals.helpdesk.outages.model import Outage
from portals.intranet import actions as intranet


def access_desk(actor: Actor) -> None:
    """Agents, leads and auditors read about all outages."""
    if not (helpdesk_rules.is_desk(actor) or helpdesk_rules.can_read_all(actor)):
        raise NotFound


async def access_outage(tx: Tx, actor: Actor, outage_id: int) -> Outage:
    """For the helpdesk, and for members of the units that it hits."""
    found = await store.outage(tx, outage_id)
    if found is None or found.state == "withdrawn":
        raise NotFound
    if helpdesk_rules.is_desk(actor) or helpdesk_rules.can_read_all(actor):
        return found
    units = await intranet.units_of(tx, actor.account_id)
    if not units or not await store.reached(tx, outage_id, units):
        raise NotFound
    return found


async def access_outage_inside(tx: Tx, actor: Actor, outage_id: int) -> Outage:
    access_desk(actor)
    found = await store.outage(tx, outage_id)
    if found is None:
        raise NotFound
    return found


async def access_outage_to_work(tx: Tx, actor: Actor, outage_id: int) -> Outage:
    """For agents of the queue in which its ticket lies, whoever it is assigned to, and leads. Locks the outage and then
    its ticket, in the order in which tickets that come in do.
    """
    found = await store.outage(tx, outage_id, lock=True)
    if found is None:
        raise NotFound
    access_desk(actor)
    if not helpdesk_rules.is_desk(actor):
        raise Forbidden("Auditors read and change nothing")
    try:
        await access_ticket_inside(tx, actor, found.ticket_id)
    except NotFound:
        raise Forbidden("This outage is looked after by another queue") from None
    await access_ticket_to_work(tx, actor, found.ticket_id)
    return found


async def access_current_to_work(tx: Tx, actor: Actor, outage_id: int) -> Outage:
    """The same while it is not over."""
    found = await access_outage_to_work(tx, actor, outage_id)
    if not found.is_current:
        raise Conflict("This outage is over already")
    return found


async def may_work(tx: Tx, actor: Actor, outage: Outage) -> bool:
    """Whether the actor may change it, for pages."""
    if helpdesk_rules.can_set_up(actor):
        return True
    ticket = await helpdesk_store.ticket(tx, outage.ticket_id)
    queues = await setup_store.queues_of(tx, actor.account_id) if helpdesk_rules.is_desk(actor) else frozenset()
    return ticket is not None and helpdesk_rules.is_desk(actor) and helpdesk_rules.can_see_inside(actor, ticket, queues)
