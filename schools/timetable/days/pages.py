"""Pages of bells and of days unlike the others."""

from datetime import date, timedelta

import wtforms
from aiohttp import web
from wtforms.validators import InputRequired, Length

from app.database import DATABASE
from app.errors import AppError, Conflict, NotFound
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.structure import store as structure
from schools.structure.access import access_staff_room
from schools.structure.tenancy import school_transaction
from schools.timetable.days import actions, rules, store
from schools.timetable.days.model import DayDraft
from schools.timetable.substitutions import rules as changing
from schools.timetable.substitutions.access import access_replanning
from schools.timetable.substitutions.forms import WEEKDAYS
from schools.timetable.weeks import store as weeks

NEEDED = InputRequired(_("This is needed"))


class DayForm(Form):
    """Days unlike the others."""

    kind = wtforms.RadioField(
        _("What is different"),
        choices=[
            ("off", _("No lessons")),
            ("bells", _("Other bells")),
            ("taught_as", _("Taught as another weekday")),
        ],
        default="off",
    )
    first_on = wtforms.DateField(_("From day"), validators=[NEEDED])
    last_on = wtforms.DateField(_("To day (inclusive)"), validators=[NEEDED])
    name = wtforms.StringField(
        _("Name"), description=_("For instance: principal's day off"), validators=[Length(max=100)]
    )
    schedule_id = wtforms.SelectField(_("Bells"), choices=[], validate_choice=False)
    taught_as = wtforms.SelectField(_("As which weekday"), choices=list(WEEKDAYS))


class BellsForm(Form):
    """A set of bells."""

    name = wtforms.StringField(_("Name"), validators=[NEEDED, Length(max=80)])
    bells = wtforms.TextAreaField(
        _("Bells"),
        description=_("A lesson a line: 1 8:00–8:45"),
        validators=[NEEDED],
        render_kw={"rows": 9},
    )


def _school_id(request: web.Request) -> int:
    return int(request.match_info["school_id"])


async def show_days(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/days`: days unlike the others and bells, for all staff to read."""
    actor, school_id = await current_actor(request), _school_id(request)
    form = await read(request, DayForm)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        if form.posted:
            await access_replanning(tx, actor, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        last = year.ends_on if year else member.today + timedelta(days=366)
        special = await weeks.special_days(tx, member.today, last)
        schedules = await store.schedules(tx)
    if not form.posted:
        form = await read(request, DayForm, first_on=member.today, last_on=member.today)
    form.schedule_id.choices = [("", "–"), *((str(one.id), one.name) for one in schedules if not one.is_default)]
    if form.posted and form.validate():
        try:
            await actions.set_days(request.app[DATABASE], actor, school_id, _draft_of(form, member.today))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(f"/schools/{school_id}/days")
    return await render(
        request,
        "school_days/days.html",
        status=form.status,
        member=member,
        special=special.values(),
        schedules=schedules,
        form=form,
        may_replan=changing.can_replan(member),
        written=rules.written,
    )


def _draft_of(form: DayForm, today: date) -> DayDraft:
    kind, text = form.kind.data, str(form.schedule_id.data or "")
    return DayDraft(
        first_on=form.first_on.data or today,
        last_on=form.last_on.data or today,
        is_off=kind == "off",
        name=(form.name.data or "").strip(),
        schedule_id=int(text) if kind == "bells" and text.isdecimal() and len(text) < 18 else None,
        taught_as=int(form.taught_as.data) if kind == "taught_as" else None,
    )


async def clear_day(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/days/{day}/clear`."""
    await require_action(request)
    school_id = _school_id(request)
    try:
        day = date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise NotFound from None
    try:
        await actions.clear_day(request.app[DATABASE], await current_actor(request), school_id, day)
    except Conflict as problem:
        locale = request.app[LOCALES].choose(request)
        await flash(request, locale.filled(problem.detail, problem.values), kind="warning")
    else:
        await flash(request, _("The day is like the others again"))
    return see_other(f"/schools/{school_id}/days")


async def show_bells(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/bells/{schedule_id}` and `…/bells/new`."""
    actor, school_id = await current_actor(request), _school_id(request)
    given = request.match_info.get("schedule_id")
    schedule_id = int(given) if given else None
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_replanning(tx, actor, school_id)
        schedules = await store.schedules(tx)
    shown = next((one for one in schedules if one.id == schedule_id), None)
    if schedule_id is not None and shown is None:
        raise NotFound
    like = shown or next(iter(schedules), None)
    form = await read(
        request,
        BellsForm,
        name=shown.name if shown else "",
        bells=rules.written(like.bells) if like else "",
    )
    if form.posted and form.validate():
        try:
            bells = rules.read_bells(form.bells.data or "")
            await actions.save_schedule(
                request.app[DATABASE], actor, school_id, schedule_id, form.name.data or "", bells
            )
        except rules.BadLine as problem:
            locale = request.app[LOCALES].choose(request)
            form.bells.errors = [*form.bells.errors, locale.filled(problem.text, {"line": problem.line})]
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The bells are saved"))
            return see_other(f"/schools/{school_id}/days")
    return await render(request, "school_days/bells.html", status=form.status, member=member, shown=shown, form=form)
