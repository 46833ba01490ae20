"""Pages of papers: residents read them, the office puts them there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Invalid, NotFound
from app.files import AUDIO, DOCUMENTS, IMAGES, INLINE, VIDEO, serve, stored_file
from app.files.upload_form import Received, discard, read_upload_form
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor, public_url, section
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import AgendaItem, Session
from portals.council.papers import actions, forms, store
from portals.council.papers.model import Paper
from portals.council.papers.reading import store as reading_store
from portals.council.papers.settings import PapersSettings
from portals.council.rules import can_run

ACCEPTED: Final = DOCUMENTS | IMAGES | AUDIO | VIDEO
MOST_FILES: Final = 50
"""In one form."""
WORDLESS: Final[Mapping[str, str]] = {
    "scan": _("This file holds pictures of text, so the search does not find its words."),
    "locked": _("This file is locked with a password, so the search does not find its words."),
    "broken": _("This file could not be read, so the search does not find its words."),
    "too_large": _("This file is too large to be read, so the search does not find its words."),
    "too_demanding": _("This file is too large to be read, so the search does not find its words."),
}
"""Why the words of a paper are not found. Of kinds that hold none (a film, a table) nobody expects it."""


class ItemPapers(msgspec.Struct, frozen=True):
    """Papers of an item, or of the session as a whole (`item` None)."""

    item: AgendaItem | None
    papers: list[Paper]


def grouped(items: list[AgendaItem], papers: list[Paper]) -> list[ItemPapers]:
    """In the order of the agenda; what belongs to no item stands first."""
    groups = [ItemPapers(None, [one for one in papers if one.item_id is None])]
    groups += [ItemPapers(item, [one for one in papers if one.item_id == item.id]) for item in items]
    return groups


async def _session_papers(tx: Tx, actor: Actor, slug: str) -> tuple[Session, list[AgendaItem], list[Paper]]:
    session = await council.access_session_by_slug(tx, actor, slug)
    return session, await council_store.agenda(tx, session.id), await actions.papers_of(tx, actor, session)


async def list_papers(request: web.Request) -> web.StreamResponse:
    """Every paper of a session, item by item."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session, items, papers = await _session_papers(tx, actor, request.match_info["slug"])
    groups = [one for one in grouped(items, papers) if one.papers]
    return await render(request, "papers/session.html", session=session, groups=groups, now=datetime.now(UTC))


async def show_item(request: web.Request) -> web.StreamResponse:
    """The papers of one item."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session, items, papers = await _session_papers(tx, actor, request.match_info["slug"])
    item = next((one for one in items if one.id == int(request.match_info["item_id"])), None)
    if item is None:
        raise NotFound
    place = items.index(item)
    return await render(
        request,
        "papers/item.html",
        session=session,
        item=item,
        papers=[one for one in papers if one.item_id == item.id],
        before=items[place - 1] if place else None,
        after=items[place + 1] if place + 1 < len(items) else None,
        now=datetime.now(UTC),
    )


async def show_paper(request: web.Request) -> web.StreamResponse:
    """A paper with all its versions; a removed one says why."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        paper = await actions.access_paper(tx, actor, int(request.match_info["paper_id"]))
        session = await council.access_session(tx, actor, paper.session_id)
        item = await council_store.item(tx, session.id, paper.item_id) if paper.item_id else None
        versions = await store.versions(tx, paper.id) if not paper.removed else []
        words = await reading_store.text(tx, paper.id)
    return await render(
        request,
        "papers/paper.html",
        session=session,
        item=item,
        paper=paper,
        versions=versions,
        no_words=WORDLESS.get(words.reason, "") if words is not None and words.number == paper.version else "",
        page=_page(request),
        opens_inline=paper.type in INLINE,
        may_edit=can_run(actor),
        now=datetime.now(UTC),
    )


def _page(request: web.Request) -> int:
    """The page on which something was found; 0: none."""
    asked = request.query.get("page", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0


async def send_version(request: web.Request) -> web.StreamResponse:
    """The bytes: to be looked at where a browser can, to be kept with `?download`."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = int(request.match_info["paper_id"]), int(request.match_info["number"])
        _paper, version = await actions.access_version(tx, actor, *place)
        assert version.file_id is not None  # access_version looks at it
        stored = await stored_file(tx, version.file_id)
    return await serve(request, stored, disposition="attachment" if "download" in request.query else "inline")


async def show_notice(request: web.Request) -> web.StreamResponse:
    """The public notice (zawiadomienie): who meets when and where, about what, with the papers; to be printed too."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await council.access_session_by_slug(tx, actor, request.match_info["slug"])
        items = await council_store.agenda(tx, session.id)
        papers = await actions.papers_of(tx, Actor(), session)
    groups = grouped(items, [one for one in papers if not one.removed])
    return await render(
        request,
        "papers/notice.html",
        session=session,
        groups=groups,
        opening=section(request.app, PapersSettings).opening,
        address=public_url(request, request.app, session.path),
    )


async def show_desk(request: web.Request) -> web.StreamResponse:
    return await _desk(request, int(request.match_info["session_id"]))


async def _desk(
    request: web.Request, session_id: int, form: forms.PaperForm | None = None, refused: list[str] | None = None
) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, session_id)
        items = await council_store.agenda(tx, session.id)
        papers = await store.papers(tx, session.id)
    if form is None:
        form = await forms.paper_form(request, items)
        asked = request.query.get("item", "")
        forms.suggest(request, form, session, int(asked) if asked.isascii() and asked.isdigit() else None)
    return await render(
        request,
        "papers/desk.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors or refused else HTTPStatus.OK,
        session=session,
        items=items,
        groups=grouped(items, papers),
        form=form,
        refused=refused or [],
        limit_bytes=_limit_bytes(request),
        now=datetime.now(UTC),
    )


async def add_papers(request: web.Request) -> web.StreamResponse:
    """Files that are fine are kept, the others are named with what is wrong."""
    session_id = int(request.match_info["session_id"])
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await council.access_desk(tx, actor, session_id)
        items = await council_store.agenda(tx, session.id)
    received = await _read_form(request)
    form = await forms.paper_form(request, items, received.texts)
    if not form.validate() or (received.refused and not received.uploads):
        await discard(request, received.uploads)
        return await _desk(request, session_id, form, received.refused)
    try:
        added = await actions.add_papers(request.app, actor, session_id, received.uploads, forms.draft(request, form))
    except Invalid as problem:
        await discard(request, received.uploads)
        form.take(problem)
        return await _desk(request, session_id, form, received.refused)
    if received.refused:
        return await _desk(request, session_id, None, received.refused)
    await flash(request, _("Added: %(titles)s"), titles=", ".join(one.title for one in added))
    return see_other(f"/council/desk/{session_id}/papers")


async def show_edit(request: web.Request) -> web.StreamResponse:
    return await _edit_page(request)


async def edit_paper(request: web.Request) -> web.StreamResponse:
    actor, paper, _session, items = await _paper_at_desk(request)
    posted = {name: str(value) for name, value in (await request.post()).items()}
    form = await forms.paper_form(request, items, posted)
    if form.validate():
        try:
            await actions.change_paper(request.app[DATABASE], actor, paper.id, forms.draft(request, form))
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"/council/desk/{paper.session_id}/papers")
    return await _edit_page(request, form=form)


async def add_version(request: web.Request) -> web.StreamResponse:
    actor, paper, _session, _items = await _paper_at_desk(request)
    received = await _read_form(request)
    note = received.texts.get("note", "")
    problem = _first_problem(received)
    if not problem:
        try:
            await actions.add_version(request.app, actor, paper.id, received.uploads[0], note)
        except Invalid as refused:
            problem = next(iter(refused.fields.values()), refused.title)
    if problem:
        await discard(request, received.uploads)
        return await _edit_page(request, note=note, version_problem=problem)
    await discard(request, received.uploads[1:])
    await flash(request, _("The new version is there; the older ones stay within reach"))
    return see_other(f"/council/desk/{paper.session_id}/papers")


async def move_paper(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor = await current_actor(request)
    where = "up" if (await request.post()).get("where") == "up" else "down"
    paper = await actions.move_paper(request.app[DATABASE], actor, int(request.match_info["paper_id"]), where)  # type: ignore[arg-type]  # one of the two words
    return see_other(f"/council/desk/{paper.session_id}/papers#paper-{paper.id}")


async def remove_paper(request: web.Request) -> web.StreamResponse:
    actor, paper, _session, _items = await _paper_at_desk(request)
    off = await read(request, forms.RemovalForm)
    if off.validate():
        try:
            await actions.remove_paper(request.app[DATABASE], actor, paper.id, off.reason.data or "")
        except Invalid as problem:
            off.take(problem)
        else:
            await flash(request, _("Removed; its place says so"), "warning")
            return see_other(f"/council/desk/{paper.session_id}/papers")
    return await _edit_page(request, removal=off)


async def _edit_page(
    request: web.Request,
    *,
    form: forms.PaperForm | None = None,
    note: str = "",
    version_problem: str = "",
    removal: forms.RemovalForm | None = None,
) -> web.StreamResponse:
    _actor, paper, session, items = await _paper_at_desk(request)
    if form is None:
        form = await forms.paper_form(request, items, obj=paper)
        forms.fill(request, form, paper)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        versions = await store.versions(tx, paper.id)
    wrong = form.errors or version_problem or (removal is not None and removal.errors)
    return await render(
        request,
        "papers/edit.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        session=session,
        paper=paper,
        versions=versions,
        form=form,
        note=note,
        version_problem=version_problem,
        removal=removal,
        limit_bytes=_limit_bytes(request),
    )


async def _read_form(request: web.Request) -> Received:
    limit_bytes = _limit_bytes(request)
    return await read_upload_form(request, limit_bytes=limit_bytes, accept=ACCEPTED, most_files=MOST_FILES)


async def _paper_at_desk(request: web.Request) -> tuple[Actor, Paper, Session, list[AgendaItem]]:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        paper, session = await actions.access_paper_at_desk(tx, actor, int(request.match_info["paper_id"]))
        return actor, paper, session, await council_store.agenda(tx, session.id)


def _first_problem(received: Received) -> str:
    if received.refused:
        return received.refused[0]
    return "" if received.uploads else _("Choose a file first")


def _limit_bytes(request: web.Request) -> int:
    return section(request.app, PapersSettings).limit_mib * 1024 * 1024
