"""The public list of removed recordings, clips, and the keys that sign recordings."""

import asyncio
from datetime import datetime

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.pages import render
from app.wire import FEATURES, data_folder, section
from media.archive import store
from media.archive.api import MOST_REMOVALS
from media.archive.downloads import TITLE_OF, send_named
from media.archive.manifest import FORMAT, public_text
from media.archive.model import clip_kind
from media.archive.plan import MANIFEST_NAME
from media.archive.playlist import archive_media_playlist
from media.archive.settings import ArchiveSettings
from media.archive.signing_key import signing_key
from media.archive.store import ClipRow
from media.hls.mark_watch import MARKS_OF
from media.hls.web import CORS, FRESH, MAY_WATCH, PLAYLIST_TYPE, refuse
from media.record.library import LIBRARY
from media.record.timeline import cut


class RemovedLine(msgspec.Struct, frozen=True):
    """A line of the list, for people."""

    title: str
    began_at: datetime
    duration_s: float
    removed_at: datetime
    decided_as: str
    by_rule: bool
    reason: str
    manifest_sha256: str


class SigningKeys(msgspec.Struct, frozen=True):
    """Ed25519 public keys, raw, in base64; the first one signs."""

    format: str
    keys: list[str]


async def show_removed(request: web.Request) -> web.Response:
    """`GET /recordings/removed`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        removals = await store.removals(tx, MOST_REMOVALS)
    titles = {role.name: role.title for feature in request.app[FEATURES] for role in feature.roles}
    lines = [
        RemovedLine(
            title=one.title or await request.app[TITLE_OF](request.app, one.stream_id),
            began_at=one.began_at,
            duration_s=one.duration_s,
            removed_at=one.removed_at or one.decided_at,
            decided_as=titles.get(one.decided_as, one.decided_as),
            by_rule=one.decided_by == "rule",
            reason=one.reason,
            manifest_sha256=one.manifest_sha256,
        )
        for one in removals
    ]
    return await render(request, "archive/removed.html", lines=lines)


async def show_keys(request: web.Request) -> web.Response:
    """`GET /.well-known/gryf-recordings.json`: what recordings are verified with."""
    path = data_folder(request.app) / section(request.app, ArchiveSettings).signing_key
    key = await asyncio.to_thread(signing_key, path)
    response = api.reply(SigningKeys(FORMAT, [public_text(key.public_key())]))
    response.headers.update({**CORS, "Cache-Control": "public, max-age=3600"})
    return response


async def send_manifest(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{stream_id}/manifest.json`."""
    return await send_named(request, request.match_info["stream_id"], MANIFEST_NAME)


async def show_clip(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/clips/{token}`: a playlist of the recording's own bytes."""
    row = await _access_clip(request)
    index = await request.app[LIBRARY].find(row.stream_id) if row is not None else None
    if row is None or index is None:
        return refuse(404)
    offset = index.recording.trim_begin_90k
    begin, end = max(row.begin_90k - offset, 0), row.end_90k - offset
    piece = cut(index, begin, end) if begin < end else None
    if piece is None or not piece.segments:
        return refuse(404)
    marks = await request.app[MARKS_OF](request.app, row.stream_id)
    text = archive_media_playlist(piece, marks, folder=f"../{row.stream_id}/")
    headers = {**CORS, "Content-Type": PLAYLIST_TYPE, "Cache-Control": FRESH}
    return web.Response(body=text.encode(), headers=headers)


async def send_clip(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/clips/{token}/clip.mp4`."""
    row = await _access_clip(request)
    return refuse(404) if row is None else await send_named(request, row.stream_id, f"{clip_kind(row.token)}.mp4")


async def _access_clip(request: web.Request) -> ClipRow | None:
    """None where there is none, or where its stream may not be seen."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        row = await store.clip(tx, request.match_info["token"])
    if row is None or not await request.app[MAY_WATCH](request, row.stream_id):
        return None
    return row
