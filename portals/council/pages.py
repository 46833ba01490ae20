"""Pages of council sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import wtforms
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE
from app.errors import Invalid
from app.forms import Form, read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor, public_url
from media.record.recordings import RECORDINGS
from media.streams import STREAMS
from portals.council import actions, embed, recorded, rules, store
from portals.council.model import AgendaItem, Session, SessionDraft

PAGE: Final = 20


class SessionForm(Form):
    """What the clerk writes of a session."""

    number = wtforms.StringField(_("Number"), description=_("As in the papers, for instance XXXI"))
    title = wtforms.StringField(_("Title"), validators=[wtforms.validators.InputRequired()])
    planned_at = wtforms.DateTimeLocalField(
        _("Begins"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], validators=[wtforms.validators.InputRequired()]
    )
    place = wtforms.StringField(_("Place"))
    agenda = wtforms.TextAreaField(
        _("Agenda"),
        description=_("One item a line; numbers in front are taken away, so it can be pasted from a document"),
        validators=[wtforms.validators.InputRequired()],
        render_kw={"rows": 14},
    )


async def show_home(request: web.Request) -> web.StreamResponse:
    """The city's front door: what is on air, what is coming, what can be watched again."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        live = await store.live_sessions(tx)
        coming = await store.coming_sessions(tx, 3)
        past = await store.past_sessions(tx, 4, 0)
        current = {session.id: rules.current_item(await store.agenda(tx, session.id)) for session in live}
    return await render(request, "council/home.html", live=live, coming=coming, past=past, current=current)


async def list_sessions(request: web.Request) -> web.StreamResponse:
    page = _page_number(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        live = await store.live_sessions(tx)
        coming = await store.coming_sessions(tx, 50)
        past = await store.past_sessions(tx, PAGE + 1, (page - 1) * PAGE)
    return await render(
        request,
        "council/sessions.html",
        live=live,
        coming=coming,
        past=past[:PAGE],
        page=page,
        has_more=len(past) > PAGE,
    )


async def show_session(request: web.Request) -> web.StreamResponse:
    """The one address of a session: notice, live picture, archive."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session_by_slug(tx, actor, request.match_info["slug"])
        items = await store.agenda(tx, session.id)
        messages = await store.newest_messages(tx, session.id, actions.CHAT_SHOWN)
    chapters = await actions.chapters(request.app, session) if session.state != "planned" else []
    spans = await recorded.spans(request.app, session)
    recording = await request.app[RECORDINGS].summary(session.stream_id) if session.state == "ended" else None
    return await render(
        request,
        "council/session.html",
        session=session,
        items=items,
        messages=messages,
        chapters=chapters,
        recording=recording,
        current=rules.current_item(items),
        position_of={chapter.item_id: chapter for chapter in reversed(chapters)},
        live_address=f"/hls/{session.stream_id}/index.m3u8" if session.state == "live" else "",
        recording_address=f"/recordings/{session.stream_id}/index.m3u8",
        facts=msgspec.to_builtins({"chapters": chapters, "spans": spans}),
        session_url=public_url(request, request.app, session.path),
        embed_snippet=embed.snippet(
            session, public_url(request, request.app, embed.embed_path(session)), embed.WIDTH, embed.HEIGHT
        ),
        may_moderate=rules.can_moderate(actor),
        may_run=rules.can_run(actor),
    )


async def show_screen(request: web.Request) -> web.StreamResponse:
    """The chamber's big screen and the interpreters' booth: the picture within a second, the item in huge type."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session_by_slug(tx, actor, request.match_info["slug"])
        items = await store.agenda(tx, session.id)
    current = rules.current_item(items)
    return await render(
        request,
        "council/screen.html",
        session=session,
        items=items,
        current=current,
        following=rules.following_item(items),
        live_address=f"/hls/{session.stream_id}/index.m3u8" if session.state == "live" else "",
    )


async def list_members(request: web.Request) -> web.StreamResponse:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        term = await store.newest_term(tx)
        members = await store.councillors(tx, term.id) if term else []
    clubs: dict[str, int] = {}
    for member in members:
        if member.club:
            clubs[member.club] = clubs.get(member.club, 0) + 1
    by_size = sorted(clubs.items(), key=lambda club: (-club[1], club[0]))
    return await render(request, "council/members.html", term=term, members=members, clubs=by_size)


async def list_desks(request: web.Request) -> web.StreamResponse:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        open_sessions = [*await store.live_sessions(tx), *await store.coming_sessions(tx, 100)]
        past = await store.past_sessions(tx, PAGE, 0)
    return await render(request, "council/desks.html", open_sessions=open_sessions, past=past)


async def show_desk(request: web.Request) -> web.StreamResponse:
    """The clerk's control page."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await actions.access_desk(tx, actor, int(request.match_info["session_id"]))
        items = await store.agenda(tx, session.id)
        keys = await store.stream_keys(tx, session.id)
        messages = await store.newest_messages(tx, session.id, actions.CHAT_SHOWN)
    return await render(
        request,
        "council/desk.html",
        session=session,
        items=items,
        keys=keys,
        messages=messages,
        current=rules.current_item(items),
        rtmp_url=rtmp_url(request),
        preview_id=request.app[STREAMS].preview_id(session.stream_id),
        pinned=request.app[STREAMS].pinned(session.stream_id),
        session_url=public_url(request, request.app, session.path),
        may_moderate=True,
    )


async def show_studio(request: web.Request) -> web.StreamResponse:
    """Sends the clerk's own camera, screen and microphone from the browser."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await actions.access_desk(tx, actor, int(request.match_info["session_id"]))
    return await render(request, "council/studio.html", session=session)


async def show_plan(request: web.Request) -> web.StreamResponse:
    form = await read(request, SessionForm)
    tomorrow = datetime.now(ZoneInfo(request.app[CITY].time_zone)) + timedelta(days=7)
    form.planned_at.data = tomorrow.replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    return await render(request, "council/edit.html", form=form, session=None)


async def plan_session(request: web.Request) -> web.StreamResponse:
    form = await read(request, SessionForm)
    if form.validate():
        try:
            actor = await current_actor(request)
            session = await actions.plan_session(request.app[DATABASE], actor, _draft(request, form))
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Session planned"))
            return see_other(f"/council/desk/{session.id}")
    return await render(request, "council/edit.html", status=422, form=form, session=None)


async def show_edit(request: web.Request) -> web.StreamResponse:
    _actor, session, items = await _editable(request)
    zone = ZoneInfo(request.app[CITY].time_zone)
    form = await read(request, SessionForm)
    form.number.data, form.title.data, form.place.data = session.number, session.title, session.place
    form.planned_at.data = session.planned_at.astimezone(zone).replace(tzinfo=None)
    form.agenda.data = "\n".join(item.title for item in items)
    return await render(request, "council/edit.html", form=form, session=session)


async def edit_session(request: web.Request) -> web.StreamResponse:
    actor, session, _items = await _editable(request)
    form = await read(request, SessionForm)
    if form.validate():
        try:
            await actions.edit_session(request.app[DATABASE], actor, session.id, _draft(request, form))
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"/council/desk/{session.id}")
    return await render(request, "council/edit.html", status=422, form=form, session=session)


async def _editable(request: web.Request) -> tuple[Actor, Session, list[AgendaItem]]:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await actions.access_desk(tx, actor, int(request.match_info["session_id"]))
        return actor, session, await store.agenda(tx, session.id)


def _draft(request: web.Request, form: SessionForm) -> SessionDraft:
    local = form.planned_at.data
    assert local is not None  # the form has validated it
    zone = ZoneInfo(request.app[CITY].time_zone)
    return SessionDraft(
        number=(form.number.data or "").strip(),
        title=(form.title.data or "").strip(),
        place=(form.place.data or "").strip(),
        planned_at=local.replace(tzinfo=zone).astimezone(UTC),
        agenda=rules.read_agenda(form.agenda.data or ""),
    )


def rtmp_url(request: web.Request) -> str:
    """What an encoder is told, with the host the clerk's browser reached us by."""
    from media.feature import rtmp_port

    host = request.url.host or request.app[CITY].name
    return f"rtmp://{host}:{rtmp_port(request.app)}/live"


def _page_number(request: web.Request) -> int:
    text: Any = request.query.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 100_000 else 1
