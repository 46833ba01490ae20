"""Beside requests: counts clocks anew when something has changed, and tells what is due in the moment it comes.

Every process does it, so it goes on whichever of them dies; a lock in the database lets one at a time. What was told is
a row of the transaction that tells it, so it is told once: over restarts, and by two processes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app import push
from app.actor import SYSTEM
from app.config import City
from app.database import DATABASE, Database, Tx
from app.errors import Unavailable
from app.i18n import _
from app.supervise import SUPERVISOR
from app.wire import CITY
from portals.helpdesk.model import LEAD
from portals.helpdesk.numbers import digits_of, number_of
from portals.helpdesk.promises import PROMISED
from portals.helpdesk.sla import counting, setup_store, store
from portals.helpdesk.sla.actions import WOKEN
from portals.helpdesk.sla.events import (
    ClocksChanged,
    ClocksLeft,
    ClockTold,
    PromiseChanged,
    alarms_room,
    clocks_room,
    promise_room,
)
from portals.helpdesk.sla.model import Agreement, Alarm, Clock, CountedClock, Facts, Promise, Step, TicketClocks
from portals.helpdesk.sla.promising import next_promise, promise_now

log = structlog.get_logger(__name__)

Told = Mapping[tuple[int, str, int], list[tuple[str, int]]]
"""Ticket, measure and target → kind and level of what was told."""
LOOK_EVERY_S: Final = 3.0
"""How late a change of another process may be found."""
AT_ONCE: Final = 50
WORDS: Final = {
    ("response", "warning"): _("Somebody must answer soon"),
    ("response", "late"): _("The time to answer is over"),
    ("response", "escalation"): _("Nobody has answered for too long"),
    ("solution", "warning"): _("The solution is due soon"),
    ("solution", "late"): _("The time for the solution is over"),
    ("solution", "escalation"): _("A solution is long overdue"),
}


async def count_marked(database: Database, time_zone: str) -> int:
    """Counts the clocks of some tickets that have changed; how many marks are gone with it."""
    async with database.transaction() as tx:
        await store.alone(tx)
        marks = await store.take_marks(tx, AT_ONCE)
        if not marks:
            return 0
        ids = sorted({one.ticket_id for one in marks})
        quiet = {one.ticket_id: one.at for one in marks if one.quiet}
        counted = await _count(tx, ids, time_zone)
        told = await store.told_of(tx, ids)
        before = await store.told_queues(tx, ids)
        promises = [await _planned(tx, one, told, quiet.get(one.facts.id)) for one in counted]
        revs = await store.save_promises(tx, promises)
        await store.save_clocks(tx, promises)
        now = await store.now(tx)
        for one in counted:
            _publish(tx, one, before.get(one.facts.id), revs[one.facts.id])
            _promise(tx, one.facts.id, [clock.told for clock in one.clocks], revs[one.facts.id], now)
    return len(marks)


class Counted(msgspec.Struct, frozen=True):
    """A ticket with what is promised for it and how it stands."""

    facts: Facts
    agreement: Agreement | None
    clocks: list[CountedClock]

    @property
    def is_open(self) -> bool:
        return self.facts.state in {"new", "open", "pending"}


async def _count(tx: Tx, ids: Sequence[int], time_zone: str) -> list[Counted]:
    agreements = await setup_store.agreements(tx)
    calendars = {one.id: one.calendar(time_zone) for one in await setup_store.calendars(tx)}
    spans, settled, now = await store.spans(tx, ids), await store.settled_clocks(tx, ids), await store.now(tx)
    found = []
    for fact in await store.facts(tx, ids):
        whole = msgspec.structs.replace(fact, spans=[one for one in spans if one.ticket_id == fact.id])
        agreement = counting.agreement_of(fact.unit_path, agreements)
        calendar = calendars[agreement.calendar_id] if agreement is not None else None
        clocks = counting.clocks_of(whole, agreement, calendar, now)
        found.append(Counted(whole, agreement, counting.with_settled(whole, clocks, settled.get(fact.id, ()))))
        await asyncio.sleep(0)  # an old ticket takes a millisecond or two; an import has thousands
    return found


async def _planned(tx: Tx, one: Counted, told: Told, quiet_until: datetime | None) -> store.Promises:
    """With when the next thing is to be told of each clock; what lies behind `quiet_until` counts as told."""
    ticket_id, clocks = one.facts.id, []
    for clock in one.clocks:
        known = list(told.get((ticket_id, clock.measure, clock.target_min), ()))
        if quiet_until is not None:
            for step in counting.steps_until(clock.steps, known, quiet_until):
                await store.add_alarm(tx, ticket_id, clock.measure, clock.target_min, step, quiet=True)
                known.append((step.kind, step.level))
        clocks.append((clock, counting.next_step(clock.steps, known)))
    return store.Promises(
        ticket_id, one.facts.queue_id, one.agreement.id if one.agreement else None, one.is_open, clocks
    )


def _publish(tx: Tx, one: Counted, before: int | None, rev: int) -> None:
    """`before`: in whose queue's room the clocks stood."""
    row = TicketClocks(
        ticket_id=one.facts.id,
        number=number_of(one.facts.id),
        queue_id=one.facts.queue_id,
        agreement=one.agreement.name if one.agreement else "",
        clocks=[clock.told for clock in one.clocks],
        rev=rev,
    )
    if before is not None and (before != row.queue_id or not one.is_open):
        tx.publish(clocks_room(before), ClocksLeft(row))
    if one.is_open:
        tx.publish(clocks_room(row.queue_id), ClocksChanged(row))


def _promise(tx: Tx, ticket_id: int, clocks: Sequence[Clock], rev: int, now: datetime) -> None:
    """To the requester's side."""
    tx.publish(promise_room(ticket_id), PromiseChanged(next_promise(ticket_id, list(clocks), rev, now)))


async def tell_due(database: Database) -> int:
    """Tells some of what is due by now; of how many clocks."""
    async with database.transaction() as tx:
        await store.alone(tx)
        found, now = await store.due_clocks(tx, AT_ONCE), await store.now(tx)
        told = await store.told_of(tx, [one.ticket_id for one in found])
        for due in found:
            known = told.get((due.ticket_id, due.measure, due.target_min), [])
            for step in counting.steps_until(due.steps, known, now):
                await _tell(tx, due, step)
                known.append((step.kind, step.level))
                if step.kind == "late":
                    (after,) = await store.clocks(tx, [due.ticket_id])
                    _promise(tx, due.ticket_id, after.clocks, after.rev, now)
            await store.set_next(tx, due.ticket_id, due.measure, counting.next_step(due.steps, known))
    return len(found)


async def _tell(tx: Tx, due: store.DueClock, step: Step) -> None:
    alarm_id = await store.add_alarm(tx, due.ticket_id, due.measure, due.target_min, step, quiet=False)
    if alarm_id is None:
        return
    alarm = await store.alarm(tx, alarm_id)
    tx.publish(alarms_room(alarm.queue_id), ClockTold(alarm))
    await _notify(tx, alarm)
    await tx.audit(
        SYSTEM, f"sla.{step.kind}", f"ticket/{alarm.ticket_id}", measure=alarm.measure, level=alarm.level,
        target_min=alarm.target_min, at=alarm.at,
    )  # fmt: skip
    log.info("a clock was told", ticket=alarm.ticket_id, measure=alarm.measure, kind=alarm.kind, level=alarm.level)


async def _notify(tx: Tx, alarm: Alarm) -> None:
    """A warning and a missed target reach the agents, an escalation the leads too. A subject may hold names."""
    people = set(await store.agents_to_tell(tx, alarm.ticket_id))
    if alarm.kind == "escalation":
        people |= set(await store.leads(tx, LEAD))
    note = push.Note(
        ref=f"sla/{alarm.id}",
        tag=f"helpdesk/{alarm.ticket_id}",
        title=alarm.number,
        text=WORDS[alarm.measure, alarm.kind],
        path=f"/pomoc/obsluga/{digits_of(alarm.ticket_id)}",
    )
    for account_id in sorted(people):
        await push.tell(tx, account_id, note)


async def settle(database: Database, time_zone: str) -> None:
    """Counts and tells everything that is due; for the service, demonstrations and tests."""
    while await count_marked(database, time_zone):
        pass
    while await tell_due(database):
        pass


async def watch_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context. Pages of the core learn from here what a requester is promised."""
    database, city = app[DATABASE], app[CITY]

    async def promised(tx: Tx, ticket_id: int) -> Promise:
        return await promise_now(tx, ticket_id, city.time_zone)

    app[PROMISED] = promised
    task = app[SUPERVISOR].run("clocks of tickets", lambda: _watch(database, city))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _watch(database: Database, city: City) -> None:
    while True:
        pause_s = LOOK_EVERY_S
        try:
            await settle(database, city.time_zone)
            async with database.transaction(readonly=True) as tx:
                coming, now = await store.next_moment(tx), await store.now(tx)
        except Unavailable:
            coming = None
        if coming is not None:
            pause_s = min(pause_s, max(0.05, (coming - now).total_seconds()))
        await database.woken(WOKEN, pause_s)
