"""Pages: sealed recordings for their keeper, and a session's recording for those who run it."""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec
import wtforms
from aiohttp import hdrs, web

from app.database import DATABASE
from app.errors import Invalid, NotFound
from app.files.names import clean_name, content_disposition
from app.forms import Form, read
from app.i18n import _
from app.pages import render
from app.wire import current_actor, public_url
from media.archive import actions as archive
from media.archive.redaction import actions as redactions
from media.sealed.envelope import Broken
from media.sealed.files import SealedFile, open_movie, sealed_files
from media.sealed.recorder import SEALED
from portals.council import actions as council
from portals.council import recorded
from portals.council import store as council_store
from portals.council.sealing import actions, store
from portals.council.sealing.model import IntervalReason

SHOWN: Final = 200
PRIVATE: Final = "private, no-store"


class OpenForm(Form):
    """Why a sealed recording is opened."""

    reason = wtforms.TextAreaField(
        _("What it is opened for"),
        description=_("This stands in the audit log, with your name and the time"),
        validators=[wtforms.validators.InputRequired()],
        render_kw={"rows": 3, "maxlength": 1000},
    )


class SealedLine(msgspec.Struct, frozen=True):
    """A line of the keeper's list."""

    part: IntervalReason
    files: int
    bytes: int


async def list_sealed(request: web.Request) -> web.StreamResponse:
    """`GET /council/sealed`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        parts = await store.sealed_parts(tx, SHOWN)
    lines = []
    for part in parts:
        files = await _files(request.app, part)
        lines.append(SealedLine(part, len(files), sum(file.bytes for file in files)))
    return await render(request, "sealing/sealed.html", lines=lines)


async def show_sealed(request: web.Request) -> web.StreamResponse:
    """`GET /council/sealed/{interval_id}`: what there is, and the form that opens it."""
    part = await _part(request)
    return await _sealed_page(request, part, await read(request, OpenForm))


async def send_sealed(request: web.Request) -> web.StreamResponse:
    """`POST /council/sealed/{interval_id}/{number}`: decrypted as it is sent, after the audit line."""
    actor = await current_actor(request)
    part, number = await _part(request), int(request.match_info["number"])
    form = await read(request, OpenForm)
    sealed = request.app[SEALED]
    if number not in {file.number for file in await _files(request.app, part)}:
        raise NotFound
    try:
        if not form.validate():
            return await _sealed_page(request, part, form, 422)
        await actions.open_sealed(request.app, actor, part.id, number, form.reason.data or "")
    except Invalid as problem:
        form.take(problem)
        return await _sealed_page(request, part, form, 422)
    pieces = open_movie(sealed.folder, sealed.key, part.stream_id, str(part.id), number)
    return await _send(request, pieces, f"{part.session_title} - {part.id}-{number}.mp4")


async def show_recording(request: web.Request) -> web.StreamResponse:
    """`GET /council/desk/{session_id}/recording`: trim, clips, redactions, files."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, int(request.match_info["session_id"]))
        if session.state != "ended":
            raise NotFound
        items = await council_store.agenda(tx, session.id)
        view = await archive.recording_view(tx, session.stream_id)
        clips = await archive.clips_of(tx, session.stream_id)
        found = await redactions.redaction_list(tx, session.stream_id)
        moments = await store.moments(tx, session.id)
        parts = await store.closed_parts(tx, session.id)
    chapters = await council.chapters(request.app, session)
    spans = await recorded.spans(request.app, session)
    return await render(
        request,
        "sealing/recording.html",
        session=session,
        items=items,
        parts=parts,
        view=view,
        original=f"/api/media/recordings/{session.stream_id}/original/media.m3u8",
        facts=msgspec.to_builtins({"chapters": chapters, "spans": spans}),
        known=msgspec.to_builtins({"view": view, "clips": clips, "redactions": found, "moments": moments}),
    )


async def show_clip(request: web.Request) -> web.StreamResponse:
    """`GET /council/clips/{token}`: a piece of a session with an address of its own."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        clip = await archive.clip_of(tx, request.match_info["token"])
        found = await council_store.session_by_stream(tx, clip.stream_id)
        if found is None:
            raise NotFound
        session = await council.access_session(tx, actor, found.id)
    return await render(
        request,
        "sealing/clip.html",
        clip=clip,
        session=session,
        facts={"chapters": [], "spans": []},
        clip_url=public_url(request, request.app, request.path),
    )


async def show_log(request: web.Request) -> web.StreamResponse:
    """`GET /council/sessions/{slug}/redactions`: the public log of what the recording leaves out."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await council.access_session_by_slug(tx, actor, request.match_info["slug"])
        lines = await redactions.redaction_log(tx, session.stream_id)
    return await render(request, "sealing/log.html", session=session, lines=lines)


async def _part(request: web.Request) -> IntervalReason:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return await actions.access_sealed(tx, actor, int(request.match_info["interval_id"]))


async def _files(app: web.Application, part: IntervalReason) -> list[SealedFile]:
    sealed = app[SEALED]
    return await asyncio.to_thread(sealed_files, sealed.folder, sealed.key, part.stream_id, str(part.id))


async def _sealed_page(
    request: web.Request, part: IntervalReason, form: OpenForm, status: int = 200
) -> web.StreamResponse:
    files = await _files(request.app, part)
    return await render(request, "sealing/sealed_part.html", status=status, part=part, files=files, form=form)


async def _send(request: web.Request, pieces: Iterator[bytes], name: str) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "video/mp4",
            hdrs.CACHE_CONTROL: PRIVATE,
            hdrs.CONTENT_DISPOSITION: content_disposition("attachment", clean_name(name)),
        }
    )
    first = await asyncio.to_thread(next, pieces, b"")
    await response.prepare(request)
    try:
        while first:
            await response.write(first)
            first = await asyncio.to_thread(next, pieces, b"")
    except Broken:
        # What was sent so far must not look whole.
        if request.transport is not None:
            request.transport.abort()
    return response
