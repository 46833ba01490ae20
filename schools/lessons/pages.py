"""Pages of lessons, and the worker that opens them without a network."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app.database import DATABASE
from app.feature import SIGNED_IN, NavItem
from app.i18n import LOCALES
from app.pages import embedded, render
from app.wire import current_actor
from schools.lessons import actions, rules, store
from schools.lessons.api import number_of
from schools.register.api import school_id_of
from schools.register.pages import OFFLINE
from schools.structure.access import access_staff_room
from schools.structure.tenancy import school_transaction

WORKER: Final = Path(__file__).resolve().parents[2] / "static" / "js" / "schools-worker.js"

WEEKS: Final = 4


async def show_lesson(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/lessons/{lesson_id}`: the grid, and what stands beside it."""
    actor = await current_actor(request)
    school_id = school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True, by_key=True) as tx:
        sheet = await actions.lesson_sheet(tx, actor, school_id, number_of(request, "lesson_id"))
    locale = request.app[LOCALES].choose(request)
    types = [msgspec.structs.replace(one, name=locale.gettext(one.name)) for one in sheet.view.types]
    sheet = msgspec.structs.replace(sheet, view=msgspec.structs.replace(sheet.view, types=types))
    response = await render(
        request,
        "lessons/lesson.html",
        sheet=sheet,
        sheet_json=embedded(sheet),
        types={one.id: one for one in types},
        away={
            one.pupil_id: locale.gettext("absence announced") if one.announced else one.event for one in sheet.elsewhere
        },
        next_week=sheet.view.lesson.on_date + timedelta(days=7),
        bottom_items=(NavItem(label="School", path=f"/schools/{school_id}", allow=SIGNED_IN),),  # the grid has its own
    )
    response.headers[OFFLINE] = str(actor.account_id)
    return response


async def show_tests(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/classes/{class_id}/tests`: four weeks of announced tests."""
    actor = await current_actor(request)
    school_id, class_id = school_id_of(request), number_of(request, "class_id")
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        found = await actions.class_tests(tx, actor, school_id, class_id)
        member = await access_staff_room(tx, actor, school_id)
        subjects = await store.subjects_taught(tx, class_id, None if member.has("principal") else member.staff_id)
    monday = rules.monday_of(member.today)
    weeks = [[monday + timedelta(days=7 * week + day) for day in range(5)] for week in range(WEEKS)]
    counts = {
        week[0]: sum(1 for one in found.tests if one.kind == "test" and rules.monday_of(one.on_date) == week[0])
        for week in weeks
    }
    return await render(
        request,
        "lessons/tests.html",
        found=found,
        school_id=school_id,
        weeks=weeks,
        counts=counts,
        subjects=subjects,
        today=member.today,
        next_week=member.today + timedelta(days=7),
    )


async def send_worker(_request: web.Request) -> web.StreamResponse:
    """`GET /schools/worker.js`: there, so that it stands for /schools/ alone; asked for anew by each visit."""
    return web.FileResponse(WORKER, headers={"Content-Type": "text/javascript", "Cache-Control": "no-cache"})
