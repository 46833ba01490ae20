"""Documents of a session: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Feature, Params, Room, RoomKind, Route, having
from portals.council.feature import room_session_id
from portals.council.panels import PANELS, Panel
from portals.council.records.documents import actions, api, pages
from portals.council.records.documents.jobs import MAKE
from portals.council.records.documents.model import Document, DocumentChanged, DocumentList
from portals.council.rules import DESK_ROLES

OFFICE = having(*DESK_ROLES)
ID = r"{session_id:\d{1,18}}"
DESK = f"/council/desk/{ID}/documents"
SESSION = "/council/sessions/{slug}"


async def snapshot(tx: Tx, actor: Actor, params: Params) -> DocumentList:
    return await actions.document_list(tx, actor, room_session_id(params))


async def setting_service(app: web.Application) -> AsyncIterator[None]:
    app[actions.SETTING] = actions.Setting()
    yield


async def panel_service(app: web.Application) -> AsyncIterator[None]:
    """Residents find the lists below the picture."""
    app[PANELS].add(Panel(name="documents", data=actions.panel, order=80))
    yield


FEATURE = Feature(
    name="documents",
    folder=Path(__file__).parent,
    needs=("council", "votes", "debate", "papers", "sealing", "notes"),
    routes=(
        Route(method="GET", path=DESK, handler=pages.show_documents, allow=OFFICE, name="documents"),
        Route(
            method="GET",
            path=f"{DESK}/{{name:[a-z]+\\.[a-z]+}}",
            handler=pages.send_made,
            allow=OFFICE,
            name="made",
        ),
        Route(method="GET", path=f"{SESSION}/votes.pdf", handler=pages.send_votes, allow=ANYONE, name="votes_pdf"),
        Route(method="GET", path=f"{SESSION}/votes.csv", handler=pages.send_votes_csv, allow=ANYONE, name="votes_csv"),
        Route(
            method="GET",
            path=f"{SESSION}/attendance.pdf",
            handler=pages.send_attendance,
            allow=ANYONE,
            name="attendance_pdf",
        ),
        Route(
            method="GET",
            path=f"/api/council/sessions/{ID}/documents",
            handler=api.list_documents,
            allow=OFFICE,
            summary="Documents that were made of a session, and how far each one is",
            reply=DocumentList,
        ),
        Route(
            method="POST",
            path=f"/api/council/sessions/{ID}/documents",
            handler=api.order,
            allow=OFFICE,
            summary="Make a document of what is known of a session now",
            body=api.Wanted,
            reply=Document,
            status=202,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/documents",
            allow=OFFICE,
            kind=RoomKind.LATEST,
            snapshot=snapshot,
            events=(DocumentChanged,),
            summary="How far the documents of a session are",
        ),
    ),
    jobs=(MAKE,),
    services=(setting_service, panel_service),
)
