"""Whom an outage hits: «me too», tickets that belong to it or do not, and what the two sides see."""

from datetime import timedelta
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.feature import Params
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.helpdesk import actions as helpdesk
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import access_ticket_inside, readable_queues, room_number
from portals.helpdesk.numbers import id_of
from portals.helpdesk.outages import hit_store, rules, store, telling
from portals.helpdesk.outages.access import (
    access_current_to_work,
    access_desk,
    access_outage,
    access_outage_inside,
    may_work,
)
from portals.helpdesk.outages.model import (
    Board,
    Joining,
    Notice,
    Notices,
    Outage,
    OutageView,
    OwnNotices,
    PublicStatus,
)
from portals.intranet import actions as intranet

PRESSING: Final = Limit("helpdesk.me_too", burst=30, every_s=5)
MOST_JOINED: Final = 200
MOST_CANDIDATES: Final = 30
MOST_PAST: Final = 20


async def me_too(database: Database, actor: Actor, outage_id: int, *, wanted: bool) -> Outage:
    """Somebody whom it hits says so, or takes it back; said twice it is said once. Raises `Conflict` when it is over.

    Pages of agents are told the count after COMMIT, so that a whole school at once is one telling.
    """
    await spend(database, Charge(PRESSING, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        outage = await access_outage(tx, actor, outage_id)
        own = await intranet.units_of(tx, actor.account_id)
        units = await store.reached(tx, outage_id, own)
        if actor.account_id is None or not units:
            raise NotFound("This outage does not hit a unit in which you work")
        if not await store.runs(tx, outage_id):
            raise Conflict("This outage is over already")
        if wanted:
            changed = await hit_store.add_hit(tx, outage_id, actor.account_id, units[0])
        else:
            changed = await hit_store.remove_hit(tx, outage_id, actor.account_id)
        if changed:
            verb = "outage.me_too" if wanted else "outage.not_me"
            await tx.audit(actor, verb, f"outage/{outage_id}", unit=units[0])
            tx.wake(telling.WORK)
        return outage


async def join(database: Database, actor: Actor, outage_id: int, joining: Joining) -> None:
    """Puts a ticket below the outage's own, or lets it stand alone again: then it rings as if it had just come.

    Raises `Invalid` for `number`, `Conflict` when the outage is over.
    """
    ticket_id = id_of(joining.number)
    if ticket_id is None:
        raise Invalid(fields={"number": _("This is not a number of a ticket: one digit is wrong or missing")})
    async with database.transaction() as tx:
        outage = await access_current_to_work(tx, actor, outage_id)
        if outage.state != "running" and joining.wanted:
            raise Conflict("This has not begun yet: it can be called off")
        try:
            ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        except NotFound:
            raise Invalid(fields={"number": _("There is no ticket with this number that you may see")}) from None
        if not joining.wanted and ticket.parent_id != outage.ticket_id:
            raise Conflict("This ticket stands alone already")
    try:
        await helpdesk.set_parent(database, actor, ticket_id, outage.ticket_id if joining.wanted else None)
    except Invalid as problem:
        raise Invalid(fields={"number": problem.fields.get("parent", "")}) from None
    async with database.transaction() as tx:
        verb = "outage.join" if joining.wanted else "outage.detach"
        await tx.audit(actor, verb, f"outage/{outage_id}", ticket=ticket_id)
        tx.wake(telling.WORK)


# what people see


async def own_notices(tx: Tx, actor: Actor) -> OwnNotices:
    """What hits the units in which somebody works; nothing for residents."""
    units = await intranet.units_of(tx, actor.account_id)
    if not units or actor.account_id is None:
        return OwnNotices(units=[], notices=[], mine=[])
    notices = await _notices(tx, list(units))
    mine = await hit_store.hit_by(tx, actor.account_id, [one.id for one in notices])
    return OwnNotices(units=list(units), notices=notices, mine=mine)


async def _notices(tx: Tx, units: list[int]) -> list[Notice]:
    found = await store.reaching(tx, units)
    updates = await store.updates(tx, [one.id for one in found]) if found else {}
    return [rules.notice(one, updates[one.id]) for one in found]


async def outage_view(tx: Tx, actor: Actor, outage_id: int) -> OutageView:
    """For the helpdesk. Tickets of queues that the actor does not read are counted and not shown."""
    outage = await access_outage_inside(tx, actor, outage_id)
    all_queues = helpdesk_rules.can_read_all(actor)
    queues = [one.id for one in await readable_queues(tx, actor)]
    joined = await hit_store.joined(tx, outage_id, MOST_JOINED)
    seen = [one for one in joined if all_queues or one.ticket.queue_id in queues]
    works = await may_work(tx, actor, outage)
    candidates = []
    if works and outage.state == "running":
        candidates = await hit_store.candidates(tx, outage_id, None if all_queues else queues, MOST_CANDIDATES)
    ticket = await helpdesk_store.ticket(tx, outage.ticket_id)
    return OutageView(
        outage=outage,
        updates=(await store.updates(tx, [outage_id]))[outage_id],
        hits=await hit_store.hits(tx, outage_id),
        joined=seen,
        hidden=len(joined) - len(seen),
        candidates=candidates,
        ticket_open=ticket is not None and ticket.is_open,
        may_work=works,
    )


async def board(tx: Tx, actor: Actor) -> Board:
    """For agents' pages and wallboards."""
    access_desk(actor)
    current = await store.current(tx)
    return Board(
        running=[one for one in current if one.state == "running"],
        announced=[one for one in current if one.state == "announced"],
        past=await store.past(tx, MOST_PAST),
        now=await helpdesk_store.now(tx),
    )


async def public_status(tx: Tx) -> PublicStatus:
    """For everybody."""
    since = await helpdesk_store.now(tx) - timedelta(days=rules.HISTORY_DAYS)
    found = await store.public_since(tx, since)
    updates = await store.updates(tx, [one.id for one in found]) if found else {}
    notices = [rules.public_notice(one, updates[one.id]) for one in found]
    return PublicStatus(
        current=[one for one in notices if one.state == "running"],
        planned=[one for one in reversed(notices) if one.state == "announced"],
        past=[one for one in notices if one.state == "ended"],
    )


# snapshots of rooms


async def board_snapshot(tx: Tx, actor: Actor, params: Params) -> Board:  # noqa: ARG001  # a room's signature
    return await board(tx, actor)


async def unit_snapshot(tx: Tx, actor: Actor, params: Params) -> Notices:
    """For members of the unit."""
    unit_id = room_number(params, "unit_id")
    if unit_id not in await intranet.units_of(tx, actor.account_id):
        raise NotFound
    return Notices(unit_id, await _notices(tx, [unit_id]))


async def public_snapshot(tx: Tx, actor: Actor, params: Params) -> PublicStatus:  # noqa: ARG001  # a room's signature
    return await public_status(tx)
