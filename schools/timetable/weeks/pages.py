"""Pages of timetables."""

from datetime import date, timedelta
from typing import cast

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.forms import see_other
from app.pages import render
from app.wire import current_actor
from schools.structure import store as structure
from schools.structure.access import access_school
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.substitutions import rules as changing
from schools.timetable.substitutions import store as changes
from schools.timetable.weeks import reading
from schools.timetable.weeks.model import Of


class Day(msgspec.Struct, frozen=True):
    """`day` empty: today, or the nearest day that is taught."""

    day: date | None = None


def _school_id(request: web.Request) -> int:
    return int(request.match_info["school_id"])


async def show_contents(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/timetable`: whose timetable one may look at; a pupil and a parent of one are there."""
    actor, school_id = await current_actor(request), _school_id(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_school(tx, actor, school_id)
        children = [] if member.guardian_id is None else await structure.children(tx, member.guardian_id, member.today)
        if member.staff_id is None:
            pupils = [*([member.pupil_id] if member.pupil_id else []), *(one.id for one in children)]
            if len(pupils) == 1:
                return see_other(f"/schools/{school_id}/timetable/pupil/{pupils[0]}")
            return await render(request, "timetable_weeks/children.html", member=member, children=children)
        day = await timetable.nearest_taught_day(tx, member.today) or member.today
        year = await structure.year_on(tx, school_id, day)
        classes = await structure.classes(tx, year.id) if year else []
        staff = [one for one in await structure.staff_list(tx) if "teacher" in one.roles]
        rooms = await changes.rooms(tx)
    return await render(
        request,
        "timetable_weeks/contents.html",
        member=member,
        children=children,
        named_classes=[(one.id, one.name) for one in classes],
        named_staff=[(one.id, one.name) for one in staff],
        rooms=rooms,
        may_replan=changing.can_replan(member),
    )


async def show_week(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/timetable/{of}/{target_id}?day=…`: a week, on a phone one day of it."""
    actor, school_id, day = await current_actor(request), _school_id(request), api.query(request, Day).day
    of, target_id = cast("Of", request.match_info["of"]), int(request.match_info["target_id"])
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, week = await reading.access_week(tx, actor, school_id, of, target_id, day)
    return await render(
        request,
        "timetable_weeks/week.html",
        member=member,
        week=week,
        before=week.day - timedelta(days=7),
        after=week.day + timedelta(days=7),
        is_own=(of == "staff" and target_id == member.staff_id) or (of == "pupil" and target_id == member.pupil_id),
    )
