"""Residents' pages of a vote: choosing, checking, the receipt; results and what is downloaded."""

import asyncio
from typing import Final

from aiohttp import web

from app.database import DATABASE, Tx
from app.errors import AppError, Invalid, NotFound
from app.files.names import content_disposition
from app.forms import ActionForm, read
from app.i18n import LOCALES
from app.pages import render
from app.wire import CITY, current_actor
from portals.dialog.access import Place, access_block, access_consultation_by_slug
from portals.dialog.ballots import actions, exporting, rules, sheets, store, views
from portals.dialog.ballots.forms import Typed, read_ballot
from portals.dialog.ballots.urn import URN
from portals.dialog.spreadsheets import TYPES, csv_of, xlsx_of

PER_PAGE: Final = 200
NO_STORE: Final = {"Cache-Control": "no-store"}


async def show_vote(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/{slug}/ballots/{block_id}`: choose, look at it once more, confirm.

    The receipt comes with the answer to the confirmation and is kept nowhere, so that answer is no redirect.
    """
    actor = await current_actor(request)
    block_id = int(request.match_info["block_id"])
    form = await read(request, ActionForm)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(request, tx, block_id)
        view = await views.view(tx, actor, place)
    posted = await request.post() if form.posted else None
    typed = read_ballot(posted, view.rules.method, view.options) if posted is not None else _own(view)
    step = str(posted.get("step", "check")) if posted is not None else "choose"
    cast: actions.Cast | None = None
    if form.posted and form.validate():
        try:
            if typed.odd:
                raise Invalid("Only whole numbers can be written here")
            if step == "check":
                async with request.app[DATABASE].transaction() as tx:
                    await actions.check_ballot(tx, actor, block_id, typed.marks)
            elif step == "cast":
                cast = await actions.cast(request.app[DATABASE], request.app[URN], actor, block_id, typed.marks)
        except AppError as problem:
            form.take(problem)
    if form.form_errors:
        step = "choose"
    status = form.status if form.form_errors == [] else 422
    answer = await _vote_page(request, place, view, typed, form, "done" if cast else step, cast, status)
    answer.headers.update(NO_STORE)
    return answer


async def _vote_page(
    request: web.Request,
    place: Place,
    view: views.BallotView,
    typed: Typed,
    form: ActionForm,
    step: str,
    cast: actions.Cast | None,
    status: int,
) -> web.Response:
    by_id = {one.id: one for one in view.options}
    chosen = sorted(typed.marks.items(), key=lambda one: (one[1] if view.rules.method == "ranked" else 0, one[0]))
    return await render(
        request,
        "ballots/vote.html",
        status=status,
        place=place,
        data=view,
        form=form,
        step=step,
        typed=typed.typed,
        chosen=[(by_id[option], mark) for option, mark in chosen if option in by_id],
        cast=cast,
        receipt=rules.shown_receipt(cast.receipt) if cast else "",
    )


def _own(view: views.BallotView) -> Typed:
    return Typed(view.own_marks, {option: str(mark) for option, mark in view.own_marks.items()})


async def show_results(request: web.Request) -> web.StreamResponse:
    """`GET …/results`: totals drawn, the turnout, how it was counted."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(request, tx, int(request.match_info["block_id"]))
        await actions.results(tx, actor, place.block.id)
        view = await views.view(tx, actor, place)
    return await render(request, "ballots/results.html", place=place, data=view)


async def show_receipts(request: web.Request) -> web.StreamResponse:
    """`GET …/receipts`: every counted ballot by its receipt; `?code=` finds one."""
    actor = await current_actor(request)
    page = max(1, min(_number(request.query.get("page", "")), 100_000))
    typed = request.query.get("code", "")[:60]
    code = rules.receipt_of(typed)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(request, tx, int(request.match_info["block_id"]))
        _place_of, vote, options, result = await actions.results(tx, actor, place.block.id)
        if not vote.rules.secret or vote.result is None:
            raise NotFound
        found = await store.counted_ballot(tx, place.block.id, code) if code else None
        ballots = [found] if found else [] if typed else await store.counted(
            tx, place.block.id, PER_PAGE, (page - 1) * PER_PAGE
        )  # fmt: skip
    return await render(
        request,
        "ballots/receipts.html",
        place=place,
        settings=vote.rules,
        ballots=[(rules.shown_receipt(one.receipt), sheets.said(vote.rules, options, one.marks)) for one in ballots],
        typed=typed,
        total=result.online,
        page=page,
        pages=max(1, -(-result.online // PER_PAGE)),
    )


async def send_result(request: web.Request) -> web.StreamResponse:
    """`GET …/result.csv`, `.xlsx`, `.pdf`: totals, pools, turnout."""
    actor = await current_actor(request)
    form = request.match_info["form"]
    if form not in FILES:
        raise NotFound
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(request, tx, int(request.match_info["block_id"]))
        _place_of, vote, options, result = await actions.results(tx, actor, place.block.id)
    book = sheets.sheets_of(locale, vote.rules, options, result)
    if form == "csv":
        content = await asyncio.to_thread(csv_of, book[0])
    elif form == "xlsx":
        content = await asyncio.to_thread(xlsx_of, book, place.now)
    else:
        report = sheets.report(locale, request.app[CITY].office, place, vote, result, book)
        content = await asyncio.to_thread(exporting.pdf_of, report, place.now)
    return _file(content, f"{place.consultation.slug}-{place.block.id}.{form}", form)


async def send_ballots(request: web.Request) -> web.StreamResponse:
    """`GET …/ballots.csv`: every counted secret ballot by its receipt, in the order of receipts: anybody can add up."""
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(request, tx, int(request.match_info["block_id"]))
        _place_of, vote, options, _result = await actions.results(tx, actor, place.block.id)
        if not vote.rules.secret or vote.result is None:
            raise NotFound
        ballots = await store.counted(tx, place.block.id)
    sheet = sheets.ballots_sheet(locale, options, ballots)
    content = await asyncio.to_thread(csv_of, sheet)
    return _file(content, f"{place.consultation.slug}-{place.block.id}-ballots.csv", "csv")


FILES: Final = {**TYPES, "pdf": "application/pdf"}


def _file(content: bytes, name: str, form: str) -> web.Response:
    headers = {"Content-Type": FILES[form], "Content-Disposition": content_disposition("attachment", name)}
    return web.Response(body=content, headers=headers | {"Cache-Control": "private, no-cache"})


async def _place(request: web.Request, tx: Tx, block_id: int) -> Place:
    """The vote of the address, under its consultation's name."""
    actor = await current_actor(request)
    consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
    place = await access_block(tx, actor, block_id, actions.KIND)
    if place.consultation.id != consultation.id:
        raise NotFound
    return place


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
