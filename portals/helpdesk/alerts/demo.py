"""Believable bells for the demonstration: one agent works by day and hears the network's alarms too."""

from typing import Final

from aiohttp import web

from app.actor import Actor, Grant
from app.database import DATABASE
from portals.helpdesk import demo_store
from portals.helpdesk.alerts import actions, store
from portals.helpdesk.alerts.model import BellDraft
from portals.helpdesk.model import AGENT

DAY_AGENT: Final = "helpdesk.anna"
WORK: Final = "7:00-15:30"


async def fill(app: web.Application) -> None:
    """Sets one bell where there is none; the others ring as they come."""
    database = app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        ids = await demo_store.account_ids(tx, [DAY_AGENT])
        known = ids and await store.bell(tx, ids[DAY_AGENT])
    if not ids or known:
        return
    actor = Actor(account_id=ids[DAY_AGENT], name=DAY_AGENT, login=DAY_AGENT, grants=(Grant(AGENT, "1"),))
    draft = BellDraft(
        hours=[WORK] * 5 + ["", ""], holidays_off=True, tone="chime", volume=40,
        rings=["new", "moved", "answers_mine", "answers_any", "alarms"],
    )  # fmt: skip
    await actions.set_bell(database, actor, draft)
