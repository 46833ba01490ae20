"""Verbs of the bell: what rings, silence, putting alerts away, telling those who have no page open."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from app import push
from app.actor import Actor
from app.database import Database, Tx
from app.errors import Forbidden, Invalid, NotFound
from app.feature import Params
from app.i18n import _
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import setup_store
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import readable_queues, room_number
from portals.helpdesk.alerts import rules, store
from portals.helpdesk.alerts.events import BellChanged, bell_room
from portals.helpdesk.alerts.model import MOST_SEEN, PLAIN, Bell, BellDraft, BellQueue, BellStart, BellView, Mark
from portals.helpdesk.events import alerts_room
from portals.helpdesk.model import AGENT, LEAD, Ticket
from portals.helpdesk.sla.hours import Faulty, read_hours
from portals.helpdesk.sla.model import Hours
from realtime.acks import accounts_that_had

AT_ONCE: Final = 100
NO_QUEUE: Final = _("One of these queues is not open to you any more")
PUSHED: Final[Mapping[str, str]] = {
    "new": _("A new ticket has come"),
    "moved": _("A ticket was moved to your queue"),
    "answer": _("There is an answer in a ticket of your queue"),
}


def _account(actor: Actor) -> int:
    """Whose bell it is. Raises `Forbidden` for whoever does not work at the helpdesk."""
    if actor.account_id is None or not rules.can_have_bell(actor):
        raise Forbidden
    return actor.account_id


async def bell_of(tx: Tx, actor: Actor) -> Bell:
    """Settings of the actor, or what holds without any."""
    account_id = _account(actor)
    return await store.bell(tx, account_id) or rules.unset(account_id)


async def bell_view(tx: Tx, actor: Actor, time_zone: str) -> BellView:
    """Settings, what may ring when, and what stands on the bell now."""
    bell = await bell_of(tx, actor)
    queues = await readable_queues(tx, actor)
    own = await setup_store.queues_of(tx, actor.account_id)
    ringing = rules.ringing(bell, own, [one.id for one in queues])
    now = await tx.now()
    return BellView(
        bell=bell,
        queues=[BellQueue(id=one.id, name=one.name, rings=one.id in ringing) for one in queues],
        windows=[
            (int(since.timestamp()), int(until.timestamp())) for since, until in rules.windows(bell, now, time_zone)
        ],
        alerts=await store.alerts(tx, bell, ringing) if ringing else [],
        now=now,
    )


async def show_bell(database: Database, actor: Actor, time_zone: str) -> BellView:
    async with database.transaction(readonly=True) as tx:
        return await bell_view(tx, actor, time_zone)


async def bell_snapshot(tx: Tx, actor: Actor, params: Params) -> BellStart:
    """What stands on the bell is asked for once the queues' rooms are joined, so that none is missed."""
    if room_number(params, "account_id") != actor.account_id:
        raise NotFound
    bell = await bell_of(tx, actor)
    readable = [one.id for one in await readable_queues(tx, actor)]
    return BellStart(bell, rules.ringing(bell, await setup_store.queues_of(tx, actor.account_id), readable))


async def set_bell(database: Database, actor: Actor, draft: BellDraft) -> Bell:
    """What rings from now on. Raises `Invalid` for `queues` and `hours_0` to `hours_6`."""
    account_id = _account(actor)
    faults: dict[str, str] = {}
    hours = [_hours(text, f"hours_{place}", faults) for place, text in enumerate(draft.hours)]
    async with database.transaction() as tx:
        known = {one.id for one in await readable_queues(tx, actor)}
        if draft.queues is not None and not set(draft.queues) <= known:
            faults["queues"] = NO_QUEUE
        if faults:
            raise Invalid(fields=faults)
        columns = {
            "queues": None if draft.queues is None else sorted(set(draft.queues)),
            "rings": list(dict.fromkeys(draft.rings)),
            "hours": hours,
            **{name: getattr(draft, name) for name in PLAIN},
        }
        return await _changed(tx, actor, account_id, "set", columns)


def _hours(text: str, field: str, faults: dict[str, str]) -> Hours:
    try:
        return read_hours(text)
    except Faulty as problem:
        faults[field] = str(problem)
        return ()


async def be_quiet(database: Database, actor: Actor, minutes: int) -> Bell:
    """Nothing rings for so long; 0: it rings again. Raises `Invalid` for `minutes`."""
    account_id = _account(actor)
    if not 0 <= minutes <= 24 * 60:
        raise Invalid(fields={"minutes": _("Write minutes, at most a day")})
    async with database.transaction() as tx:
        until: datetime | None = await tx.now() + timedelta(minutes=minutes) if minutes else None
        return await _changed(tx, actor, account_id, "quiet", {"quiet_until": until}, minutes=minutes)


async def clear(database: Database, actor: Actor) -> Bell:
    """Everything that stands on the bell leaves it, on all pages of the account."""
    account_id = _account(actor)
    async with database.transaction() as tx:
        return await _changed(tx, actor, account_id, "clear", {"cleared_at": await tx.now(), "seen": []})


async def put_away(database: Database, actor: Actor, keys: list[str]) -> Bell:
    """Single alerts leave the bell; not worth a line in the audit log, since opening a ticket says as much."""
    account_id = _account(actor)
    async with database.transaction() as tx:
        bell = await store.bell(tx, account_id, lock=True) or rules.unset(account_id)
        seen = rules.with_seen(bell, keys, MOST_SEEN)
        if seen == bell.seen:
            return bell
        after = await store.put_bell(tx, account_id, {"seen": seen})
        tx.publish(bell_room(account_id), BellChanged(after))
        return after


async def _changed(
    tx: Tx, actor: Actor, account_id: int, verb: str, columns: Mapping[str, Any], **details: object
) -> Bell:
    after = await store.put_bell(tx, account_id, columns)
    await tx.audit(actor, f"bell.{verb}", f"account/{account_id}", **details)
    tx.publish(bell_room(account_id), BellChanged(after))
    return after


# while no page is open


class Listener(msgspec.Struct, frozen=True):
    """Somebody who wants to be told now. `own`: queues of the teams; `reads_all`: the others are open too."""

    bell: Bell
    own: frozenset[int]
    reads_all: bool


async def push_waiting(database: Database, time_zone: str, grace: timedelta = rules.GRACE) -> int:
    """Tells by Web Push what no open page of somebody who wants it has acknowledged; how many marks are done with."""
    async with database.transaction() as tx:
        marks = await store.take_marks(tx, grace, AT_ONCE)
        if not marks:
            return 0
        now = await tx.now()
        bells = [one for one in await store.pushed_bells(tx, (AGENT, LEAD)) if rules.may_ring(one, now, time_zone)]
        own = await store.queues_by_account(tx, [one.account_id for one in bells])
        leads = await store.holders(tx, LEAD) if bells else frozenset()
        listeners = [Listener(one, own.get(one.account_id, frozenset()), one.account_id in leads) for one in bells]
        for mark in marks:
            if listeners and now - mark.at <= rules.STALE:
                await _push(tx, mark, listeners)
    return len(marks)


async def _push(tx: Tx, mark: Mark, listeners: Sequence[Listener]) -> None:
    ticket = await helpdesk_store.ticket(tx, mark.ticket_id)
    if ticket is None or ticket.queue_id != mark.queue_id or not _waits(ticket, mark):
        return
    key = f"replied/{mark.entry_id}" if mark.kind == "answer" else f"sent/{ticket.id}/{ticket.queue_id}/"
    had = set(await accounts_that_had(tx, alerts_room(ticket.queue_id), key))
    note = push.Note(
        ref=f"bell/{mark.kind}/{mark.entry_id or ticket.id}/{ticket.queue_id}",
        tag=f"helpdesk/{ticket.id}",
        title=ticket.number,
        text=PUSHED[mark.kind],
        path=ticket.desk_path,
    )
    for one in listeners:
        account_id = one.bell.account_id
        reads = one.reads_all or ticket.queue_id in one.own
        mine = ticket.assignee_id == account_id
        if account_id not in had and reads and rules.wants(one.bell, mark, one.own, mine=mine):
            await push.tell(tx, account_id, note)


def _waits(ticket: Ticket, mark: Mark) -> bool:
    return helpdesk_rules.waits_for_answer(ticket) if mark.kind == "answer" else helpdesk_rules.waits_untaken(ticket)
