"""Pages of what leaves the register."""

import asyncio
from datetime import UTC, datetime
from typing import Final, cast

from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import Conflict
from app.files import FILES, content_disposition, serve, stored_file
from app.forms import require_action, see_other
from app.i18n import LOCALES
from app.jobs import progress_of
from app.pages import flash, render
from app.wire import current_actor
from schools.register.api import school_id_of
from schools.reports import actions, rules, sheets, store
from schools.reports.model import Form, Period
from schools.structure import store as structure
from schools.structure.access import access_staff_room
from schools.structure.rules import can_manage_people, can_read_whole_school
from schools.structure.tenancy import school_transaction

TYPES: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def show_reports(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/reports`: pages of one's classes; for the principal archives of the year, too."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        assert member.staff_id is not None
        year = await structure.year_on(tx, school_id, member.today)
        classes = await structure.classes(tx, year.id) if year else []
        if not can_read_whole_school(member) and not can_manage_people(member):
            classes = [
                one
                for one in classes
                if one.homeroom_id == member.staff_id
                or await structure.teaches_class(tx, member.staff_id, one.id, member.today)
            ]
        archives = (await actions.archives_view(tx, actor, school_id)).archives if rules.can_archive(member) else []
        progress = {one.id: await progress_of(tx, one.job_id) for one in archives if one.job_id and not one.finished_at}
    return await render(
        request,
        "reports/reports.html",
        member=member,
        year=year,
        classes=classes,
        only_list=can_manage_people(member) and not can_read_whole_school(member),
        months=sheets.months(year.starts_on, member.today) if year else [],
        semesters=(1, 2) if year and member.today >= year.second_starts_on else (1,),
        may_archive=rules.can_archive(member),
        archives=archives,
        progress=progress,
        save_until=rules.save_until(year.ends_on) if year else None,
    )


async def send_class(request: web.Request) -> web.StreamResponse:
    """`GET …/classes/{class_id}/{form}.{kind}?month=2026-11`: a page of the class's register."""
    kind, form = request.match_info["kind"], cast("Form", request.match_info["form"])
    class_id = int(request.match_info["class_id"])
    sheet = await actions.export_class(
        request.app[DATABASE],
        await current_actor(request),
        school_id_of(request),
        class_id,
        form,
        api.query(request, Period),
        request.app[LOCALES].choose(request),
    )
    if kind == "pdf":
        content = await asyncio.to_thread(sheets.pdf, sheet, datetime.now(UTC))
    else:
        content = await asyncio.to_thread(sheets.xlsx, sheet)
    return web.Response(
        body=content,
        content_type=TYPES[kind],
        headers={
            "Content-Disposition": content_disposition("attachment", f"{sheet.title}.{kind}"),
            "Cache-Control": "no-store",
        },
    )


async def ask_archive(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/archives`."""
    await require_action(request)
    school_id = school_id_of(request)
    try:
        await actions.ask_archive(request.app[DATABASE], await current_actor(request), school_id)
    except Conflict as problem:
        text = request.app[LOCALES].choose(request).filled(problem.detail or problem.title, problem.values)
        await flash(request, text, kind="warning")
    return see_other(f"/schools/{school_id}/reports#archives")


async def send_archive(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/archives/{archive_id}/register.zip`."""
    database, school_id = request.app[DATABASE], school_id_of(request)
    archive_id = int(request.match_info["archive_id"])
    found = await actions.taken_archive(database, await current_actor(request), school_id, archive_id)
    assert found.file_id is not None
    async with school_transaction(database, school_id, readonly=True) as tx:
        assert await store.archive(tx, archive_id) is not None
        stored = await stored_file(tx, found.file_id)
    assert FILES in request.app
    return await serve(request, stored, cache_control="no-store")
