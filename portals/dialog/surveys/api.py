"""The JSON side of surveys: questions, one's own draft as one goes, the totals."""

from typing import Any

import msgspec
from aiohttp import web

from app.api import body, reply
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from portals.dialog.access import access_block
from portals.dialog.surveys import actions, store
from portals.dialog.surveys.model import Question, Tally
from portals.dialog.surveys.pages import browser_of, cookie_of
from portals.dialog.surveys.reading import plain


class SurveyForm(msgspec.Struct, frozen=True):
    """Questions in force, and what this person or browser has filled in so far. `sent`: it was handed in."""

    version: int
    questions: list[Question]
    answers: dict[str, Any]
    sent: bool
    rev: int


class SavedAnswers(msgspec.Struct, frozen=True):
    """What was typed since the last time, question by question; null takes an answer away."""

    answers: dict[str, Any]
    page: int = 1


class Saved(msgspec.Struct, frozen=True):
    """It is kept."""

    saved: bool
    rev: int


async def show_form(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/surveys`"""
    actor = await current_actor(request)
    block_id = int(request.match_info["block_id"])
    browser = None if actor.signed_in else browser_of(cookie_of(request))
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block(tx, actor, block_id, actions.KIND, without_account=True)
        version = await store.newest_version(tx, block_id)
        answer = await actions.own_answer(tx, place, browser)
    if version is None:
        raise NotFound
    own = answer.shown if answer else {}
    sent = answer is not None and answer.sent_at is not None
    return reply(SurveyForm(version.number, version.questions, own, sent, answer.rev if answer else 0))


async def save_draft(request: web.Request) -> web.StreamResponse:
    """`POST /api/dialog/blocks/{block_id}/surveys/draft`"""
    given = await body(request, SavedAnswers)
    actor = await current_actor(request)
    browser = None if actor.signed_in else browser_of(cookie_of(request))
    answers = {key[:40]: plain(value) for key, value in list(given.answers.items())[:200]}
    page = max(1, min(given.page, 200))
    block_id = int(request.match_info["block_id"])
    answer = await actions.save(request.app[DATABASE], actor, block_id, browser, answers, page)
    return reply(Saved(saved=True, rev=answer.rev))


async def show_tally(request: web.Request) -> web.StreamResponse:
    """`GET /api/dialog/blocks/{block_id}/surveys/results`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.tally(tx, actor, int(request.match_info["block_id"]))
    return reply(found)


__all__ = ["Saved", "SavedAnswers", "SurveyForm", "Tally"]
