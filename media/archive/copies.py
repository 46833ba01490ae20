"""Recordings that are in the S3 store alone, sent on range by range.

Not by redirect: an address that opens a whole file would also open what a trim took out of sight, and pages may only
load from their own origin.
"""

from typing import Final

from aiohttp import hdrs, web

from app.database import DATABASE, Tx
from media.archive import store
from media.archive.cloud import Objects, StoreFailed
from media.archive.downloads import TYPES
from media.archive.files import ASSETS
from media.archive.store import StoredCopy
from media.archive.web import wanted_range
from media.hls.web import CORS, FRESH, IMMUTABLE, refuse
from media.record.library import LIBRARY

OBJECTS: web.AppKey[Objects] = web.AppKey("recording_objects", Objects)
RETRY_S: Final = 30


async def send_copy(request: web.Request, stream_id: str, name: str) -> web.StreamResponse:
    """`name` below the recording's folder. 404 where there is no copy, 503 where the store is away."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        copy = (await store.stored_copies(tx, stream_id)).get(name)
        if copy is None or not await _is_offered(tx, stream_id, copy):
            return refuse(404)
    etag = f'"{copy.sha256[:32]}"'
    is_asset = name.startswith(f"{ASSETS}/")
    headers = {
        **CORS,
        hdrs.CONTENT_TYPE: TYPES.get(f".{name.rpartition('.')[2]}", "application/octet-stream"),
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.ETAG: etag,
        hdrs.CACHE_CONTROL: IMMUTABLE if is_asset and "v" in request.query else FRESH,
    }
    if request.headers.get(hdrs.IF_NONE_MATCH) in {etag, "*"}:
        return web.Response(status=304, headers=headers)
    wanted = wanted_range(request, etag, copy.bytes)
    if wanted is None:
        return web.Response(status=416, headers={**CORS, hdrs.CONTENT_RANGE: f"bytes */{copy.bytes}"})
    begin, end, partial = wanted
    if not is_asset and not await request.app[LIBRARY].shows(stream_id, int(name.partition(".")[0]), begin, end):
        return refuse(404)
    if partial:
        headers[hdrs.CONTENT_RANGE] = f"bytes {begin}-{end - 1}/{copy.bytes}"
    response = web.StreamResponse(status=206 if partial else 200, headers=headers)
    response.content_length = end - begin
    if request.method == hdrs.METH_HEAD:
        await response.prepare(request)
        return response
    return await _forward(request, response, f"{stream_id}/{name}", begin, end)


async def _is_offered(tx: Tx, stream_id: str, copy: StoredCopy) -> bool:
    """A product that a trim withdrew may still lie in the store."""
    if not copy.name.startswith(f"{ASSETS}/"):
        return True
    files = [file for asset in await store.assets(tx, stream_id) for file in asset.files]
    return any(f"{ASSETS}/{file.name}" == copy.name and file.sha256 == copy.sha256 for file in files)


async def _forward(
    request: web.Request, response: web.StreamResponse, key: str, begin: int, end: int
) -> web.StreamResponse:
    try:
        async with request.app[OBJECTS].read(key, begin, end) as blocks:
            left = end - begin
            async for block in blocks:
                if not response.prepared:
                    await response.prepare(request)
                await response.write(block)
                left -= len(block)
        if not left:
            return response
    except (StoreFailed, ConnectionError):  # the store, or the viewer's connection
        if not response.prepared:
            return web.Response(status=503, headers={**CORS, hdrs.RETRY_AFTER: str(RETRY_S)})
    # Cut while it was sent: the connection must not look complete.
    if request.transport is not None:
        request.transport.abort()
    return response
