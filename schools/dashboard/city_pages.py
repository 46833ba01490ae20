"""Pages of the Education Department: all schools as sums."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.files import content_disposition
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, section
from schools.dashboard import city, exporting
from schools.dashboard.city_rules import ALL
from schools.structure.settings import SchoolsSettings
from schools.structure.tenancy import city_transaction


class Range(msgspec.Struct, frozen=True):
    """Days, inclusive; empty: this week."""

    first: date | None = None
    last: date | None = None


def _range(request: web.Request) -> tuple[date, date, date]:
    """First, last, today."""
    today = datetime.now(UTC).astimezone(ZoneInfo(request.app[CITY].time_zone)).date()
    wanted = api.query(request, Range)
    last = wanted.last or today
    first = wanted.first or last - timedelta(days=6)
    return min(first, last), last, today


async def show_city(request: web.Request) -> web.StreamResponse:
    """`GET /schools/city?first=…&last=…`."""
    first, last, today = _range(request)
    smallest = section(request.app, SchoolsSettings).smallest_cell
    async with city_transaction(request.app[DATABASE]) as tx:
        days = await city.city_days(tx, first, last, smallest)
        view = await city.city_view(tx, today, smallest)
    shares = [(day, days.by_day.get((ALL, day))) for day in days.days]
    return await render(
        request,
        "dashboard/city.html",
        days=days,
        today=today,
        rows={one.id: one for one in view.rows},
        shares=shares,
        ALL=ALL,
    )


async def send_sheet(request: web.Request) -> web.StreamResponse:
    """`GET /schools/city.xlsx?first=…&last=…`."""
    first, last, _today = _range(request)
    smallest = section(request.app, SchoolsSettings).smallest_cell
    async with city_transaction(request.app[DATABASE]) as tx:
        days = await city.city_days(tx, first, last, smallest)
    content = await asyncio.to_thread(exporting.workbook, request.app[LOCALES].choose(request), days)
    return web.Response(
        body=content,
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": content_disposition("attachment", f"frekwencja-{days.first}-{days.last}.xlsx"),
            "Cache-Control": "no-store",
        },
    )
