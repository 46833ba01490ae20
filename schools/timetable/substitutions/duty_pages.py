"""Pages of duties on breaks."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError, Invalid, NotFound
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.structure.access import access_staff_room
from schools.structure.tenancy import school_transaction
from schools.timetable.substitutions import duties, rules, store
from schools.timetable.substitutions.access import access_replanning
from schools.timetable.substitutions.forms import WEEKDAYS, DutyForm
from schools.timetable.substitutions.pages import Day, day_path, school_id_of


async def show_duties(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/duties`: the week's duties, and a new one."""
    actor, school_id = await current_actor(request), school_id_of(request)
    form = await read(request, DutyForm)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        if form.posted:
            await access_replanning(tx, actor, school_id)
        found = await store.all_duties(tx, member.today)
        colleagues = await store.colleagues(tx, member.today, rules.month_of(member.today))
    locale = request.app[LOCALES].choose(request)
    form.staff_id.choices = [("", locale.gettext(_("Choose…"))), *((str(one.id), one.name) for one in colleagues)]
    if form.posted and form.validate():
        text = str(form.staff_id.data)
        try:
            await duties.add_duty(
                request.app[DATABASE],
                actor,
                school_id,
                int(text) if text.isdecimal() and len(text) < 18 else 0,
                int(form.weekday.data),
                int(form.after_period.data),
                form.place.data or "",
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, locale.gettext(_("The duty is added")))
            return see_other(f"/schools/{school_id}/duties")
    return await render(
        request,
        "substitutions/duties.html",
        status=form.status,
        member=member,
        duties=found,
        weekdays=dict(WEEKDAYS),
        form=form,
        may_replan=rules.can_replan(member),
    )


async def end_duty(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    school_id = school_id_of(request)
    actor, duty_id = await current_actor(request), int(request.match_info["duty_id"])
    await duties.end_duty(request.app[DATABASE], actor, school_id, duty_id)
    await flash(request, request.app[LOCALES].choose(request).gettext(_("The duty has ended")))
    return see_other(f"/schools/{school_id}/duties")


async def stand_in(request: web.Request) -> web.StreamResponse:
    """`POST …/duties/{duty_id}/stand-in?day=…`: `staff_id`, empty for its own person."""
    await require_action(request)
    posted = await request.post()
    school_id, day = school_id_of(request), api.query(request, Day).day
    if day is None:
        raise NotFound
    text = str(posted.get("staff_id", ""))
    staff_id = int(text) if text.isdecimal() and len(text) < 18 else None
    actor, duty_id = await current_actor(request), int(request.match_info["duty_id"])
    locale = request.app[LOCALES].choose(request)
    try:
        await duties.stand_in(request.app[DATABASE], actor, school_id, duty_id, day, staff_id)
    except Invalid as problem:
        await flash(request, locale.gettext(next(iter(problem.fields.values()))), kind="warning")
    else:
        await flash(request, locale.gettext(_("The duty is saved")))
    return see_other(day_path(school_id, day))
