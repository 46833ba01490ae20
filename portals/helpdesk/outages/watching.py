"""Beside requests: planned work begins, tickets that came below an outage are told of, counts, and silence.

Every process does it; a lock in the database lets one at a time. What was told is written in the transaction that
tells it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import structlog
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Database, Tx
from app.errors import Unavailable
from app.i18n import LOCALES, _
from app.supervise import SUPERVISOR
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk import telling as helpdesk_telling
from portals.helpdesk.actions.changing import change_in
from portals.helpdesk.model import LEAD, Change
from portals.helpdesk.outages import actions, hit_store, rules, store, telling
from portals.helpdesk.outages.belonging import below
from portals.helpdesk.outages.events import DESK_ROOM, OutageChanged
from portals.helpdesk.promises import BELOW

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3.0
"""How late a change of another process may be found."""
AT_ONCE: Final = 50
OVER_AS_PLANNED: Final = _("The planned work is over. If something still does not work, please report it.")


async def begin_planned(database: Database) -> int:
    """Announced work whose moment has come runs from now on; how many."""
    async with database.transaction() as tx:
        await store.alone(tx)
        found = await store.begun(tx)
        now = await helpdesk_store.now(tx)
        for outage_id in found:
            outage = await store.change(tx, outage_id, {"state": "running", "updated_at": now})
            await store.add_update(tx, outage_id, "begun", "", (None, SYSTEM.name), outage.expected_end)
            ticket = await helpdesk_store.ticket(tx, outage.ticket_id, lock=True)
            if ticket is not None and ticket.state == "pending":
                await change_in(tx, SYSTEM, ticket, {"state": "open", "pending_reason": None, "pending_until": None})
            await tx.audit(SYSTEM, "outage.begin", f"outage/{outage_id}")
            await telling.tell(tx, outage)
    return len(found)


async def end_planned(database: Database, outcome: str) -> int:
    """Planned work is over when it was said to be, in these words; how many. What waited below it is solved with it."""
    async with database.transaction(readonly=True) as tx:
        found = await store.over(tx)
    ended = 0
    for outage_id in found:
        async with database.transaction() as tx:
            outage = await store.outage(tx, outage_id, lock=True)
            now = await helpdesk_store.now(tx)
            # another process was faster, or somebody has said at this very moment that it takes longer
            if outage is None or not rules.ends_by_itself(outage) or outage.expected_end is None:
                continue
            if outage.expected_end <= now:
                await actions.end_in(tx, SYSTEM, outage, outcome, ended_at=outage.expected_end)
                ended += 1
    return ended


async def tell_joined(database: Database) -> int:
    """Tickets that came below an outage: their requesters read it, and pages of both tickets follow; how many."""
    async with database.transaction() as tx:
        await store.alone(tx)
        found = await hit_store.take_untold(tx, AT_ONCE)
        parents: dict[int, int] = {}
        titles: dict[int, str] = {}
        for outage_id in {one[0] for one in found}:
            outage = await store.outage(tx, outage_id)
            if outage is not None:
                parents[outage_id], titles[outage_id] = outage.ticket_id, outage.title
        await helpdesk_store.lock_tickets(tx, [*parents.values(), *(one[1] for one in found)])
        for outage_id, ticket_id, _how in found:
            await _tell_child(tx, ticket_id, parents.get(outage_id), titles.get(outage_id, ""))
        for parent_id in sorted(set(parents.values())):
            parent = await helpdesk_store.changed_ticket(tx, parent_id, {})
            await helpdesk_telling.tell_changed(tx, parent, parent)
            helpdesk_telling.tell_parts(tx, parent)
    return len(found)


async def _tell_child(tx: Tx, ticket_id: int, parent_id: int | None, title: str) -> None:
    ticket = await helpdesk_store.ticket(tx, ticket_id)
    if ticket is None or parent_id is None or ticket.parent_id != parent_id:
        return
    entry = await helpdesk_store.add_entry(
        tx,
        ticket_id,
        kind="event",
        public=True,
        by_staff=True,
        author_id=None,
        author_name=SYSTEM.name,
        source="system",
        verb="outage_joined",
        changes=[Change("outage", "", title)],
    )
    after = await helpdesk_store.changed_ticket(tx, ticket_id, {})
    await helpdesk_telling.tell_changed(tx, ticket, after, [entry])
    helpdesk_telling.tell_parts(tx, after)


async def tell_counts(database: Database) -> int:
    """Of how many outages the counts are others now."""
    async with database.transaction() as tx:
        await store.alone(tx)
        found = await hit_store.uncounted(tx)
        for outage_id in found:
            outage = await store.outage(tx, outage_id)
            if outage is not None:
                tx.publish(DESK_ROOM, OutageChanged(outage))
    return len(found)


async def tell_alarms(database: Database, now: datetime | None = None) -> int:
    """Outages of which nothing was heard for too long; how many were told. `now`: for tests."""
    told = 0
    async with database.transaction() as tx:
        await store.alone(tx)
        moment = now or await helpdesk_store.now(tx)
        for outage, alarms, ticket_open in await store.watched(tx):
            why = rules.alarm(outage, alarms, moment, ticket_open=ticket_open)
            if why is None:
                continue
            level = alarms + 1
            people = {outage.declared_by} if outage.declared_by else set()
            if why != "ending" or not people:  # whoever planned it knows whether it takes longer
                people |= set(await store.people_of_queue(tx, outage.ticket_id))
            if level > 1:
                people |= set(await store.leads(tx, LEAD))
            await store.mark_alarm(tx, outage, level)
            await telling.tell_alarm(tx, outage, why, level, people)
            await tx.audit(SYSTEM, f"outage.{why}", f"outage/{outage.id}", level=level)
            log.info("an outage was escalated", outage=outage.id, why=why, level=level)
            told += 1
    return told


async def settle(database: Database, outcome: str = OVER_AS_PLANNED) -> None:
    """Everything that is due; for the service, demonstrations and tests. `outcome`: of planned work, as people read it
    in the language of the city.
    """
    async with database.glance() as tx:
        if not await store.anything(tx):
            return
    await begin_planned(database)
    await end_planned(database, outcome)
    while await tell_joined(database) == AT_ONCE:
        pass
    await tell_counts(database)
    await tell_alarms(database)


async def next_moment(database: Database) -> tuple[datetime | None, datetime]:
    """When something is due next, and what the time is."""
    async with database.transaction(readonly=True) as tx:
        coming = [rules.next_alarm(one, alarms) for one, alarms, _open in await store.watched(tx)]
        return min((one for one in coming if one is not None), default=None), await helpdesk_store.now(tx)


async def watch_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context. Pages of the core learn from here with which outage a ticket is seen to."""
    database, outcome = app[DATABASE], app[LOCALES].default.gettext(OVER_AS_PLANNED)
    app[BELOW] = below
    task = app[SUPERVISOR].run("outages", lambda: _watch(database, outcome))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _watch(database: Database, outcome: str) -> None:
    while True:
        pause_s = LOOK_EVERY_S
        try:
            await settle(database, outcome)
            coming, now = await next_moment(database)
        except Unavailable:
            coming = None
        else:
            if coming is not None and coming > now:
                pause_s = min(pause_s, max(0.05, (coming - now).total_seconds()))
        await database.woken(telling.WORK, pause_s)
