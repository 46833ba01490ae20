"""A form with files, taken in by streaming: the token comes first, then texts, then each file as it arrives."""

from typing import Final

import msgspec
from aiohttp import BodyPartReader, web

from app.errors import Invalid, TooLarge
from app.files.upload import BROKEN_FORM, FILES, Unscanned, Upload, form_parts
from app.forms import CSRF_FIELD, STALE, guard
from app.i18n import LOCALES

MOST_TEXT: Final = 64 * 1024


class Received(msgspec.Struct):
    """Texts by field, files that were taken, and what was wrong with others (already in the reader's language)."""

    texts: dict[str, str]
    uploads: list[Upload]
    refused: list[str]


async def read_upload_form(
    request: web.Request, *, limit_bytes: int, accept: frozenset[str], most_files: int = 1, most_text: int = MOST_TEXT
) -> Received:
    """Raises Invalid when the token does not fit, before any byte of a file is kept.

    `limit_bytes`: of each file; `most_text`: bytes of each text, `TooLarge` beyond. Files after `most_files` are left.
    """
    if request.content_type != "multipart/form-data":
        raise Invalid("Send this as a form with files")
    checker = await guard(request)
    received = Received({}, [], [])
    accepted = False
    try:
        async for part in form_parts(request):
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.filename is None:
                text = await _text(part, most_text)
                received.texts[part.name] = text
                accepted = accepted or (part.name == CSRF_FIELD and checker.accepts(text))
            elif not accepted:
                raise Invalid(STALE)
            elif part.filename and len(received.uploads) < most_files:
                await _take(request, part, received, limit_bytes, accept)
    except BROKEN_FORM:
        raise Invalid("The upload broke off") from None
    if not accepted:
        raise Invalid(STALE)
    return received


async def discard(request: web.Request, uploads: list[Upload]) -> None:
    """Files that nothing refers to."""
    for upload in uploads:
        await request.app[FILES].discard(upload)


async def _text(part: BodyPartReader, most: int) -> str:
    data = bytearray()
    while block := await part.read_chunk(8192):
        data += block
        if len(data) > most:
            raise TooLarge
    return data.decode("utf-8", errors="replace")


async def _take(
    request: web.Request, part: BodyPartReader, received: Received, limit_bytes: int, accept: frozenset[str]
) -> None:
    locale = request.app[LOCALES].choose(request)
    name = part.filename or ""
    try:
        received.uploads.append(await request.app[FILES].receive(part, limit_bytes=limit_bytes, accept=accept))
    except (Invalid, TooLarge, Unscanned) as problem:
        message = (
            next(iter(problem.fields.values()), problem.detail) if isinstance(problem, Invalid) else problem.detail
        )
        text = locale.gettext(message or problem.title)
        received.refused.append(f"{name}: {text % problem.values if problem.values else text}")
        while await part.read_chunk(65536):  # the parts after it can still be read
            pass
