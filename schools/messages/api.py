"""JSON of messages. Files go with the pages' forms."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from schools.messages import actions
from schools.messages.model import Draft, InboxView, Reply, Thread
from schools.register.api import school_id_of
from schools.structure.rules import plain_letters
from schools.structure.tenancy import school_transaction


class Search(msgspec.Struct, frozen=True):
    """`q`: words of a subject, of a message, or a name."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Reminded(msgspec.Struct, frozen=True):
    people: int


def thread_id_of(request: web.Request) -> int:
    return int(request.match_info["thread_id"])


async def show_inbox(request: web.Request) -> web.Response:
    actor, words = await current_actor(request), plain_letters(api.query(request, Search).q.strip())
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        found: InboxView = await actions.inbox(tx, actor, school_id_of(request), words)
    return api.reply(found)


async def show_thread(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(await actions.thread_view(tx, actor, school_id_of(request), thread_id_of(request)))


async def show_receipts(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(await actions.receipts_view(tx, actor, school_id_of(request), thread_id_of(request)))


async def send(request: web.Request) -> web.Response:
    draft = await api.body(request, Draft)
    actor = await current_actor(request)
    thread: Thread = await actions.send(request.app[DATABASE], actor, school_id_of(request), draft)
    return api.reply(thread, 201)


async def reply(request: web.Request) -> web.Response:
    wanted = await api.body(request, Reply)
    actor = await current_actor(request)
    thread = await actions.reply(
        request.app[DATABASE], actor, school_id_of(request), thread_id_of(request), wanted.text
    )
    return api.reply(thread, 201)


async def mark_read(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    await actions.read(request.app[DATABASE], actor, school_id_of(request), thread_id_of(request))
    return web.Response(status=204)


async def confirm(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    await actions.confirm(request.app[DATABASE], actor, school_id_of(request), thread_id_of(request))
    return web.Response(status=204)


async def remind(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    people = await actions.remind(request.app[DATABASE], actor, school_id_of(request), thread_id_of(request))
    return api.reply(Reminded(people))
