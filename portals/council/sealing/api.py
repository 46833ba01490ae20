"""JSON of breaks and closed parts."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from media.sealed.recorder import SEALED
from portals.council import actions as council
from portals.council.sealing import actions, store
from portals.council.sealing.model import MomentList, NewBreak, NewClosedPart, SealedFigures


async def show_intervals(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.intervals_view(tx, actor, _session_id(request)))


async def show_moments(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await council.access_session(tx, actor, _session_id(request))
        return api.reply(MomentList(await store.moments(tx, session.id)))


async def start_break(request: web.Request) -> web.Response:
    new = await api.body(request, NewBreak)
    actor = await current_actor(request)
    return api.reply(await actions.start_break(request.app, actor, _session_id(request), new), 201)


async def announce_break(request: web.Request) -> web.Response:
    new = await api.body(request, NewBreak)
    actor = await current_actor(request)
    interval = await actions.announce_break(request.app, actor, _session_id(request), _interval_id(request), new)
    return api.reply(interval)


async def close_part(request: web.Request) -> web.Response:
    new = await api.body(request, NewClosedPart)
    actor = await current_actor(request)
    return api.reply(await actions.close_part(request.app, actor, _session_id(request), new), 201)


async def end_interval(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    interval = await actions.end_interval(request.app, actor, _session_id(request), _interval_id(request))
    return api.reply(interval)


async def show_sealed_figures(request: web.Request) -> web.Response:
    """How the sealed recording fares that is being made now."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, _session_id(request))
    state = request.app[SEALED].state(session.stream_id)
    return api.reply(SealedFigures(state.running, state.bytes, state.lost_parts, state.problem))


def _session_id(request: web.Request) -> int:
    return int(request.match_info["session_id"])


def _interval_id(request: web.Request) -> int:
    return int(request.match_info["interval_id"])
