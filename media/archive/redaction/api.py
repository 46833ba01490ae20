"""JSON and files of redactions, for those who run sessions; the log is for everybody."""

import asyncio
import os

import msgspec
from aiohttp import hdrs, web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from media.archive.playlist import archive_media_playlist
from media.archive.redaction import actions, store
from media.archive.redaction.model import NewRedaction, RedactionLog
from media.archive.web import open_file, send_file
from media.hls.caption_web import LIVE_CAPTIONS
from media.hls.web import PACKAGERS, PLAYLIST_TYPE
from media.record import store as record_store
from media.record.files import FIRST_PATCH, take_path
from media.record.library import LIBRARY, read_index

PRIVATE = "private, no-store"

REDACTION_TOLD: web.AppKey[actions.RedactionTold] = web.AppKey("redaction_told")
"""Who else hears of another version, in its transaction: what was written down of a recording hangs on it."""


async def list_redactions(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.redaction_list(tx, _stream_id(request)))


async def order_redaction(request: web.Request) -> web.Response:
    new = await api.body(request, NewRedaction)
    actor = await current_actor(request)
    made = await actions.order_redaction(request.app[DATABASE], actor, _stream_id(request), new)
    return api.reply(made, 202)


async def publish_redaction(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    database, library = request.app[DATABASE], request.app[LIBRARY]
    told = request.app.get(REDACTION_TOLD, actions.told_nobody)
    found = await actions.publish_redaction(database, library, actor, _stream_id(request), _redaction_id(request), told)
    # For a minute after its end a session is answered from memory, which knows of no redaction.
    request.app[PACKAGERS].pop(_stream_id(request), None)
    if LIVE_CAPTIONS in request.app:
        request.app[LIVE_CAPTIONS].forget(_stream_id(request))
    return api.reply(found)


async def withdraw_redaction(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    database, library = request.app[DATABASE], request.app[LIBRARY]
    told = request.app.get(REDACTION_TOLD, actions.told_nobody)
    found = await actions.withdraw_redaction(
        database, library, actor, _stream_id(request), _redaction_id(request), told
    )
    return api.reply(found)


async def drop_redaction(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    database, folder = request.app[DATABASE], request.app[LIBRARY].folder
    await actions.drop_redaction(database, folder, actor, _stream_id(request), _redaction_id(request))
    return web.Response(status=204)


async def send_preview(request: web.Request) -> web.StreamResponse:
    """What the public would see: a file of one redaction, published or not."""
    number = int(request.match_info["number"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        row = await store.redaction(tx, _redaction_id(request))
        numbers = await store.patch_numbers(tx, row.id) if row is not None else []
    if row is None or row.stream_id != _stream_id(request) or number not in numbers:
        raise NotFound
    return await _send(request, number)


async def show_log(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(RedactionLog(await actions.redaction_log(tx, _stream_id(request))))


async def show_original(request: web.Request) -> web.Response:
    """The whole recording as it was made, for those who decide what is shown of it."""
    async with request.app[DATABASE].transaction(readonly=True, isolation="repeatable_read") as tx:
        recording = await record_store.recording(tx, _stream_id(request))
        index = await read_index(tx, recording) if recording is not None else None
    if index is None or not index.segments:
        raise NotFound
    plain = msgspec.structs.replace(index, patches=())
    text = await asyncio.to_thread(archive_media_playlist, plain)
    return web.Response(body=text.encode(), headers={hdrs.CONTENT_TYPE: PLAYLIST_TYPE, hdrs.CACHE_CONTROL: PRIVATE})


async def send_original(request: web.Request) -> web.StreamResponse:
    number = int(request.match_info["take"])
    if number >= FIRST_PATCH:
        raise NotFound
    return await _send(request, number)


async def _send(request: web.Request, number: int) -> web.StreamResponse:
    try:
        path = take_path(request.app[LIBRARY].folder, _stream_id(request), number)
        fd, stat = await asyncio.to_thread(open_file, path)
    except (OSError, ValueError):
        raise NotFound from None
    try:
        return await send_file(request, fd, stat, {hdrs.CACHE_CONTROL: PRIVATE, "Access-Control-Allow-Origin": "null"})
    finally:
        os.close(fd)


def _stream_id(request: web.Request) -> str:
    return request.match_info["stream_id"]


def _redaction_id(request: web.Request) -> int:
    return int(request.match_info["redaction_id"])
