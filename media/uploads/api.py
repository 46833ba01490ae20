"""JSON of uploads: send a file, follow it, cancel or remove it, give it captions."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from aiohttp import BodyPartReader, hdrs, web

from app import api
from app.database import DATABASE, Tx
from app.errors import Invalid, TooLarge
from app.files import AUDIO, BROKEN_FORM, FILES, VIDEO, clean_name, form_parts
from app.files import Upload as ReceivedFile
from app.files.sniff import UNKNOWN
from app.i18n import LOCALES
from app.wire import current_actor, section
from media.hls.web import CORS, FRESH, refuse
from media.record.library import LIBRARY
from media.uploads import actions, store
from media.uploads.captions import MOST_BYTES
from media.uploads.model import Upload, UploadView
from media.uploads.settings import UploadSettings

TAKEN: Final = VIDEO | AUDIO | frozenset({"image/gif", UNKNOWN})
"""By content; whether there is something to play in what is unknown here, the worker finds out."""
MIB: Final = 1024 * 1024
LISTED: Final = 100


class UploadName(msgspec.Struct, frozen=True):
    """`name`: how the file is called, where the body is the file itself."""

    name: Annotated[str, msgspec.Meta(max_length=300)] = ""


class CaptionsName(msgspec.Struct, frozen=True):
    """`language`: BCP 47, such as `pl`. `label`: what people choose by."""

    language: Annotated[str, msgspec.Meta(min_length=2, max_length=35)]
    label: Annotated[str, msgspec.Meta(max_length=100)] = ""


class UploadList(msgspec.Struct, frozen=True):
    """Own uploads, newest first."""

    uploads: list[UploadView]


async def receive_upload(request: web.Request) -> web.Response:
    """`POST /api/media/uploads`: the file as the body, or as the first file of a form."""
    actor = await current_actor(request)
    asked = api.query(request, UploadName)
    limit = section(request.app, UploadSettings).limit_mib * MIB
    if request.content_length is not None and request.content_length > limit + MIB:
        raise TooLarge("Files here may have at most %(megabytes)s MB", megabytes=limit // 1_000_000)
    received = await _receive(request, limit, asked.name)
    files = request.app[FILES]
    async with request.app[DATABASE].transaction() as tx:
        file = await files.keep(tx, received, actor.account_id)
        upload = await actions.package_upload(tx, actor, file.id)
        view = await _view(request, tx, upload)
    return api.reply(view, 201)


async def list_uploads(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    assert actor.account_id is not None
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.uploads_of(tx, actor.account_id, LISTED)
        views = [await _view(request, tx, upload) for upload in found]
    return api.reply(UploadList(views))


async def show_upload(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await _view(request, tx, await actions.access_upload(tx, actor, _upload_id(request)))
    return api.reply(view)


async def cancel_upload(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        upload = await actions.access_upload(tx, actor, _upload_id(request), lock=True)
        view = await _view(request, tx, await actions.cancel_upload(tx, actor, upload))
    return api.reply(view)


async def remove_upload(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        upload = await actions.access_upload(tx, actor, _upload_id(request), lock=True)
        await actions.remove_upload(tx, actor, upload)
    if LIBRARY in request.app:
        request.app[LIBRARY].forget(upload.stream_id)
    return web.Response(status=204)


async def attach_captions(request: web.Request) -> web.Response:
    """`POST /api/media/uploads/{upload_id}/captions`: the body is the WebVTT or SRT file."""
    actor = await current_actor(request)
    asked = api.query(request, CaptionsName)
    data = await _small_body(request)
    async with request.app[DATABASE].transaction() as tx:
        upload = await actions.access_upload(tx, actor, _upload_id(request), lock=True)
        changed = await actions.attach_captions(tx, actor, upload, data, asked.language, asked.label)
        view = await _view(request, tx, changed)
    return api.reply(view, 201)


async def remove_captions(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        upload = await actions.access_upload(tx, actor, _upload_id(request), lock=True)
        changed = await actions.remove_captions(tx, actor, upload, int(request.match_info["number"]))
        view = await _view(request, tx, changed)
    return api.reply(view)


async def send_captions(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{stream_id}/captions/{number}.vtt`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        text = await store.captions_text(tx, request.match_info["stream_id"], int(request.match_info["number"]))
    if text is None:
        return refuse(404)
    headers = {**CORS, hdrs.CONTENT_TYPE: "text/vtt; charset=utf-8", hdrs.CACHE_CONTROL: FRESH}
    return web.Response(body=text.encode(), headers=headers)


async def _receive(request: web.Request, limit: int, name: str) -> ReceivedFile:
    """Goes by the content alone: cameras and people name films as they like."""
    source: BodyPartReader | AsyncIterator[bytes]
    if request.content_type == "multipart/form-data":
        try:
            part = await anext(form_parts(request), None)
        except BROKEN_FORM:
            raise Invalid("The upload broke off") from None
        if not isinstance(part, BodyPartReader) or not part.filename:
            raise Invalid(fields={"file": "Choose a file"})
        source, name = _blocks(part), name or part.filename
    else:
        source = request.content.iter_any()
    received = await request.app[FILES].receive(source, limit_bytes=limit, accept=TAKEN)
    return msgspec.structs.replace(received, name=clean_name(name))


async def _blocks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """A form's file without what it says of itself."""
    try:
        while block := await part.read_chunk(65536):
            yield block
    except BROKEN_FORM:
        raise Invalid("The upload broke off") from None


async def _small_body(request: web.Request) -> bytes:
    data = bytearray()
    async for block in request.content.iter_any():
        data += block
        if len(data) > MOST_BYTES:
            raise Invalid("Captions may have at most 2 MB")
    return bytes(data)


async def _view(request: web.Request, tx: Tx, upload: Upload) -> UploadView:
    return await actions.upload_view(tx, upload, request.app[LOCALES].choose(request))


def _upload_id(request: web.Request) -> int:
    return int(request.match_info["upload_id"])
