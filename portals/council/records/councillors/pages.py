"""Pages of councillors."""

from datetime import datetime

from aiohttp import web

from app.database import DATABASE
from app.files.names import content_disposition
from app.i18n import LOCALES, _
from app.pages import render
from app.wire import CITY, current_actor
from media.record.recordings import RECORDINGS
from portals.council.records.councillors import actions, rules, store
from portals.council.records.documents.composing import CHOICES, OUTCOMES, Writer
from portals.council.records.documents.making import csv_text
from portals.council.records.interpellations import actions as interpellations
from portals.council.rules import plain_letters

ALL_VOTES = 100_000


async def show_councillor(request: web.Request) -> web.StreamResponse:
    """`GET /council/members/{councillor_id}`"""
    actor = await current_actor(request)
    page = _page_number(request)
    councillor_id = int(request.match_info["councillor_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        profile = await actions.profile(tx, actor, councillor_id, page)
        matters = await interpellations.of_councillor(tx, actor, councillor_id)
    return await render(
        request,
        "records/councillor.html",
        profile=profile,
        councillor=profile.councillor,
        figures=profile.figures,
        matters=matters,
        choices=CHOICES,
        outcomes=OUTCOMES,
        step=rules.step,
        positions={
            moment: await _position(request.app, stream_id, moment)
            for stream_id, moment in [
                *((vote.stream_id, vote.opened_at) for vote in profile.votes),
                *((said.stream_id, said.began_at) for said in profile.speeches),
            ]
        },
        page=page,
        pages=(profile.figures.votes + actions.VOTES_SHOWN - 1) // actions.VOTES_SHOWN,
    )


async def _position(app: web.Application, stream_id: str, moment: datetime) -> int | None:
    """Second of the recording, where there is one."""
    position_s = await app[RECORDINGS].position_at(stream_id, moment)
    return None if position_s is None else int(position_s)


async def show_agreement(request: web.Request) -> web.StreamResponse:
    """`GET /council/agreement`: who votes as whom."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        matrix, pairs = await actions.agreement(tx, actor)
    most, least = rules.extremes(matrix, pairs)
    return await render(
        request,
        "records/agreement.html",
        matrix=matrix,
        most=most,
        least=least,
        fewest=rules.FEWEST,
        step=rules.step,
        initials=rules.initials,
    )


async def send_votes_csv(request: web.Request) -> web.StreamResponse:
    """`GET /council/members/{councillor_id}/votes.csv`; `?bom=1` for spreadsheets on Windows."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        councillor = await actions.access_councillor(tx, actor, int(request.match_info["councillor_id"]))
        votes = await store.cast_votes(tx, councillor.id, ALL_VOTES)
    writer = Writer(request.app[LOCALES].default, request.app[CITY].office)
    header = [writer.say(one) for one in (_("Session"), _("Vote"), _("Title"), _("Opened"), _("Result"), _("Choice"))]
    rows: list[list[object]] = [
        [
            vote.session_title,
            vote.number,
            vote.title,
            vote.opened_at.astimezone(writer.locale.zone).isoformat(timespec="seconds"),
            writer.say(OUTCOMES[vote.outcome]),
            writer.say(_("secret vote")) if vote.secret else writer.say(CHOICES[vote.choice]),
        ]
        for vote in votes
    ]
    return _csv(csv_text(header, rows, bom="bom" in request.query), f"{plain_letters(councillor.name)}.csv")


async def send_agreement_csv(request: web.Request) -> web.StreamResponse:
    """`GET /council/agreement.csv`: each pair twice, so that it can be filtered by either."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        matrix, pairs = await actions.agreement(tx, actor)
    writer = Writer(request.app[LOCALES].default, request.app[CITY].office)
    names = {row.id: row.name for row in matrix.rows}
    header = [
        writer.say(one)
        for one in (_("Councillor"), _("Other councillor"), _("Both voted"), _("Same choice"), _("Share"))
    ]
    rows: list[list[object]] = [
        [names[pair.one_id], names[pair.other_id], pair.both, pair.same, round(pair.same / pair.both, 4)]
        for pair in sorted(pairs, key=lambda pair: (pair.one_id, pair.other_id))
        if pair.one_id in names and pair.other_id in names
    ]
    return _csv(csv_text(header, rows, bom="bom" in request.query), "agreement.csv")


def _csv(text: str, name: str) -> web.Response:
    return web.Response(
        body=text.encode(),
        headers={
            "Content-Type": "text/csv; charset=utf-8; header=present",
            "Content-Disposition": content_disposition("attachment", name),
            "Cache-Control": "public, no-cache",
        },
    )


def _page_number(request: web.Request) -> int:
    text = request.query.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
