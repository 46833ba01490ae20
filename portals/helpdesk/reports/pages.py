"""The page of reports, and the same as a workbook."""

import asyncio
from typing import Final

from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import Invalid
from app.files import content_disposition
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor
from portals.helpdesk.reports import actions, exporting, rules
from portals.helpdesk.reports.model import Report, Wanted

MOST_BARS: Final = 12
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _report(request: web.Request, wanted: Wanted) -> Report:
    database, actor = request.app[DATABASE], await current_actor(request)
    return await actions.report(database, actor, wanted, request.app[CITY].time_zone)


async def show_reports(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/raporty?first=…&last=…&queue=…&kind=…`. What cannot be read counts as not said."""
    try:
        wanted = api.query(request, Wanted)
    except Invalid as problem:
        wanted, faults = Wanted(), problem.fields
    else:
        faults = {}
    report = await _report(request, wanted)
    locale = request.app[LOCALES].choose(request)
    findings = {
        "days": rules.about_days(locale, report.days),
        "kept": rules.about_kept(locale, report.kept),
        "categories": rules.about_categories(locale, report.categories),
        "units": rules.about_units(locale, report.units),
        "models": rules.about_models(locale, report.models),
        "agents": rules.about_agents(locale, report.agents),
    }
    return await render(
        request,
        "helpdesk_reports/reports.html",
        report=report,
        wanted=wanted,
        faults=faults,
        queues=await actions.queues(request.app[DATABASE], await current_actor(request)),
        titles={name: one.text(locale) for name, one in findings.items()},
        lines=rules.lines(report.days),
        most_bars=MOST_BARS,
        query=_query(report, wanted),
    )


def _query(report: Report, wanted: Wanted) -> dict[str, str]:
    """Of the workbook's address: the days that are shown."""
    said = {"first": str(report.first), "last": str(report.last), "kind": wanted.kind}
    return {name: value for name, value in {**said, "queue": str(wanted.queue or "")}.items() if value}


async def send_workbook(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/raporty.xlsx?first=…&last=…&queue=…&kind=…`."""
    report = await _report(request, api.query(request, Wanted))
    content = await asyncio.to_thread(exporting.workbook, request.app[LOCALES].choose(request), report)
    return web.Response(
        body=content,
        content_type=XLSX,
        headers={
            "Content-Disposition": content_disposition("attachment", f"zgloszenia-{report.first}-{report.last}.xlsx"),
            "Cache-Control": "no-store",
        },
    )


async def show_report(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/reports?first=…&last=…&queue=…&kind=…`."""
    return api.reply(await _report(request, api.query(request, Wanted)))
