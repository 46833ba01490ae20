"""The JSON side of letters that came by mail."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.helpdesk.post import releasing, store
from portals.helpdesk.post.post import POST
from portals.helpdesk.post.rows import LetterLine

MOST = 200


class LettersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`before`: only those with a smaller id, for the next page; `waiting`: only those that wait for a decision."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None
    waiting: bool = True
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


class Letters(msgspec.Struct, frozen=True):
    waiting: int
    letters: list[LetterLine]


class Made(msgspec.Struct, frozen=True):
    """The ticket's number as it stands in addresses."""

    ticket_id: int
    number: str


async def list_letters(request: web.Request) -> web.StreamResponse:
    """`GET /api/helpdesk/letters`"""
    query = api.query(request, LettersQuery)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.letters(tx, waiting_only=query.waiting, before_id=query.before, limit=query.limit)
        waiting, _newest = await store.waiting(tx)
    return api.reply(Letters(waiting, found))


async def make_ticket(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/ticket`"""
    letter_id = int(request.match_info["letter_id"])
    ticket = await releasing.make_ticket(request.app[POST], await current_actor(request), letter_id)
    return api.reply(Made(ticket.id, ticket.number), HTTPStatus.CREATED)


async def discard(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/discard`"""
    letter_id = int(request.match_info["letter_id"])
    await releasing.discard(request.app[POST], await current_actor(request), letter_id)
    return web.Response(status=HTTPStatus.NO_CONTENT)
