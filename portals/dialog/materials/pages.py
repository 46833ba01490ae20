"""Pages of materials: everybody looks at them, the office puts them there."""

from http import HTTPStatus
from typing import Final, Literal, get_args

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from app.files import INLINE, serve, stored_file
from app.files.upload_form import Received, discard, read_upload_form
from app.forms import Form, read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.dialog.access import access_block, access_block_to_manage
from portals.dialog.discussion import actions as discussion
from portals.dialog.materials import actions, forms, rules, store, views
from portals.dialog.materials.actions import NAME
from portals.dialog.materials.model import Content, Kind, MaterialDraft, MaterialList, MaterialsSettings
from portals.dialog.materials.settings import MaterialSettings

MIB: Final = 1024 * 1024
MOST_TEXT: Final = 512 * 1024
"""Bytes of a material that is a text."""


async def show_material(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/materials/{material_id}`: the material in its viewer, its versions, what people say of it."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        material, place = await actions.access_material(tx, actor, _id(request))
        if place.consultation.slug != request.match_info["slug"]:
            raise NotFound
        one = await views.shown(tx, material)
        versions = await store.versions(tx, material.id)
        others = [other for other in await store.materials(tx, place.block.id) if not other.removed]
        settings = msgspec.convert(place.block.settings, MaterialsSettings)
        thread = None
        if settings.comments:
            thread = await discussion.thread_data(tx, actor, place.block.id, material.subject)
    index = next((number for number, other in enumerate(others) if other.id == material.id), None)
    return await render(
        request,
        "materials/material.html",
        consultation=place.consultation,
        place=place,
        one=one,
        material=material,
        versions=versions,
        thread=thread,
        before=others[index - 1] if index else None,
        after=others[index + 1] if index is not None and index + 1 < len(others) else None,
        opens_inline=material.type in INLINE,
    )


async def send_version(request: web.Request) -> web.StreamResponse:
    """The bytes of a version: to be looked at where a browser can, to be kept with `?download`."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        version = await actions.access_version(tx, actor, _id(request), int(request.match_info["number"]))
        assert version.file_id is not None  # access_version looks at it
        stored = await stored_file(tx, version.file_id)
    return await serve(request, stored, disposition="attachment" if "download" in request.query else "inline")


async def send_preview(request: web.Request) -> web.StreamResponse:
    """The PDF made of an office file."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        version = await actions.access_version(tx, actor, _id(request), int(request.match_info["number"]))
        if version.preview_id is None:
            raise NotFound
        stored = await stored_file(tx, version.preview_id)
    return await serve(request, stored, disposition="inline")


async def list_materials(request: web.Request) -> web.Response:
    """`GET /api/dialog/blocks/{block_id}/materials`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, int(request.match_info["block_id"]), NAME)
        found = MaterialList([views.row(one, place) for one in await store.materials(tx, place.block.id)])
    return api.reply(found)


async def show_new(request: web.Request) -> web.StreamResponse:
    """`GET …/materials/{block_id}/new/{kind}`"""
    return await _new_page(request, await forms.form_of(request, forms.NewForm))


async def add_material(request: web.Request) -> web.StreamResponse:
    """`POST` to the same."""
    actor = await current_actor(request)
    block_id, kind = int(request.match_info["block_id"]), _kind(request)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, NAME)
    received = await read_upload_form(
        request, limit_bytes=limit_bytes(request), accept=rules.ACCEPTED, most_text=MOST_TEXT
    )
    form = await forms.form_of(request, forms.NewForm, received.texts)
    if not received.refused and form.validate():
        upload = received.uploads[0] if received.uploads and kind == "file" else None
        try:
            made = await actions.add_material(request.app, actor, block_id, kind, _draft(form), _content(form), upload)
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Added: %(title)s"), title=made.title)
            return see_other(place.manage_path)
    await discard(request, received.uploads)
    return await _new_page(request, form, received)


async def _new_page(request: web.Request, form: Form, received: Received | None = None) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, actor, int(request.match_info["block_id"]), NAME)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    _refuse(form, received)
    return await render(
        request,
        "materials/new.html",
        status=form.status,
        consultation=place.consultation,
        place=place,
        form=form,
        kind=_kind(request),
        limit_bytes=limit_bytes(request),
    )


async def edit_material(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/materials/one/{material_id}`: words about it; below them versions, captions, removal."""
    form: forms.AboutForm | None = None
    if request.method == "POST":
        actor = await current_actor(request)
        form = await read(request, forms.AboutForm)
        if form.validate():
            rev = _number(form.rev.data)
            try:
                await actions.change_material(request.app[DATABASE], actor, _id(request), _draft(form), rev)
            except (Invalid, Conflict) as problem:
                form.take(problem)
            else:
                await flash(request, _("Saved"))
                return see_other(request.path)
    return await _edit_page(request, about=form)


async def add_version(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        material, place = await actions.access_material_to_manage(tx, actor, _id(request))
    received = await read_upload_form(
        request, limit_bytes=limit_bytes(request), accept=rules.ACCEPTED, most_text=MOST_TEXT
    )
    form = await forms.form_of(request, forms.VersionForm, received.texts)
    if not received.refused and form.validate():
        upload = received.uploads[0] if received.uploads and material.kind == "file" else None
        try:
            await actions.add_version(request.app, actor, material.id, _content(form), upload)
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The new version is there; the older ones stay within reach"))
            return see_other(place.manage_path)
    await discard(request, received.uploads)
    _refuse(form, received)
    return await _edit_page(request, version=form)


async def attach_captions(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    form = await read(request, forms.CaptionsForm)
    field = (await request.post()).get("captions")
    if form.validate():
        try:
            if not isinstance(field, web.FileField) or not field.filename:
                raise Invalid(fields={"captions": _("Choose a file first")})
            data = field.file.read()
            await actions.attach_captions(request.app[DATABASE], actor, _id(request), data, form.language.data)
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("The captions are there"))
            return see_other(request.path.removesuffix("/captions"))
    return await _edit_page(request, captions=form)


async def move_material(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor = await current_actor(request)
    where: Literal["up", "down"] = "up" if (await request.post()).get("where") == "up" else "down"
    material = await actions.move_material(request.app[DATABASE], actor, _id(request), where)
    consultation_id = request.match_info["consultation_id"]
    return see_other(f"/dialog/manage/{consultation_id}/blocks/{material.block_id}#material-{material.id}")


async def remove_material(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    form = await read(request, forms.RemovalForm)
    if form.validate():
        try:
            removed = await actions.remove_material(request.app[DATABASE], actor, _id(request), form.reason.data or "")
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Removed; its place says so"), "warning")
            consultation_id = request.match_info["consultation_id"]
            return see_other(f"/dialog/manage/{consultation_id}/blocks/{removed.block_id}")
    return await _edit_page(request, removal=form)


async def _edit_page(
    request: web.Request,
    *,
    about: Form | None = None,
    version: Form | None = None,
    captions: Form | None = None,
    removal: Form | None = None,
) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        material, place = await actions.access_material_to_manage(tx, actor, _id(request))
        if place.consultation.id != int(request.match_info["consultation_id"]):
            raise NotFound
        versions = await store.versions(tx, material.id)
        recording = await views.recording(tx, material)
    wrong = any(form is not None and form.errors for form in (about, version, captions, removal))
    words = {name: getattr(material, name) for name in ("title", "summary", "alt", "slides", "chapters")}
    return await render(
        request,
        "materials/edit.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        consultation=place.consultation,
        place=place,
        material=material,
        versions=versions,
        recording=recording,
        about=about or await forms.form_of(request, forms.AboutForm, rev=str(material.rev), **words),
        version=version or await forms.form_of(request, forms.VersionForm, text=material.text, link=material.link),
        captions=captions or await forms.form_of(request, forms.CaptionsForm),
        removal=removal or await forms.form_of(request, forms.RemovalForm),
        limit_bytes=limit_bytes(request),
    )


def _refuse(form: Form, received: Received | None) -> None:
    """What was wrong with a file, beside its field."""
    if received is not None and received.refused:
        form["file"].errors = [*form["file"].errors, *received.refused]


def _draft(form: Form) -> MaterialDraft:
    return MaterialDraft(
        title=form["title"].data or "",
        summary=form["summary"].data or "",
        alt=form["alt"].data or "",
        slides=bool(form["slides"].data),
        chapters=form["chapters"].data or "",
    )


def _content(form: Form) -> Content:
    note = (form["note"].data or "") if "note" in form else ""
    return Content(text=form["text"].data or "", link=form["link"].data or "", note=note)


def _kind(request: web.Request) -> Kind:
    kind = request.match_info["kind"]
    if kind not in get_args(Kind):
        raise NotFound
    return kind  # type: ignore[return-value]  # one of the words, just looked at


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def limit_bytes(request: web.Request) -> int:
    return section(request.app, MaterialSettings).limit_mib * MIB


def _id(request: web.Request) -> int:
    return int(request.match_info["material_id"])
