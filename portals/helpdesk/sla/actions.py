"""Verbs of the service levels: what is promised, and how the promises of tickets stand."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.feature import Params
from app.i18n import _
from portals.helpdesk import rules as helpdesk_rules
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.access import access_queue, access_setup, access_ticket_inside, readable_queues, room_number
from portals.helpdesk.rules import one_line
from portals.helpdesk.sla import setup_store, store
from portals.helpdesk.sla.events import (
    SETUP_ROOM,
    AgreementChanged,
    AgreementRemoved,
    CalendarChanged,
    CalendarRemoved,
)
from portals.helpdesk.sla.hours import NEVER, Faulty, read_hours
from portals.helpdesk.sla.model import (
    Agreement,
    AgreementDraft,
    AlarmsView,
    CalendarDraft,
    CalendarRow,
    ClocksView,
    DayDraft,
    DueQueue,
    Hours,
    OwnDay,
    ServiceLevels,
    TicketClocks,
    Week,
)
from portals.helpdesk.sla.rules import public_holidays
from portals.intranet import actions as intranet

WOKEN: Final = "helpdesk.sla"
MOST_CLOCKS: Final = 1000
MOST_DUE: Final = 60
"""Of a queue on the page; the room tells of all of them."""
MOST_TOLD: Final = 12
MOST_ALARMS: Final = 100
CLOSED: Final[Hours] = ()
FASTER: Final = _("Somebody has changed this in the meantime. Look at it once more")
NEEDED: Final = _("This is needed here")
TAKEN: Final = _("This name is taken")
OTHERS: Final = _("These units have another agreement: %(units)s")
OTHERS_SHORT: Final = _("Some of these units have another agreement: take them out of it first")
YEARS: Final = (2000, 2100)
WRONG_YEAR: Final = _("Choose a day between 2000 and 2100")


# reading


async def clocks_of(tx: Tx, ids: Iterable[int]) -> dict[int, TicketClocks]:
    """By ticket. Access is the caller's to check; tickets of which nothing was counted yet are missing."""
    return {one.ticket_id: one for one in await store.clocks(tx, ids)}


async def show_clocks(database: Database, actor: Actor, ticket_id: int) -> TicketClocks:
    """For those who see the ticket from inside."""
    async with database.transaction(readonly=True) as tx:
        place = await access_ticket_inside(tx, actor, ticket_id)
        found = await clocks_of(tx, [ticket_id])
        ticket = place.ticket
        empty = TicketClocks(
            ticket_id=ticket.id, number=ticket.number, queue_id=ticket.queue_id, agreement="", clocks=[], rev=0
        )
        return found.get(ticket_id, empty)


async def clocks_view(tx: Tx, actor: Actor, queue_id: int) -> ClocksView:
    await access_queue(tx, actor, queue_id)
    return ClocksView(queue_id, await store.queue_clocks(tx, queue_id, MOST_CLOCKS))


async def alarms_view(tx: Tx, actor: Actor, queue_id: int) -> AlarmsView:
    await access_queue(tx, actor, queue_id)
    return AlarmsView(queue_id, await store.alarms(tx, queue_id, MOST_ALARMS))


async def due_queues(database: Database, actor: Actor) -> list[DueQueue]:
    """Of each queue the actor reads what is due next, and what was told of it."""
    async with database.transaction(readonly=True) as tx:
        return [await _due_queue(tx, one.id, one.name) for one in await readable_queues(tx, actor)]


async def _due_queue(tx: Tx, queue_id: int, name: str) -> DueQueue:
    clocks = [one for one in await store.queue_clocks(tx, queue_id, MOST_DUE) if one.clocks]
    tickets = {one.id: one for one in await helpdesk_store.tickets(tx, [one.ticket_id for one in clocks])}
    return DueQueue(
        id=queue_id,
        name=name,
        tickets=[(tickets[one.ticket_id], one) for one in clocks if one.ticket_id in tickets],
        alarms=await store.alarms(tx, queue_id, MOST_TOLD),
    )


async def setup_view(tx: Tx, actor: Actor) -> ServiceLevels:
    """For leads, and for auditors, who change nothing."""
    if not helpdesk_rules.can_read_all(actor):
        raise Forbidden
    return ServiceLevels(await setup_store.agreements(tx), await setup_store.calendars(tx))


async def clocks_snapshot(tx: Tx, actor: Actor, params: Params) -> ClocksView:
    return await clocks_view(tx, actor, room_number(params, "queue_id"))


async def alarms_snapshot(tx: Tx, actor: Actor, params: Params) -> AlarmsView:
    return await alarms_view(tx, actor, room_number(params, "queue_id"))


async def setup_snapshot(tx: Tx, actor: Actor, params: Params) -> ServiceLevels:  # noqa: ARG001  # a room's signature
    return await setup_view(tx, actor)


# calendars


async def save_calendar(database: Database, actor: Actor, calendar_id: int | None, draft: CalendarDraft) -> CalendarRow:
    """Makes a calendar (None) or changes one. Raises `Invalid` by field: `name`, `country`, `since`, `hours_0` …"""
    access_setup(actor)
    draft = msgspec.structs.replace(draft, name=one_line(draft.name), country=draft.country.strip().upper())
    days, faults = _hours(draft.hours)
    faults |= _name_faults(draft.name) | _country_faults(draft.country) | _day_faults("since", draft.since)
    if faults:
        raise Invalid(fields=faults)
    async with database.transaction() as tx:
        before = await _calendar(tx, calendar_id, draft.rev) if calendar_id is not None else None
        found = await setup_store.put_calendar(tx, calendar_id, draft.name, draft.country)
        if found is None:
            raise Invalid(fields={"name": TAKEN})
        await setup_store.put_week(tx, found, Week(draft.since, days))
        await tx.audit(
            actor, "sla.calendar", f"sla-calendar/{found}", name=draft.name, country=draft.country,
            since=draft.since, hours=draft.hours, made=before is None,
        )  # fmt: skip
        return await _calendar_told(tx, found)


async def remove_week(database: Database, actor: Actor, calendar_id: int, since: date) -> CalendarRow:
    """Hours that were planned from a day on; those before go on."""
    access_setup(actor)
    async with database.transaction() as tx:
        await _calendar(tx, calendar_id)
        if not await setup_store.remove_week(tx, calendar_id, since):
            raise Conflict("A calendar keeps at least one set of hours")
        await setup_store.touch_calendar(tx, calendar_id)
        await tx.audit(actor, "sla.calendar_week_removed", f"sla-calendar/{calendar_id}", since=since)
        return await _calendar_told(tx, calendar_id)


async def set_day(database: Database, actor: Actor, calendar_id: int, draft: DayDraft) -> CalendarRow:
    """A day with hours of its own, or closed. Raises `Invalid` by field: `day`, `day_hours`, `why`."""
    access_setup(actor)
    faults = _day_faults("day", draft.day)
    why, hours = one_line(draft.why), CLOSED
    try:
        hours = read_hours(draft.hours)
    except Faulty as problem:
        faults["day_hours"] = str(problem)
    if len(why) > 120:
        faults["why"] = _("This is too long: 120 characters at most")
    if faults:
        raise Invalid(fields=faults)
    async with database.transaction() as tx:
        await _calendar(tx, calendar_id)
        await setup_store.put_day(tx, calendar_id, OwnDay(day=draft.day, hours=hours, why=why))
        await setup_store.touch_calendar(tx, calendar_id)
        await tx.audit(actor, "sla.day", f"sla-calendar/{calendar_id}", day=draft.day, hours=draft.hours, why=why)
        return await _calendar_told(tx, calendar_id)


async def remove_day(database: Database, actor: Actor, calendar_id: int, day: date) -> OwnDay:
    """The week and the holidays say again when it is open; what it was."""
    access_setup(actor)
    async with database.transaction() as tx:
        await _calendar(tx, calendar_id)
        found = await setup_store.remove_day(tx, calendar_id, day)
        if found is None:
            raise NotFound
        await setup_store.touch_calendar(tx, calendar_id)
        await tx.audit(actor, "sla.day_removed", f"sla-calendar/{calendar_id}", day=day)
        await _calendar_told(tx, calendar_id)
        return found


async def remove_calendar(database: Database, actor: Actor, calendar_id: int) -> None:
    """Raises `Conflict` while an agreement uses it."""
    access_setup(actor)
    async with database.transaction() as tx:
        before = await _calendar(tx, calendar_id)
        if not await setup_store.remove_calendar(tx, calendar_id):
            raise Conflict("An agreement uses this calendar: give it another one first")
        await tx.audit(actor, "sla.calendar_removed", f"sla-calendar/{calendar_id}", name=before.name)
        tx.publish(SETUP_ROOM, CalendarRemoved(before))


def _hours(texts: Iterable[str]) -> tuple[tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours], dict[str, str]]:
    days: list[Hours] = []
    faults: dict[str, str] = {}
    for place, text in enumerate(texts):
        try:
            days.append(read_hours(text))
        except Faulty as problem:
            faults[f"hours_{place}"] = str(problem)
            days.append(())
    if not faults and not any(days):
        faults["hours_0"] = NEVER
    return (days[0], days[1], days[2], days[3], days[4], days[5], days[6]), faults


def _name_faults(name: str) -> dict[str, str]:
    if not name:
        return {"name": NEEDED}
    return {"name": _("This is too long: 80 characters at most")} if len(name) > 80 else {}


def _day_faults(field: str, day: date) -> dict[str, str]:
    return {} if YEARS[0] <= day.year <= YEARS[1] else {field: WRONG_YEAR}


def _country_faults(country: str) -> dict[str, str]:
    if not country:
        return {}
    try:
        public_holidays(country, YEARS[0])
    except (NotImplementedError, ValueError):
        return {"country": _("No holidays of this country are known: write its two letters, such as PL")}
    return {}


async def _calendar(tx: Tx, calendar_id: int, rev: int | None = None) -> CalendarRow:
    found = await setup_store.calendar(tx, calendar_id, lock=True)
    if found is None:
        raise NotFound
    if rev is not None and rev != found.rev:
        raise Conflict(FASTER)
    return found


async def _calendar_told(tx: Tx, calendar_id: int) -> CalendarRow:
    """Everything that was counted with it is counted anew."""
    found = await setup_store.calendar(tx, calendar_id)
    assert found is not None  # it was just written
    using = [one.id for one in await setup_store.agreements(tx) if one.calendar_id == calendar_id]
    await setup_store.mark_open(tx, using)
    tx.publish(SETUP_ROOM, CalendarChanged(found))
    tx.wake(WOKEN)
    return found


# agreements


async def save_agreement(
    database: Database, actor: Actor, agreement_id: int | None, draft: AgreementDraft
) -> Agreement:
    """Makes an agreement (None) or changes one. Raises `Invalid` by field."""
    access_setup(actor)
    draft = msgspec.structs.replace(draft, name=one_line(draft.name))
    async with database.transaction() as tx:
        before = await _agreement(tx, agreement_id, draft.rev) if agreement_id is not None else None
        faults = _name_faults(draft.name) | await _agreement_faults(tx, before, draft)
        if faults:
            raise Invalid(fields=faults)
        taken = await setup_store.units_taken(tx, draft.units, agreement_id)
        if taken:
            names = ", ".join(f"{unit} ({agreement})" for unit, agreement in taken[:5])
            raise Invalid(OTHERS, fields={"units": OTHERS_SHORT}, units=names)
        found = await setup_store.put_agreement(tx, agreement_id, draft)
        if found is None:
            raise Invalid(fields={"name": TAKEN})
        await tx.audit(
            actor, "sla.agreement", f"sla-agreement/{found}", **msgspec.to_builtins(draft), made=before is None
        )
        await setup_store.mark_open(tx, None)
        after = await setup_store.agreement(tx, found)
        assert after is not None  # it was just written
        tx.publish(SETUP_ROOM, AgreementChanged(after))
        tx.wake(WOKEN)
        return after


async def remove_agreement(database: Database, actor: Actor, agreement_id: int) -> None:
    """Its units have everyone's agreement from now on. Raises `Conflict` for everyone's own."""
    access_setup(actor)
    async with database.transaction() as tx:
        before = await _agreement(tx, agreement_id)
        if not await setup_store.remove_agreement(tx, agreement_id):
            raise Conflict("This agreement holds for everyone who has no other: it can be changed, not removed")
        await tx.audit(actor, "sla.agreement_removed", f"sla-agreement/{agreement_id}", name=before.name)
        await setup_store.mark_open(tx, None)
        tx.publish(SETUP_ROOM, AgreementRemoved(before))
        tx.wake(WOKEN)


async def _agreement_faults(tx: Tx, before: Agreement | None, draft: AgreementDraft) -> dict[str, str]:
    faults: dict[str, str] = {}
    if await setup_store.calendar(tx, draft.calendar_id) is None:
        faults["calendar_id"] = _("There is no such calendar any more")
    everyone = before is not None and before.everyone
    known = {one.id for one in await intranet.unit_choices(tx)} | set(before.units if before else ())
    if not everyone and not draft.units:
        faults["units"] = _("Choose the units it is for")
    elif everyone and draft.units:
        faults["units"] = _("This agreement holds for everyone who has no other: it has no units of its own")
    elif not set(draft.units) <= known:
        faults["units"] = _("One of these units is not there any more")
    if len({one.priority for one in draft.targets}) < len(draft.targets):
        faults["targets"] = _("Each priority stands here once")
    for one in draft.targets:
        if one.response_min and one.solution_min and one.response_min > one.solution_min:
            faults[f"response_{one.priority}"] = _("The answer cannot take longer than the solution")
    return faults


async def _agreement(tx: Tx, agreement_id: int, rev: int | None = None) -> Agreement:
    found = await setup_store.agreement(tx, agreement_id, lock=True)
    if found is None:
        raise NotFound
    if rev is not None and rev != found.rev:
        raise Conflict(FASTER)
    return found
