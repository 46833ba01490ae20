"""Interpellations as JSON."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.council.records.interpellations import actions, rules, store
from portals.council.records.interpellations.model import Draft, Listing, NewAnswer


class Asked(msgspec.Struct, frozen=True):
    """100 at a time, newest first."""

    state: Literal["", "open", "answered", "withdrawn"] = ""
    councillor: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None
    page: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


async def list_interpellations(request: web.Request) -> web.Response:
    asked = api.query(request, Asked)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.newest(tx, rules.SHOWN, (asked.page - 1) * rules.SHOWN, asked.councillor, asked.state)
    return api.reply(Listing(found))


async def show_interpellation(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.whole(tx, actor, _id(request)))


async def submit(request: web.Request) -> web.Response:
    draft = await api.body(request, Draft)
    return api.reply(await actions.submit(request.app, await current_actor(request), draft), 201)


async def answer(request: web.Request) -> web.Response:
    new = await api.body(request, NewAnswer)
    return api.reply(await actions.answer(request.app, await current_actor(request), _id(request), new), 201)


async def withdraw(request: web.Request) -> web.Response:
    return api.reply(await actions.withdraw(request.app, await current_actor(request), _id(request)))


def _id(request: web.Request) -> int:
    return int(request.match_info["matter_id"])
