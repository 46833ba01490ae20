"""JSON of remarks: what the page's script calls, and programs."""

from typing import Annotated
from uuid import UUID

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from portals.dialog.access import access_block
from portals.dialog.remarks import actions, store, version_store, views
from portals.dialog.remarks.model import (
    Answer,
    NewRemark,
    Paragraph,
    Reason,
    RemarkPage,
    RemarkRow,
    Version,
    Wording,
    Words,
)
from portals.dialog.remarks.views import NAME, NEWEST


class Wanted(msgspec.Struct, frozen=True):
    """`paragraph`: only remarks on this one; «lost»: those without a place. `before`: older than this one.

    `version`: as the text stood then; 0: the newest.
    """

    paragraph: Annotated[str, msgspec.Meta(max_length=36)] = ""
    before: Annotated[int, msgspec.Meta(ge=1, le=2**62)] = NEWEST
    version: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class Document(msgspec.Struct, frozen=True):
    """A version with its paragraphs, and the numbers of all versions."""

    version: Version
    paragraphs: list[Paragraph]
    versions: list[int]


class DocumentVersion(msgspec.Struct, frozen=True):
    """0: the newest."""

    version: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class History(msgspec.Struct, frozen=True):
    """What a remark said before, oldest first."""

    wordings: list[Wording]


async def list_remarks(request: web.Request) -> web.Response:
    wanted = api.query(request, Wanted)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, _block_id(request), NAME)
        version = (
            await version_store.version(tx, place.block.id, wanted.version)
            if wanted.version
            else await version_store.newest(tx, place.block.id)
        )
        ordinal: int | None = None
        if wanted.paragraph == "lost":
            ordinal = 0
        elif wanted.paragraph and version is not None:
            paragraph = await version_store.paragraph(tx, version.id, _uuid(wanted.paragraph))
            if paragraph is None:
                raise NotFound
            ordinal = paragraph.ordinal
        found: RemarkPage = await views.page(tx, place, version, ordinal, wanted.before)
    return api.reply(found)


async def show_document(request: web.Request) -> web.Response:
    asked = api.query(request, DocumentVersion).version
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, _block_id(request), NAME)
        versions = await version_store.versions(tx, place.block.id)
        version = next((one for one in versions if one.number == asked or not asked), None)
        if version is None:
            raise NotFound
        paragraphs = await version_store.paragraphs(tx, version.id)
    return api.reply(Document(version, paragraphs, [one.number for one in versions]))


async def show_remark(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, await store.block_of(tx, _id(request)) or 0, NAME)
        version = await version_store.newest(tx, place.block.id)
        if version is None:
            raise NotFound
        found: RemarkRow = await views.row_of(tx, _id(request), version)
    return api.reply(found)


async def show_history(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, await store.block_of(tx, _id(request)) or 0, NAME)
        version = await version_store.newest(tx, place.block.id)
        remark = await store.remark(tx, _id(request), version.id) if version else None
        if remark is None or (remark.state != "shown" and not place.may_moderate):
            raise NotFound
        found = await store.wordings(tx, remark.id)
    return api.reply(History(found))


async def add_remark(request: web.Request) -> web.Response:
    new = await api.body(request, NewRemark)
    row = await actions.add_remark(request.app[DATABASE], await current_actor(request), _block_id(request), new)
    return api.reply(row, 201)


async def change_remark(request: web.Request) -> web.Response:
    words = await api.body(request, Words)
    row = await actions.change_remark(request.app[DATABASE], await current_actor(request), _id(request), words)
    return api.reply(row)


async def withdraw_remark(request: web.Request) -> web.Response:
    return api.reply(await actions.withdraw_remark(request.app[DATABASE], await current_actor(request), _id(request)))


async def hide_remark(request: web.Request) -> web.Response:
    reason = (await api.body(request, Reason)).reason
    row = await actions.hide_remark(request.app[DATABASE], await current_actor(request), _id(request), reason)
    return api.reply(row)


async def restore_remark(request: web.Request) -> web.Response:
    return api.reply(await actions.restore_remark(request.app[DATABASE], await current_actor(request), _id(request)))


async def answer_remark(request: web.Request) -> web.Response:
    answer = await api.body(request, Answer)
    row = await actions.answer_remark(request.app[DATABASE], await current_actor(request), _id(request), answer)
    return api.reply(row)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _block_id(request: web.Request) -> int:
    return int(request.match_info["block_id"])


def _id(request: web.Request) -> int:
    return int(request.match_info["remark_id"])
