"""The clerk's pages of a map: entries from paper, categories, plan layers."""

import asyncio
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import AppError, Conflict, Invalid, NotFound
from app.forms import read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.dialog.access import Place, access_block_to_manage
from portals.dialog.map import actions, desk, store, views
from portals.dialog.map.forms import CategoryForm, LayerForm, PaperForm
from portals.dialog.map.model import PaperEntry
from portals.dialog.map.pages import bounds_of, choose, draft_of
from portals.dialog.participation import known_names

MOST_BYTES: Final = 1_000_000


async def access_place(tx: Tx, actor: Actor, request: web.Request) -> Place:
    """The block of the address, for those who run it."""
    place = await access_block_to_manage(tx, actor, int(request.match_info["block_id"]), views.KIND)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


async def show_paper(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/map/{block_id}/paper`: what came on paper."""
    actor = await current_actor(request)
    zone = ZoneInfo(request.app[CITY].time_zone)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
        categories = await store.categories(tx, place.block.id)
        people = await known_names(tx, actor, await store.paper_people(tx, place.block.id))
    form = await read(request, PaperForm, received=place.now.astimezone(zone).date())
    choose(form, categories)
    _choose_person(form, place, people)
    if form.posted:
        try:
            draft = draft_of(form, bounds_of(request))
            if form.validate():
                assert form.received.data is not None  # it is needed
                person = form.participant_id.data or "0"
                paper = PaperEntry(
                    entry=draft,
                    received=form.received.data,
                    participant_id=int(person) if person in {str(one) for one in people} else 0,
                    name=form.name.data or "",
                    kind=form.kind.data,
                    organisation=form.organisation.data or "",
                    district=form.district.data or "",
                    shown_as=form.shown_as.data,
                )
                database = request.app[DATABASE]
                await actions.add_paper_entry(database, actor, place.block.id, paper, bounds_of(request), zone)
                await flash(request, _("The entry is there"))
                return see_other(f"{place.consultation.manage_path}/map/{place.block.id}/paper")
        except AppError as problem:
            form.validate()
            form.take(problem)
    return await render(
        request,
        "map/form.html",
        status=form.status,
        place=place,
        consultation=place.consultation,
        form=form,
        entry=None,
        settings=views.settings_of(place),
        paper=True,
    )


def _choose_person(form: PaperForm, place: Place, people: dict[int, str]) -> None:
    """People who were entered before, and only what this consultation has room for."""
    known: Any = form.participant_id.choices
    form.participant_id.choices = [*known, *((str(key), name) for key, name in people.items())]
    for field, wanted in ((form.shown_as, place.consultation.shown_as), (form.kind, place.consultation.kinds)):
        choices: Any = field.choices
        field.choices = [one for one in choices if one[0] in wanted]


async def show_categories(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/map/{block_id}/categories`: the list, and one more."""
    actor = await current_actor(request)
    form = await read(request, CategoryForm)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
        known = await store.categories(tx, place.block.id)
    if form.posted and form.validate():
        try:
            await desk.add_category(
                request.app[DATABASE], actor, place.block.id, form.name.data or "", form.colour.data, form.shape.data
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The category is there"))
            return see_other(f"{place.consultation.manage_path}/map/{place.block.id}/categories")
    return await render(
        request, "map/categories.html", status=form.status, place=place, consultation=place.consultation, form=form,
        categories=known,
    )  # fmt: skip


async def remove_category(request: web.Request) -> web.StreamResponse:
    """`POST …/map/{block_id}/categories/{category_id}/remove`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
    back = f"{place.consultation.manage_path}/map/{place.block.id}/categories"
    try:
        await desk.remove_category(request.app[DATABASE], actor, place.block.id, int(request.match_info["category_id"]))
    except Conflict as problem:
        await flash(request, problem.detail, kind="warning")
    else:
        await flash(request, _("Removed"))
    return see_other(back)


async def show_layers(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/map/{block_id}/layers`: the office's outlines, and one more."""
    actor = await current_actor(request)
    form = await read(request, LayerForm)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
        known = await store.layers(tx, place.block.id)
    if form.posted and form.validate():
        try:
            text = await _text(request, form.text.data or "")
            await desk.add_layer(
                request.app[DATABASE], actor, place.block.id, form.title.data or "", text, bounds_of(request)
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The layer is on the map"))
            return see_other(f"{place.consultation.manage_path}/map/{place.block.id}/layers")
    return await render(
        request,
        "map/layers.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
        place=place,
        consultation=place.consultation,
        form=form,
        layers=known,
    )


async def remove_layer(request: web.Request) -> web.StreamResponse:
    """`POST …/map/{block_id}/layers/{layer_id}/remove`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        place = await access_place(tx, actor, request)
    await desk.remove_layer(request.app[DATABASE], actor, place.block.id, int(request.match_info["layer_id"]))
    await flash(request, _("Removed"))
    return see_other(f"{place.consultation.manage_path}/map/{place.block.id}/layers")


async def _text(request: web.Request, typed: str) -> str:
    """The file's text, else what was typed; the file itself is not kept."""
    field = (await request.post()).get("file")
    if not isinstance(field, web.FileField) or not field.filename:
        return typed
    content = await asyncio.to_thread(field.file.read, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid(fields={"file": _("This file is larger than 1 MB")})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(fields={"file": _("This is not GeoJSON")}) from None
