"""The chair's screen and the councillor's phone page, and what the debate shows on the portal's other pages."""

from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.pages import render
from app.wire import current_actor, section
from portals.council.actions import access_session_by_slug, session_view
from portals.council.debate import actions, rules, store
from portals.council.debate.model import DebatePanel
from portals.council.debate.settings import DebateSettings
from portals.council.model import Councillor, Session
from portals.council.panels import PANELS
from portals.council.rules import can_run, current_item, following_item


async def panel(app: web.Application, tx: Tx, actor: Actor, session: Session) -> DebatePanel:
    """What the pages draw of a session's debate for this actor."""
    settings = section(app, DebateSettings)
    may_chair = rules.can_chair(actor, await actions.seat_of(tx, actor, session))
    spoken = await actions.spoken(tx, actor, session.id)
    return DebatePanel(
        view=await actions.debate_view(tx, actor, session.id, inside=await actions.is_inside(tx, actor, session)),
        spoken=spoken,
        journal=rules.journal((await session_view(tx, actor, session.id)).items, spoken.speeches),
        council=await store.sitting(tx, session.planned_at.date()) if may_chair else [],
        alerts=await store.alerts_of(tx, session.id, actor.account_id) if actor.account_id is not None else [],
        may_chair=may_chair,
        can_mail=actor.account_id is not None and bool(await store.email_of(tx, actor.account_id)),
        warn_s=settings.warn_s,
        extend_s=settings.extend_s,
        limits={kind: settings.limit_s(kind) for kind in ("speech", "reply", "motion", "guest")},
    )


def panel_of(app: web.Application) -> Any:
    """`panel` for one application, as the portal's pages call it."""
    return partial(panel, app)


def has_tab(data: msgspec.Struct, session: Session) -> bool:
    """Residents find who speaks in a tab: while a session is on air, and after one in which somebody spoke."""
    return session.state == "live" or (isinstance(data, DebatePanel) and bool(data.spoken.speeches))


async def show_chair(request: web.Request) -> web.StreamResponse:
    """The screen of whoever presides: what is debated, who speaks for how long, who comes next."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await access_session_by_slug(tx, actor, request.match_info["slug"])
        if not rules.can_chair(actor, await actions.seat_of(tx, actor, session)):
            raise NotFound
        items = (await session_view(tx, actor, session.id)).items
        parts = await request.app[PANELS].context(tx, actor, session)
    return await render(
        request,
        "debate/chair.html",
        session=session,
        items=items,
        current=current_item(items),
        following=following_item(items),
        may_run=can_run(actor),
        page="chair",
        **parts,
    )


async def show_me(request: web.Request) -> web.StreamResponse:
    """A councillor's own page for the phone: the session he sits in now, or the next one."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await _own_session(tx, actor, request.query.get("session", ""))
        if found is None:
            return await render(
                request, "debate/me.html", session=None, councillor=None, page="phone", slots={"head": []}
            )
        session, councillor = found
        items = (await session_view(tx, actor, session.id)).items
        parts = await request.app[PANELS].context(tx, actor, session)
    return await render(
        request,
        "debate/me.html",
        session=session,
        councillor=councillor,
        items=items,
        current=current_item(items),
        page="phone",
        **parts,
    )


async def _own_session(tx: Tx, actor: Actor, slug: str) -> tuple[Session, Councillor] | None:
    """The session that is named, else one on air, else the next; None where the account has no seat in any."""
    if slug:
        session = await access_session_by_slug(tx, actor, slug)
        seat = await actions.seat_of(tx, actor, session)
        if seat is None:
            raise NotFound
        return session, seat
    coming = await store.next_session_id(tx)
    for session_id in [*await store.live_session_ids(tx), *([coming] if coming is not None else [])]:
        session = (await session_view(tx, actor, session_id)).session
        seat = await actions.seat_of(tx, actor, session)
        if seat is not None:
            return session, seat
    return None
