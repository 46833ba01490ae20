"""The JSON API of the search and of saved views: the same actions as the pages."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.search import ANALYSER
from app.wire import current_actor
from portals.helpdesk.finding import actions, saved
from portals.helpdesk.finding.model import OwnQuestion, Question, ViewDraft


def _view_id(request: web.Request) -> int:
    return int(request.match_info["view_id"])


async def search(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/search?q=…`."""
    return api.reply(await actions.found_or_refused(request, api.query(request, Question)))


async def search_own(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/own/search?q=…`."""
    actor, question = await current_actor(request), api.query(request, OwnQuestion)
    return api.reply(await actions.search_own(request.app[DATABASE], request.app[ANALYSER], actor, question))


async def list_views(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/views`."""
    return api.reply(await saved.list_views(request.app[DATABASE], await current_actor(request)))


async def count_views(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/views/counts`."""
    return api.reply(await saved.count_views(request))


async def add_view(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/views`."""
    draft = await api.body(request, ViewDraft)
    return api.reply(await saved.add_view(request.app[DATABASE], await current_actor(request), draft), 201)


async def change_view(request: web.Request) -> web.Response:
    """`PUT /api/helpdesk/views/{view_id}`: 409 where somebody has changed it since `rev`."""
    draft, actor = await api.body(request, ViewDraft), await current_actor(request)
    return api.reply(await saved.change_view(request.app[DATABASE], actor, _view_id(request), draft))


async def remove_view(request: web.Request) -> web.Response:
    """`DELETE /api/helpdesk/views/{view_id}`: as it was, with the rev for undoing."""
    return api.reply(await saved.remove_view(request.app[DATABASE], await current_actor(request), _view_id(request)))


async def undo_view(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/views/{view_id}/undo/{rev}`."""
    actor, rev = await current_actor(request), int(request.match_info["rev"])
    return api.reply(await saved.undo_view(request.app[DATABASE], actor, _view_id(request), rev))
