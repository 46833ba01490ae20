"""Papers, the public notice, invitations: the visible place where everything this part adds stands."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.feature import ANYONE, Allow, Feature, Handler, Job, Params, Room, RoomKind, Route, having
from app.wire import current_actor
from portals.council import actions as council
from portals.council.feature import room_session_id
from portals.council.model import Session
from portals.council.panels import PANELS, Panel
from portals.council.papers import actions, demo, invitation_pages, invitations, pages
from portals.council.papers.model import Paper, PaperChanged, PaperHidden, PapersView
from portals.council.papers.reading.jobs import JOBS as READING
from portals.council.papers.settings import PapersSettings
from portals.council.planning.hooks import PLANNING
from portals.council.rules import COUNCILLOR, DESK_ROLES

_DESK = having(*DESK_ROLES)
_ALL = having(*DESK_ROLES, COUNCILLOR)
_SESSION = r"/council/desk/{session_id:\d{1,18}}"
_PAPER = r"/council/papers/{paper_id:\d{1,18}}"
MOST_BODY: Final = 1 << 50
"""The setting `limit_mib` is what counts; the handler looks at each file."""


class PapersPanel(msgspec.Struct, frozen=True):
    """What the session's pages get: papers the actor may see, by item (0: of the session as a whole)."""

    by_item: dict[int, list[Paper]]
    room: str
    total: int


class ReleaseDue(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def panel(tx: Tx, actor: Actor, session: Session) -> PapersPanel:
    papers = await actions.papers_of(tx, actor, session)
    by_item: dict[int, list[Paper]] = {}
    for paper in papers:
        by_item.setdefault(paper.item_id or 0, []).append(paper)
    room = f"council/session/{session.id}/papers" + ("/councillors" if _ALL.admits(actor) else "")
    return PapersPanel(by_item, room, len(papers))


async def papers_service(app: web.Application) -> AsyncIterator[None]:
    """Joins the session's pages, and listens to planning."""
    app[PANELS].add(Panel(name="papers", data=panel, order=20))
    app[PLANNING].add(partial(invitations.session_replanned, app))
    yield


async def public_snapshot(tx: Tx, actor: Actor, params: Params) -> PapersView:
    return await actions.papers_view(tx, actor, room_session_id(params))


async def councillors_snapshot(tx: Tx, actor: Actor, params: Params) -> PapersView:
    return await actions.councillors_view(tx, actor, room_session_id(params))


async def show_papers(request: web.Request) -> web.Response:
    """JSON of what the asker may see."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await council.access_session(tx, actor, int(request.match_info["session_id"]))
        return api.reply(PapersView(await actions.papers_of(tx, actor, session)))


async def release(database: Database, _payload: ReleaseDue) -> None:
    await actions.release_due(database, datetime.now(UTC))


def _page(method: str, path: str, handler: Handler, allow: Allow, name: str = "", max_bytes: int = 1 << 20) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, name=name, max_bytes=max_bytes)


FEATURE = Feature(
    name="papers",
    folder=Path(__file__).parent,
    needs=("council", "members", "mail"),
    settings=PapersSettings,
    routes=(
        _page("GET", "/council/sessions/{slug}/papers", pages.list_papers, ANYONE, "session"),
        _page("GET", r"/council/sessions/{slug}/items/{item_id:\d{1,18}}", pages.show_item, ANYONE, "item"),
        _page("GET", "/council/sessions/{slug}/notice", pages.show_notice, ANYONE, "notice"),
        _page("GET", _PAPER, pages.show_paper, ANYONE, "paper"),
        _page("GET", _PAPER + r"/v{number:\d{1,6}}", pages.send_version, ANYONE, "version"),
        _page("GET", f"{_SESSION}/papers", pages.show_desk, _DESK, "desk"),
        _page("POST", f"{_SESSION}/papers", pages.add_papers, _DESK, max_bytes=MOST_BODY),
        _page("GET", f"{_PAPER}/edit", pages.show_edit, _DESK, "edit"),
        _page("POST", f"{_PAPER}/edit", pages.edit_paper, _DESK),
        _page("POST", f"{_PAPER}/versions", pages.add_version, _DESK, "add_version", MOST_BODY),
        _page("POST", f"{_PAPER}/move", pages.move_paper, _DESK, "move"),
        _page("POST", f"{_PAPER}/remove", pages.remove_paper, _DESK, "remove"),
        _page("GET", f"{_SESSION}/invitations", invitation_pages.show_invitations, _DESK, "invitations"),
        _page("POST", f"{_SESSION}/invitations", invitation_pages.send_invitations, _DESK),
        Route(
            method="GET",
            path=r"/api/council/sessions/{session_id:\d{1,18}}/papers",
            handler=show_papers,
            allow=ANYONE,
            summary="Papers of a session with their newest versions",
            reply=PapersView,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/papers",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=public_snapshot,
            events=(PaperChanged, PaperHidden),
            summary="Public papers of a session",
        ),
        Room(
            pattern="council/session/{session_id}/papers/councillors",
            allow=_ALL,
            kind=RoomKind.LATEST,
            snapshot=councillors_snapshot,
            events=(PaperChanged,),
            summary="The same with papers for councillors only",
        ),
    ),
    jobs=(Job(name="papers.release", payload=ReleaseDue, run=release, cron="* * * * *"), *READING),
    services=(papers_service,),
    demo=demo.fill,
)
