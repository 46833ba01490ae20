"""Pages of captions: the queue, the captioner's page, upload, the editor, files; and the panel on a session's page."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import hdrs, web

from app import api as json_api
from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor, section
from media.speech.model import SpokenCue
from media.speech.settings import Engine, SpeechSettings
from media.speech.writing import write_srt, write_text, write_vtt
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.captions import actions, booth, rules, store, transcript
from portals.council.captions.api import Which
from portals.council.captions.languages import own_name
from portals.council.captions.model import PublicLine, PublicTrack, QueueRow, Track
from portals.council.captions.rules import can_caption
from portals.council.model import Session

WRITERS: Final[dict[str, tuple[str, Callable[[list[SpokenCue]], str]]]] = {
    "vtt": ("text/vtt", write_vtt),
    "srt": ("application/x-subrip", write_srt),
    "txt": ("text/plain", write_text),
}


class Due(msgspec.Struct, frozen=True):
    """Until when a session's captions must be there, in the city's days. `left` None: nothing runs."""

    row: QueueRow
    day: date | None
    left: int | None
    soon: bool


class PlayerTrack(msgspec.Struct, frozen=True):
    """Captions for the player of a recording."""

    src: str
    language: str
    label: str


class CaptionsPanel(msgspec.Struct, frozen=True):
    """What a session's page shows of captions. `lines`: the newest typed ones, while it goes on."""

    live: bool
    tracks: list[PlayerTrack]
    shown: PublicTrack | None
    versions: list[PublicTrack]
    lines: list[PublicLine]
    may_caption: bool


async def show_queue(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await actions.queue_view(tx, actor)
    zone = ZoneInfo(request.app[CITY].time_zone)
    rows = [due(row, datetime.now(UTC), zone) for row in view.rows]
    waiting = sorted((one for one in rows if one.left is not None), key=lambda one: one.left or 0)
    return await render(
        request,
        "captions/queue.html",
        rows=rows,
        late=sum(1 for one in waiting if (one.left or 0) < 0),
        soon=sum(1 for one in waiting if one.soon),
        waiting=len(waiting),
        days=rules.DAYS,
        may_withdraw=rules.can_withdraw(actor),
        own_name=own_name,
    )


def due(row: QueueRow, now: datetime, zone: ZoneInfo) -> Due:
    if row.recorded_at is None:
        return Due(row, None, None, soon=False)
    day = rules.due_on(row.recorded_at, zone)
    if row.published_version:
        return Due(row, day, None, soon=False)
    left = rules.days_left(row.recorded_at, now, zone)
    return Due(row, day, left, soon=left < rules.SOON_DAYS)


async def show_session(request: web.Request) -> web.StreamResponse:
    """Everything that is there of one session's captions, and what can be done next."""
    actor, session_id = await current_actor(request), int(request.match_info["session_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_captioning(tx, actor, session_id)
        held = await store.held_session(tx, session_id)
        tracks = await store.tracks(tx, [session_id])
    assert held is not None
    return await render(
        request,
        "captions/session.html",
        session=session,
        due=due(actions.queue_row(held, tracks), datetime.now(UTC), ZoneInfo(request.app[CITY].time_zone)),
        tracks=[track for track in tracks if track.state != "removed"],
        languages=_languages(request, tracks),
        can_draft=_speech(request).engine is not Engine.NONE,
        may_withdraw=rules.can_withdraw(actor),
        own_name=own_name,
        days=rules.DAYS,
    )


async def show_booth(request: web.Request) -> web.StreamResponse:
    """The captioner's page: the picture at low latency, one field to type in, the last lines to mend."""
    actor, session_id = await current_actor(request), int(request.match_info["session_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await booth.booth(tx, actor, session_id)
        items = await council_store.agenda(tx, session_id)
        speakers = await store.speakers_known(tx)
    return await render(
        request,
        "captions/booth.html",
        session=view.session,
        view=view,
        current=next((item for item in items if item.state == "current"), None),
        speakers=speakers,
        languages=_languages(request, []),
        longest=rules.LONGEST_LINE,
        live_address=f"/hls/{view.session.stream_id}/index.m3u8" if view.session.state == "live" else "",
    )


async def show_editor(request: web.Request) -> web.StreamResponse:
    """The picture beside the words."""
    actor, track_id = await current_actor(request), int(request.match_info["track_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        track, session = await actions.access_track(tx, actor, track_id)
        shown = await actions.shown_of(tx, session)
        speakers = await store.speakers_known(tx)
        recorded = await store.held_session(tx, session.id)
    return await render(
        request,
        "captions/editor.html",
        session=session,
        track=track,
        editable=rules.is_editable(track, session),
        publishable=rules.is_publishable(track, session) and session.state == "ended",
        may_withdraw=rules.can_withdraw(actor),
        shift_ms=shown.begin_ms,
        has_recording=recorded is not None and recorded.recorded_at is not None,
        recording_address=f"/recordings/{session.stream_id}/index.m3u8",
        speakers=speakers,
        own_name=own_name,
    )


async def send_file(request: web.Request) -> web.StreamResponse:
    """`GET /council/sessions/{slug}/captions/{file}`: `pl.vtt`, `pl.srt`, `pl.txt`, of `?version=` too."""
    language, _dot, suffix = request.match_info["file"].partition(".")
    if suffix not in WRITERS:
        raise NotFound
    asked = json_api.query(request, Which)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True, isolation="repeatable_read") as tx:
        session = await council.access_session_by_slug(tx, actor, request.match_info["slug"])
        track, _session, cues = await transcript.words_of(tx, actor, session.id, language, asked.version)
    kind, write = WRITERS[suffix]
    content = write(transcript.as_spoken(cues, request.app[LOCALES].get(track.language))).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.ETAG: etag}
    if request.headers.get(hdrs.IF_NONE_MATCH) == etag:
        return web.Response(status=304, headers=headers)
    if suffix != "vtt" or "download" in request.query:
        name = f"{session.slug}-{language}-v{track.version}.{suffix}"
        headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}"'
    response = web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)
    response.enable_compression()
    return response


async def panel(tx: Tx, actor: Actor, session: Session) -> CaptionsPanel:
    """What the session's page gets."""
    tracks = await store.public_tracks(tx, session.id)
    typed = await booth.live_captions(tx, actor, session.id) if session.state == "live" else None
    players = [
        PlayerTrack(f"{session.path}/captions/{track.language}.vtt", track.language, own_name(track.language))
        for track in tracks
        if session.state == "ended"
    ]
    return CaptionsPanel(
        live=session.state == "live",
        tracks=players,
        shown=tracks[0] if tracks else None,
        versions=await store.reachable_versions(tx, session.id),
        lines=typed.lines if typed is not None else [],
        may_caption=can_caption(actor),
    )


def has_tab(data: msgspec.Struct, session: Session) -> bool:
    """The transcript: as soon as captions could come."""
    assert isinstance(data, CaptionsPanel)
    return session.state == "live" or data.shown is not None


def _languages(request: web.Request, tracks: list[Track]) -> list[tuple[str, str]]:
    codes = dict.fromkeys([*request.app[CITY].languages, *(track.language for track in tracks)])
    return [(code, own_name(code)) for code in codes]


def _speech(request: web.Request) -> SpeechSettings:
    return section(request.app, SpeechSettings)
