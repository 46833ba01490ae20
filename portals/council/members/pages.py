"""Pages on which the office keeps the council's people."""

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from aiohttp import web

from app.database import DATABASE, Tx
from app.errors import Invalid
from app.forms import Form, guard, read, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import CITY, current_actor
from portals.council import store as council_store
from portals.council.members import actions, forms, store
from portals.council.members.model import (
    Club,
    CommitteeDraft,
    CommitteeRole,
    CouncillorDraft,
    CouncillorRecord,
    TermDraft,
)
from portals.council.model import Committee, Office, Term

DESK = "/council/desk/members"


async def show_desk(request: web.Request) -> web.StreamResponse:
    return await _desk(request)


async def _desk(request: web.Request, **sent: Form) -> web.StreamResponse:
    """The lists of a term. `sent`: forms that have something wrong."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        actions.check_office(actor)
        terms = await store.terms(tx)
        term = await _chosen_term(request, tx, terms)
        clubs = await store.clubs(tx, term.id) if term else []
        people = await store.councillors(tx, term.id) if term else []
        committees = [
            (one, await store.seats(tx, one.id)) for one in (await store.committees(tx, term.id) if term else [])
        ]
    return await render(
        request,
        "members/desk.html",
        status=422 if sent else 200,
        terms=terms,
        term=term,
        clubs=clubs,
        people=people,
        committees=committees,
        today=_today(request),
        term_form=sent.get("term_form") or await _blank(request, forms.TermForm),
        edit_term=sent.get("edit_term") or (await _blank(request, forms.TermForm, term) if term else None),
        club_form=sent.get("club_form") or await _blank(request, forms.ClubForm),
        committee_form=sent.get("committee_form") or await _blank(request, forms.CommitteeForm),
    )


async def add_term(request: web.Request) -> web.StreamResponse:
    form = await read(request, forms.TermForm)
    work = (
        actions.add_term(request.app[DATABASE], await current_actor(request), _term(form)) if form.validate() else None
    )
    if work is not None and (term := await _done(form, work)) is not None:
        await flash(request, _("Saved"))
        return see_other(f"{DESK}?term={term.id}")
    return await _desk(request, term_form=form)


async def change_term(request: web.Request) -> web.StreamResponse:
    form = await read(request, forms.TermForm)
    term_id = int(request.match_info["term_id"])
    actor = await current_actor(request)
    work = actions.change_term(request.app[DATABASE], actor, term_id, _term(form)) if form.validate() else None
    if work is not None and await _done(form, work) is not None:
        await flash(request, _("Saved"))
        return see_other(f"{DESK}?term={term_id}")
    return await _desk(request, edit_term=form)


async def add_club(request: web.Request) -> web.StreamResponse:
    form = await read(request, forms.ClubForm)
    term_id = int(request.match_info["term_id"])
    actor = await current_actor(request)
    work = actions.add_club(request.app[DATABASE], actor, term_id, form.name.data or "") if form.validate() else None
    if work is not None and await _done(form, work) is not None:
        await flash(request, _("Saved"))
        return see_other(f"{DESK}?term={term_id}")
    return await _desk(request, club_form=form)


async def show_club(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        club = await actions.access_club(tx, actor, int(request.match_info["club_id"]))
    form = await read(request, forms.ClubForm, obj=club)
    if form.posted and form.validate():
        try:
            await actions.rename_club(request.app[DATABASE], actor, club.id, form.name.data or "")
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{DESK}?term={club.term_id}")
    return await render(request, "members/club.html", status=form.status, form=form, club=club)


async def add_councillor(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        term = await actions.access_term(tx, actor, int(request.match_info["term_id"]))
        clubs = await store.clubs(tx, term.id)
    form = await read(request, forms.NewCouncillorForm)
    form.club.choices = _club_choices(form, clubs)
    if form.posted and form.validate():
        try:
            councillor_id = await actions.add_councillor(
                request.app[DATABASE], actor, term.id, _councillor(form), _number(form.club.data)
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{DESK}/councillors/{councillor_id}")
    return await render(request, "members/councillor.html", status=form.status, form=form, term=term, councillor=None)


async def show_councillor(request: web.Request) -> web.StreamResponse:
    councillor, term, clubs = await _councillor_page_data(request)
    form = await _blank(request, forms.CouncillorForm, councillor)
    form.login.data = councillor.login or ""
    return await _councillor_page(request, councillor, term, clubs, form=form)


async def change_councillor(request: web.Request) -> web.StreamResponse:
    councillor, term, clubs = await _councillor_page_data(request)
    form = await read(request, forms.CouncillorForm)
    actor = await current_actor(request)
    if form.validate():
        try:
            await actions.change_councillor(request.app[DATABASE], actor, councillor.id, _councillor(form))
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{DESK}/councillors/{councillor.id}")
    return await _councillor_page(request, councillor, term, clubs, form=form)


async def change_club(request: web.Request) -> web.StreamResponse:
    councillor, term, clubs = await _councillor_page_data(request)
    change = await read(request, forms.ClubChangeForm)
    change.club.choices = _club_choices(change, clubs)
    if change.validate():
        try:
            assert change.since.data is not None  # the form has validated it
            await actions.change_club(
                request.app[DATABASE],
                await current_actor(request),
                councillor.id,
                _number(change.club.data),
                change.since.data,
                _today(request),
            )
        except Invalid as problem:
            change.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"{DESK}/councillors/{councillor.id}")
    form = await _blank(request, forms.CouncillorForm, councillor)
    form.login.data = councillor.login or ""
    return await _councillor_page(request, councillor, term, clubs, form=form, change=change)


async def _councillor_page_data(request: web.Request) -> tuple[CouncillorRecord, Term, list[Club]]:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        councillor = await actions.access_councillor(tx, actor, int(request.match_info["councillor_id"]))
        term = await actions.access_term(tx, actor, councillor.term_id)
        return councillor, term, await store.clubs(tx, term.id)


async def _councillor_page(
    request: web.Request,
    councillor: CouncillorRecord,
    term: Term,
    clubs: list[Club],
    *,
    form: forms.CouncillorForm,
    change: forms.ClubChangeForm | None = None,
) -> web.StreamResponse:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        history = await store.club_history(tx, councillor.id)
    if change is None:
        change = await _blank(request, forms.ClubChangeForm)
        change.club.choices = _club_choices(change, clubs)
        change.club.data, change.since.data = str(councillor.club_id or ""), _today(request)
    wrong = form.errors or change.errors
    return await render(
        request,
        "members/councillor.html",
        status=422 if wrong else 200,
        form=form,
        change=change,
        term=term,
        councillor=councillor,
        history=history,
    )


async def add_committee(request: web.Request) -> web.StreamResponse:
    form = await read(request, forms.CommitteeForm)
    term_id = int(request.match_info["term_id"])
    actor = await current_actor(request)
    work = actions.add_committee(request.app[DATABASE], actor, term_id, _committee(form)) if form.validate() else None
    if work is not None and (committee := await _done(form, work)) is not None:
        await flash(request, _("Saved"))
        return see_other(f"{DESK}/committees/{committee.id}")
    return await _desk(request, committee_form=form)


async def show_committee(request: web.Request) -> web.StreamResponse:
    return await _committee_page(request, await _committee_row(request))


async def change_committee(request: web.Request) -> web.StreamResponse:
    committee = await _committee_row(request)
    form = await read(request, forms.CommitteeForm)
    actor = await current_actor(request)
    work = (
        actions.change_committee(request.app[DATABASE], actor, committee.id, _committee(form))
        if form.validate()
        else None
    )
    if work is not None and await _done(form, work) is not None:
        await flash(request, _("Saved"))
        return see_other(f"{DESK}/committees/{committee.id}")
    return await _committee_page(request, committee, form=form)


async def take_seat(request: web.Request) -> web.StreamResponse:
    committee = await _committee_row(request)
    seat = await read(request, forms.SeatForm)
    if seat.validate():
        try:
            assert seat.since.data is not None  # the form has validated it
            await actions.take_seat(
                request.app[DATABASE],
                await current_actor(request),
                committee.id,
                _number(seat.councillor.data) or 0,
                cast("CommitteeRole", seat.role.data),
                seat.since.data,
            )
        except Invalid as problem:
            seat.take(problem)
        else:
            return see_other(f"{DESK}/committees/{committee.id}")
    return await _committee_page(request, committee, seat=seat)


async def change_role(request: web.Request) -> web.StreamResponse:
    committee, councillor_id = await _committee_row(request), int(request.match_info["councillor_id"])
    form = await read(request, forms.RoleForm)
    if form.validate():
        try:
            role = cast("CommitteeRole", form.role.data)
            actor = await current_actor(request)
            await actions.change_role(request.app[DATABASE], actor, committee.id, councillor_id, role)
        except Invalid as problem:
            form.take(problem)
        else:
            return see_other(f"{DESK}/committees/{committee.id}")
    return await _committee_page(request, committee, wrong=form)


async def leave_seat(request: web.Request) -> web.StreamResponse:
    committee, councillor_id = await _committee_row(request), int(request.match_info["councillor_id"])
    form = await read(request, forms.LeaveForm)
    if form.validate():
        try:
            assert form.until.data is not None  # the form has validated it
            actor = await current_actor(request)
            await actions.leave_seat(request.app[DATABASE], actor, committee.id, councillor_id, form.until.data)
        except Invalid as problem:
            form.take(problem)
        else:
            return see_other(f"{DESK}/committees/{committee.id}")
    return await _committee_page(request, committee, wrong=form)


async def _committee_row(request: web.Request) -> Committee:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        actor = await current_actor(request)
        return await actions.access_committee(tx, actor, int(request.match_info["committee_id"]))


async def _committee_page(
    request: web.Request,
    committee: Committee,
    *,
    form: forms.CommitteeForm | None = None,
    seat: forms.SeatForm | None = None,
    wrong: Form | None = None,
) -> web.StreamResponse:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        seats = await store.seats(tx, committee.id)
        people = await store.councillors(tx, committee.term_id)
    sitting = {one.councillor_id for one in seats if one.until is None}
    is_wrong = any(one is not None and one.errors for one in (form, seat, wrong))
    if seat is None:
        seat = await _blank(request, forms.SeatForm)
        seat.since.data = _today(request)
    free = [one for one in people if one.id not in sitting and one.mandate_ended_on is None]
    seat.councillor.choices = [(str(one.id), one.name) for one in free]
    return await render(
        request,
        "members/committee.html",
        status=422 if is_wrong else 200,
        committee=committee,
        seats=seats,
        form=form or await _blank(request, forms.CommitteeForm, committee),
        seat=seat,
        wrong=wrong,
        today=_today(request),
    )


async def _chosen_term(request: web.Request, tx: Tx, terms: list[Term]) -> Term | None:
    asked = _number(request.query.get("term") or request.match_info.get("term_id"))
    return next((one for one in terms if one.id == asked), None) or await council_store.newest_term(tx)


async def _done(form: Form, work: Awaitable[Any]) -> Any:
    """What an action gave, or None with its complaint in the form."""
    try:
        return await work
    except Invalid as problem:
        form.take(problem)
        return None


async def _blank(request: web.Request, kind: type[Any], obj: object = None) -> Any:
    """A form that is shown beside the one that was sent."""
    return kind(None, obj=obj, meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)})


def _term(form: forms.TermForm) -> TermDraft:
    assert form.began_on.data is not None and form.ends_on.data is not None  # noqa: PT018  # the form has validated both
    return TermDraft(" ".join((form.name.data or "").split()), form.began_on.data, form.ends_on.data)


def _councillor(form: forms.CouncillorForm) -> CouncillorDraft:
    return CouncillorDraft(
        name=form.name.data or "",
        office=cast("Office", form.office.data or ""),
        email=form.email.data or "",
        login=form.login.data or "",
        mandate_began_on=form.mandate_began_on.data,
        mandate_ended_on=form.mandate_ended_on.data,
        mandate_end_reason=form.mandate_end_reason.data or "",
    )


def _committee(form: forms.CommitteeForm) -> CommitteeDraft:
    name, task = " ".join((form.name.data or "").split()), " ".join((form.task.data or "").split())
    return CommitteeDraft(name, task, form.dissolved_on.data)


def _club_choices(form: Form, clubs: list[Club]) -> list[tuple[str, str]]:
    return [("", form.locale.gettext("unaffiliated")), *((str(one.id), one.name) for one in clubs)]


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _today(request: web.Request) -> date:
    return datetime.now(ZoneInfo(request.app[CITY].time_zone)).date()
