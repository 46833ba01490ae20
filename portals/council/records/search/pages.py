"""The page of results."""

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from yarl import URL

from app.api import invalid_from
from app.database import DATABASE
from app.errors import Invalid
from app.i18n import _
from app.pages import render
from portals.council.records.search import actions, rules, store
from portals.council.records.search.model import Question, Results

LABELS: Final[Mapping[str, str]] = {
    "": _("Everything"),
    "session": _("Sessions"),
    "item": _("Agenda items"),
    "paper": _("Papers"),
    "vote": _("Votes"),
    "speech": _("Speeches"),
    "transcript": _("Said in sessions"),
    "resolution": _("Resolutions"),
    "interpellation": _("Interpellations"),
}


async def show_results(request: web.Request) -> web.StreamResponse:
    """`GET /council/search`: the form, and what was found."""
    fields: dict[str, str] = {}
    question = Question()
    results = Results("", 1, 0, 0, {}, [])
    try:
        question = question_of(request)
        results = await actions.search(request.app, question)
    except Invalid as problem:
        # what was typed stays in the form
        fields = dict(problem.fields) or {"q": problem.detail}
        question = Question(q=request.query.get("q", "")[:2000])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        choices = await store.choices(tx)
    return await render(
        request,
        "search/results.html",
        status=422 if fields else 200,
        question=question,
        results=results,
        problem=next(iter(fields.values()), ""),
        choices=choices,
        labels=LABELS,
        kinds=[kind for kind in ("", *rules.KINDS) if not kind or results.counts.get(kind) or kind == question.kind],
        everything=sum(results.counts.values()),
        address=lambda **changes: address(question, **changes),
        page_address=lambda page: address(question, page=page),
    )


def question_of(request: web.Request) -> Question:
    """The query; years and pages that are no numbers are refused with a word."""
    values = {name: value for name, value in request.query.items() if value != ""}
    try:
        return msgspec.convert(values, Question, strict=False)
    except msgspec.ValidationError as problem:
        found = invalid_from(problem)
        if "q" in found.fields:
            raise Invalid(fields={"q": _("This is too long: 200 characters at most")}) from None
        raise found from None


def address(question: Question, **changes: object) -> str:
    """The same question with something else; a new choice begins at the first page."""
    asked = msgspec.structs.replace(question, **{"page": 1, **changes})
    plain = {
        field.name: str(getattr(asked, field.name))
        for field in msgspec.structs.fields(Question)
        if getattr(asked, field.name) not in {field.default, None}
    }
    return str(URL("/council/search").with_query(plain))
