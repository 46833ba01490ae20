"""The audit log's page."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app import api
from app.audit import AuditFilter
from app.database import DATABASE
from app.i18n import LOCALES
from app.identity import actions
from app.pages import render


class AuditQuery(msgspec.Struct, frozen=True):
    """What the page's address says. Days are the city's, both ends belong to it; `check` verifies a long chain too."""

    person: str = ""
    action: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None
    check: bool = False


async def show_audit(request: web.Request) -> web.StreamResponse:
    """GET /admin/audit."""
    from app.wire import current_actor  # wire mounts what uses this module

    asked = api.query(request, AuditQuery)
    zone = request.app[LOCALES].choose(request).zone
    wanted = AuditFilter(
        person=asked.person.strip()[:100],
        action=asked.action.strip()[:100],
        subject=asked.subject.strip()[:100],
        since=_midnight(asked.since, zone),
        until=_midnight(asked.until, zone, days=1),
        before=None if asked.before is None else max(0, min(asked.before, 2**62)),
    )
    page = await actions.read_audit(request.app[DATABASE], await current_actor(request), wanted, check=asked.check)
    return await render(request, "identity/audit.html", page=page, asked=asked, kept=_kept(asked))


def _midnight(day: date | None, zone: ZoneInfo, days: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=days), time(), zone)


def _kept(asked: AuditQuery) -> dict[str, str]:
    """The filter as a link carries it on."""
    fields = {"person": asked.person, "action": asked.action, "subject": asked.subject}
    days = {"since": asked.since, "until": asked.until}
    return fields | {name: day.isoformat() for name, day in days.items() if day is not None}
