"""The office's pages of a draft: its versions, remarks from paper, the positions."""

import asyncio
import io
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, Invalid, NotFound, TooLarge
from app.files import FILES
from app.files.sniff import type_by_name
from app.forms import read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.dialog.access import Place, access_block_to_manage
from portals.dialog.desk_pages import unposted
from portals.dialog.participation import known_names
from portals.dialog.remarks import actions, drafting, reading, store, version_store, views
from portals.dialog.remarks.drafting import Prepared
from portals.dialog.remarks.forms import DraftForm, PaperForm, PositionForm
from portals.dialog.remarks.model import Answer, Line, PaperRemark, Paragraph, Position
from portals.dialog.remarks.pages import SHOWS, page_number
from portals.dialog.remarks.views import NAME
from portals.dialog.remarks.word import docx_text

MOST_BYTES: Final = 5_000_000
PAGE: Final = 20
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TAKEN: Final = frozenset({DOCX, "text/plain", "text/markdown"})


async def access_place(tx: Tx, actor: Actor, request: web.Request) -> Place:
    """The block of the address, for those who run it."""
    place = await access_block_to_manage(tx, actor, int(request.match_info["block_id"]), NAME)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


async def show_draft(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/remarks/{block_id}/draft`: text or file, a look at what becomes of it, then the version."""
    actor = await current_actor(request)
    database = request.app[DATABASE]
    async with database.transaction() as tx:
        place = await access_place(tx, actor, request)
        newest = await version_store.newest(tx, place.block.id)
        old = await version_store.paragraphs(tx, newest.id) if newest else []
    form = await read(request, DraftForm, text=reading.as_text(_lines(old)), base=str(newest.number if newest else 0))
    prepared: Prepared | None = None
    if form.posted and form.validate():
        posted = await request.post()
        try:
            if isinstance(posted.get("file"), web.FileField):
                form.text.data = await _file_text(request, posted["file"])  # type: ignore[arg-type]  # just looked at
            text = form.text.data or ""
            if posted.get("do") == "save" and not _has_file(posted.get("file")):
                base = _number(form.base.data)
                made = await drafting.make_version(
                    database, actor, place.block.id, base, text, title=form.title.data or "", note=form.note.data or ""
                )
                await flash(request, _("Version %(number)s is there"), number=made.number)
                return see_other(place.manage_path)
            prepared = await drafting.prepare(database, actor, place.block.id, text)
            if prepared.fault:
                raise Invalid(fields={"text": prepared.fault})
        except (Invalid, Conflict, TooLarge) as problem:
            form.take(problem)
            prepared = None
            if isinstance(problem, Conflict):
                form.base.data = str(newest.number if newest else 0)
    return await render(
        request,
        "remarks/draft.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
        place=place,
        consultation=place.consultation,
        form=form,
        newest=newest,
        prepared=prepared,
    )


def _has_file(field: object) -> bool:
    return isinstance(field, web.FileField) and bool(field.filename)


def _lines(paragraphs: list[Paragraph]) -> list[Line]:
    return [Line(one.kind, one.level, one.label, one.text) for one in paragraphs]


async def _file_text(request: web.Request, field: web.FileField) -> str:
    """What stands in an uploaded file; the file itself is not kept. Raises Invalid for the field, TooLarge."""
    if not field.filename:
        return str((await request.post()).get("text", ""))
    files = request.app[FILES]

    async def blocks() -> AsyncIterator[bytes]:
        while block := await asyncio.to_thread(field.file.read, 65536):
            yield block

    claimed = field.content_type if type_by_name(field.filename) is None else ""
    upload = await files.receive(
        blocks(), limit_bytes=MOST_BYTES, accept=TAKEN, name=field.filename, claimed_type=claimed
    )
    try:
        content = b"".join([block async for block in files.storage.read(upload.id, 0, upload.bytes)])
    finally:
        await files.discard(upload)
    if upload.type == DOCX:
        return await asyncio.to_thread(docx_text, io.BytesIO(content))
    return content.decode("utf-8-sig")


async def show_paper(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/remarks/{block_id}/paper`: a remark that came on paper."""
    actor = await current_actor(request)
    zone = ZoneInfo(request.app[CITY].time_zone)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
        newest = await version_store.newest(tx, place.block.id)
        paragraphs = await version_store.paragraphs(tx, newest.id) if newest else []
        people = await known_names(tx, actor, await store.paper_people(tx, place.block.id))
    if newest is None:
        await flash(request, _("Put the text there first"), kind="warning")
        return see_other(place.manage_path)
    form = await read(request, PaperForm, received=place.now.astimezone(zone).date())
    form.paragraph_id.choices = [(str(one.paragraph_id), _choice(one)) for one in paragraphs]
    _choose(form, place, people)
    if form.posted and form.validate():
        try:
            paper = _paper(form)
            await actions.add_paper_remark(
                request.app[DATABASE], actor, place.block.id, paper, zone, int(form.participant_id.data)
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The remark is there"))
            return see_other(f"{place.consultation.manage_path}/remarks/{place.block.id}/paper")
    return await render(
        request,
        "remarks/paper.html",
        status=form.status,
        place=place,
        consultation=place.consultation,
        form=form,
    )


def _choose(form: PaperForm, place: Place, people: dict[int, str]) -> None:
    """Only what this consultation has room for; people who were entered before."""
    known: Any = form.participant_id.choices
    form.participant_id.choices = [*known, *((str(key), name) for key, name in people.items())]
    for field, wanted in ((form.shown_as, place.consultation.shown_as), (form.kind, place.consultation.kinds)):
        choices: Any = field.choices
        field.choices = [one for one in choices if one[0] in wanted]


def _paper(form: PaperForm) -> PaperRemark:
    try:
        paragraph_id = UUID(str(form.paragraph_id.data))
    except ValueError:
        raise Invalid(fields={"paragraph_id": _("Choose a paragraph")}) from None
    assert form.received.data is not None  # it is needed
    return PaperRemark(
        paragraph_id=paragraph_id,
        text=form.text.data or "",
        proposal=form.proposal.data or "",
        quote=form.quote.data or "",
        name=form.name.data or "",
        kind=form.kind.data,
        organisation=form.organisation.data or "",
        district=form.district.data or "",
        shown_as=form.shown_as.data,
        received=form.received.data,
    )


def _choice(one: Paragraph) -> str:
    words = one.text if len(one.text) <= 60 else f"{one.text[:59]}…"
    return f"{one.place}: {words}" if one.label else words


async def show_positions(request: web.Request, refused: PositionForm | None = None, at: int = 0) -> web.StreamResponse:
    """`GET …/remarks/{block_id}/positions`: remarks with a form for the office's position to each."""
    actor = await current_actor(request)
    show = request.query.get("show", "open")
    show = show if show in SHOWS else "open"
    page = page_number(request)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
        newest = await version_store.newest(tx, place.block.id)
        version_id = newest.id if newest else 0
        found = await store.table_page(tx, place.block.id, version_id, show, PAGE + 1, (page - 1) * PAGE)
        if at and at not in {one.id for one in found[:PAGE]}:
            one = await store.remark(tx, at, version_id)
            found = [one, *found] if one is not None and one.block_id == place.block.id else found
        rows = await views.rows(tx, found[:PAGE])
        count = await store.count(tx, place.block.id, version_id)
    forms = {}
    for row in rows:
        form = await unposted(request, PositionForm)
        form.rev.data, form.position.data, form.answer.data = str(row.rev), row.position, row.answer
        forms[row.id] = refused if refused is not None and row.id == at else form
    return await render(
        request,
        "remarks/positions.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused is not None else HTTPStatus.OK,
        place=place,
        consultation=place.consultation,
        rows=rows,
        forms=forms,
        count=count,
        show=show,
        page=page,
        more=len(found) > PAGE,
    )


async def answer(request: web.Request) -> web.StreamResponse:
    """`POST …/remarks/{block_id}/positions/{remark_id}`."""
    remark_id = int(request.match_info["remark_id"])
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
    if await _block_of(request, remark_id) != place.block.id:
        raise NotFound
    form = await read(request, PositionForm)
    if form.validate():
        rev = _number(form.rev.data)
        position: Position = form.position.data if form.position.data in get_args(Position) else ""
        try:
            await actions.answer_remark(
                request.app[DATABASE], actor, remark_id, Answer(position, form.answer.data or "", rev)
            )
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            show = request.query.get("show", "open")
            back = f"{place.consultation.manage_path}/remarks/{place.block.id}/positions"
            return see_other(f"{back}?show={show if show in SHOWS else 'open'}")
    return await show_positions(request, form, remark_id)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


async def _block_of(request: web.Request, remark_id: int) -> int | None:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found: int | None = await store.block_of(tx, remark_id)
    return found
