"""Residents' pages of a map: the list, an entry with its discussion, the form, files."""

import asyncio
import json
from typing import Any, Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import AppError, Conflict, Invalid, NotFound
from app.files.names import content_disposition
from app.forms import read, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.dialog.access import Place, access_block
from portals.dialog.discussion import actions as discussion
from portals.dialog.map import actions, exporting, rules, store, views
from portals.dialog.map.forms import EntryForm, ReasonForm
from portals.dialog.map.geometry import from_words
from portals.dialog.map.model import Alignment, Bounds, Category, Entry, EntryDraft, Ground, Wanted
from portals.dialog.map.settings import MapSectionSettings
from portals.dialog.spreadsheets import csv_lines

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_GEOMETRY: Final = 40_000


def ground_of(request: web.Request) -> Ground:
    return section(request.app, MapSectionSettings).ground


def bounds_of(request: web.Request) -> Bounds:
    return ground_of(request).bounds


async def access_place(tx: Tx, actor: Actor, request: web.Request) -> Place:
    """The block of the address, if it belongs to the consultation of the address."""
    place = await access_block(tx, actor, int(request.match_info["block_id"]), views.KIND)
    if place.consultation.slug != request.match_info["slug"]:
        raise NotFound
    return place


async def show_list(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/map/{block_id}`: the map with its list, narrowed and sorted as asked for."""
    actor = await current_actor(request)
    query = request.query
    wanted = Wanted(
        query.get("category", ""), query.get("area", ""), query.get("sort", "newest"), query.get("page", "1")
    )
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        data = await views.list_data(tx, place, wanted)
    return await render(request, "map/list.html", place=place, consultation=place.consultation, data=data)


async def show_entry(request: web.Request, refused: ReasonForm | None = None) -> web.StreamResponse:
    """`GET /dialog/{slug}/map/{block_id}/entries/{entry_id}`: one entry, and what people say of it."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        entry, place = await _access_entry(tx, actor, request)
        row = (await views.rows(tx, [entry]))[0]
        category = next((one for one in await store.categories(tx, place.block.id) if one.id == row.category_id), None)
        thread = None
        if row.state == "shown":
            thread = await discussion.thread_data(tx, actor, place.block.id, entry.subject)
        own = rules.is_own(entry, place)
        endorsed = place.participant_id and entry.id in await store.endorsed(tx, place.block.id, place.participant_id)
    form = refused if refused is not None else await read(request, ReasonForm)
    return await render(
        request,
        "map/entry.html",
        status=form.status,
        place=place,
        consultation=place.consultation,
        one=row,
        category=category,
        own=own,
        endorsed=endorsed,
        thread=thread,
        form=form,
    )


async def act(request: web.Request) -> web.StreamResponse:
    """`POST …/entries/{entry_id}/{verb}`: endorse, unendorse, withdraw, hide, restore."""
    actor, database = await current_actor(request), request.app[DATABASE]
    verb = request.match_info["verb"]
    async with database.transaction(readonly=True) as tx:
        entry, place = await _access_entry(tx, actor, request)
    form = await read(request, ReasonForm)
    if not form.validate():
        return await show_entry(request, form)
    try:
        match verb:
            case "withdraw":
                await actions.withdraw_entry(database, actor, entry.id)
            case "hide":
                await actions.hide_entry(database, actor, entry.id, form.reason.data or "")
            case "restore":
                await actions.restore_entry(database, actor, entry.id)
            case _:
                await actions.endorse(database, actor, entry.id, wanted=verb == "endorse")
    except (Invalid, Conflict) as problem:
        form.take(problem)
        return await show_entry(request, form)
    if verb not in {"endorse", "unendorse"}:
        await flash(request, _("Done"))
    return see_other(views.entry_path(place, entry.id))


async def show_new(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/{slug}/map/{block_id}/new`: something is put on the map."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        categories = await store.categories(tx, place.block.id)
    form = await read(request, EntryForm)
    choose(form, categories)
    if form.posted:
        try:
            draft = draft_of(form, bounds_of(request))
            if form.validate():
                made = await actions.add_entry(request.app[DATABASE], actor, place.block.id, draft, bounds_of(request))
                await flash(request, _("It is on the map"))
                return see_other(views.entry_path(place, made.id))
        except AppError as problem:
            form.validate()
            form.take(problem)
    return await _form_page(request, place, form)


async def show_edit(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/entries/{entry_id}/edit`: one's own entry."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        await _access_entry(tx, actor, request)
        place, entry = await actions.access_own(tx, actor, int(request.match_info["entry_id"]))
        categories = await store.categories(tx, place.block.id)
    form = await read(request, EntryForm, **_values(entry))
    choose(form, categories)
    if form.posted:
        try:
            draft = draft_of(form, bounds_of(request))
            if form.validate():
                await actions.change_entry(request.app[DATABASE], actor, entry.id, draft, bounds_of(request))
                await flash(request, _("Saved"))
                return see_other(views.entry_path(place, entry.id))
        except AppError as problem:
            form.validate()
            form.take(problem)
    return await _form_page(request, place, form, entry)


async def send_file(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/map/{block_id}/entries.{ending}`"""
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    ending = request.match_info["ending"]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        categories, entries = await views.whole(tx, place)
    title = place.block.title or locale.gettext("Map")
    if ending == "geojson":
        made = await asyncio.to_thread(exporting.geojson, entries, categories, locale, views.entry_path(place, 0)[:-1])
        return _file(made, "application/geo+json", f"{title}.geojson")
    lines = await asyncio.to_thread(exporting.table, entries, categories, locale)
    if ending == "csv":
        return _file(csv_lines(lines), "text/csv", f"{title}.csv")
    return _file(await asyncio.to_thread(exporting.xlsx, lines, title), XLSX, f"{title}.xlsx")


def choose(form: EntryForm, categories: list[Category]) -> None:
    form.category_id.choices = [("0", "–"), *((str(one.id), one.name) for one in categories)]


def draft_of(form: EntryForm, bounds: Bounds) -> EntryDraft:
    """What the form says. Raises Invalid for numbers that are none."""
    geometry: Any = None
    sent = form.geometry.data or ""
    if sent:
        try:
            geometry = json.loads(sent) if len(sent) <= MOST_GEOMETRY else {}
        except (ValueError, RecursionError):
            geometry = {}
        geometry = geometry if isinstance(geometry, dict) else {}
    else:
        point = from_words(form.latitude.data or "", form.longitude.data or "", bounds)
        geometry = {"type": point.type, "coordinates": point.coordinates} if point else None
    chosen, said = form.category_id.data or "", form.alignment.data
    alignment: Alignment = 1 if said == "1" else -1 if said == "-1" else 0
    return EntryDraft(
        category_id=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else 0,
        text=form.text.data or "",
        alignment=alignment,
        geometry=geometry,
        address=form.address.data or "",
    )


def _values(entry: Entry) -> dict[str, str]:
    known = entry.geometry
    at = known.coordinates if known is not None and known.type == "Point" else ["", ""]
    return {
        "geometry": json.dumps({"type": known.type, "coordinates": known.coordinates}) if known else "",
        "longitude": str(at[0]),
        "latitude": str(at[1]),
        "address": entry.address,
        "category_id": str(entry.category_id),
        "alignment": str(entry.alignment),
        "text": entry.text,
    }


async def _form_page(
    request: web.Request, place: Place, form: EntryForm, entry: Entry | None = None
) -> web.StreamResponse:
    return await render(
        request,
        "map/form.html",
        status=form.status,
        place=place,
        consultation=place.consultation,
        form=form,
        entry=entry,
        settings=views.settings_of(place),
        paper=False,
    )


async def _access_entry(tx: Tx, actor: Actor, request: web.Request) -> tuple[Entry, Place]:
    entry, place = await actions.access_entry(tx, actor, int(request.match_info["entry_id"]))
    if (place.consultation.slug, str(place.block.id)) != (request.match_info["slug"], request.match_info["block_id"]):
        raise NotFound
    return entry, place


def _file(body: bytes, kind: str, name: str) -> web.Response:
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    return web.Response(body=body, content_type=kind, headers=headers)
