"""The page that opens a lesson without a plan."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import wtforms
from aiohttp import web
from wtforms.validators import InputRequired

from app.database import DATABASE
from app.errors import AppError, Conflict
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.register import unplanned
from schools.register.api import lesson_id_of, school_id_of
from schools.register.model import ClassOrGroup, NewUnplanned
from schools.structure.tenancy import school_transaction
from schools.timetable.model import Bell
from schools.timetable.rules import instant

NEEDED = InputRequired(_("This is needed"))


class UnplannedForm(Form):
    """With whom, in which hour, what."""

    place = wtforms.SelectField(_("Class or group"), choices=[], validate_choice=False, validators=[NEEDED])
    period = wtforms.SelectField(_("Lesson hour"), choices=[], validate_choice=False, validators=[NEEDED])
    subject_id = wtforms.SelectField(
        _("School subject"),
        description=_("What is really taught: the absent teacher's subject, or yours."),
        choices=[],
        validate_choice=False,
        validators=[NEEDED],
    )


async def show_unplanned(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/lessons/new`: then the lesson's page."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        offered = await unplanned.choices(tx, actor, school_id)
    member = offered.member
    form = await read(request, UnplannedForm, period=_hour_now(offered.bells, _now(member.time_zone)))
    choose = ("", request.app[LOCALES].choose(request).gettext(_("Choose…")))
    form.place.choices = [choose, *((key_of(one), one.name) for one in offered.places)]
    form.subject_id.choices = [choose, *((str(key), name) for key, name in offered.subjects)]
    form.period.choices = [
        (str(one.period), f"{one.period}. {one.starts:%H:%M}–{one.ends:%H:%M}") for one in offered.bells
    ]
    if form.posted and form.validate():
        wanted = NewUnplanned(
            place=place_of(str(form.place.data)),
            subject_id=_number(form.subject_id.data),
            on_date=member.today,
            period=_number(form.period.data),
        )
        try:
            lesson = await unplanned.open_unplanned(request.app[DATABASE], actor, school_id, wanted)
        except AppError as problem:
            form.take(problem)
        else:
            return see_other(lesson.path)
    return await render(request, "register/unplanned.html", status=form.status, member=member, form=form)


async def take_back(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/lessons/{lesson_id}/take-back`: then the day, where it can be undone."""
    await require_action(request)
    school_id = school_id_of(request)
    lesson = await unplanned.take_back(
        request.app[DATABASE], await current_actor(request), school_id, lesson_id_of(request)
    )
    await flash(request, _("The lesson was taken back: it counts nowhere any more"), undo=f"{lesson.path}/bring-back")
    return see_other(f"/schools/{school_id}?day={lesson.on_date}")


async def bring_back(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/lessons/{lesson_id}/bring-back`: then the lesson's page."""
    await require_action(request)
    school_id = school_id_of(request)
    try:
        lesson = await unplanned.bring_back(
            request.app[DATABASE], await current_actor(request), school_id, lesson_id_of(request)
        )
    except Conflict as problem:
        text = request.app[LOCALES].choose(request).filled(problem.detail, problem.values)
        await flash(request, text, kind="warning")
        return see_other(f"/schools/{school_id}")
    return see_other(lesson.path)


def _now(time_zone: str) -> datetime:
    """The moment, with the school's day in it."""
    return datetime.now(UTC).astimezone(ZoneInfo(time_zone))


def _hour_now(bells: list[Bell], moment: datetime) -> str:
    """The hour that runs, or the last one that has begun."""
    begun = [one for one in bells if instant(moment.date(), one.starts, str(moment.tzinfo)) <= moment]
    return str((begun or bells)[-1 if begun else 0].period) if bells else ""


def key_of(place: ClassOrGroup) -> str:
    return f"c{place.class_id}" if place.class_id is not None else f"g{place.group_id}"


def place_of(key: str) -> ClassOrGroup:
    """What `key_of` has made; no place of any school where it is something else."""
    number = _number(key[1:])
    return ClassOrGroup(
        class_id=number if key[:1] == "c" else None, group_id=None if key[:1] == "c" else number, name=""
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else 0
