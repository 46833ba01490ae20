"""The clerks' notes: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import Feature, Params, Room, RoomKind, Route, having
from portals.council.feature import room_session_id
from portals.council.notes import actions, api
from portals.council.notes.model import Note, NoteChanged, NotesView, NoteWords
from portals.council.panels import PANELS, Panel
from portals.council.rules import DESK_ROLES

DESK = having(*DESK_ROLES)
NOTES = r"/api/council/sessions/{session_id:\d{1,18}}/notes"


async def notes_snapshot(tx: Tx, actor: Actor, params: Params) -> NotesView:
    return await actions.notes_view(tx, actor, room_session_id(params))


async def panel_service(app: web.Application) -> AsyncIterator[None]:
    app[PANELS].add(Panel(name="notes", data=actions.panel, order=40))
    yield


FEATURE = Feature(
    name="notes",
    folder=Path(__file__).parent,
    needs=("council",),
    routes=(
        Route(
            method="GET",
            path=NOTES,
            handler=api.show_notes,
            allow=DESK,
            summary="The clerks' own notes on a session and its items",
            reply=NotesView,
        ),
        Route(
            method="PUT",
            path=NOTES,
            handler=api.write_note,
            allow=DESK,
            summary="Keep what a clerk has typed into a note",
            body=NoteWords,
            reply=Note,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/notes",
            allow=DESK,
            kind=RoomKind.LATEST,
            snapshot=notes_snapshot,
            events=(NoteChanged,),
            summary="The clerks' own notes on a session and its items",
        ),
    ),
    services=(panel_service,),
)
