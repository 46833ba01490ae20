"""Believable promises for the demonstration: schools open earlier than the office, and have targets of their own."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from aiohttp import web

from app.actor import Actor, Grant
from app.database import DATABASE, Database
from app.wire import CITY
from portals.helpdesk.model import LEAD
from portals.helpdesk.sla import actions, setup_store, watching
from portals.helpdesk.sla.model import AgreementDraft, CalendarDraft, DayDraft, Target
from portals.intranet import actions as intranet

ACTOR: Final = Actor(name="Gryf", login="system", grants=(Grant(LEAD, "1"),))
SCHOOL_DAY: Final = "7:00-16:00"
SINCE: Final = date(2000, 1, 1)
TARGETS: Final = (
    Target(priority=4, response_min=15, solution_min=120),
    Target(priority=3, response_min=60, solution_min=480),
    Target(priority=2, response_min=240, solution_min=1080),
    Target(priority=1, response_min=540, solution_min=5400),
)


async def fill(app: web.Application) -> None:
    """Adds the schools' calendar and agreement where there is everyone's alone, and counts all clocks."""
    database = app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        begun = len(await setup_store.agreements(tx)) > 1
        schools = [one.id for one in await intranet.unit_choices(tx) if one.kind == "school"]
        calendars = await setup_store.calendars(tx)
    if not begun and schools:
        await _office_days(database, calendars[0].id)
        await _school_agreement(database, schools)
    await watching.settle(database, app[CITY].time_zone)


async def _office_days(database: Database, calendar_id: int) -> None:
    """What an office gives its people for a holiday on a Saturday, and a short New Year's Eve."""
    year = datetime.now(UTC).year
    eve = date(year, 12, 31)
    if eve.weekday() < 5:
        draft = DayDraft(day=eve, hours="7:30-12:00", why="Sylwester: urząd krócej")
        await actions.set_day(database, ACTOR, calendar_id, draft)
    holidays = (date(year + 1, month, day) for month, day in ((5, 1), (5, 3), (8, 15), (11, 1), (11, 11)))
    saturday = next((day for day in holidays if day.weekday() == 5), None)
    if saturday is not None:
        draft = DayDraft(day=saturday - timedelta(days=1), why="Dzień wolny za święto w sobotę")
        await actions.set_day(database, ACTOR, calendar_id, draft)


async def _school_agreement(database: Database, schools: list[int]) -> None:
    made = await actions.save_calendar(
        database,
        ACTOR,
        None,
        CalendarDraft(name="Szkoły", country="PL", since=SINCE, hours=[SCHOOL_DAY] * 5 + ["", ""]),
    )
    await actions.save_calendar(
        database,
        ACTOR,
        None,
        CalendarDraft(name="Całą dobę", country="", since=SINCE, hours=["0-24"] * 7),
    )
    await actions.save_agreement(
        database,
        ACTOR,
        None,
        AgreementDraft(
            name="Szkoły",
            calendar_id=made.id,
            units=schools,
            warn_percent=75,
            escalate_min=[60, 240],
            paused_by=["requester", "approval", "parts", "planned"],
            targets=list(TARGETS),
        ),
    )
