"""Pages of the register: a teacher's day, and a lesson."""

from datetime import UTC, date, datetime
from typing import Final

from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError
from app.forms import require_action, see_other
from app.i18n import LOCALES
from app.pages import embedded, flash, render
from app.wire import current_actor
from schools.register import actions
from schools.register.api import Day, school_id_of
from schools.register.unplanned import own_lessons
from schools.structure.access import SecondFactorOwed, access_school
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.access import access_own_day
from schools.timetable.rules import what_is_now

OFFLINE: Final = "Gryf-Offline"
"""Header of a page that this account's browser may keep for times without a network: see schools-worker.js."""


async def show_school(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}?day=…`: the actor's lessons of today, or of the nearest day that has some."""
    actor = await current_actor(request)
    school_id, wanted = school_id_of(request), api.query(request, Day).day
    try:
        async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
            member = await access_school(tx, actor, school_id)
            day = wanted or await timetable.nearest_taught_day(tx, member.today) or member.today
            _member, lessons = await access_own_day(tx, actor, school_id, day)
            more = await own_lessons(tx, member, day)
            before, after = await timetable.taught_days_around(tx, day)
            free = await timetable.day_off_name(tx, member.today if wanted is None else day)
    except SecondFactorOwed as owed:
        await flash(request, owed.detail, kind="warning")
        return see_other("/account/second-factor")
    moment = datetime.now(UTC)
    response = await render(
        request,
        "register/school.html",
        member=member,
        day=day,
        lessons=lessons,
        more=more,
        now=what_is_now(lessons, moment),
        today=member.today,
        asked=wanted is not None,
        free=free,
        before=before,
        after=after,
        day_json=embedded({"lessons": lessons, "now": moment, "account": actor.account_id or 0, "school": school_id}),
    )
    response.headers[OFFLINE] = str(actor.account_id)
    return response


async def open_lesson(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/lessons`: `entry`, `day`; then the lesson's page."""
    await require_action(request)
    posted = await request.post()
    school_id = school_id_of(request)
    try:
        entry_id, day = int(str(posted.get("entry", "0"))), date.fromisoformat(str(posted.get("day", "")))
    except ValueError:
        return see_other(f"/schools/{school_id}")
    try:
        lesson = await actions.open_lesson(
            request.app[DATABASE], await current_actor(request), school_id, entry_id, day
        )
    except AppError as problem:
        text = request.app[LOCALES].choose(request).filled(problem.detail or problem.title, problem.values)
        await flash(request, text, kind="warning")
        return see_other(f"/schools/{school_id}?day={day}")
    return see_other(lesson.path)
