"""Pages of documents: the office's list, and what everybody may download."""

from aiohttp import web

from app.database import DATABASE
from app.errors import NotFound
from app.files import serve
from app.files.names import content_disposition
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor
from portals.council.notes.actions import notes_view
from portals.council.records.documents import actions, store
from portals.council.records.documents.actions import FORMATS
from portals.council.records.documents.composing import Writer
from portals.council.records.documents.making import now
from portals.council.records.documents.model import Document, Format, Kind
from portals.council.records.facts import store as facts_store


async def show_documents(request: web.Request) -> web.StreamResponse:
    """`GET /council/desk/{session_id}/documents`: what can be made of a session, and how far each document is."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_office(tx, actor, int(request.match_info["session_id"]))
        known = {one.name: one for one in await store.documents(tx, session.id)}
        digests = await actions.current_digests(request.app, tx, session) if session.state != "planned" else {}
        notes = (await notes_view(tx, actor, session.id)).notes
    rows = [
        known.get(f"{kind}.{form}") or _none(session.id, kind, form)
        for kind, formats in FORMATS.items()
        for form in formats
    ]
    return await render(request, "documents/documents.html", session=session, rows=rows, digests=digests, notes=notes)


def _none(session_id: int, kind: Kind, form: Format) -> Document:
    """A document nobody has asked for."""
    return Document(session_id, kind, form, "ready", 0, "", None, 0, now())


async def send_made(request: web.Request) -> web.StreamResponse:
    """`GET /council/desk/{session_id}/documents/{name}`"""
    actor = await current_actor(request)
    kind, form = _named(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        stored = await actions.access_made(tx, actor, int(request.match_info["session_id"]), kind, form)
    return await serve(request, stored)


async def send_votes(request: web.Request) -> web.StreamResponse:
    """`GET /council/sessions/{slug}/votes.pdf`: the named list, public at once (art. 14 ust. 3 u.s.g.)."""
    return await _public(request, "votes")


async def send_attendance(request: web.Request) -> web.StreamResponse:
    """`GET /council/sessions/{slug}/attendance.pdf`"""
    return await _public(request, "attendance")


async def _public(request: web.Request, kind: Kind) -> web.StreamResponse:
    actor = await current_actor(request)
    stored = await actions.public_document(request.app, actor, request.match_info["slug"], kind)
    return await serve(request, stored, disposition="inline", cache_control="public, no-cache")


async def send_votes_csv(request: web.Request) -> web.StreamResponse:
    """`GET /council/sessions/{slug}/votes.csv`; `?bom=1` for spreadsheets on Windows."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session(tx, actor, request.match_info["slug"])
        facts = await facts_store.facts(tx, session)
    writer = Writer(request.app[LOCALES].default, request.app[CITY].office)
    text = actions.votes_csv(writer, facts, bom="bom" in request.query)
    name = f"{actions.name_of(request.app, session, 'votes')}.csv"
    return web.Response(
        body=text.encode(),
        headers={
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": content_disposition("attachment", name),
            "Cache-Control": "public, no-cache",
        },
    )


def _named(request: web.Request) -> tuple[Kind, Format]:
    kind, _dot, form = request.match_info["name"].partition(".")
    if kind not in FORMATS or form not in FORMATS[kind]:
        raise NotFound
    return kind, form
