"""Pages about many devices: moving, labels, imports."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import BodyPartReader, web

from app.database import DATABASE
from app.errors import AppError, Invalid, TooLarge
from app.files import BROKEN_FORM, clean_name, form_parts
from app.forms import CSRF_FIELD, STALE, guard, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import CITY, current_actor, public_url
from portals.equipment import actions, importing, labels, moving, rules, store
from portals.equipment.forms import LabelsForm, MoveForm
from portals.equipment.imports import COLUMNS
from portals.equipment.model import Device, Move
from portals.equipment.pages import first_words, query_of, wanted_of
from portals.intranet.actions import unit_choices

MOST_SHOWN: Final = 300
"""Lines of a preview on one page; faults are shown up to this number too."""
REPORT_PATH: Final = "/pomoc/urzadzenie/{label}"
"""Where a label's code leads: the helpdesk's page for reporting a device."""


async def chosen_devices(request: web.Request) -> tuple[list[Device], dict[str, str]]:
    """Devices that were ticked, or with `all` everything the filters show; and the filters, for the way back.

    The second form (`do`) has fields called like filters, so there these come as `filter_…`.
    """
    actor, form = await current_actor(request), await request.post()
    database = request.app[DATABASE]
    ticked = [str(one) for one in form.getall("ids", [])]
    ids = [int(one) for one in ticked if one.isascii() and one.isdigit() and len(one) < 18]
    second = bool(form.get("do"))
    wanted = wanted_of(
        {name.removeprefix("filter_"): form[name] for name in form if name.startswith("filter_") == second}
    )
    if form.get("all") and not second:
        async with database.transaction(readonly=True) as tx:
            reach = await actions.reach_of(tx, actor)
            words = actions.words_of(wanted.text)
            ids = await store.ids_wanted(tx, wanted, words, reach, actions.today(), labels.MOST)
    return await moving.chosen(database, actor, ids[: labels.MOST]), query_of(wanted)


async def move(request: web.Request) -> web.StreamResponse:
    """`POST /equipment/move`: first shows the form for what was ticked, then does it (`do`)."""
    actor, database = await current_actor(request), request.app[DATABASE]
    devices, query = await chosen_devices(request)
    back = str(request.app.router["equipment.list"].url_for().with_query(query))
    if not devices:
        await flash(request, _("Tick the devices first"), "warning")
        return see_other(back)
    form = await read(request, MoveForm)
    async with database.transaction(readonly=True) as tx:
        units = [one for one in await unit_choices(tx) if rules.can_keep(actor, one.path)]
    form.unit_id.choices = [(0, request.app[LOCALES].choose(request).gettext(_("as it is")))]
    form.unit_id.choices += [(one.id, f"{one.short_name} – {one.name}") for one in units]
    sent = await request.post()
    shown: dict[str, Any] = {"form": form, "devices": devices, "query": query, "back": back}
    if not sent.get("do"):
        form = await read(request, MoveForm)
        form.unit_id.choices = shown["form"].unit_id.choices
        form.unit_id.data, form.state.data, form.room.data, form.assigned_to.data = 0, "", "", ""
        return await render(request, "equipment/move.html", **{**shown, "form": form})
    if form.validate():
        wanted = Move(
            ids=[one.id for one in devices],
            unit_id=form.unit_id.data or None,
            room=form.room.data or None,
            state=form.state.data or None,
            assigned_to=form.assigned_to.data or None,
        )
        try:
            done = await moving.move_devices(database, actor, wanted)
        except AppError as problem:
            form.take(problem)
        else:
            await _say_moved(request, done.batch_id, done.count)
            return see_other(back)
    return await render(request, "equipment/move.html", status=form.status, **shown)


async def _say_moved(request: web.Request, batch_id: int | None, count: int) -> None:
    if batch_id is None:
        await flash(request, _("All of them stood so already"), "info")
    else:
        await flash(request, _("Devices changed: %(count)s"), undo=f"/equipment/moves/{batch_id}/undo", count=count)


async def undo_move(request: web.Request) -> web.StreamResponse:
    """`POST /equipment/moves/{batch_id}/undo`"""
    await require_action(request)
    actor, batch_id = await current_actor(request), int(request.match_info["batch_id"])
    try:
        undone = await moving.undo_move(request.app[DATABASE], actor, batch_id)
    except AppError as problem:
        if problem.status != 409:
            raise
        await flash(request, problem.detail or problem.title, "warning")
    else:
        text = _("Taken back: %(count)s. Changed by somebody since, and so left: %(kept)s")
        if undone.kept:
            await flash(request, text, "warning", count=undone.count, kept=undone.kept)
        else:
            await flash(request, _("Taken back: %(count)s"), count=undone.count)
    return see_other("/equipment")


async def print_labels(request: web.Request) -> web.StreamResponse:
    """`POST /equipment/labels`: first shows the sheets for what was ticked, then makes the PDF (`do`)."""
    devices, query = await chosen_devices(request)
    back = str(request.app.router["equipment.list"].url_for().with_query(query))
    if not devices:
        await flash(request, _("Tick the devices first"), "warning")
        return see_other(back)
    form, sent = await read(request, LabelsForm), await request.post()
    shown: dict[str, Any] = {"devices": devices, "query": query, "back": back, "most": labels.MOST}
    if not sent.get("do"):
        form.grid.data, form.first.data = next(iter(labels.GRIDS)), 1
        form.first.raw_data = None
        return await render(request, "equipment/labels.html", form=form, **shown)
    if form.validate():
        grid = labels.GRIDS[form.grid.data]
        if form.first.data is None or not 1 <= form.first.data <= grid.on_a_sheet:
            form.take(Invalid(fields={"first": _("There is no such place on this sheet")}))
        else:
            return await _pdf(request, devices, grid, form.first.data)
    return await render(request, "equipment/labels.html", status=form.status, form=form, **shown)


async def _pdf(request: web.Request, devices: list[Device], grid: labels.Grid, first: int) -> web.Response:
    locale, office = request.app[LOCALES].choose(request), request.app[CITY].office
    address = public_url(request, request.app, REPORT_PATH)
    made_at = datetime.now(UTC)
    content = await asyncio.to_thread(
        lambda: labels.sheet(labels.sheet_data(devices, grid, first, address, office, locale), made_at)
    )
    headers = {"Content-Disposition": 'attachment; filename="etykiety.pdf"', "Cache-Control": "no-store"}
    return web.Response(body=content, content_type="application/pdf", headers=headers)


# imports


async def show_imports(request: web.Request) -> web.StreamResponse:
    """`GET|POST /equipment/imports`: a file is chosen and taken in."""
    actor, problem = await current_actor(request), ""
    earlier = await importing.list_imports(request.app[DATABASE], actor)
    if request.method == "POST":
        try:
            name, content = await _file(request)
            import_id = await importing.take_in(request.app[DATABASE], actor, name, content)
            return see_other(f"/equipment/imports/{import_id}")
        except (Invalid, TooLarge) as refused:
            locale = request.app[LOCALES].choose(request)
            words = first_words(refused) if isinstance(refused, Invalid) else refused.detail or refused.title
            problem = locale.filled(words, refused.values)
    return await render(
        request,
        "equipment/imports.html",
        status=422 if problem else 200,
        problem=problem,
        columns=COLUMNS,
        earlier=[(one, importing.report_of(one)) for one in earlier],
        most_rows=importing.MOST_ROWS,
    )


async def _file(request: web.Request) -> tuple[str, bytes]:
    """Name and content of the one file of a form; the token comes before it."""
    if request.content_type != "multipart/form-data":
        raise Invalid("Send this as a form with files")
    checker, accepted = await guard(request), False
    try:
        async for part in form_parts(request):
            if not isinstance(part, BodyPartReader):
                continue
            if part.filename is None:
                accepted = accepted or (part.name == CSRF_FIELD and checker.accepts((await part.text())[:1000]))
                continue
            if not accepted:
                raise Invalid(STALE)
            data = bytearray()
            while block := await part.read_chunk(65536):
                data += block
                if len(data) > importing.MOST_BYTES:
                    megabytes = importing.MOST_BYTES // 2**20
                    raise TooLarge("Files here may have at most %(megabytes)s MB", megabytes=megabytes)
            return clean_name(part.filename or "plik.csv"), bytes(data)
    except BROKEN_FORM:
        raise Invalid("The upload broke off") from None
    raise Invalid(_("Choose a file") if accepted else STALE)


async def show_import(request: web.Request) -> web.StreamResponse:
    """`GET /equipment/imports/{import_id}`: what the file would do, line by line, or what it has done."""
    actor, import_id = await current_actor(request), int(request.match_info["import_id"])
    found, plan = await importing.show_import(request.app[DATABASE], actor, import_id)
    return await render(
        request,
        "equipment/import.html",
        found=found,
        plan=plan,
        report=importing.report_of(found),
        digest=importing.digest(plan),
        most=MOST_SHOWN,
        steps=sorted(plan.steps, key=lambda one: (one.sort == "same", one.line))[:MOST_SHOWN],
    )


async def do_import(request: web.Request) -> web.StreamResponse:
    """`POST /equipment/imports/{import_id}/{verb}`: carries out what was shown, or drops the file."""
    await require_action(request)
    actor, import_id = await current_actor(request), int(request.match_info["import_id"])
    database, place = request.app[DATABASE], f"/equipment/imports/{import_id}"
    sent = await request.post()
    try:
        if request.match_info["verb"] == "drop":
            await importing.drop_import(database, actor, import_id)
            await flash(request, _("The file is dropped. Nothing was changed"))
            return see_other("/equipment/imports")
        seen, leave_out = str(sent.get("seen", "")), bool(sent.get("leave_out"))
        report = await importing.carry_out(database, actor, import_id, seen, leave_out=leave_out)
    except AppError as problem:
        if problem.status != 409:
            raise
        await flash(request, problem.detail or problem.title, "warning")
        return see_other(place)
    await flash(request, _("Imported. New: %(new)s, changed: %(changed)s"), new=report.new, changed=report.changed)
    return see_other(place)


async def send_report(request: web.Request) -> web.StreamResponse:
    """`GET /equipment/imports/{import_id}/faults.csv`: what is wrong with which line, to be mended beside the file."""
    actor, import_id = await current_actor(request), int(request.match_info["import_id"])
    found, plan = await importing.show_import(request.app[DATABASE], actor, import_id)
    report = importing.report_of(found)
    faults = plan.faults if report is None else report.left_out
    locale, out = request.app[LOCALES].choose(request), io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([locale.gettext(one) for one in (_("Line of the file"), _("Column"), _("What is wrong"))])
    writer.writerows([one.line, _guarded(one.column), _guarded(locale.filled(one.text, one.values))] for one in faults)
    headers = {"Content-Disposition": 'attachment; filename="bledy.csv"', "Cache-Control": "no-store"}
    text = "\ufeff" + out.getvalue()
    return web.Response(body=text.encode(), content_type="text/csv", charset="utf-8", headers=headers)


def _guarded(text: str) -> str:
    """Nothing that a spreadsheet would run."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
