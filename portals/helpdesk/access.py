"""Loaders that check: what they return may be used, what may not be known of raises NotFound."""

from typing import Literal

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from app.feature import Params
from portals.helpdesk import part_store, rules, setup_store, store
from portals.helpdesk.model import Ticket
from portals.helpdesk.setup_model import Queue
from portals.intranet import actions as intranet

Side = Literal["desk", "reader", "requester", "watcher", "approver", "head"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in somebody's hands. `side`: as whom; `inside`: with notes and all fields; `may_work`: changes it."""

    ticket: Ticket
    side: Side
    inside: bool
    may_work: bool
    may_speak: bool
    """Writes public words from the requester's side."""


async def access_ticket(tx: Tx, actor: Actor, ticket_id: int, *, lock: bool = False) -> Place:
    """A ticket for anybody who may know of it. `lock`: nobody else changes it until the transaction ends."""
    ticket = await store.ticket(tx, ticket_id, lock=lock)
    if ticket is None:
        raise NotFound
    queues = await setup_store.queues_of(tx, actor.account_id) if rules.is_desk(actor) else frozenset()
    watching = await part_store.watches(tx, ticket_id, actor.account_id) if actor.signed_in else None
    inside = rules.can_see_inside(actor, ticket, queues) or (watching == "mentioned" and rules.is_desk(actor))
    if inside:
        may_work = rules.is_desk(actor)  # an auditor reads everything and changes nothing
        own = ticket.requester_id == actor.account_id
        return Place(
            ticket=ticket, side="desk" if may_work else "reader", inside=True, may_work=may_work, may_speak=own
        )
    side = await _outside(tx, actor, ticket, watching)
    if side is None:
        raise NotFound
    return Place(
        ticket=ticket, side=side, inside=False, may_work=False, may_speak=side in {"requester", "watcher", "head"}
    )


async def _outside(tx: Tx, actor: Actor, ticket: Ticket, watching: str | None) -> Side | None:
    """As whom somebody sees the public side; None: not at all."""
    if not actor.signed_in:
        return None
    if ticket.requester_id == actor.account_id:
        return "requester"
    if watching in {"asked", "merged"}:
        return "watcher"
    # a head who is asked to agree stays one: she may say something besides
    if ticket.unit_id is not None and actor.account_id in await part_store.heads(tx, ticket.unit_id):
        return "head"
    if watching == "approver" or await part_store.approval_waiting(tx, ticket.id, actor.account_id) is not None:
        return "approver"
    return None


async def access_ticket_inside(tx: Tx, actor: Actor, ticket_id: int) -> Place:
    """A ticket with its notes: agents of its queue, whoever it is assigned to, leads, auditors."""
    place = await access_ticket(tx, actor, ticket_id)
    if not place.inside:
        raise NotFound
    return place


async def access_ticket_to_work(tx: Tx, actor: Actor, ticket_id: int) -> Ticket:
    """A ticket that the actor changes; locked. The system may change each one."""
    if actor == SYSTEM:
        found = await store.ticket(tx, ticket_id, lock=True)
        if found is None:
            raise NotFound
        return found
    place = await access_ticket(tx, actor, ticket_id, lock=True)
    if not place.inside:
        raise NotFound
    if not place.may_work:
        raise Forbidden("Auditors read and change nothing")
    return place.ticket


async def access_queue(tx: Tx, actor: Actor, queue_id: int) -> Queue:
    """A queue whose tickets the actor reads."""
    found = await setup_store.thing(tx, Queue, queue_id)
    if found is None:
        raise NotFound
    if not rules.can_read_all(actor) and (
        not rules.is_desk(actor) or queue_id not in await setup_store.queues_of(tx, actor.account_id)
    ):
        raise NotFound
    return found


async def readable_queues(tx: Tx, actor: Actor) -> list[Queue]:
    """All of them, in order."""
    queues = await setup_store.things(tx, Queue, active=True)
    if rules.can_read_all(actor):
        return queues
    own = await setup_store.queues_of(tx, actor.account_id) if rules.is_desk(actor) else frozenset()
    return [one for one in queues if one.id in own]


async def access_sending(tx: Tx, actor: Actor) -> None:
    """Whoever works for the city sends tickets; for residents this place does not exist. Raises `NotFound`."""
    if not await intranet.is_staff(tx, actor):
        raise NotFound("Tickets are sent by those who work in the office, a school or another unit")


def access_setup(actor: Actor) -> None:
    """Leads set the helpdesk up."""
    if not rules.can_set_up(actor):
        raise Forbidden


def room_number(params: Params, name: str) -> int:
    """A number in a room's name. Raises NotFound for what is none."""
    text = params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)
