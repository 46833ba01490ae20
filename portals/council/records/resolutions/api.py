"""The register of resolutions as JSON."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.council.records.resolutions import actions, rules, store
from portals.council.records.resolutions.model import Draft, Register


class Asked(msgspec.Struct, frozen=True):
    """100 at a time, newest first."""

    year: Annotated[int, msgspec.Meta(ge=1900, le=2200)] | None = None
    page: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


class Change(Draft, frozen=True, kw_only=True):
    """A whole entry, with the `rev` at which it was seen."""

    rev: Annotated[int, msgspec.Meta(ge=1, le=2**62)]


async def list_resolutions(request: web.Request) -> web.Response:
    asked = api.query(request, Asked)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.newest(tx, rules.SHOWN, (asked.page - 1) * rules.SHOWN, asked.year)
    return api.reply(Register(found))


async def show_resolution(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.access_resolution(tx, actor, int(request.match_info["resolution_id"])))


async def enter_resolution(request: web.Request) -> web.Response:
    draft = await api.body(request, Draft)
    resolution = await actions.enter_resolution(request.app[DATABASE], await current_actor(request), draft)
    return api.reply(resolution, 201)


async def change_resolution(request: web.Request) -> web.Response:
    change = await api.body(request, Change)
    actor = await current_actor(request)
    resolution_id = int(request.match_info["resolution_id"])
    return api.reply(await actions.change_resolution(request.app[DATABASE], actor, resolution_id, change.rev, change))
