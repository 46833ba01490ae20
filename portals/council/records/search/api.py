"""The search as JSON."""

from aiohttp import web

from app import api
from portals.council.records.search import actions
from portals.council.records.search.pages import question_of


async def show_results(request: web.Request) -> web.Response:
    return api.reply(await actions.search(request.app, question_of(request)))
