"""Files of tickets: which kinds are taken from whom, and how a request brings them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from app.files import FILES, StoredFile, Upload, stored_file
from app.files.api_form import read_with_files
from app.files.sniff import DOCUMENTS, IMAGES, OFFICE, TEXTS, VIDEO, ZIP
from app.wire import current_actor
from portals.helpdesk import part_store, store
from portals.helpdesk.access import access_ticket
from portals.helpdesk.model import FILE_BYTES, MOST_FILES

ACCEPTED: Final = IMAGES | DOCUMENTS | OFFICE | TEXTS | VIDEO | {ZIP}
"""Told by the content, whatever a file is called: no programs, no scripts, no SVG or HTML, no macros."""
UPLOADS: Final = MOST_FILES * FILE_BYTES + 1_000_000
"""Most bytes of a request that brings files."""

Struct = TypeVar("Struct", bound=msgspec.Struct)


@asynccontextmanager
async def brought(request: web.Request, kind: type[Struct]) -> AsyncIterator[tuple[Struct, list[Upload]]]:
    """What a program sends, with its files; they are gone again where the block refuses. Raises Invalid by field."""
    found, uploads = await read_with_files(
        request, kind, limit_bytes=FILE_BYTES, accept=ACCEPTED, most_files=MOST_FILES
    )
    try:
        yield found, uploads
    except (Invalid, Conflict, TooMany, NotFound, Forbidden):
        for one in uploads:
            await request.app[FILES].discard(one)
        raise


async def access_file(request: web.Request, ticket_id: int, written: str) -> StoredFile:
    """A file of a ticket, by its id as it stands in an address; notes' files only inside. Raises NotFound."""
    actor = await current_actor(request)
    try:
        file_id = UUID(written)
    except ValueError:
        raise NotFound from None
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket(tx, actor, ticket_id)
        entry = await store.file_entry(tx, [ticket_id, *await part_store.merged_into(tx, ticket_id)], file_id)
        if entry is None or not (entry.public or place.inside):
            raise NotFound
        return await stored_file(tx, file_id)
