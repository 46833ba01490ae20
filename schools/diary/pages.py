"""Pages of the diary, on a phone first: today, attendance, tasks, excuses."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.forms import read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from schools.diary import actions, rules, store, views
from schools.diary.access import access_diary
from schools.diary.api import OfDay, OfPart, number_of
from schools.diary.forms import ExcuseForm
from schools.diary.model import FamilyPlace, NewExcuse
from schools.register.api import school_id_of
from schools.structure.access import access_school, own_children
from schools.timetable import store as timetable
from schools.timetable.rules import what_is_now

AHEAD: Final = timedelta(days=14)
SOON: Final = timedelta(days=3)


class ExcuseHint(msgspec.Struct, frozen=True):
    """What the form begins with: an hour that is asked about."""

    day: str = ""
    period: str = ""


def diary_path(school_id: int, pupil_id: int, page: str = "") -> str:
    return f"/schools/{school_id}/diary/{pupil_id}" + (f"/{page}" if page else "")


async def show_own(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/diary`: a pupil's own one, a parent's first child."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        member = await access_school(tx, actor, school_id)
        children = [child.id for at, child in await own_children(tx, actor) if at.school_id == school_id]
    own = [*children, *([member.pupil_id] if member.pupil_id is not None else [])]
    if not own:
        raise NotFound
    return see_other(diary_path(school_id, own[0]))


async def _family(tx: Tx, actor: Actor, request: web.Request) -> tuple[FamilyPlace, dict[str, Any]]:
    """The pupil, and what every page of the diary shows: children to switch to, in all schools."""
    children = await own_children(tx, actor)
    school_id, pupil_id = school_id_of(request), number_of(request, "pupil_id")
    found = await access_diary(tx, actor, school_id, pupil_id)
    room = f"school/{school_id}/pupil/{pupil_id}" if found.is_family else ""
    return found, {
        "found": found,
        "place": found.place,
        "pupil": found.place.pupil,
        "member": found.place.member,
        "children": children,
        "school_id": school_id,
        "rooms": {room: -1} if room else {},
    }


async def show_today(request: web.Request) -> web.StreamResponse:
    """`GET …/diary/{pupil_id}?day=…`: lessons now and next, absences, what is due."""
    actor, school_id = await current_actor(request), school_id_of(request)
    pupil_id, wanted = number_of(request, "pupil_id"), api.query(request, OfDay).day
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found, known = await _family(tx, actor, request)
        today = found.place.member.today
        view = await views.pupil_view(tx, actor, school_id, pupil_id, wanted)
        planned = await timetable.planned_for_pupil(tx, pupil_id, today)
        free = "" if view.rows else await timetable.day_off_name(tx, view.today)
        coming = None if view.rows else (await timetable.taught_days_around(tx, view.today))[1]
        due = await store.homework(tx, pupil_id, today, today + SOON)
        tests = await views.tests_of(tx, pupil_id, found.place.class_id, today, today + timedelta(days=7))
    rooms = known["rooms"]
    if rooms:
        rooms = {next(iter(rooms)): views.weight(view) if view.today == today else -1}
        if found.place.class_id is not None:
            rooms[f"school/{school_id}/timetable/class/{found.place.class_id}"] = -2
    return await render(
        request,
        "diary/today.html",
        **known | {"rooms": rooms},
        view=view,
        open=rules.still_open(view.unexcused, view.excuses),
        now=what_is_now(planned, datetime.now(UTC)),
        coming=coming,
        free=free,
        due=due,
        tests=tests,
        today=today,
        before=view.today - timedelta(days=1),
        after=view.today + timedelta(days=1),
    )


async def show_attendance(request: web.Request) -> web.StreamResponse:
    """`GET …/diary/{pupil_id}/attendance?part=…`"""
    actor, part = await current_actor(request), api.query(request, OfPart).part
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        _found, known = await _family(tx, actor, request)
        pupil_id = number_of(request, "pupil_id")
        attendance = await views.attendance(tx, actor, known["school_id"], pupil_id, part)
        asked = await store.excuses_of(tx, pupil_id)
    return await render(
        request,
        "diary/attendance.html",
        **known,
        attendance=attendance,
        part=part,
        lowest=rules.lowest(attendance.subjects) if attendance else None,
        open=rules.still_open(attendance.named, asked) if attendance else [],
    )


async def show_tasks(request: web.Request) -> web.StreamResponse:
    """`GET …/diary/{pupil_id}/tasks`: homework and announced tests, by day."""
    actor, pupil_id = await current_actor(request), number_of(request, "pupil_id")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found, known = await _family(tx, actor, request)
        today = found.place.member.today
        due = await store.homework(tx, pupil_id, today - AHEAD, today + timedelta(days=60))
        tests = await views.tests_of(tx, pupil_id, found.place.class_id, today, None)
    return await render(
        request,
        "diary/tasks.html",
        **known,
        due=[one for one in due if one.due_on >= today],
        past=[one for one in reversed(due) if one.due_on < today],
        tests=tests,
        today=today,
    )


async def show_excuses(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/diary/{pupil_id}/excuses`: a new one, and what became of earlier ones."""
    actor, pupil_id = await current_actor(request), number_of(request, "pupil_id")
    hint = api.query(request, ExcuseHint) if request.method == "GET" else ExcuseHint()
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found, known = await _family(tx, actor, request)
        member = found.place.member
        excuses = await store.excuses_of(tx, pupil_id)
        named = await store.named_marks(tx, pupil_id, member.today - views.OPEN_FOR, member.today)
    day = _date(hint.day) or member.today
    period = hint.period if hint.period.isdigit() and len(hint.period) < 3 else ""
    form = await read(request, ExcuseForm, first_on=day, last_on=day, from_period=period, to_period=period)
    if form.posted and form.validate():
        try:
            await actions.send_excuse(request.app[DATABASE], actor, known["school_id"], pupil_id, _wanted(form))
        except (Invalid, Conflict, Forbidden) as problem:
            form.take(problem)
        else:
            await flash(request, _("Sent to the homeroom teacher") if found.is_family else _("Excused"))
            return see_other(request.path)
    return await render(
        request,
        "diary/excuses.html",
        status=form.status,
        **known,
        form=form,
        excuses=excuses,
        open=rules.still_open(named, excuses),
        own=[one.id for one in excuses if one.author == actor.name],
    )


def _date(text: str) -> Any:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar
    except ValueError:
        return None


def _wanted(form: ExcuseForm) -> NewExcuse:
    def hour(text: str | None) -> int | None:
        return int(text) if text else None

    first_on, last_on = form.first_on.data, form.last_on.data
    assert first_on is not None  # the form has seen to it
    assert last_on is not None
    return NewExcuse(
        first_on=first_on,
        last_on=last_on,
        from_period=hour(form.from_period.data),
        to_period=hour(form.to_period.data),
        reason=form.reason.data or "",
    )


async def withdraw(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor, school_id = await current_actor(request), school_id_of(request)
    excuse = await actions.withdraw_excuse(request.app[DATABASE], actor, school_id, number_of(request, "excuse_id"))
    await flash(request, _("Withdrawn"))
    return see_other(diary_path(school_id, excuse.pupil_id, "excuses"))
