"""The JSON side of letters that came by mail."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.post import addressing, releasing, sent_store, store
from portals.helpdesk.post.background import LISTENS
from portals.helpdesk.post.post import POST
from portals.helpdesk.post.reading_out import raw_answer
from portals.helpdesk.post.rows import Address, AddressDraft, LetterLine, Mailbox, Withheld

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


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A letter and the files of it that were kept back. `number`: of its ticket, as it stands in addresses."""

    letter: LetterLine
    number: str
    withheld: list[Withheld]


class CameFree(msgspec.Struct, frozen=True):
    """How many files were kept back until now, and are in the ticket."""

    files: int


class Discarded(msgspec.Struct, frozen=True):
    letters: int


class WaysIn(msgspec.Struct, frozen=True, kw_only=True):
    """How letters come. `lmtp`: where mail servers hand them in, empty: nowhere; `imap`: mailboxes that are read, each
    with how far, and what is wrong; `scanner`: whether files are looked at for malware.
    """

    addresses: list[Address]
    lmtp: str
    imap: dict[str, Mailbox]
    scanner: bool


def _letter_id(request: web.Request) -> int:
    return int(request.match_info["letter_id"])


async def list_letters(request: web.Request) -> web.StreamResponse:
    """`GET /api/helpdesk/letters`"""
    query = api.query(request, LettersQuery)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.letters(tx, waiting_only=query.waiting, before_id=query.before, limit=query.limit)
        waiting, _newest = await store.waiting(tx)
    return api.reply(Letters(waiting, found))


async def show_letter(request: web.Request) -> web.StreamResponse:
    """`GET /api/helpdesk/letters/{letter_id}`"""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        letter = await releasing.access_letter(tx, await current_actor(request), _letter_id(request))
        number = digits_of(letter.ticket_id) if letter.ticket_id else ""
        return api.reply(LetterView(letter=letter, number=number, withheld=await store.withheld(tx, letter.id)))


async def send_raw(request: web.Request) -> web.StreamResponse:
    """`GET /api/helpdesk/letters/{letter_id}/raw`"""
    return await raw_answer(request, _letter_id(request))


async def make_ticket(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/ticket`"""
    ticket = await releasing.make_ticket(request.app[POST], await current_actor(request), _letter_id(request))
    return api.reply(Made(ticket.id, digits_of(ticket.id)), HTTPStatus.CREATED)


async def discard(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/discard`"""
    await releasing.discard(request.app[POST], await current_actor(request), _letter_id(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def discard_storm(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/discard-storm`"""
    count = await releasing.discard_storm(request.app[POST], await current_actor(request), _letter_id(request))
    return api.reply(Discarded(count))


async def restore(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/restore`"""
    await releasing.restore(request.app[POST], await current_actor(request), _letter_id(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def check(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/letters/{letter_id}/check`"""
    free = await releasing.check_again(request.app[POST], await current_actor(request), _letter_id(request))
    return api.reply(CameFree(free))


async def show_ways(request: web.Request) -> web.StreamResponse:
    """`GET /api/helpdesk/mail`"""
    post = request.app[POST]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.addresses(tx)
        mailboxes = await sent_store.mailboxes(tx) if post.settings.imap_host else []
    lmtp = request.app.get(LISTENS, post.settings.lmtp)
    return api.reply(WaysIn(addresses=found, lmtp=lmtp, imap=dict(mailboxes), scanner=post.files.scanner is not None))


async def add_address(request: web.Request) -> web.StreamResponse:
    """`POST /api/helpdesk/mail/addresses`"""
    return api.reply(await _saved(request, 0), HTTPStatus.CREATED)


async def change_address(request: web.Request) -> web.StreamResponse:
    """`PUT /api/helpdesk/mail/addresses/{address_id}`"""
    address_id = int(request.match_info["address_id"])
    if not address_id:
        raise NotFound
    return api.reply(await _saved(request, address_id))


async def _saved(request: web.Request, address_id: int) -> Address:
    draft = await api.body(request, AddressDraft)
    saved = await addressing.save_address(request.app[DATABASE], await current_actor(request), address_id, draft)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.address(tx, saved)
    assert found is not None  # addresses are never removed
    return found
