"""What residents see of planning: lists and a calendar of sessions by body, who sits in the council."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from babel import dates

from app.database import DATABASE, Tx
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor
from portals.council import rules
from portals.council import store as council_store
from portals.council.model import Committee, Councillor, Session
from portals.council.planning import store

PAGE: Final = 20
COUNCIL: Final = "council"


class Body(msgspec.Struct, frozen=True):
    """Whose sessions are shown. `committee_ids` None: everybody's; empty: the council's."""

    key: str
    committee_ids: list[int] | None


class Day(msgspec.Struct, frozen=True):
    """A day of the calendar."""

    day: date
    in_month: bool
    today: bool
    sessions: list[Session]


def asked_body(request: web.Request) -> Body:
    key = request.query.get("body", "")
    if key == COUNCIL:
        return Body(key, [])
    if key.isascii() and key.isdigit() and len(key) < 18:
        return Body(key, [int(key)])
    return Body("", None)


async def list_sessions(request: web.Request) -> web.StreamResponse:
    page, body = _page_number(request), asked_body(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        live = await store.sessions_by_state(tx, "live", body.committee_ids, 50)
        coming = await store.sessions_by_state(tx, "planned", body.committee_ids, 50)
        past = await store.sessions_by_state(tx, "ended", body.committee_ids, PAGE + 1, (page - 1) * PAGE)
        bodies = await store.committees_with_sessions(tx)
    return await render(
        request,
        "council/sessions.html",
        live=live,
        coming=coming,
        past=past[:PAGE],
        page=page,
        has_more=len(past) > PAGE,
        body=body.key,
        bodies=bodies,
    )


async def show_calendar(request: web.Request) -> web.StreamResponse:
    """A month of sessions of every body or of one."""
    body = asked_body(request)
    zone = ZoneInfo(request.app[CITY].time_zone)
    today = datetime.now(zone).date()
    month = _asked_month(request.query.get("month", ""), today)
    days = month_days(month)
    since = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
    last = days[-1] + timedelta(days=1)
    until = datetime(last.year, last.month, last.day, tzinfo=zone)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        sessions = await store.sessions_between(tx, since, until, body.committee_ids)
        bodies = await store.committees_with_sessions(tx)
    cldr = request.app[LOCALES].choose(request).cldr
    by_day: dict[date, list[Session]] = {}
    for session in sessions:
        by_day.setdefault((session.started_at or session.planned_at).astimezone(zone).date(), []).append(session)
    return await render(
        request,
        "council/calendar.html",
        month=month,
        month_name=dates.format_date(month, "LLLL y", locale=cldr),
        weekdays=[dates.format_date(day, "cccc", locale=cldr) for day in days[:7]],
        days=[Day(day, day.month == month.month, day == today, by_day.get(day, [])) for day in days],
        before=(month - timedelta(days=1)).strftime("%Y-%m"),
        after=(month + timedelta(days=31)).strftime("%Y-%m"),
        body=body.key,
        bodies=bodies,
    )


def month_days(month: date) -> list[date]:
    """Whole weeks, from Monday on, that hold the month."""
    first = month.replace(day=1)
    first -= timedelta(days=first.weekday())
    days = [first + timedelta(days=number) for number in range(42)]
    return days if any(day.month == month.month for day in days[35:]) else days[:35]


async def list_members(request: web.Request) -> web.StreamResponse:
    """Councillors with their clubs, committees with their members."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        term = await council_store.newest_term(tx)
        members = await council_store.councillors(tx, term.id) if term else []
        committees = await _committees(tx, term.id) if term else []
    clubs: dict[str, int] = {}
    for member in members:
        if member.club:
            clubs[member.club] = clubs.get(member.club, 0) + 1
    by_size = sorted(clubs.items(), key=lambda club: (-club[1], club[0]))
    return await render(
        request,
        "council/members.html",
        term=term,
        members=members,
        clubs=by_size,
        committees=committees,
        may_edit=rules.can_run(actor),
    )


async def _committees(tx: Tx, term_id: int) -> list[tuple[Committee, list[Councillor]]]:
    return [(one, await council_store.committee_members(tx, one.id)) for one in await store.committees(tx, term_id)]


def _asked_month(text: str, today: date) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if 1990 <= month.year <= 2100 else today.replace(day=1)


def _page_number(request: web.Request) -> int:
    text: Any = request.query.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 100_000 else 1
