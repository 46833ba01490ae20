"""A webhook for the demonstration. It is off: nothing leaves this machine."""

from typing import Final

from aiohttp import web

from app.actor import Actor, Grant
from app.database import DATABASE
from app.identity.identity import IDENTITY
from portals.helpdesk.model import LEAD
from portals.helpdesk.webhooks import actions, store
from portals.helpdesk.webhooks.model import WebhookDraft

ACTOR: Final = Actor(name="Gryf", login="system", grants=(Grant(LEAD, "1"),))
DRAFT: Final = WebhookDraft(
    name="Tablica dyżurnych (komunikator)",
    url="https://komunikator.example/hooks/awarie",
    events=["ticket.sent", "ticket.alarm", "outage.begun", "outage.updated", "outage.ended"],
    active=False,
)


async def fill(app: web.Application) -> None:
    """Adds it where there is none."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        if await store.webhooks(tx):
            return
    await actions.add(app[DATABASE], ACTOR, DRAFT, app[IDENTITY].keys, ())
