"""Residents' pages of projects: the list, a project, writing and sending in."""

import asyncio
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from app.database import DATABASE, Tx
from app.errors import AppError, Invalid, NotFound
from app.files import DOCUMENTS, IMAGES, serve, stored_file
from app.files.names import content_disposition
from app.files.upload_form import Received, discard, read_upload_form
from app.forms import Form, guard, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.search import folded
from app.wire import current_actor, section
from portals.dialog.access import Place, access_block, access_consultation_by_slug
from portals.dialog.budget import actions, rules, store, views
from portals.dialog.budget.forms import ProjectForm, WordsForm, draft_of
from portals.dialog.budget.model import PUBLIC, FileKind, Project
from portals.dialog.map.settings import MapSectionSettings
from portals.dialog.participation import known_names
from portals.dialog.settings import DialogSettings
from portals.dialog.spreadsheets import TYPES, Cell, Sheet, csv_of, xlsx_of

FILE_LIMIT: Final = 20_000_000
STATES: Final = {
    "submitted": _("sent in"),
    "correction": _("being corrected"),
    "admitted": _("admitted"),
    "rejected": _("rejected"),
    "appealed": _("appeal under way"),
}


async def list_projects(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/budget/list/{block_id}`: all projects, by district, state and words."""
    state, text = request.query.get("state", ""), request.query.get("q", "")[:100]
    district = request.query.get("district", "*")[:120]
    words = [word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for word in folded(text).split()]
    states = [one for one in PUBLIC if state in {"", one}]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _block(request, tx)
        found = await store.found_projects(tx, place.block.id, states, None if district == "*" else district, words)
        every = await store.projects(tx, place.block.id, PUBLIC)
        rows = await actions.rows(tx, place, found)
    return await render(
        request,
        "budget/list.html",
        place=place,
        rows=rows,
        total=len(every),
        drawn=_drawn(request, place, found),
        districts=sorted({one.district for one in every if one.district}),
        states=STATES,
        state=state,
        district=district,
        text=text,
    )


async def send_projects(request: web.Request) -> web.StreamResponse:
    """`GET …/list/{block_id}/projects.csv` and `.xlsx`: what the public may see; the office gets names as well."""
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    form = request.match_info["form"]
    if form not in {"csv", "xlsx"}:
        raise NotFound
    async with request.app[DATABASE].transaction() as tx:
        place = await _block(request, tx)
        projects = await store.projects(tx, place.block.id, PUBLIC)
        rows = await actions.rows(tx, place, projects)
        names = await known_names(tx, actor, [one.participant_id for one in projects])
        if place.inside:  # names leave with it
            await tx.audit(actor, "budget.export", f"consultation/{place.consultation.id}", block=place.block.id)
    header = [_("Number"), _("Title"), _("District"), _("Where it shall be"), _("Cost in złoty"), _("State")]
    header += [_("Author"), *([_("Known to the office as")] if place.inside else [])]
    cells: list[list[Cell]] = []
    for project, row in zip(projects, rows, strict=True):
        line: list[Cell] = [row.number, row.title, row.district, row.place, row.cost_pln]
        line += [locale.gettext(STATES[row.state]), row.author_name]
        cells.append([*line, names.get(project.participant_id, "")] if place.inside else line)
    sheet = Sheet(locale.gettext(_("Projects")), [locale.gettext(one) for one in header], cells)
    content = await asyncio.to_thread(lambda: csv_of(sheet) if form == "csv" else xlsx_of([sheet], place.now))
    name = f"{place.consultation.slug}-projects.{form}"
    headers = {
        "Content-Type": TYPES[form],
        "Content-Disposition": content_disposition("attachment", name),
    }
    return web.Response(body=content, headers=headers | {"Cache-Control": "private, no-cache"})


async def show_project(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/budget/{project_id}`"""
    return await _project_page(request)


async def _project_page(request: web.Request, form: Form | None = None) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, project = await _project(request, tx)
        view = await views.project_view(tx, actor, place, project)
    return await render(
        request,
        "budget/project.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK,
        place=place,
        data=view,
        drawn=_drawn(request, place, [project]),
        form=form or await read_unposted(request),
        states=STATES,
    )


async def read_unposted(request: web.Request) -> WordsForm:
    """The form of the page as it is shown first."""
    return WordsForm(None, meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)})


async def show_edit(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/budget/new/{block_id}` and `…/{project_id}/edit`: writing; `step` submit sends it in as well."""
    actor = await current_actor(request)
    districts = section(request.app, DialogSettings).districts
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        known: Project | None = None
        if "project_id" in request.match_info:
            place, known = await _project(request, tx)
            if not (await views.project_view(tx, actor, place, known)).may_change:
                raise NotFound
        else:
            place = await _block(request, tx)
        files = await store.files(tx, known.id) if known else []
    estimate = rules.written_estimate(known.items) if known else ""
    form = await read(request, ProjectForm, obj=known, estimate=estimate)
    form.district.choices = [("", form.locale.gettext(_("the whole city"))), *((one, one) for one in districts)]
    if form.posted and form.validate():
        try:
            draft = draft_of(form)
            if known is None:
                known = await actions.make_project(request.app[DATABASE], actor, place.block.id, draft)
            else:
                rev = number_of(form.rev.data)
                known = await actions.change_project(request.app[DATABASE], actor, known.id, draft, rev)
            form.rev.data = str(known.rev)
            if (await request.post()).get("step") == "submit":
                await actions.submit(request.app[DATABASE], actor, known.id, districts)
                await flash(request, _("The project is sent in. Everybody can see it now"))
                return see_other(rules.path_of(place.consultation.slug, known.id))
            await flash(request, _("Saved. Nobody but you sees it before it is sent in"))
            return see_other(f"{rules.path_of(place.consultation.slug, known.id)}/edit")
        except AppError as problem:
            form.take(problem)
    return await render(
        request,
        "budget/edit.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK,
        place=place,
        form=form,
        known=known,
        files=files,
        settings=actions.settings_of(place),
        drawn=_drawn(request, place, []),
    )


def _drawn(request: web.Request, place: Place, projects: list[Project]) -> object:
    """A map of projects, for the page's script."""
    return msgspec.to_builtins(views.drawn(section(request.app, MapSectionSettings).ground, place, projects))


async def submit(request: web.Request) -> web.StreamResponse:
    """`POST …/budget/{project_id}/submit`"""
    await require_action(request)
    districts = section(request.app, DialogSettings).districts
    project_id = int(request.match_info["project_id"])
    path = rules.path_of(request.match_info["slug"], project_id)
    try:
        await actions.submit(request.app[DATABASE], await current_actor(request), project_id, districts)
    except Invalid as problem:
        for message in problem.fields.values():
            await flash(request, message, kind="danger")
        return see_other(f"{path}/edit")
    await flash(request, _("The project is sent in. Everybody can see it now"))
    return see_other(path)


async def withdraw(request: web.Request) -> web.StreamResponse:
    """`POST …/budget/{project_id}/withdraw`"""
    await require_action(request)
    project_id = int(request.match_info["project_id"])
    await actions.withdraw(request.app[DATABASE], await current_actor(request), project_id)
    await flash(request, _("The project is withdrawn"))
    return see_other(rules.path_of(request.match_info["slug"], project_id))


async def appeal(request: web.Request) -> web.StreamResponse:
    """`POST …/budget/{project_id}/appeal`"""
    form = await read(request, WordsForm)
    project_id = int(request.match_info["project_id"])
    if form.validate():
        try:
            actor = await current_actor(request)
            await actions.appeal(request.app[DATABASE], actor, project_id, form.words.data or "")
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The appeal is sent"))
            return see_other(rules.path_of(request.match_info["slug"], project_id))
    return await _project_page(request, form)


async def add_file(request: web.Request) -> web.StreamResponse:
    """`POST …/budget/{project_id}/files`: token, then what it is, then the file as it arrives."""
    project_id = int(request.match_info["project_id"])
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        await actions.access_own_project(tx, actor, project_id)
    what, received = await _receive(request)
    if not received.uploads:
        await flash(request, " ".join(received.refused) or _("Choose a file"), kind="danger")
    else:
        try:
            await actions.add_file(request.app, actor, project_id, received.uploads[0], what)
        except AppError as problem:
            await discard(request, received.uploads)
            await flash(request, problem.detail or problem.title, kind="danger")
        else:
            await flash(request, _("The file is added"))
    return see_other(f"{rules.path_of(request.match_info['slug'], project_id)}/edit#files")


async def _receive(request: web.Request) -> tuple[FileKind, Received]:
    """Raises `Invalid` for a token that does not fit, before a byte of the file is kept."""
    received = await read_upload_form(request, limit_bytes=FILE_LIMIT, accept=DOCUMENTS | IMAGES)
    return ("supporters" if received.texts.get("what") == "supporters" else "public"), received


async def remove_file(request: web.Request) -> web.StreamResponse:
    """`POST …/budget/files/{file_id}/remove`"""
    await require_action(request)
    actor = await current_actor(request)
    project = await actions.remove_file(request.app[DATABASE], actor, int(request.match_info["file_id"]))
    await flash(request, _("The file is removed"))
    return see_other(f"{rules.path_of(request.match_info['slug'], project.id)}/edit#files")


async def send_file(request: web.Request) -> web.StreamResponse:
    """`GET …/budget/files/{file_id}`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.access_file(tx, actor, int(request.match_info["file_id"]))
        stored = await stored_file(tx, found.file_id)
    return await serve(request, stored, disposition="inline")


def number_of(value: object) -> int:
    """Of a hidden field; 0 where it is none."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


async def _block(request: web.Request, tx: Tx) -> Place:
    actor = await current_actor(request)
    consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
    place = await access_block(tx, actor, int(request.match_info["block_id"]), actions.KIND)
    if place.consultation.id != consultation.id:
        raise NotFound
    return place


async def _project(request: web.Request, tx: Tx) -> tuple[Place, Project]:
    actor = await current_actor(request)
    place, project = await actions.access_project(tx, actor, int(request.match_info["project_id"]))
    if place.consultation.slug != request.match_info["slug"]:
        raise NotFound
    return place, project
