"""Who is at a ticket right now. Pages say it again and again; who falls silent has gone."""

from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Forbidden
from app.feature import Params
from app.throttle import Charge, Limit, spend
from portals.helpdesk import rules
from portals.helpdesk.access import access_queue, access_ticket_inside, room_number
from portals.helpdesk.desk import store
from portals.helpdesk.desk.events import CompanyChanged, queue_company_room, ticket_company_room
from portals.helpdesk.desk.model import STAYS_S, Company, CompanyView, Here

SAYING: Final = Limit("helpdesk.company", burst=120, every_s=0.5)
FORGOTTEN_S: Final = 300


async def say_here(database: Database, actor: Actor, ticket_id: int, here: Here) -> Company:
    """An agent's page is open at a ticket, is written in, or goes. Raises `NotFound`, `Forbidden`, `TooMany`."""
    if actor.account_id is None or not rules.is_desk(actor):
        raise Forbidden
    await spend(database, Charge(SAYING, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        await store.forget_company(tx, FORGOTTEN_S)
        company = await store.say_here(tx, ticket_id, actor.account_id, here.page, here.doing)
        tx.publish(queue_company_room(ticket.queue_id), CompanyChanged(company))
        tx.publish(ticket_company_room(ticket.id), CompanyChanged(company))
    return company


async def queue_snapshot(tx: Tx, actor: Actor, params: Params) -> CompanyView:
    queue = await access_queue(tx, actor, room_number(params, "queue_id"))
    return CompanyView(await store.company_of_queue(tx, queue.id, STAYS_S))


async def ticket_snapshot(tx: Tx, actor: Actor, params: Params) -> CompanyView:
    place = await access_ticket_inside(tx, actor, room_number(params, "ticket_id"))
    return CompanyView(await store.company_of_ticket(tx, place.ticket.id, STAYS_S))
