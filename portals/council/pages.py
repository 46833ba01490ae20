"""Pages of council sessions."""

from typing import Final

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.pages import render
from app.wire import CITY, current_actor, public_url
from media.record.recordings import RECORDINGS
from media.streams import STREAMS
from portals.council import actions, embed, recorded, rules, store
from portals.council.panels import PANELS

PAGE: Final = 20


async def show_home(request: web.Request) -> web.StreamResponse:
    """The city's front door: what is on air, what is coming, what can be watched again."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        live = await store.live_sessions(tx)
        coming = await store.coming_sessions(tx, 3)
        past = await store.past_sessions(tx, 4, 0)
        current = {session.id: rules.current_item(await store.agenda(tx, session.id)) for session in live}
    return await render(request, "council/home.html", live=live, coming=coming, past=past, current=current)


async def show_session(request: web.Request) -> web.StreamResponse:
    """The one address of a session: notice, live picture, archive."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session_by_slug(tx, actor, request.match_info["slug"])
        items = await store.agenda(tx, session.id)
        messages = await store.newest_messages(tx, session.id, actions.CHAT_SHOWN)
        parts = await request.app[PANELS].context(tx, actor, session)
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
        text_only=session.state == "live" and request.query.get("text") == "1",
        page="session",
        **parts,
    )


async def show_screen(request: web.Request) -> web.StreamResponse:
    """The chamber's big screen and the interpreters' booth: the picture within a second, the item in huge type."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session_by_slug(tx, actor, request.match_info["slug"])
        items = await store.agenda(tx, session.id)
        parts = await request.app[PANELS].context(tx, actor, session)
    current = rules.current_item(items)
    return await render(
        request,
        "council/screen.html",
        session=session,
        items=items,
        current=current,
        following=rules.following_item(items),
        live_address=f"/hls/{session.stream_id}/index.m3u8" if session.state == "live" else "",
        page="screen",
        **parts,
    )


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
        parts = await request.app[PANELS].context(tx, actor, session)
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
        page="desk",
        **parts,
    )


async def show_studio(request: web.Request) -> web.StreamResponse:
    """Sends the clerk's own camera, screen and microphone from the browser."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await actions.access_desk(tx, actor, int(request.match_info["session_id"]))
    return await render(request, "council/studio.html", session=session)


def rtmp_url(request: web.Request) -> str:
    """What an encoder is told, with the host the clerk's browser reached us by."""
    from media.feature import rtmp_port

    host = request.url.host or request.app[CITY].name
    return f"rtmp://{host}:{rtmp_port(request.app)}/live"
