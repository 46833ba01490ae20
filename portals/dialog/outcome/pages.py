"""Residents' pages: what became of it, the report and its files, following and leaving."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from app.actor import ANONYMOUS, Actor
from app.database import DATABASE, Tx
from app.errors import AppError, NotFound
from app.files.names import content_disposition
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.identity.identity import IDENTITY
from app.pages import flash, render
from app.push.pages import PAGE as FOLLOWING
from app.throttle import Charge, Limit, spend
from app.wire import CITY, current_actor, public_url
from portals.dialog import store as dialog_store
from portals.dialog.access import access_consultation_by_slug
from portals.dialog.blocks import BLOCKS
from portals.dialog.discussion import following
from portals.dialog.discussion.model import FollowRhythm
from portals.dialog.model import Consultation
from portals.dialog.outcome import actions, exporting, rules, store, views
from portals.dialog.outcome.forms import RhythmForm
from portals.dialog.outcome.model import FollowState, OpenReport, Report, Rhythm

PER_PAGE: Final = 50
FOLLOWS: Final = Limit(name="outcome.follow", burst=40, every_s=10)
TYPES: Final = {"pdf": "application/pdf", "json": "application/json", "csv": "text/csv"}


class FollowedView(msgspec.Struct, frozen=True):
    """What somebody follows. `rhythms`, `ways`: what may be chosen for consultations and for threads."""

    lines: list[tuple[Consultation, str]]
    rhythms: Mapping[Rhythm, str]
    threads: list[following.Followed]
    ways: Mapping[FollowRhythm, str]
    by_writing: bool


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
        now = await tx.now()
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
        now = await tx.now()
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


async def show_following(_request: web.Request) -> web.StreamResponse:
    """`GET /dialog/mine/following`: the address that letters name leads to the page of all notifications."""
    return see_other(FOLLOWING)


async def save_following(request: web.Request) -> web.StreamResponse:
    """`POST /dialog/mine/following`: `rhythm-<consultation>`, `thread-<thread>`, `by_writing`."""
    await require_action(request)
    actor = await current_actor(request)
    posted = {name: str(value) for name, value in (await request.post()).items()}
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        known = await section_data(tx, actor)
    processes = {f"rhythm-{one.id}": (one.id, rhythm) for one, rhythm in known.lines}
    threads = {one.follow.field: one.follow for one in known.threads}
    try:
        await spend(request.app[DATABASE], Charge(FOLLOWS, str(actor.account_id)))
        for name, (number, was) in processes.items():
            if posted.get(name, was) != was:
                await actions.set_rhythm(request.app[DATABASE], actor, number, posted[name])
        for name, follow in threads.items():
            if posted.get(name, follow.rhythm) != follow.rhythm:
                await following.set_follow(request.app[DATABASE], actor, follow.block_id, follow.subject, posted[name])
        await following.set_by_writing(request.app[DATABASE], actor, wanted="by_writing" in posted)
    except AppError as problem:
        locale = request.app[LOCALES].choose(request)
        told = next(iter(getattr(problem, "fields", {}).values()), str(problem))
        await flash(request, locale.gettext(told), "danger")
    else:
        await flash(request, _("Saved"))
    return see_other(FOLLOWING)


async def section_data(tx: Tx, actor: Actor) -> FollowedView:
    """What the page of notifications shows of consultations."""
    account_id = actor.account_id or 0
    rhythms: dict[int, str] = dict.fromkeys(await store.joined(tx, account_id), "own")
    rhythms |= {one.consultation_id: one.rhythm for one in await store.followed(tx, account_id)}
    found = [(await dialog_store.consultation(tx, number), rhythm) for number, rhythm in sorted(rhythms.items())]
    lines = [(one, rhythm) for one, rhythm in reversed(found) if one is not None and one.state != "draft"]
    threads = await following.followed_threads(tx, actor)
    return FollowedView(
        lines, rules.RHYTHMS, threads, following.RHYTHMS, await following.chooses_by_writing(tx, account_id)
    )


async def follow_data(tx: Tx, actor: Actor, consultation: Consultation) -> FollowState:
    """How the reader follows a consultation, for the head of its page."""
    known = await store.following(tx, actor.account_id, consultation.id) if actor.account_id is not None else None
    rhythm: Rhythm = known.rhythm if known else "none"
    return FollowState(rhythm, rules.RHYTHMS[rhythm])


async def show_leave(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/mine/leave/{token}`: from a letter, without signing in.

    A GET changes nothing (scanners of mail open links); a POST comes from the page's button or from the mail program
    itself (RFC 8058), which knows no form token: the link's own signature stands in its place.
    """
    found = rules.left_by(request.app[IDENTITY].keys, request.match_info["token"])
    if found is None:
        raise NotFound
    account_id, ids, threads = found
    if request.method == "POST":
        await actions.leave(request.app[DATABASE], account_id, ids, threads)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        titles = [one.title for one in [await dialog_store.consultation(tx, number) for number in ids] if one]
        titles += await following.titles(tx, account_id, threads)
    return await render(request, "outcome/leave.html", done=request.method == "POST", titles=titles)


async def _report(request: web.Request) -> tuple[Consultation, Report]:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
        return consultation, await views.report(tx, request.app[BLOCKS], consultation)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
