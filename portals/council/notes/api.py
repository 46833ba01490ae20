"""JSON of the clerks' notes."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.council.notes import actions
from portals.council.notes.model import NoteWords


async def show_notes(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.notes_view(tx, actor, int(request.match_info["session_id"])))


async def write_note(request: web.Request) -> web.Response:
    words = await api.body(request, NoteWords)
    actor = await current_actor(request)
    return api.reply(
        await actions.write_note(request.app[DATABASE], actor, int(request.match_info["session_id"]), words)
    )
