"""The JSON side of discussions."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from portals.dialog.discussion import actions, moderation, person_store, store
from portals.dialog.discussion.access import access_comment, access_own_comment, access_thread
from portals.dialog.discussion.model import (
    Alignment,
    CommentDraft,
    CommentRow,
    Figures,
    Posted,
    ReplyPage,
    ReportReason,
    Sort,
    Subject,
    ThreadPage,
    Version,
)
from portals.dialog.discussion.prose import without_mentions
from portals.dialog.discussion.views import named_bodies, reply_page, thread_page
from portals.dialog.model import Author
from portals.dialog.participation import authors

Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Text = Annotated[str, msgspec.Meta(max_length=40_000)]
PEOPLE = 8


class Wanted(msgspec.Struct, frozen=True):
    """Which page of a thread. `after`: the `next` of the page before; `sort` empty: as the office has chosen."""

    subject: Subject = ""
    sort: Sort | None = None
    after: Annotated[str, msgspec.Meta(max_length=200)] = ""


class WantedReplies(msgspec.Struct, frozen=True):
    """`after`: the last reply that is there; 0: from the first one."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0


class WantedPeople(msgspec.Struct, frozen=True, kw_only=True):
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    subject: Subject = ""


class OfSubject(msgspec.Struct, frozen=True):
    subject: Subject = ""


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    draft: CommentDraft
    subject: Subject = ""


class Answering(msgspec.Struct, frozen=True, kw_only=True):
    """`parent_id` None: pinned on top of the thread."""

    office: Annotated[str, msgspec.Meta(max_length=200)]
    text: Text
    parent_id: Id | None = None
    subject: Subject = ""


class Change(msgspec.Struct, frozen=True):
    text: Text
    alignment: Alignment | None = None


class Source(msgspec.Struct, frozen=True):
    """A comment as its author edits it."""

    text: str
    alignment: int


class People(msgspec.Struct, frozen=True):
    people: list[Author]


class Moment(msgspec.Struct, frozen=True):
    at_ms: int
    comment_id: int


class Moments(msgspec.Struct, frozen=True):
    moments: list[Moment]


class Versions(msgspec.Struct, frozen=True):
    versions: list[Version]


class Reporting(msgspec.Struct, frozen=True):
    reason: ReportReason
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Appealing(msgspec.Struct, frozen=True):
    text: Text


class Deciding(msgspec.Struct, frozen=True):
    """`rev`: of the entry as the moderator saw it."""

    rev: int | None = None
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class DecidingAppeal(msgspec.Struct, frozen=True):
    accepted: bool
    answer: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    rev: int | None = None


class Decided(msgspec.Struct, frozen=True):
    id: int
    state: str


async def show_thread(request: web.Request) -> web.Response:
    wanted = api.query(request, Wanted)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        spot = await access_thread(tx, actor, _block_id(request), wanted.subject)
        page: ThreadPage = await thread_page(tx, spot, wanted.sort, wanted.after)
    return api.reply(page)


async def post(request: web.Request) -> web.Response:
    wanted = await api.body(request, Writing)
    actor = await current_actor(request)
    posted: Posted = await actions.post_comment(
        request.app[DATABASE], actor, _block_id(request), wanted.draft, wanted.subject
    )
    return api.reply(posted, 201)


async def answer(request: web.Request) -> web.Response:
    wanted = await api.body(request, Answering)
    row: CommentRow = await moderation.answer(
        request.app[DATABASE],
        await current_actor(request),
        _block_id(request),
        wanted.office,
        wanted.text,
        wanted.parent_id,
        wanted.subject,
    )
    return api.reply(row, 201)


async def find_people(request: web.Request) -> web.Response:
    """Who may be named: those who have spoken in public under a name."""
    wanted = api.query(request, WantedPeople)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        spot = await access_thread(tx, actor, _block_id(request), wanted.subject)
        ids = await person_store.people_like(tx, spot.place.consultation.id, wanted.q, PEOPLE)
        found = await authors(tx, ids)
    return api.reply(People([found[one] for one in ids]))


async def list_moments(request: web.Request) -> web.Response:
    wanted = api.query(request, OfSubject)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        spot = await access_thread(tx, actor, _block_id(request), wanted.subject)
        found = await store.moments(tx, spot.thread.id) if spot.thread.id else []
    return api.reply(Moments([Moment(at_ms, comment_id) for at_ms, comment_id in found]))


async def list_replies(request: web.Request) -> web.Response:
    wanted = api.query(request, WantedReplies)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        spot, root = await access_comment(tx, actor, _comment_id(request))
        after = await store.comment(tx, wanted.after) if wanted.after else None
        if after is not None and after.root_id != root.id:
            raise NotFound
        page: ReplyPage = await reply_page(tx, spot, root, after)
    return api.reply(page)


async def show_history(request: web.Request) -> web.Response:
    """While the comment is public, what it said before is too."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        _spot, comment = await access_comment(tx, actor, _comment_id(request))
        if comment.state != "shown":
            raise NotFound
        found = await store.history(tx, comment.id)
        bodies = await named_bodies(tx, [one.body for one in found])
    versions = [msgspec.structs.replace(one, body=body) for one, body in zip(found, bodies, strict=True)]
    return api.reply(Versions(versions))


async def show_source(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        _spot, comment = await access_own_comment(tx, actor, _comment_id(request))
        people = await authors(tx, [run.who for piece in comment.body for row in piece.rows for run in row if run.who])
    names = {participant_id: one.name for participant_id, one in people.items()}
    return api.reply(Source(without_mentions(comment.text, names), comment.alignment))


async def edit(request: web.Request) -> web.Response:
    wanted = await api.body(request, Change)
    actor = await current_actor(request)
    posted = await actions.edit_comment(
        request.app[DATABASE], actor, _comment_id(request), wanted.text, wanted.alignment
    )
    return api.reply(posted)


async def withdraw(request: web.Request) -> web.Response:
    await actions.withdraw_comment(request.app[DATABASE], await current_actor(request), _comment_id(request))
    return web.Response(status=204)


async def endorse(request: web.Request) -> web.Response:
    changed = await actions.endorse(
        request.app[DATABASE], await current_actor(request), _comment_id(request), given=request.method == "PUT"
    )
    figures: Figures = changed.figures
    return api.reply(figures)


async def report(request: web.Request) -> web.Response:
    wanted = await api.body(request, Reporting)
    actor = await current_actor(request)
    await actions.report_comment(request.app[DATABASE], actor, _comment_id(request), wanted.reason, wanted.note)
    return web.Response(status=204)


async def appeal(request: web.Request) -> web.Response:
    wanted = await api.body(request, Appealing)
    await actions.appeal(request.app[DATABASE], await current_actor(request), _comment_id(request), wanted.text)
    return web.Response(status=204)


async def approve(request: web.Request) -> web.Response:
    wanted = await api.body(request, Deciding)
    decided = await moderation.approve(
        request.app[DATABASE], await current_actor(request), _comment_id(request), wanted.rev
    )
    return api.reply(Decided(decided.id, decided.state))


async def refuse(request: web.Request) -> web.Response:
    wanted = await api.body(request, Deciding)
    decided = await moderation.refuse(
        request.app[DATABASE], await current_actor(request), _comment_id(request), wanted.reason, wanted.rev
    )
    return api.reply(Decided(decided.id, decided.state))


async def restore(request: web.Request) -> web.Response:
    decided = await moderation.restore(request.app[DATABASE], await current_actor(request), _comment_id(request))
    return api.reply(Decided(decided.id, decided.state))


async def decide_appeal(request: web.Request) -> web.Response:
    wanted = await api.body(request, DecidingAppeal)
    decided = await moderation.decide_appeal(
        request.app[DATABASE],
        await current_actor(request),
        _comment_id(request),
        wanted.answer,
        accepted=wanted.accepted,
        rev=wanted.rev,
    )
    return api.reply(Decided(decided.id, decided.state))


def _block_id(request: web.Request) -> int:
    return int(request.match_info["block_id"])


def _comment_id(request: web.Request) -> int:
    return int(request.match_info["comment_id"])
