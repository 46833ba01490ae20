"""Documents as JSON."""

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.council.records.documents import actions
from portals.council.records.documents.model import Format, Kind


class Wanted(msgspec.Struct, frozen=True):
    """Minutes, votes and attendance as `pdf` or `docx`; a package for the bulletin as `zip`."""

    kind: Kind
    format: Format


async def list_documents(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.document_list(tx, actor, int(request.match_info["session_id"])))


async def order(request: web.Request) -> web.Response:
    wanted = await api.body(request, Wanted)
    actor = await current_actor(request)
    session_id = int(request.match_info["session_id"])
    return api.reply(await actions.order(request.app, actor, session_id, wanted.kind, wanted.format), 202)
