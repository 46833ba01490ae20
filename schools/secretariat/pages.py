"""Pages of pupils: lists, cards, moves."""

from datetime import date, timedelta
from typing import Any, Final

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE, Tx
from app.errors import AppError, Invalid
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.tables import day_of
from app.wire import current_actor
from schools.secretariat import people, rules
from schools.secretariat import people_store as store
from schools.secretariat.forms import GuardianForm, LeaveForm, MoveForm, NewPupilForm, PupilForm
from schools.secretariat.model import ClassSize, GuardianDraft, PupilDraft
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.model import SchoolYear
from schools.structure.rules import plain_letters
from schools.structure.tenancy import school_transaction

PAGE: Final = 50


class Wanted(msgspec.Struct, frozen=True):
    """What a list is asked for."""

    text: str = ""
    class_id: str = ""
    left: bool = False
    page: int = 1


class Move(msgspec.Struct, frozen=True):
    """A move to be previewed."""

    class_id: str = ""
    day: str = ""


def place(request: web.Request, name: str = "school_id") -> int:
    return int(request.match_info[name])


def number(text: str | None) -> int | None:
    """A number out of a form or an address; None where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else None


def pupil_path(school_id: int, pupil_id: int) -> str:
    return f"/schools/{school_id}/people/pupils/{pupil_id}"


async def classes_now(tx: Tx, school_id: int, day: date) -> tuple[SchoolYear | None, list[ClassSize]]:
    """The year of a day, and its classes."""
    year = await structure.year_on(tx, school_id, day)
    return year, [] if year is None else await store.classes(tx, year.id, day)


def choices_of(request: web.Request, classes: list[ClassSize]) -> list[tuple[str, str]]:
    say = request.app[LOCALES].choose(request).gettext
    return [("", say(_("Choose…"))), *((str(one.id), one.name) for one in classes)]


async def tell(request: web.Request, problem: AppError) -> None:
    """What was refused, on the next page."""
    locale = request.app[LOCALES].choose(request)
    words = list(problem.fields.values()) if isinstance(problem, Invalid) else []
    await flash(
        request,
        locale.gettext(words[0]) if words else locale.filled(problem.detail or problem.title, problem.values),
        kind="warning",
    )


async def show_pupils(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/people`: pupils, by class and name."""
    actor, school_id, wanted = await current_actor(request), place(request), api.query(request, Wanted)
    class_id, page = number(wanted.class_id), min(max(wanted.page, 1), 10_000)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
        year, classes = await classes_now(tx, school_id, member.today)
        staff = await structure.staff_list(tx) if class_id is not None else []
        lines = await store.pupils(
            tx,
            member.today,
            words=plain_letters(wanted.text).split()[:8],
            class_id=class_id,
            left=wanted.left,
            offset=(page - 1) * PAGE,
            limit=PAGE + 1,
        )
    return await render(
        request,
        "secretariat/pupils.html",
        member=member,
        year=year,
        classes=classes,
        chosen=next((one for one in classes if one.id == class_id), None),
        staff=staff,
        pupils=lines[:PAGE],
        more=len(lines) > PAGE,
        wanted=wanted,
        page=page,
    )


async def add_pupil(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/pupils/new`."""
    actor, school_id = await current_actor(request), place(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
        _year, classes = await classes_now(tx, school_id, member.today)
    form = await read(request, NewPupilForm, day=member.today)
    form.class_id.choices = choices_of(request, classes)
    if form.posted and form.validate():
        try:
            assert form.day.data is not None
            pupil_id = await people.add_pupil(
                request.app[DATABASE],
                actor,
                school_id,
                pupil_draft(form),
                number(form.class_id.data) or 0,
                form.day.data,
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The pupil is entered. Now add who may know of the child"))
            return see_other(pupil_path(school_id, pupil_id))
    return await render(request, "secretariat/pupil_new.html", status=form.status, member=member, form=form)


def pupil_draft(form: PupilForm) -> PupilDraft:
    return PupilDraft(
        first_name=rules.tidy(form.first_name.data),
        second_name=rules.tidy(form.second_name.data),
        last_name=rules.tidy(form.last_name.data),
        email=rules.tidy(form.email.data),
        pesel=rules.tidy(form.pesel.data).replace(" ", "") or None,
        born_on=form.born_on.data,
    )


async def show_pupil(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/pupils/{pupil_id}`: the card, and changes of the data on it."""
    actor, school_id, pupil_id = await current_actor(request), place(request), place(request, "pupil_id")
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        _member, pupil = await people.access_pupil_file(tx, actor, school_id, pupil_id)
    known = {name: getattr(pupil, name) for name in ("first_name", "second_name", "last_name", "email", "born_on")}
    form = await read(request, PupilForm, **known, rev=pupil.rev)
    if form.posted and form.validate():
        try:
            rev = number(form.rev.data) or 0
            await people.change_pupil(request.app[DATABASE], actor, school_id, pupil_id, pupil_draft(form), rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(pupil_path(school_id, pupil_id))
    return await pupil_card(request, school_id, pupil_id, form=form)


async def pupil_card(
    request: web.Request, school_id: int, pupil_id: int, *, form: PupilForm | None = None, **shown: Any
) -> web.StreamResponse:
    """The card with what one of its forms has said. `shown`: pesel, ask, a form that was refused."""
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, pupil = await people.access_pupil_file(tx, actor, school_id, pupil_id)
        year, classes = await classes_now(tx, school_id, member.today)
        stays, held = await store.stays(tx, pupil_id), await store.rights(tx, pupil_id)
        groups = await store.groups_of(tx, pupil_id, member.today)
    if form is None:
        known = {name: getattr(pupil, name) for name in ("first_name", "second_name", "last_name", "email", "born_on")}
        form = await fresh(request, PupilForm, **known, rev=pupil.rev)
    move = await fresh(request, MoveForm, day=member.today)
    move.class_id.choices = choices_of(request, classes)
    refused: Form | None = shown.pop("refused", None)
    status = refused.status if refused is not None else form.status
    answer = await render(
        request,
        "secretariat/pupil.html",
        status=status,
        member=member,
        pupil=pupil,
        year=year,
        stays=stays,
        rights=held,
        groups=[name for name, _class in groups],
        form=form,
        move=move,
        leave=refused if isinstance(refused, LeaveForm) else await fresh(request, LeaveForm, last_day=member.today),
        guardian=refused if isinstance(refused, GuardianForm) else await fresh(request, GuardianForm),
        yesterday=member.today - timedelta(days=1),
        **shown,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def fresh(request: web.Request, form_class: Any, **defaults: object) -> Any:
    """A form that was not the one sent."""
    from app.forms import guard

    return form_class(
        data=defaults, meta={"guard": await guard(request), "locale": request.app[LOCALES].choose(request)}
    )


async def show_pesel(request: web.Request) -> web.StreamResponse:
    """`POST …/pupils/{pupil_id}/pesel`: the whole number, once, and a line in the audit log."""
    await require_action(request)
    school_id, pupil_id = place(request), place(request, "pupil_id")
    found = await people.read_pesel(request.app[DATABASE], await current_actor(request), school_id, pupil_id)
    return await pupil_card(request, school_id, pupil_id, form=None, pesel=found)


async def move(request: web.Request) -> web.StreamResponse:
    """`GET …/pupils/{pupil_id}/move?class_id=…&day=…` shows what it would mean, `POST` does it."""
    actor, school_id, pupil_id = await current_actor(request), place(request), place(request, "pupil_id")
    asked = api.query(request, Move) if request.method == "GET" else Move()
    asked_day = day_of(asked.day)
    form = await read(request, MoveForm, class_id=asked.class_id, day=asked_day)
    if form.posted and form.validate():
        assert form.day.data is not None
        try:
            told = await people.move_pupil(
                request.app[DATABASE], actor, school_id, pupil_id, number(form.class_id.data) or 0, form.day.data
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Moved into %(name)s"), name=told.to_class)
            return see_other(pupil_path(school_id, pupil_id))
    preview = None
    async with school_transaction(request.app[DATABASE], school_id) as tx:
        member, pupil = await people.access_pupil_file(tx, actor, school_id, pupil_id)
        _year, classes = await classes_now(tx, school_id, member.today)
        form.class_id.choices = choices_of(request, classes)
        if not form.posted and asked_day is None:
            form.day.data = member.today
        if not form.posted and asked_day is not None:
            try:
                preview = await people.preview_move(tx, school_id, pupil, number(asked.class_id) or 0, asked_day)
            except AppError as problem:
                form.take(problem)
    return await render(
        request, "secretariat/move.html", status=form.status, member=member, pupil=pupil, form=form, preview=preview
    )


async def leave(request: web.Request) -> web.StreamResponse:
    """`POST …/pupils/{pupil_id}/leave`."""
    actor, school_id, pupil_id = await current_actor(request), place(request), place(request, "pupil_id")
    form = await read(request, LeaveForm)
    if form.validate():
        assert form.last_day.data is not None
        try:
            await people.leave_school(request.app[DATABASE], actor, school_id, pupil_id, form.last_day.data)
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The last day is entered. Everything written about the pupil stays"))
            return see_other(pupil_path(school_id, pupil_id))
    return await pupil_card(request, school_id, pupil_id, form=None, refused=form)


async def add_guardian(request: web.Request) -> web.StreamResponse:
    """`POST …/pupils/{pupil_id}/guardians`."""
    actor, school_id, pupil_id = await current_actor(request), place(request), place(request, "pupil_id")
    form = await read(request, GuardianForm)
    if form.validate():
        draft = GuardianDraft(
            first_name=rules.tidy(form.first_name.data),
            last_name=rules.tidy(form.last_name.data),
            email=rules.tidy(form.email.data),
            phone=rules.tidy(form.phone.data),
            kind=form.kind.data,
            since=form.since.data,
            same_person=bool(form.same_person.data),
        )
        try:
            await people.add_guardian(request.app[DATABASE], actor, school_id, pupil_id, draft)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The guardian is entered"))
            return see_other(pupil_path(school_id, pupil_id))
    return await pupil_card(request, school_id, pupil_id, form=None, refused=form)


async def end_right(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/people/rights/{right_id}/end`: from a day on, at once by default."""
    await require_action(request)
    actor, school_id = await current_actor(request), place(request)
    try:
        day = date.fromisoformat(str((await request.post()).get("day", "")))
    except ValueError:
        raise Invalid(fields={"day": "Choose a day"}) from None
    pupil_id = await people.end_right(request.app[DATABASE], actor, school_id, place(request, "right_id"), day)
    await flash(request, _("The right ends on that day"))
    return see_other(pupil_path(school_id, pupil_id))


async def number_class(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/people/classes/{class_id}/numbers`."""
    await require_action(request)
    actor, school_id, class_id = await current_actor(request), place(request), place(request, "class_id")
    count = await people.number_class(request.app[DATABASE], actor, school_id, class_id)
    await flash(request, _("Numbers are given in the order of names: %(count)s"), count=count)
    return see_other(f"/schools/{school_id}/people?class_id={class_id}")


async def set_homeroom(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/people/classes/{class_id}/homeroom`."""
    await require_action(request)
    actor, school_id, class_id = await current_actor(request), place(request), place(request, "class_id")
    staff_id = number(str((await request.post()).get("staff_id", "")))
    await people.set_homeroom(request.app[DATABASE], actor, school_id, class_id, staff_id)
    await flash(request, _("Saved"))
    return see_other(f"/schools/{school_id}/people?class_id={class_id}")
