"""The JSON side of opinion maps: the same actions."""

from typing import Any

import msgspec
from aiohttp import web

from app.api import body, reply
from app.database import DATABASE
from app.wire import current_actor
from portals.dialog.access import access_block
from portals.dialog.opinions import actions, store
from portals.dialog.opinions.actions import KIND
from portals.dialog.opinions.model import Choice, MapRow, Statement


class NewVote(msgspec.Struct, frozen=True):
    """`choice`: 1 agree, −1 disagree, 0 pass; null takes it back."""

    statement: int
    choice: Choice | None


class NextStatement(msgspec.Struct, frozen=True):
    """What comes next; null after the last one. `seen` of `all`."""

    next: Statement | None
    seen: int
    all: int


class NewStatement(msgspec.Struct, frozen=True):
    """One sentence, 10 to 200 characters."""

    text: str


async def show_map(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/opinions`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        row = await actions.map_of(tx, actor, int(request.match_info["block_id"]))
    return reply(row)


async def vote(request: web.Request) -> web.StreamResponse:
    """`POST /api/dialog/blocks/{block_id}/opinions/votes`"""
    new = await body(request, NewVote)
    block_id, actor = int(request.match_info["block_id"]), await current_actor(request)
    following = await actions.vote(request.app[DATABASE], actor, block_id, new.statement, new.choice)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, block_id, KIND)
        seen: dict[int, Any] = await store.own_votes(tx, block_id, place.participant_id or 0)
        shown = len(await store.statements(tx, block_id, "shown"))
    return reply(NextStatement(following, len(seen), shown))


async def suggest(request: web.Request) -> web.StreamResponse:
    """`POST /api/dialog/blocks/{block_id}/opinions/statements`"""
    new = await body(request, NewStatement)
    made = await actions.suggest(
        request.app[DATABASE], await current_actor(request), int(request.match_info["block_id"]), new.text
    )
    return reply(made, 201)


__all__ = ["MapRow", "NewStatement", "NewVote", "NextStatement"]
