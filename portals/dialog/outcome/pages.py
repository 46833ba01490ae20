"""Residents' pages: what became of it, the report and its files, following and leaving."""

import asyncio
from typing import Final

from aiohttp import web

from app.actor import ANONYMOUS
from app.database import DATABASE
from app.errors import AppError, NotFound
from app.files.names import content_disposition
from app.forms import read, see_other
from app.i18n import LOCALES, _
from app.identity.identity import IDENTITY
from app.pages import flash, render
from app.throttle import Charge, Limit, spend
from app.wire import CITY, current_actor, public_url
from portals.dialog import store as dialog_store
from portals.dialog.access import access_consultation_by_slug
from portals.dialog.blocks import BLOCKS
from portals.dialog.model import Consultation
from portals.dialog.outcome import actions, exporting, rules, store, views
from portals.dialog.outcome.forms import RhythmForm
from portals.dialog.outcome.model import OpenReport, Report

PER_PAGE: Final = 50
FOLLOWS: Final = Limit(name="outcome.follow", burst=40, every_s=10)
TYPES: Final = {"pdf": "application/pdf", "json": "application/json", "csv": "text/csv"}


async def show_report(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/outcome`: figures, answers by status, conclusions; `?version=` looks at older ones."""
    actor = await current_actor(request)
    blocks = request.app[BLOCKS]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        report = await views.report(tx, blocks, consultation)
        summaries = {
            place.block.id: await blocks.shown(tx, ANONYMOUS, place, "summary")
            for kind, place in await views.places(tx, blocks, ANONYMOUS, consultation)
            if kind.figures is not None
        }
    wanted = request.query.get("version", "")
    version = next((one for one in report.versions if str(one.number) == wanted), None)
    return await render(
        request,
        "outcome/report.html",
        consultation=consultation,
        report=report,
        summaries=summaries,
        version=version or (report.versions[0] if report.versions else None),
        most=max(report.statuses.values(), default=0),
    )


async def show_answers(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/outcome/answers`: every contribution that may be read, with what became of it."""
    actor = await current_actor(request)
    status, block = request.query.get("status", ""), request.query.get("block", "")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        found = await views.entries(tx, request.app[BLOCKS], consultation)
    titles = {one.block_id: one.block_title for one in found}
    shown = [one for one in found if status in {"", one.status} and block in {"", str(one.block_id)}]
    pages = max(1, -(-len(shown) // PER_PAGE))
    page = min(pages, max(1, _number(request.query.get("page", ""))))
    return await render(
        request,
        "outcome/answers.html",
        consultation=consultation,
        entries=shown[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(shown),
        titles=titles,
        chosen_status=status,
        block=block,
        page=page,
        pages=pages,
    )


async def send_report(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/outcome/report.pdf`, `.json`, `.csv`: the same for everybody."""
    form = request.match_info["form"]
    consultation, report = await _report(request)
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        now = await dialog_store.now(tx)
    if form == "pdf":
        made = exporting.document(consultation, report, request.app[CITY].office, locale, now)
        content = await asyncio.to_thread(exporting.pdf_of, made, now)
    else:
        opened = exporting.open_report(consultation, report, public_url(None, request.app, ""), locale, now)
        content = await asyncio.to_thread(exporting.json_of if form == "json" else exporting.csv_of, opened)
    name = f"{consultation.slug}-report.{form}"
    headers = {"Content-Disposition": content_disposition("attachment", name), "Cache-Control": "private, no-cache"}
    charset = None if form == "pdf" else "utf-8"
    return web.Response(body=content, content_type=TYPES[form], charset=charset, headers=headers)


async def show_open_report(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/{consultation_id}/outcome`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await dialog_store.consultation(tx, int(request.match_info["consultation_id"]))
        if found is None:
            raise NotFound
        consultation = await access_consultation_by_slug(tx, actor, found.slug)
        report = await views.report(tx, request.app[BLOCKS], consultation)
        now = await dialog_store.now(tx)
    locale = request.app[LOCALES].choose(request)
    made: OpenReport = exporting.open_report(consultation, report, public_url(None, request.app, ""), locale, now)
    content = await asyncio.to_thread(exporting.json_of, made)
    return web.Response(body=content, content_type="application/json", charset="utf-8")


async def show_schema(_request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/outcome/schema`"""
    return web.json_response(exporting.schema(), content_type="application/schema+json")


async def show_follow(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/{slug}/outcome/follow`: mail about one consultation."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        known = await store.following(tx, actor.account_id or 0, consultation.id)
    form = await read(request, RhythmForm, rhythm=known.rhythm if known else "daily")
    if form.posted and form.validate():
        try:
            await spend(request.app[DATABASE], Charge(FOLLOWS, str(actor.account_id)))
            await actions.set_rhythm(request.app[DATABASE], actor, consultation.id, str(form.rhythm.data))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(consultation.path)
    return await render(
        request, "outcome/follow.html", status=form.status, consultation=consultation, form=form, known=known
    )


async def show_following(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/mine/following`: all of it on one page; `rhythm-<consultation>` fields."""
    actor = await current_actor(request)
    account_id = actor.account_id or 0
    form = await read(request, RhythmForm)
    if form.posted and form.validate():
        posted = await request.post()
        known = {one.id: rhythm for one, rhythm in await _mine(request, account_id)}
        wanted = {
            _number(name.removeprefix("rhythm-")): str(value)
            for name, value in posted.items()
            if name.startswith("rhythm-")
        }
        changed = {number: rhythm for number, rhythm in wanted.items() if known.get(number, rhythm) != rhythm}
        try:
            await spend(request.app[DATABASE], Charge(FOLLOWS, str(account_id)))
            for number, rhythm in changed.items():
                await actions.set_rhythm(request.app[DATABASE], actor, number, rhythm)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(request.path)
    lines = await _mine(request, account_id)
    return await render(
        request, "outcome/following.html", status=form.status, form=form, lines=lines, rhythms=rules.RHYTHMS
    )


async def show_leave(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/mine/leave/{token}`: from a letter, without signing in.

    A GET changes nothing (scanners of mail open links); a POST comes from the page's button or from the mail program
    itself (RFC 8058), which knows no form token: the link's own signature stands in its place.
    """
    found = rules.left_by(request.app[IDENTITY].keys, request.match_info["token"])
    if found is None:
        raise NotFound
    account_id, ids = found
    if request.method == "POST":
        await actions.leave(request.app[DATABASE], account_id, ids)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        titles = [one.title for one in [await dialog_store.consultation(tx, number) for number in ids] if one]
    return await render(request, "outcome/leave.html", done=request.method == "POST", titles=titles)


async def _mine(request: web.Request, account_id: int) -> list[tuple[Consultation, str]]:
    """Consultations that the account follows or takes part in, each with its rhythm."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        rhythms: dict[int, str] = dict.fromkeys(await store.joined(tx, account_id), "own")
        rhythms |= {one.consultation_id: one.rhythm for one in await store.followed(tx, account_id)}
        found = [(await dialog_store.consultation(tx, number), rhythm) for number, rhythm in sorted(rhythms.items())]
    return [(one, rhythm) for one, rhythm in reversed(found) if one is not None and one.state != "draft"]


async def _report(request: web.Request) -> tuple[Consultation, Report]:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        return consultation, await views.report(tx, request.app[BLOCKS], consultation)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
