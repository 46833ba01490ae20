"""Where open data is had: JSON, CSV, the schema, and a page that tells of them."""

import asyncio
import hashlib
from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.files.names import content_disposition
from app.i18n import LOCALES, _
from app.pages import render
from app.wire import CITY, current_actor, public_url
from portals.council.records.documents.actions import Exported, access_session, votes_csv
from portals.council.records.documents.composing import Writer
from portals.council.records.facts import store as facts_store
from portals.council.records.facts.model import SessionFacts
from portals.council.records.open_data import popolo, store
from portals.council.records.open_data.model import Dataset
from portals.council.records.open_data.popolo import Exporter
from portals.council.records.search.rules import year_bounds


class OfYear(msgspec.Struct, frozen=True):
    """Without a year: this one. `bom`: the mark that spreadsheets on Windows need."""

    year: Annotated[int, msgspec.Meta(ge=1900, le=2200)] | None = None
    bom: Annotated[int, msgspec.Meta(ge=0, le=1)] = 0


async def show_open_data(request: web.Request) -> web.StreamResponse:
    """`GET /council/open-data`"""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        years = await store.years(tx)
    return await render(request, "open_data/open_data.html", years=years)


async def show_schema(request: web.Request) -> web.StreamResponse:
    address = public_url(request, request.app, "/council/open-data/schema.json")
    return _answer(request, msgspec.json.format(msgspec.json.encode(popolo.schema(address))), "application/schema+json")


async def show_council(request: web.Request) -> web.StreamResponse:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        rows = await store.council(tx)
    return _json(request, exporter(request.app, request).council(rows))


async def show_sessions(request: web.Request) -> web.StreamResponse:
    """`GET /api/council/open-data/sessions`: all sessions of a year."""
    facts = await _of_year(request, api.query(request, OfYear).year)
    return _json(request, await asyncio.to_thread(exporter(request.app, request).sessions, facts))


async def show_session(request: web.Request) -> web.StreamResponse:
    """One session."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await access_session(tx, actor, request.match_info["slug"])
        facts = await facts_store.facts(tx, session)
    return _json(request, exporter(request.app, request).sessions([facts]))


async def send_votes_csv(request: web.Request) -> web.StreamResponse:
    """`GET /council/open-data/votes.csv`: each ballot of a year's named votes, a line each."""
    asked = api.query(request, OfYear)
    facts = await _of_year(request, asked.year)
    writer = Writer(request.app[LOCALES].default, request.app[CITY].office)
    texts = [votes_csv(writer, one, bom=False).partition("\r\n") for one in facts]
    header = votes_csv(writer, facts[0], bom=False).partition("\r\n")[0] if facts else ""
    session = writer.say(_("Session"))
    lines = [f"{session},{header}\r\n"] if header else []
    for one, (_header, _end, rows) in zip(facts, texts, strict=True):
        lines += [f"{one.session.slug},{row}\r\n" for row in rows.split("\r\n") if row]
    name = f"{writer.say(_('named-votes'))}-{asked.year or _this_year(request)}.csv"
    answer = _answer(request, (("\ufeff" if asked.bom else "") + "".join(lines)).encode(), "text/csv")
    answer.headers["Content-Disposition"] = content_disposition("attachment", name)
    return answer


async def _of_year(request: web.Request, year: int | None) -> list[SessionFacts]:
    since, until = year_bounds(year or _this_year(request), request.app[LOCALES].default.zone)
    assert since is not None
    assert until is not None
    async with request.app[DATABASE].transaction(readonly=True, isolation="repeatable_read") as tx:
        return [await facts_store.facts(tx, one) for one in await store.sessions_between(tx, since, until)]


def _this_year(request: web.Request) -> int:
    return datetime.now(request.app[LOCALES].default.zone).year


def exporter(app: web.Application, request: web.Request | None) -> Exporter:
    locale = app[LOCALES].default
    return Exporter(public_url(request, app, "/"), locale.zone, f"{locale.gettext(_('The council'))}, {app[CITY].name}")


def session_export(app: web.Application) -> Exported:
    """What a package for the bulletin holds beside its documents."""

    def export(facts: SessionFacts) -> dict[str, str]:
        writer = Writer(app[LOCALES].default, app[CITY].office)
        dataset = exporter(app, None).sessions([facts])
        return {
            "data/votes.csv": votes_csv(writer, facts, bom=True),
            "data/session.json": msgspec.json.format(msgspec.json.encode(dataset)).decode(),
            "data/schema.json": msgspec.json.format(
                msgspec.json.encode(popolo.schema(public_url(None, app, "/council/open-data/schema.json")))
            ).decode(),
        }

    return export


def _json(request: web.Request, dataset: Dataset) -> web.Response:
    return _answer(request, msgspec.json.encode(dataset), "application/json")


def _answer(request: web.Request, content: bytes, kind: str) -> web.Response:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    schema = public_url(request, request.app, "/council/open-data/schema.json")
    headers = {
        "ETag": etag,
        "Cache-Control": "public, max-age=60",
        "Access-Control-Allow-Origin": "*",
        "Link": f'<{schema}>; rel="describedby", <https://creativecommons.org/publicdomain/zero/1.0/>; rel="license"',
    }
    if etag in {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)
    response.enable_compression()
    return response
