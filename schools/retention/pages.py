"""The page of keeping: what goes when, what waits for a decision, what has gone, and the rules by table."""

from itertools import groupby

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Invalid
from app.forms import require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor, section
from schools.retention import actions, rules, store
from schools.retention.actions import Decision
from schools.structure.settings import SchoolsSettings

PATH = "/schools/retention"


async def show_retention(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/retention`: the lists; with `chosen` and `ground` a decision."""
    actor, settings = await current_actor(request), section(request.app, SchoolsSettings)
    actions.access_retention(actor)
    decision, faults = Decision(chosen=(), ground=""), {}
    if request.method == "POST":
        await require_action(request)
        posted = await request.post()
        decision = Decision(
            chosen=[str(one) for one in posted.getall("chosen", [])], ground=str(posted.get("ground", ""))
        )
        try:
            count = await actions.decide(request.app[DATABASE], actor, settings, decision)
        except Invalid as refused:
            faults = refused.fields
        except AppError as refused:
            if refused.status != 409:
                raise
            await _tell(request, refused)
            return see_other(PATH)
        else:
            await flash(request, _("Decided: %(count)s. It goes tonight; until then it can be taken back"), count=count)
            return see_other(PATH)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.all_holdings(tx, settings)
        tables = await store.table_rules(tx)
    later = [one for one in found if one.state in {"waits", "blocked"}]
    return await render(
        request,
        "retention/retention.html",
        status=422 if faults else 200,
        may_decide=actor.has(rules.ADMIN),
        due=[one for one in found if one.state == "due"],
        decided=[one for one in found if one.state == "decided"],
        gone=[one for one in reversed(found) if one.state == "gone"],
        later=[(day, list(some)) for day, some in groupby(later, key=lambda one: one.goes_on)],
        tables=tables,
        settings=settings,
        decision=decision,
        faults=faults,
    )


async def take_back(request: web.Request) -> web.StreamResponse:
    """`POST /schools/retention/{school_id}/{erasure_id}/back`."""
    await require_action(request)
    school_id, erasure_id = (int(request.match_info[name]) for name in ("school_id", "erasure_id"))
    try:
        await actions.take_back(request.app[DATABASE], await current_actor(request), school_id, erasure_id)
    except AppError as refused:
        if refused.status != 403:
            raise
        await _tell(request, refused)
    else:
        await flash(request, _("Taken back. Nothing goes"))
    return see_other(PATH)


async def _tell(request: web.Request, refused: AppError) -> None:
    locale = request.app[LOCALES].choose(request)
    await flash(request, locale.filled(refused.detail or refused.title, refused.values), kind="warning")
