"""Counting a report, for leads and auditors."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.actor import Actor
from app.database import Database
from app.errors import Forbidden, NotFound
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import setup_store
from portals.helpdesk.reports import rules, store
from portals.helpdesk.reports.model import Report, Wanted
from portals.helpdesk.setup_model import Queue


async def queues(database: Database, actor: Actor) -> list[Queue]:
    """That a report may be about."""
    if not helpdesk_rules.can_read_all(actor):
        raise Forbidden
    async with database.transaction(readonly=True) as tx:
        return await setup_store.things(tx, Queue)


async def report(database: Database, actor: Actor, wanted: Wanted, time_zone: str) -> Report:
    """Raises `Forbidden` for agents, `NotFound` for a queue that is not there."""
    if not helpdesk_rules.can_read_all(actor):
        raise Forbidden
    today = datetime.now(UTC).astimezone(ZoneInfo(time_zone)).date()
    first, last = rules.span_of(wanted.first, wanted.last, today)
    step = rules.step_of(first, last)
    async with database.transaction(readonly=True, isolation="repeatable_read") as tx:
        if wanted.queue is not None and await setup_store.thing(tx, Queue, wanted.queue) is None:
            raise NotFound
        asked = (first, last, time_zone, wanted.queue)
        models = await store.models(tx, *asked, wanted.kind)
        return Report(
            first=first,
            last=last,
            queue_id=wanted.queue,
            step_days=step,
            days=rules.in_steps(await store.days(tx, *asked), step),
            kept=await store.kept(tx, *asked),
            categories=await store.categories(tx, *asked),
            units=await store.units(tx, *asked),
            models=sorted(models, key=lambda one: (-one.rate, -one.tickets, one.name)),
            agents=await store.agents(tx, *asked),
        )
