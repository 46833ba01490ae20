"""JSON of the archive: the same actions as everything else."""

from collections.abc import Iterable

from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from media.archive import actions, removal, store
from media.archive.downloads import TITLE_OF
from media.archive.model import ClipList, KeepRule, NewClip, NewTrim, RecordingView, RemovalList, RemovalReason
from media.archive.products import queue_products
from media.hls.mark_watch import MARKS_OF
from media.hls.marks import Mark
from media.record.library import LIBRARY

MOST_REMOVALS = 1000
"""In one answer; a city removes some dozens a year."""


async def show_recording(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await actions.recording_view(tx, _stream_id(request))
    return api.reply(view)


async def list_clips(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        clips = await actions.clips_of(tx, _stream_id(request))
    return api.reply(ClipList(clips))


async def list_removals(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        removals = await store.removals(tx, MOST_REMOVALS)
    return api.reply(RemovalList(removals))


async def trim(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewTrim)
    return await _trim(request, wanted)


async def undo_trim(request: web.Request) -> web.Response:
    return await _trim(request, None)


async def add_clip(request: web.Request) -> web.Response:
    new = await api.body(request, NewClip)
    actor = await current_actor(request)
    marks: Iterable[Mark] = await request.app[MARKS_OF](request.app, _stream_id(request)) if new.mark else ()
    clip = await actions.add_clip(request.app[DATABASE], actor, _stream_id(request), new, marks)
    return api.reply(clip, 201)


async def drop_clip(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    database, folder = request.app[DATABASE], request.app[LIBRARY].folder
    await actions.drop_clip(database, folder, actor, _stream_id(request), request.match_info["token"])
    return web.Response(status=204)


async def set_keep_rule(request: web.Request) -> web.Response:
    rule = await api.body(request, KeepRule)
    actor = await current_actor(request)
    return api.reply(await removal.set_keep_rule(request.app[DATABASE], actor, _stream_id(request), rule))


async def remove_recording(request: web.Request) -> web.Response:
    said = await api.body(request, RemovalReason)
    actor = await current_actor(request)
    library, stream_id = request.app[LIBRARY], _stream_id(request)
    title = said.title or await request.app[TITLE_OF](request.app, stream_id)
    decision = removal.Decision("person", _role_of(actor), said.reason, title)
    removed = await removal.remove_recording(request.app[DATABASE], library.folder, actor, stream_id, decision)
    library.forget(stream_id)
    return api.reply(removed)


async def make_products(request: web.Request) -> web.Response:
    """What failed is tried again, what is missing is made."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        await actions.access_ended(tx, _stream_id(request))
        await queue_products(tx, _stream_id(request))
        await tx.audit(actor, "recording.make_products", f"recording/{_stream_id(request)}")
        view: RecordingView = await actions.recording_view(tx, _stream_id(request))
    return api.reply(view, 202)


async def _trim(request: web.Request, wanted: NewTrim | None) -> web.Response:
    actor = await current_actor(request)
    view = await actions.trim_recording(request.app[DATABASE], request.app[LIBRARY], actor, _stream_id(request), wanted)
    return api.reply(view)


def _role_of(actor: Actor) -> str:
    """The office under which the public log shows a decision."""
    if not actor.roles:
        raise NotFound
    return min(actor.roles)


def _stream_id(request: web.Request) -> str:
    return request.match_info["stream_id"]
