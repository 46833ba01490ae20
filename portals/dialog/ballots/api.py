"""The JSON side of votes: the same actions."""

import msgspec
from aiohttp import web

from app.api import body, reply
from app.database import DATABASE
from app.wire import current_actor
from portals.dialog.access import access_block
from portals.dialog.ballots import actions, rules, views
from portals.dialog.ballots.model import Option, Turnout, VoteResult, VoteSettings
from portals.dialog.ballots.urn import URN


class Mark(msgspec.Struct, frozen=True):
    """`value`: 1 (chosen), points, or the place in a ranking."""

    option: int
    value: int = 1


class NewBallot(msgspec.Struct, frozen=True):
    """What somebody chooses."""

    marks: list[Mark]


class Receipt(msgspec.Struct, frozen=True):
    """Told once. After the close the ballot stands under it in the public list; empty where the vote is not secret."""

    receipt: str
    changed: bool


class Ballot(msgspec.Struct, frozen=True):
    """What one may choose from, by which rules, and whether the reader has voted."""

    rules: VoteSettings
    options: list[Option]
    voted: bool
    turnout: Turnout


async def show_ballot(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/ballots`"""
    actor = await current_actor(request)
    block_id = int(request.match_info["block_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, block_id, actions.KIND)
        view = await views.view(tx, actor, place)
        turnout = await actions.turnout_now(tx, block_id)
    return reply(Ballot(view.rules, view.options, view.voted, turnout))


async def cast(request: web.Request) -> web.StreamResponse:
    """`POST /api/dialog/blocks/{block_id}/ballots`"""
    new = await body(request, NewBallot)
    block_id = int(request.match_info["block_id"])
    marks = {one.option: one.value for one in new.marks}
    actor = await current_actor(request)
    taken = await actions.cast(request.app[DATABASE], request.app[URN], actor, block_id, marks)
    return reply(Receipt(rules.shown_receipt(taken.receipt), taken.changed), 201)


async def show_result(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/ballots/result`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        _place, _vote, _options, result = await actions.results(tx, actor, int(request.match_info["block_id"]))
    return reply(result)


__all__ = ["Ballot", "NewBallot", "Receipt", "VoteResult", "cast", "show_ballot", "show_result"]
