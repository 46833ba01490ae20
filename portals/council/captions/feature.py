"""Captions of sessions: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.feature import ANYONE, Feature, NavItem, Params, Role, Room, RoomKind, Route, having
from app.i18n import _
from media.archive.redaction.api import REDACTION_TOLD
from media.hls.caption_web import LIVE_CAPTIONS
from portals.council import store as council_store
from portals.council.captions import actions, booth, demo, editing, pages, rules
from portals.council.captions.jobs import JOBS
from portals.council.captions.model import (
    QUEUE_ROOM,
    Booth,
    CaptionLineChanged,
    CaptionLineRemoved,
    CaptionsChanged,
    CaptionTrackChanged,
    CuesChanged,
    CuesReplaced,
    LiveCaptions,
    LiveLineChanged,
    LiveLineRemoved,
    QueueChanged,
    QueueView,
    TrackView,
    TurnChanged,
)
from portals.council.captions.routes import api_routes
from portals.council.model import Session
from portals.council.panels import PANELS, Panel

CAPTIONERS = having(*rules.CAPTION_ROLES)
SESSION_ID = r"{session_id:\d{1,18}}"
DESK = "/council/captions"


def number(params: Params, name: str) -> int:
    """The number in a room's name; what is none names nothing."""
    text = params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)


async def live_snapshot(tx: Tx, actor: Actor, params: Params) -> LiveCaptions:
    return await booth.live_captions(tx, actor, number(params, "session_id"))


async def booth_snapshot(tx: Tx, actor: Actor, params: Params) -> Booth:
    return await booth.booth(tx, actor, number(params, "session_id"))


async def track_snapshot(tx: Tx, actor: Actor, params: Params) -> TrackView:
    return await editing.track_view(tx, actor, number(params, "track_id"))


async def queue_snapshot(tx: Tx, actor: Actor, _params: Params) -> QueueView:
    return await actions.queue_view(tx, actor)


async def session_ended(tx: Tx, _actor: Actor, session: Session) -> None:
    """From now on its captions are waited for."""
    await actions.publish_row(tx, session.id)


async def panel_service(app: web.Application) -> AsyncIterator[None]:
    """Puts captions onto the portal's pages."""
    app[PANELS].add(
        Panel(
            name="captions",
            data=pages.panel,
            order=60,
            tab=_("Transcript"),
            tab_when=pages.has_tab,
            session_ended=session_ended,
        )
    )
    app[REDACTION_TOLD] = actions.tell_withheld
    yield


async def resume_captions(app: web.Application) -> AsyncIterator[None]:
    """After a restart: streams that were captioned name their captions again."""
    if LIVE_CAPTIONS in app:
        async with app[DATABASE].transaction(readonly=True) as tx:
            sessions = [*await council_store.live_sessions(tx), *await council_store.coming_sessions(tx, 20)]
        for session in sessions:
            await booth.resume(app, session)
    yield


FEATURE = Feature(
    name="captions",
    folder=Path(__file__).parent,
    needs=("council", "media", "archive", "speech", "realtime"),
    roles=(Role(name=rules.CAPTIONER, title="Captioner"),),
    nav=(NavItem(label="Captions", path=DESK, allow=CAPTIONERS, order=35, icon="edit"),),
    routes=(
        Route(method="GET", path=DESK, handler=pages.show_queue, allow=CAPTIONERS, name="queue"),
        Route(
            method="GET",
            path=f"{DESK}/sessions/{SESSION_ID}",
            handler=pages.show_session,
            allow=CAPTIONERS,
            name="session",
        ),
        Route(
            method="GET",
            path=f"{DESK}/sessions/{SESSION_ID}/live",
            handler=pages.show_booth,
            allow=CAPTIONERS,
            name="booth",
        ),
        Route(
            method="GET",
            path=rf"{DESK}/{{track_id:\d{{1,18}}}}",
            handler=pages.show_editor,
            allow=CAPTIONERS,
            name="editor",
        ),
        Route(
            method="GET",
            path="/council/sessions/{slug}/captions/{file:[a-z0-9.]{1,20}}",
            handler=pages.send_file,
            allow=ANYONE,
            name="file",
        ),
        *api_routes(CAPTIONERS),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/captions",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=live_snapshot,
            events=(CaptionsChanged, CaptionLineChanged, CaptionLineRemoved),
            summary="What is said in a session, as text",
        ),
        Room(
            pattern="council/session/{session_id}/captioning",
            allow=CAPTIONERS,
            kind=RoomKind.LOG,
            snapshot=booth_snapshot,
            events=(CaptionTrackChanged, LiveLineChanged, LiveLineRemoved, TurnChanged),
            presence=True,
            summary="Captioners at work on a session",
        ),
        Room(
            pattern="council/captions/{track_id}",
            allow=CAPTIONERS,
            kind=RoomKind.LOG,
            snapshot=track_snapshot,
            events=(CaptionTrackChanged, CuesChanged, CuesReplaced),
            presence=True,
            summary="A version of captions while it is corrected",
        ),
        Room(
            pattern=QUEUE_ROOM,
            allow=CAPTIONERS,
            kind=RoomKind.LATEST,
            snapshot=queue_snapshot,
            events=(QueueChanged,),
            summary="Sessions that wait for captions",
        ),
    ),
    jobs=JOBS,
    services=(panel_service, resume_captions),
    demo=demo.fill,
)
