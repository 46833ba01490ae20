"""The office's page of invitations: who gets one, who got it, what became of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from app.database import DATABASE
from app.errors import Invalid
from app.forms import require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import CITY, current_actor, section
from portals.council import actions as council
from portals.council.papers import invitation_store, invitations, rules
from portals.council.papers.settings import PapersSettings


async def show_invitations(request: web.Request) -> web.StreamResponse:
    return await _page(request, "")


async def _page(request: web.Request, problem: str) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, int(request.match_info["session_id"]))
        lines = await invitations.invitation_lines(tx, session)
        mails = await invitation_store.invitations(tx, session.id)
    settings, zone = section(request.app, PapersSettings), ZoneInfo(request.app[CITY].time_zone)
    today, begins = datetime.now(zone).date(), session.planned_at.astimezone(zone).date()
    waiting = [
        one for one in lines if one.recipient.address and (one.newest is None or one.newest.kind == "cancellation")
    ]
    return await render(
        request,
        "papers/invitations.html",
        status=422 if problem else 200,
        session=session,
        lines=lines,
        mails=mails,
        waiting=len(waiting),
        problem=problem,
        late=rules.late_notice(session, settings, today, begins),
        notice_days=settings.notice_days if session.committee_id is None else settings.committee_notice_days,
    )


async def send_invitations(request: web.Request) -> web.StreamResponse:
    """To all who wait, or to one (`councillor`)."""
    await require_action(request)
    session_id = int(request.match_info["session_id"])
    chosen = str((await request.post()).get("councillor", ""))
    ids = [int(chosen)] if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else None
    try:
        count = await invitations.send_invitations(request.app, await current_actor(request), session_id, ids)
    except Invalid as problem:
        return await _page(request, problem.detail)
    locale = request.app[LOCALES].choose(request)
    await flash(request, _("Invitations on their way: %(count)s"), count=locale.format_number(count))
    return see_other(f"/council/desk/{session_id}/invitations")
