"""Hands files out: ranges, validators, and headers that keep a user's content from acting as ours."""

from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web

from app.files.names import Disposition, content_disposition
from app.files.ranges import ByteRange, Unsatisfiable, requested_range
from app.files.sniff import AUDIO, IMAGES, VIDEO
from app.files.store import StoredFile
from app.files.upload import FILES

INLINE: Final = IMAGES | AUDIO | VIDEO | frozenset({"application/pdf", "text/plain", "text/vtt"})
"""Types a browser shows without running anything of them."""


async def serve(
    request: web.Request,
    stored: StoredFile,
    *,
    disposition: Disposition = "attachment",
    allow_inline: frozenset[str] = INLINE,
    cache_control: str = "private, no-cache",
) -> web.StreamResponse:
    """Answers GET and HEAD. The caller has checked that this actor may have the file.

    `inline` is granted to types in both `allow_inline` and `INLINE`; all else is downloaded. Several ranges at once get
    the whole file. Raises NotFound where the bytes are gone.
    """
    storage = request.app[FILES].storage
    inline = disposition == "inline" and stored.type in allow_inline & INLINE
    headers = _headers(stored, "inline" if inline else "attachment", cache_control)
    if _matches(request.headers.get("If-None-Match"), headers["ETag"]):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        part = _part(request, stored, headers)
    except Unsatisfiable:
        return web.Response(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{stored.bytes}"}
        )
    wanted = part or ByteRange(0, stored.bytes)
    response = web.StreamResponse(status=HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK, headers=headers)
    response.content_type = stored.type
    if stored.type.startswith("text/"):
        response.charset = "utf-8"
    response.content_length = wanted.end - wanted.start
    if part:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{stored.bytes}"
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    blocks = storage.read(stored.id, wanted.start, wanted.end)
    first = await anext(blocks, b"")  # before the headers: what is gone must still become a 404
    await response.prepare(request)
    await response.write(first)
    async for block in blocks:
        await response.write(block)
    await response.write_eof()
    return response


def _headers(stored: StoredFile, disposition: Disposition, cache_control: str) -> dict[str, str]:
    return {
        "ETag": f'"{stored.sha256[:32]}"',
        "Last-Modified": format_datetime(stored.created_at, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        "Content-Disposition": content_disposition(disposition, stored.name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _matches(header: str | None, etag: str) -> bool:
    """If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    if header is None:
        return False
    return header.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _part(request: web.Request, stored: StoredFile, headers: dict[str, str]) -> ByteRange | None:
    wanted = request.headers.get("Range")
    condition = request.headers.get("If-Range")
    if wanted is None or (condition is not None and condition not in {headers["ETag"], headers["Last-Modified"]}):
        return None
    return requested_range(wanted, stored.bytes)
