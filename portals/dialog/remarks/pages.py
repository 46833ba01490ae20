"""Residents' pages of drafts: older versions, comparisons, the table of remarks and its files."""

import asyncio
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.files.names import content_disposition
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor
from portals.dialog.access import Place, access_block
from portals.dialog.remarks import exports, store, version_store, views
from portals.dialog.remarks.comparing import difference
from portals.dialog.remarks.model import Version
from portals.dialog.remarks.views import NAME

PAGE: Final = 50
SHOWS: Final = ("all", "open", "answered", "orphans")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def access_place(tx: Tx, actor: Actor, request: web.Request) -> Place:
    """The block of the address, if it belongs to the consultation of the address."""
    place = await access_block(tx, actor, int(request.match_info["block_id"]), NAME)
    if place.consultation.slug != request.match_info["slug"]:
        raise NotFound
    return place


async def show_version(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/remarks/{block_id}/versions/{number}`: as the text stood then, with its remarks."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        versions = await version_store.versions(tx, place.block.id)
        version = _numbered(versions, request.match_info["number"])
        data = await views.version_data(tx, place, versions, version)
        marks = await store.marks(tx, place.block.id, version.id)
    return await render(
        request,
        "remarks/version.html",
        place=place,
        consultation=place.consultation,
        data=data,
        marks=msgspec.to_builtins(marks),
    )


async def show_comparison(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/remarks/{block_id}/compare/{old}/{new}`: what has changed, paragraph by paragraph."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        versions = await version_store.versions(tx, place.block.id)
        old, new = (_numbered(versions, request.match_info[name]) for name in ("old", "new"))
        texts = [await version_store.paragraphs(tx, one.id) for one in (old, new)]
    rows = await asyncio.to_thread(difference, *texts)
    return await render(
        request,
        "remarks/comparison.html",
        place=place,
        consultation=place.consultation,
        versions=versions,
        old=old,
        new=new,
        rows=rows,
        changed=sum(1 for one in rows if one.change != "same"),
        all="all" in request.query,
    )


async def show_table(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/remarks/{block_id}/table`: every remark with the office's position, in the text's order."""
    actor = await current_actor(request)
    show = request.query.get("show", "all")
    show = show if show in SHOWS else "all"
    page = page_number(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        version = await version_store.newest(tx, place.block.id)
        if version is None:
            raise NotFound
        found = await store.table_page(tx, place.block.id, version.id, show, PAGE + 1, (page - 1) * PAGE)
        rows = await views.rows(tx, found[:PAGE])
        count = await store.count(tx, place.block.id, version.id)
    return await render(
        request,
        "remarks/table.html",
        place=place,
        consultation=place.consultation,
        version=version,
        rows=rows,
        count=count,
        show=show,
        page=page,
        more=len(found) > PAGE,
        first=(page - 1) * PAGE + 1,
    )


async def send_xlsx(request: web.Request) -> web.StreamResponse:
    data, name, _now = await _table(request)
    return _file(await asyncio.to_thread(exports.xlsx, data), XLSX, f"{name}.xlsx")


async def send_pdf(request: web.Request) -> web.StreamResponse:
    data, name, now = await _table(request)
    return _file(await asyncio.to_thread(exports.pdf, data, now), "application/pdf", f"{name}.pdf")


async def _table(request: web.Request) -> tuple[exports.Table, str, datetime]:
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_place(tx, actor, request)
        version = await version_store.newest(tx, place.block.id)
        if version is None:
            raise NotFound
        rows = await views.rows(tx, await store.remarks(tx, place.block.id, version.id))
        now = await tx.now()
    title = place.consultation.title
    named = version.title or locale.filled("version %(number)s", {"number": version.number})
    data = await asyncio.to_thread(exports.table, rows, title, named, request.app[CITY].office, locale, now)
    return data, f"{locale.gettext('Table of remarks')} – {title}", now


def _file(body: bytes, kind: str, name: str) -> web.Response:
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    return web.Response(body=body, content_type=kind, headers=headers)


def _numbered(versions: list[Version], number: str) -> Version:
    found = next((one for one in versions if str(one.number) == number), None)
    if found is None:
        raise NotFound
    return found


def page_number(request: web.Request) -> int:
    text = request.query.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1
