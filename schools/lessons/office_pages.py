"""Pages beside the lessons: curriculum plans, events of the school and individual teaching."""

from datetime import date
from typing import Any

from aiohttp import web
from wtforms import DateField, FileField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from app.database import DATABASE
from app.errors import AppError, Invalid
from app.forms import Form, read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from schools.lessons import away, away_store, plans, rules, store
from schools.lessons.api import number_of
from schools.register.api import school_id_of
from schools.structure import store as structure
from schools.structure.rules import can_manage_people
from schools.structure.tenancy import school_transaction

MOST_FAULTS = 50


class PlanForm(Form):
    """A list of topics: a file, or pasted."""

    subject = SelectField(_("School subject"), coerce=int)
    level = IntegerField(_("Level"), validators=[InputRequired(), NumberRange(min=0, max=8)])
    name = StringField(_("Name of the plan"), description=_("For instance the programme and the textbook."))
    file = FileField(_("CSV or XLSX file"), description=_("Columns: Nr, Temat, Punkt, Godziny. Only Temat is needed."))
    pasted = TextAreaField(_("Or paste the list here"), description=_("With the line that names the columns."))


class EventForm(Form):
    """A trip, a contest."""

    name = StringField(_("What it is"))
    place = StringField(_("Where"))
    on_date = DateField(_("Day"), validators=[InputRequired()])
    from_period = IntegerField(_("From lesson"), default=1, validators=[InputRequired(), NumberRange(min=0, max=20)])
    to_period = IntegerField(_("To lesson"), default=8, validators=[InputRequired(), NumberRange(min=0, max=20)])
    classes = SelectMultipleField(
        _("Classes"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


async def show_plans(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/plans`"""
    actor = await current_actor(request)
    school_id = school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, known = await plans.plans(tx, actor, school_id)
        subjects = await store.subjects_of(tx, None if member.has("principal") else member.staff_id)
        progress = await plans.progress(tx, member)
    form = await read(request, PlanForm)
    form.subject.choices = subjects
    faults: list[rules.Fault] = []
    if form.posted and form.validate():
        try:
            topics, faults = await plans.read_plan(await _posted(request, form))
            if not faults:
                await plans.replace_plan(
                    request.app[DATABASE],
                    actor,
                    school_id,
                    subject_id=form.subject.data,
                    level=form.level.data or 0,
                    name=form.name.data or "",
                    topics=topics,
                )
                await flash(request, _("The plan is in use: %(n)s topics"), n=len(topics))
                return see_other(request.path)
        except AppError as problem:
            form.take(problem)
    return await render(
        request,
        "lessons/plans.html",
        status=422 if faults else form.status,
        form=form,
        plans=known,
        progress=progress,
        subjects=subjects,
        faults=faults[:MOST_FAULTS],
        school_id=school_id,
    )


async def _posted(request: web.Request, form: PlanForm) -> bytes:
    """Raises `Invalid` where there is neither a file nor a text."""
    file: Any = (await request.post()).get("file")
    data: bytes = file.file.read(plans.MOST_BYTES + 1) if isinstance(file, web.FileField) else b""
    data = data or (form.pasted.data or "").encode()
    if not data.strip():
        raise Invalid(fields={"file": "Choose a file or paste the list"})
    return data


async def show_away(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/away`: the form is of a new event; the other one posts to /individual."""
    actor = await current_actor(request)
    school_id = school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, events = await away.events(tx, actor, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        classes = await structure.classes(tx, year.id) if year else []
        office = can_manage_people(member)
        individual = await away_store.individual_pupils(tx) if office else []
        pupils = await away_store.pupils_to_choose(tx) if office else []
    form = await read(request, EventForm, on_date=member.today)
    form.classes.choices = [(one.id, one.name) for one in classes]
    if form.posted and form.validate():
        try:
            await away.add_event(
                request.app[DATABASE],
                actor,
                school_id,
                name=form.name.data or "",
                place=form.place.data or "",
                on_date=form.on_date.data or member.today,
                periods=(form.from_period.data or 0, form.to_period.data or 0),
                class_ids=form.classes.data or [],
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Its pupils are marked as away in these lessons"))
            return see_other(request.path)
    return await render(
        request,
        "lessons/away.html",
        status=form.status,
        form=form,
        member=member,
        events=events,
        office=office,
        individual=individual,
        pupils=pupils,
        school_id=school_id,
    )


async def cancel_event(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/events/{event_id}/cancel`"""
    await require_action(request)
    school_id = school_id_of(request)
    await away.cancel_event(
        request.app[DATABASE], await current_actor(request), school_id, number_of(request, "event_id")
    )
    await flash(request, _("Called off; its marks are taken back"))
    return see_other(f"/schools/{school_id}/away")


async def begin_individual(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/individual`: `pupil`, `starts_on`."""
    await require_action(request)
    posted = await request.post()
    school_id = school_id_of(request)
    try:
        pupil_id, starts_on = int(str(posted.get("pupil", ""))), date.fromisoformat(str(posted.get("starts_on", "")))
    except ValueError:
        raise Invalid("Choose a pupil and a day") from None
    await away.begin_individual(request.app[DATABASE], await current_actor(request), school_id, pupil_id, starts_on)
    await flash(request, _("Saved"))
    return see_other(f"/schools/{school_id}/away")


async def end_individual(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/individual/{individual_id}/end`"""
    await require_action(request)
    school_id = school_id_of(request)
    await away.end_individual(
        request.app[DATABASE], await current_actor(request), school_id, number_of(request, "individual_id")
    )
    await flash(request, _("Saved"))
    return see_other(f"/schools/{school_id}/away")
