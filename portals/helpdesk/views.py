"""What pages, the API and rooms show of tickets."""

from collections.abc import Mapping
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import Params
from portals.helpdesk import part_store, rules, store, telling
from portals.helpdesk.access import (
    Place,
    access_queue,
    access_ticket,
    access_ticket_inside,
    room_number,
)
from portals.helpdesk.actions.setup import canned_replies
from portals.helpdesk.model import AlertView, OwnView, PublicView, QueueView, Ticket, TicketView
from portals.helpdesk.placeholders import filled
from portals.helpdesk.setup_model import CannedReply

MOST_ROWS: Final = 200


async def ticket_view(tx: Tx, place: Place) -> TicketView:
    """All of a ticket, for those inside; entries of tickets that go on in it stand among its own."""
    assert place.inside  # the loader has seen to it
    ticket = place.ticket
    return TicketView(
        ticket=ticket,
        number=ticket.number,
        entries=await store.entries(tx, [ticket.id, *await part_store.merged_into(tx, ticket.id)]),
        watchers=await part_store.watchers(tx, ticket.id),
        approvals=await part_store.approvals(tx, ticket.id),
        checks=await part_store.checks(tx, ticket.id),
        related=await part_store.related(tx, ticket.id),
    )


async def public_view(tx: Tx, actor: Actor, place: Place) -> PublicView:
    """The requester's side. Whoever followed a ticket that was merged into this one sees that one's words too."""
    ticket = place.ticket
    ids = [ticket.id, *await part_store.merged_into(tx, ticket.id)]
    return PublicView(
        ticket=ticket.outside,
        entries=[telling.outside(one) for one in await store.entries(tx, ids, public=True)],
        may_reply=place.may_speak and rules.takes_replies(ticket.state),
        may_rate=rules.may_rate(ticket, actor.account_id),
        approval=await part_store.approval_waiting(tx, ticket.id, actor.account_id),
    )


async def own_view(tx: Tx, actor: Actor) -> OwnView:
    if actor.account_id is None:
        raise NotFound
    return OwnView(await store.own_rows(tx, actor.account_id))


async def queue_view(tx: Tx, actor: Actor, queue_id: int) -> QueueView:
    queue = await access_queue(tx, actor, queue_id)
    rows = await store.queue_rows(tx, queue_id, MOST_ROWS)
    count = await store.count_open(tx, queue_id) if len(rows) == MOST_ROWS else len(rows)
    return QueueView(queue_id=queue.id, name=queue.name, tickets=rows, more=count - len(rows))


async def canned_texts(tx: Tx, actor: Actor, ticket: Ticket, link: str) -> list[CannedReply]:
    """Replies that fit the ticket's queue, with their places filled."""
    values = placeholder_values(actor, ticket, link)
    found = await canned_replies(tx, actor, ticket.queue_id)
    return [
        CannedReply(id=one.id, title=one.title, text=filled(one.text, values), queue_id=one.queue_id, rev=one.rev)
        for one in found
    ]


def placeholder_values(actor: Actor, ticket: Ticket, link: str) -> Mapping[str, str]:
    return {
        "requester": ticket.requester_name,
        "number": ticket.number,
        "subject": ticket.subject,
        "unit": ticket.unit_name,
        "room": ticket.room,
        "device": ticket.device_label,
        "category": ticket.category_name,
        "agent": actor.name,
        "link": link,
    }


# snapshots of rooms


async def ticket_snapshot(tx: Tx, actor: Actor, params: Params) -> PublicView:
    place = await access_ticket(tx, actor, room_number(params, "ticket_id"))
    return await public_view(tx, actor, place)


async def inside_snapshot(tx: Tx, actor: Actor, params: Params) -> TicketView:
    return await ticket_view(tx, await access_ticket_inside(tx, actor, room_number(params, "ticket_id")))


async def queue_snapshot(tx: Tx, actor: Actor, params: Params) -> QueueView:
    return await queue_view(tx, actor, room_number(params, "queue_id"))


async def alerts_snapshot(tx: Tx, actor: Actor, params: Params) -> AlertView:
    queue = await access_queue(tx, actor, room_number(params, "queue_id"))
    return AlertView(queue_id=queue.id, waiting=await store.count_untaken(tx, queue.id))


async def own_snapshot(tx: Tx, actor: Actor, params: Params) -> OwnView:
    if room_number(params, "account_id") != actor.account_id:
        raise NotFound
    return await own_view(tx, actor)
