"""The page of the search, and the search in one's own tickets."""

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from yarl import URL

from app import api
from app.database import DATABASE
from app.errors import Invalid
from app.forms import see_other
from app.i18n import _
from app.pages import render
from app.search import ANALYSER
from app.wire import current_actor
from portals.helpdesk import part_store, rules, setup_store
from portals.helpdesk.finding import actions, saved, saved_store, syntax
from portals.helpdesk.finding.model import OwnQuestion, OwnResults, Question
from portals.helpdesk.finding.syntax import Fault
from portals.helpdesk.setup_model import Queue

PATH: Final = "/pomoc/szukaj"
OWN_PATH: Final = "/pomoc/moje"
STATES: Final[Mapping[str, str]] = {
    "any_open": _("Open: new, in work, waiting"),
    "new": _("New ones"),
    "working": _("In work"),
    "pending": _("Waiting"),
    "solved": _("Solved"),
    "closed": _("Closed for good"),
    "done": _("Done: solved or closed"),
    "merged": _("Merged"),
}
LONG: Final = _("This is too long: 400 characters at most")


async def show_search(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/szukaj?q=…&stan…`: an address without a question opens the default view, if there is one."""
    actor, database = await current_actor(request), request.app[DATABASE]
    if not request.query:
        default = await saved.default_view(database, actor)
        if default is not None:
            return see_other(default.path)
    faults: dict[str, Fault] = {}
    try:
        question = api.query(request, Question)
    except Invalid as problem:
        faults = {name: Fault(LONG) for name in problem.fields}
        question = Question(q=request.query.get("q", "")[:400])
    asked = any(getattr(question, name) for name in Question.__struct_fields__ if name != "after")
    found = await actions.search_here(request, question)
    faults = {**found.faults, **faults}
    views = await saved.list_views(database, actor)
    fields = syntax.picked(found.said, found.choices)
    async with database.transaction(readonly=True) as tx:
        teams = await saved_store.teams(tx) if rules.can_set_up(actor) else []
        agents = await part_store.agents(tx) if rules.is_desk(actor) else []
        queues = await setup_store.things(tx, Queue, active=True)
    return await render(
        request,
        "helpdesk_finding/search.html",
        status=422 if faults else 200,
        question=question,
        words=found.said.words,
        fields=fields,
        choices=found.choices,
        results=None if faults or not asked else found.results,
        faults=faults,
        states=STATES,
        views=views,
        teams=teams,
        current=request.query.get("view", ""),
        plain=_plain(found.said.words, fields),
        address=lambda **changes: address(question, **changes),
        may_save=rules.is_desk(actor),
        may_work_here=rules.is_desk(actor),
        desk_agents=agents,
        every_queue=queues,
        filtered=any(name != "sort" for name in fields),
    )


def _plain(words: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The question as a view keeps it."""
    return {name: value for name, value in {"q": words, **fields}.items() if value}


def address(question: Question, **changes: str) -> str:
    """The same question with something else; a new choice begins at the first page."""
    asked = msgspec.structs.replace(question, **{"after": "", **changes})
    told = {name: value for name in Question.__struct_fields__ if (value := getattr(asked, name))}
    return str(URL(PATH).with_query(told or {"q": ""}))


async def show_own(request: web.Request) -> web.StreamResponse:
    """`GET /pomoc/moje?q=…`: what somebody has sent or watches, found by what they may read of it."""
    fault, results = "", OwnResults(count=0, more_than=False, hits=[])
    question = OwnQuestion()
    try:
        question = api.query(request, OwnQuestion)
        results = await actions.search_own(
            request.app[DATABASE], request.app[ANALYSER], await current_actor(request), question
        )
    except Invalid as problem:
        fault = syntax.COMMON if problem.fields.get("q") == syntax.COMMON else LONG
        question = OwnQuestion(q=request.query.get("q", "")[:400])
    return await render(
        request,
        "helpdesk_finding/own.html",
        status=422 if fault else 200,
        question=question,
        results=results,
        fault=fault,
        next_path=str(URL(OWN_PATH).with_query({"q": question.q, "after": results.next})) if results.next else "",
    )
