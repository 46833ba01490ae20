"""Pages of staff, accounts and settings."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError
from app.files import content_disposition
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.identity.identity import IDENTITY
from app.identity.post import Post
from app.pages import flash, render
from app.wire import current_actor, public_url
from schools.secretariat import accounts, people, printing, rules, setup_store
from schools.secretariat import people_store as store
from schools.secretariat.accounts import Slip
from schools.secretariat.forms import StaffForm, TeachingForm
from schools.secretariat.model import StaffDraft
from schools.secretariat.pages import fresh, number, place, pupil_path, tell
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.rules import plain_letters
from schools.structure.tenancy import school_transaction


class Wanted(msgspec.Struct, frozen=True):
    """What the list is asked for; `ask`: whom an address belongs to already."""

    text: str = ""
    gone: bool = False


def staff_path(school_id: int, staff_id: int) -> str:
    return f"/schools/{school_id}/people/staff/{staff_id}"


async def show_staff(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/people/staff`."""
    actor, school_id, wanted = await current_actor(request), place(request), api.query(request, Wanted)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        words = plain_letters(wanted.text).split()[:8]
        lines = await store.staff_lines(tx, year.id if year else None, words, gone=wanted.gone)
    return await render(request, "secretariat/staff.html", member=member, staff=lines, wanted=wanted)


async def add_staff(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/staff/new`."""
    actor, school_id = await current_actor(request), place(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
    form = await read(request, StaffForm, roles=["teacher"])
    if form.posted and form.validate():
        try:
            staff_id = await people.add_staff(request.app[DATABASE], actor, school_id, staff_draft(form))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Entered. Now say who is taught what"))
            return see_other(staff_path(school_id, staff_id))
    return await render(request, "secretariat/staff_new.html", status=form.status, member=member, form=form)


def staff_draft(form: StaffForm) -> StaffDraft:
    last_day = form.last_day.data
    return StaffDraft(
        first_name=rules.tidy(form.first_name.data),
        last_name=rules.tidy(form.last_name.data),
        short=rules.tidy(form.short.data),
        email=rules.tidy(form.email.data),
        roles=list(form.roles.data or []),
        until=last_day + timedelta(days=1) if last_day else None,
    )


async def show_person(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/staff/{staff_id}`: data, roles, what is taught."""
    actor, school_id, staff_id = await current_actor(request), place(request), place(request, "staff_id")
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        _member, person = await people.access_staff_file(tx, actor, school_id, staff_id)
    known = {name: getattr(person, name) for name in ("first_name", "last_name", "short", "email", "roles", "rev")}
    last_day = person.until - timedelta(days=1) if person.until else None
    form = await read(request, StaffForm, **known, last_day=last_day)
    if form.posted and form.validate():
        try:
            rev = number(form.rev.data) or 0
            await people.change_staff(request.app[DATABASE], actor, school_id, staff_id, staff_draft(form), rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(staff_path(school_id, staff_id))
    return await _card(request, school_id, staff_id, form, None)


async def _card(
    request: web.Request, school_id: int, staff_id: int, form: StaffForm | None, teaching: TeachingForm | None
) -> web.StreamResponse:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, person = await people.access_staff_file(tx, actor, school_id, staff_id)
        year = await structure.year_on(tx, school_id, member.today)
        taught = await store.teachings(tx, staff_id)
        subjects = await setup_store.subjects(tx)
        places = [] if year is None else await setup_store.places(tx, year.id)
    if form is None:
        known = {name: getattr(person, name) for name in ("first_name", "last_name", "short", "email", "roles", "rev")}
        last_day = person.until - timedelta(days=1) if person.until else None
        form = await fresh(request, StaffForm, **known, last_day=last_day)
    assert form is not None
    status = form.status if teaching is None else teaching.status
    if teaching is None:
        teaching = await fresh(request, TeachingForm, day=member.today)
    assert teaching is not None
    teaching.subject_id.choices = [(str(one.id), one.name) for one in subjects]
    teaching.place.choices = places
    return await render(
        request,
        "secretariat/person.html",
        status=status,
        member=member,
        person=person,
        teachings=taught,
        form=form,
        teaching=teaching,
    )


async def add_teaching(request: web.Request) -> web.StreamResponse:
    """`POST …/staff/{staff_id}/teachings`."""
    actor, school_id, staff_id = await current_actor(request), place(request), place(request, "staff_id")
    form = await read(request, TeachingForm)
    if form.validate():
        assert form.day.data is not None
        try:
            await people.add_teaching(
                request.app[DATABASE],
                actor,
                school_id,
                staff_id,
                number(form.subject_id.data) or 0,
                str(form.place.data),
                form.kind.data,
                form.day.data,
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The assignment is entered"))
            return see_other(staff_path(school_id, staff_id))
    return await _card(request, school_id, staff_id, None, form)


async def end_teaching(request: web.Request) -> web.StreamResponse:
    """`POST …/staff/{staff_id}/teachings/{teaching_id}/end`: today is the first day without it."""
    await require_action(request)
    actor, school_id, staff_id = await current_actor(request), place(request), place(request, "staff_id")
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
    teaching_id = place(request, "teaching_id")
    await people.end_teaching(request.app[DATABASE], actor, school_id, staff_id, teaching_id, member.today)
    await flash(request, _("The assignment ends today"))
    return see_other(staff_path(school_id, staff_id))


async def invite(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/people/{kind}/{person_id}/invite`; `confirmed` connects an account that is there."""
    await require_action(request)
    actor, school_id, person_id = await current_actor(request), place(request), place(request, "person_id")
    kind = request.match_info["kind"]
    posted = await request.post()
    pupil_id = person_id if kind == "pupil" else number(str(posted.get("pupil_id", "")))
    back = staff_path(school_id, person_id) if pupil_id is None else pupil_path(school_id, pupil_id)
    try:
        outcome = await accounts.invite(
            request.app[DATABASE],
            request.app[IDENTITY],
            Post.of(request.app),
            actor,
            school_id,
            kind,  # type: ignore[arg-type]  # the route takes these words only
            person_id,
            confirmed=posted.get("confirmed") == "yes",
        )
    except AppError as problem:
        await tell(request, problem)
        return see_other(back)
    if outcome == "ask":
        async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
            member = await access_office(tx, actor, school_id)
            person = await accounts.access_person(tx, actor, school_id, kind, person_id)  # type: ignore[arg-type]
        return await render(
            request, "secretariat/connect.html", member=member, person=person, kind=kind, back=back, pupil_id=pupil_id
        )
    said = {"invited": _("The invitation is on its way"), "connected": _("The account is connected")}[outcome]
    await flash(request, said)
    return see_other(back)


async def send_codes(request: web.Request) -> web.StreamResponse:
    """`POST …/classes/{class_id}/codes`: slips for all pupils without an account, as PDF."""
    await require_action(request)
    actor, school_id, class_id = await current_actor(request), place(request), place(request, "class_id")
    try:
        member, class_name, slips = await accounts.codes_of_class(
            request.app[DATABASE], request.app[IDENTITY], actor, school_id, class_id
        )
    except AppError as problem:
        if problem.status != 409:
            raise
        await tell(request, problem)
        return see_other(f"/schools/{school_id}/people?class_id={class_id}")
    return await _print(request, member.school_name, class_name, slips)


async def send_code(request: web.Request) -> web.StreamResponse:
    """`POST …/pupils/{pupil_id}/code`: one slip."""
    await require_action(request)
    actor, school_id, pupil_id = await current_actor(request), place(request), place(request, "pupil_id")
    try:
        member, slips = await accounts.code_of_pupil(
            request.app[DATABASE], request.app[IDENTITY], actor, school_id, pupil_id
        )
    except AppError as problem:
        if problem.status not in {403, 409}:
            raise
        await tell(request, problem)
        return see_other(pupil_path(school_id, pupil_id))
    return await _print(request, member.school_name, slips[0].name, slips)


async def _print(request: web.Request, school: str, title: str, slips: list[Slip]) -> web.StreamResponse:
    origin = public_url(None, request.app, "")
    sheet = printing.sheet(school, title, slips, origin, request.app[LOCALES].choose(request))
    content = await asyncio.to_thread(printing.pdf, sheet, datetime.now(UTC))
    return web.Response(
        body=content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": content_disposition("attachment", f"kody-{title}.pdf"),
            "Cache-Control": "no-store",
        },
    )
