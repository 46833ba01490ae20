"""JSON of planning: the agenda written anew (the desk's drag and keys use it), and what is read from a text."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.council.model import ItemDraft
from portals.council.planning import actions
from portals.council.planning.parser import parse_agenda


class AgendaDraft(msgspec.Struct, frozen=True):
    """`agenda_rev`: of the agenda that was edited; another one since is a conflict."""

    agenda_rev: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    items: Annotated[list[ItemDraft], msgspec.Meta(max_length=500)]


class PastedText(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(max_length=200_000)]


async def rewrite_agenda(request: web.Request) -> web.Response:
    draft = await api.body(request, AgendaDraft)
    view = await actions.rewrite_agenda(
        request.app[DATABASE],
        await current_actor(request),
        int(request.match_info["session_id"]),
        draft.items,
        draft.agenda_rev,
    )
    return api.reply(view)


async def read_agenda(request: web.Request) -> web.Response:
    """Nothing is saved: what a pasted text says, to be looked at."""
    pasted = await api.body(request, PastedText)
    return api.reply(parse_agenda(pasted.text))
