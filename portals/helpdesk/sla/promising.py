"""What a requester is promised next: the answer until there is one, then the solution; in words that people use."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from app.actor import Actor
from app.database import Tx
from app.feature import Params
from app.i18n import Locale, _
from portals.helpdesk.access import access_ticket, room_number
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.sla import counting, setup_store, store
from portals.helpdesk.sla.model import Clock, Measure, Promise

WORDS: Final[dict[tuple[Measure, str], str]] = {
    ("response", "today"): _("We will answer today by %(time)s"),
    ("response", "tomorrow"): _("We will answer by tomorrow, %(time)s"),
    ("response", "later"): _("We will answer by %(day)s, %(time)s"),
    ("response", "late"): _("Our answer is late. We are sorry, and see that it is late."),
    ("response", "paused"): _("The time for our answer stands still while the ticket waits"),
    ("solution", "today"): _("We will have it solved today by %(time)s"),
    ("solution", "tomorrow"): _("We will have it solved by tomorrow, %(time)s"),
    ("solution", "later"): _("We will have it solved by %(day)s, %(time)s"),
    ("solution", "late"): _("The solution is late. We are sorry, and see that it is late."),
    ("solution", "paused"): _("The time for the solution stands still while the ticket waits"),
}


def next_promise(ticket_id: int, clocks: list[Clock], rev: int, now: datetime) -> Promise:
    """Of the clocks that still run the answer's, else the solution's. Pure."""
    running = {one.measure: one for one in clocks if one.stopped_at is None}
    clock = running.get("response") or running.get("solution")
    if clock is None:
        return Promise(ticket_id=ticket_id, rev=rev)
    late = clock.is_late_at(now)
    return Promise(
        ticket_id=ticket_id,
        measure=clock.measure,
        due_at=None if clock.paused and not late else clock.due_at,
        paused=clock.paused and not late,
        late=late,
        rev=rev,
    )


def in_words(promise: Promise, locale: Locale, now: datetime) -> str:
    """Empty: nothing is promised. `now` decides what «today» is, on the city's clocks."""
    if promise.measure is None:
        return ""
    if promise.late:
        return locale.gettext(WORDS[promise.measure, "late"])
    if promise.paused or promise.due_at is None:
        return locale.gettext(WORDS[promise.measure, "paused"])
    zone: ZoneInfo = locale.zone
    day, today = promise.due_at.astimezone(zone).date(), now.astimezone(zone).date()
    when = {today: "today", today + timedelta(days=1): "tomorrow"}.get(day, "later")
    values = {"time": locale.format_time(promise.due_at), "day": locale.format_date(day, weekday=False)}
    return locale.filled(WORDS[promise.measure, when], values)


async def stored_promise(tx: Tx, ticket_id: int) -> Promise:
    """As it was counted last. Access is the caller's to check."""
    found = await store.clocks(tx, [ticket_id])
    clocks, rev = (found[0].clocks, found[0].rev) if found else ([], 0)
    return next_promise(ticket_id, clocks, rev, await store.now(tx))


async def promise_now(tx: Tx, ticket_id: int, time_zone: str) -> Promise:
    """The same, counted at this moment where the ticket has changed since: a page that follows a press shows it."""
    if not await store.is_marked(tx, ticket_id):
        return await stored_promise(tx, ticket_id)
    facts = await store.facts(tx, [ticket_id])
    now = await store.now(tx)
    if not facts:
        return Promise(ticket_id=ticket_id, rev=0)
    whole = msgspec.structs.replace(facts[0], spans=await store.spans(tx, [ticket_id]))
    agreement = counting.agreement_of(whole.unit_path, await setup_store.agreements(tx))
    calendars = {one.id: one for one in await setup_store.calendars(tx)}
    calendar = calendars[agreement.calendar_id].calendar(time_zone) if agreement is not None else None
    settled = (await store.settled_clocks(tx, [ticket_id])).get(ticket_id, [])
    clocks = counting.with_settled(whole, counting.clocks_of(whole, agreement, calendar, now), settled)
    return next_promise(ticket_id, [*clocks], 0, now)


async def promise_snapshot(tx: Tx, actor: Actor, params: Params) -> Promise:
    """For everybody who sees the ticket from outside."""
    place = await access_ticket(tx, actor, room_number(params, "ticket_id"))
    return await stored_promise(tx, place.ticket.id)


def promise_path(ticket_id: int) -> str:
    """Where scripts ask for the words."""
    return f"/api/helpdesk/tickets/{digits_of(ticket_id)}/promise"
