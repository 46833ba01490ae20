"""Drafts with remarks: the visible place where everything they add stands."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, SIGNED_IN, Allow, Feature, Handler, Room, RoomKind, Route, having
from app.i18n import _
from portals.dialog.access import Place
from portals.dialog.blocks import BLOCKS, BlockKind, Contribution, Figure
from portals.dialog.remarks import actions, api, demo, desk_pages, drafting, pages, rules, store, version_store, views
from portals.dialog.remarks.forms import RemarksForm
from portals.dialog.remarks.model import (
    Answer,
    NewRemark,
    Reason,
    RemarkChanged,
    RemarkPage,
    RemarkRow,
    RemarksSettings,
    VersionMade,
    Words,
)
from portals.dialog.rules import MANAGING_ROLES, MODERATING_ROLES

_DESK: Final = having(*MANAGING_ROLES)
_MODERATORS: Final = having(*MODERATING_ROLES)
_BLOCK: Final = r"{block_id:\d{1,18}}"
_PAGES: Final = f"/dialog/{{slug}}/remarks/{_BLOCK}"
_MANAGED: Final = rf"/dialog/manage/{{consultation_id:\d{{1,18}}}}/remarks/{_BLOCK}"
_API: Final = f"/api/dialog/blocks/{_BLOCK}/remarks"
_ONE: Final = r"/api/dialog/remarks/{remark_id:\d{1,18}}"


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    newest = await version_store.newest(tx, place.block.id)
    if newest is None:
        return []
    count = await store.count(tx, place.block.id, newest.id)
    return [
        Figure(_("remarks"), count.shown),
        Figure(_("of them answered"), count.answered),
        Figure(_("of them on paper"), count.paper),
    ]


async def contributions(tx: Tx, _actor: Actor, place: Place) -> Sequence[Contribution]:
    newest = await version_store.newest(tx, place.block.id)
    found = await store.remarks(tx, place.block.id, newest.id) if newest else []
    return [
        Contribution(
            block_id=place.block.id,
            ref=f"remark/{one.id}",
            participant_id=one.participant_id,
            text=one.text,
            at=one.made_at,
            path=f"{place.own_path}#remark-{one.id}",
            visible=one.state == "shown",
            given=rules.given(one),
        )
        for one in found
    ]


async def ready(tx: Tx, place: Place) -> Sequence[str]:
    there = await version_store.newest(tx, place.block.id) is not None
    there = there or await version_store.drafted_elsewhere(tx, place.consultation.id, place.block.id) is not None
    return [] if there else [_("A draft with remarks has no text yet")]


KIND: Final = BlockKind(
    name=views.NAME,
    label=_("Draft with remarks"),
    description=_("A text paragraph by paragraph: people write remarks, the office answers each"),
    icon="edit",
    order=35,
    settings=RemarksSettings,
    form=RemarksForm,
    data=views.data,
    figures=figures,
    contributions=contributions,
    ready=ready,
    account_erased=actions.forget_author,
    copied=drafting.copy_document,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(KIND)
    yield


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _form(path: str, handler: Handler, name: str, max_bytes: int) -> tuple[Route, Route]:
    """A page of the clerk's: shown by GET, taken by POST."""
    return _get(path, handler, _DESK, name), Route(
        method="POST", path=path, handler=handler, allow=_DESK, max_bytes=max_bytes
    )


_JSON: Final = (
    Route(
        method="GET",
        path=_API,
        handler=api.list_remarks,
        allow=ANYONE,
        summary="Remarks on a draft, newest first",
        query=api.Wanted,
        reply=RemarkPage,
    ),
    Route(
        method="GET",
        path=f"{_API}/document",
        handler=api.show_document,
        allow=ANYONE,
        summary="The draft paragraph by paragraph",
        query=api.DocumentVersion,
        reply=api.Document,
    ),
    Route(
        method="POST",
        path=_API,
        handler=api.add_remark,
        allow=SIGNED_IN,
        summary="Write a remark on a paragraph or on words in it",
        body=NewRemark,
        reply=RemarkRow,
        status=201,
    ),
    Route(method="GET", path=_ONE, handler=api.show_remark, allow=ANYONE, summary="One remark", reply=RemarkRow),
    Route(
        method="GET",
        path=f"{_ONE}/history",
        handler=api.show_history,
        allow=ANYONE,
        summary="What a remark said before its author changed it",
        reply=api.History,
    ),
    Route(
        method="PUT",
        path=_ONE,
        handler=api.change_remark,
        allow=SIGNED_IN,
        summary="Change one's own remark",
        body=Words,
        reply=RemarkRow,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/withdraw",
        handler=api.withdraw_remark,
        allow=SIGNED_IN,
        summary="Withdraw one's own remark",
        reply=RemarkRow,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/hide",
        handler=api.hide_remark,
        allow=_MODERATORS,
        summary="Hide a remark and say why",
        body=Reason,
        reply=RemarkRow,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/restore",
        handler=api.restore_remark,
        allow=_MODERATORS,
        summary="Show a hidden remark again",
        reply=RemarkRow,
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/position",
        handler=api.answer_remark,
        allow=_DESK,
        summary="The office's position to a remark",
        body=Answer,
        reply=RemarkRow,
    ),
)

FEATURE = Feature(
    name=views.NAME,
    folder=Path(__file__).parent,
    needs=("dialog",),
    services=(kind_service,),
    routes=(
        _get(rf"{_PAGES}/versions/{{number:\d{{1,6}}}}", pages.show_version, ANYONE, "version"),
        _get(rf"{_PAGES}/compare/{{old:\d{{1,6}}}}/{{new:\d{{1,6}}}}", pages.show_comparison, ANYONE, "compare"),
        _get(f"{_PAGES}/table", pages.show_table, ANYONE, "table"),
        _get(f"{_PAGES}/table.xlsx", pages.send_xlsx, ANYONE, "xlsx"),
        _get(f"{_PAGES}/table.pdf", pages.send_pdf, ANYONE, "pdf"),
        *_form(f"{_MANAGED}/draft", desk_pages.show_draft, "draft", desk_pages.MOST_BYTES + (1 << 21)),
        *_form(f"{_MANAGED}/paper", desk_pages.show_paper, "paper", 1 << 20),
        _get(f"{_MANAGED}/positions", desk_pages.show_positions, _DESK, "positions"),
        Route(
            method="POST",
            path=rf"{_MANAGED}/positions/{{remark_id:\d{{1,18}}}}",
            handler=desk_pages.answer,
            allow=_DESK,
            name="answer",
        ),
        *_JSON,
    ),
    rooms=(
        Room(
            pattern="dialog/remarks/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=views.snapshot,
            events=(RemarkChanged, VersionMade),
            summary="Remarks on a draft: where each stands, and each one that changes",
        ),
    ),
    demo=demo.fill,
)
