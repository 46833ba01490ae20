"""Pages of imports: a file is sent, looked at, carried out, stopped, taken up again."""

import csv
import io
from typing import Final

from aiohttp import BodyPartReader, web

from app import api
from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid, TooLarge
from app.files import BROKEN_FORM, clean_name, form_parts
from app.forms import CSRF_FIELD, STALE, guard, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from portals.helpdesk.finding import importing, imports
from portals.helpdesk.finding.importing import import_room

PATH: Final = "/pomoc/ustawienia/import"
SHOWN: Final = 100
"""Lines and faults on one page."""


def _import_id(request: web.Request) -> int:
    return int(request.match_info["import_id"])


async def show_imports(request: web.Request) -> web.StreamResponse:
    """`GET|POST /pomoc/ustawienia/import`: the form for a file, and earlier ones."""
    actor, database, locale = await current_actor(request), request.app[DATABASE], request.app[LOCALES].choose(request)
    faults: dict[str, str] = {}
    system = ""
    earlier = await importing.list_imports(database, actor)
    if request.method == "POST":
        try:
            system, name, content = await _file(request)
            zone = request.app[LOCALES].default.zone
            taken = await importing.take_in(database, actor, system, name, content, zone)
            return see_other(f"{PATH}/{taken.id}")
        except importing.FileRefused as refused:
            where = locale.gettext(_("Line %(line)s:")) % {"line": refused.fault.line}
            faults["file"] = f"{where} {locale.filled(refused.fault.text, refused.fault.values)}"
        except Invalid as problem:
            faults = {name: locale.gettext(text) for name, text in problem.fields.items()}
            faults = faults or {"file": locale.filled(problem.detail or problem.title, problem.values)}
        except (TooLarge, Conflict) as problem:
            faults = {"file": locale.filled(problem.detail or problem.title, problem.values)}
    return await render(
        request,
        "helpdesk_finding/imports.html",
        status=422 if faults else 200,
        faults=faults,
        system=system,
        systems=sorted({one.system for one in earlier}),
        earlier=earlier,
        columns=imports.COLUMNS,
        most_rows=imports.MOST_ROWS,
    )


async def _file(request: web.Request) -> tuple[str, str, bytes]:
    """The system's name, and name and content of the file; the token comes before it. Raises `Invalid`, `TooLarge`."""
    if request.content_type != "multipart/form-data":
        raise Invalid("Send this as a form with files")
    checker, accepted, system = await guard(request), False, ""
    try:
        async for part in form_parts(request):
            if not isinstance(part, BodyPartReader):
                continue
            if part.filename is None:
                text = (await part.text())[:1000]
                accepted = accepted or (part.name == CSRF_FIELD and checker.accepts(text))
                system = text if part.name == "system" else system
                continue
            if not accepted:
                raise Invalid(STALE)
            return system, clean_name(part.filename or "plik.csv"), await _content(part)
    except BROKEN_FORM:
        raise Invalid("The upload broke off") from None
    raise Invalid(fields={"file": _("Choose a file")}) if accepted else Invalid(STALE)


async def _content(part: BodyPartReader) -> bytes:
    data = bytearray()
    while block := await part.read_chunk(65536):
        data += block
        if len(data) > imports.MOST_BYTES:
            raise TooLarge("Files here may have at most %(megabytes)s MB", megabytes=imports.MOST_BYTES // 2**20)
    return bytes(data)


async def show_import(request: web.Request) -> web.StreamResponse:
    """`GET …/{import_id}`: what the file would do, how far it has got, what became of it."""
    actor, import_id = await current_actor(request), _import_id(request)
    found, lines, faults, known = await importing.show_import(request.app[DATABASE], actor, import_id, SHOWN)
    return await render(
        request,
        "helpdesk_finding/import.html",
        found=found,
        lines=lines,
        faults=faults[:SHOWN],
        known=known,
        shown=SHOWN,
        room=import_room(import_id),
    )


async def act(request: web.Request) -> web.StreamResponse:
    """`POST …/{import_id}/start|stop|drop`."""
    await require_action(request)
    actor, database, import_id = await current_actor(request), request.app[DATABASE], _import_id(request)
    verb = request.match_info["verb"]
    try:
        if verb == "drop":
            await importing.drop(database, actor, import_id)
            await flash(request, _("The file is dropped. Nothing was changed"))
            return see_other(PATH)
        await importing.act(database, actor, import_id, verb)
    except AppError as problem:
        if problem.status != 409:
            raise
        await flash(request, problem.detail or problem.title, "warning")
    return see_other(f"{PATH}/{import_id}")


async def send_faults(request: web.Request) -> web.StreamResponse:
    """`GET …/{import_id}/bledy.csv`: what is wrong with which line, to be mended beside the file."""
    actor = await current_actor(request)
    _found, _lines, faults, _known = await importing.show_import(request.app[DATABASE], actor, _import_id(request), 0)
    locale, out = request.app[LOCALES].choose(request), io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([locale.gettext(one) for one in (_("Line of the file"), _("Column"), _("What is wrong"))])
    writer.writerows([one.line, _plain(one.column), _plain(locale.filled(one.text, one.values))] for one in faults)
    headers = {"Content-Disposition": 'attachment; filename="bledy.csv"', "Cache-Control": "no-store"}
    return web.Response(body=("\ufeff" + out.getvalue()).encode(), content_type="text/csv", headers=headers)


def _plain(text: str) -> str:
    """Nothing that a spreadsheet would run."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


# API


async def list_json(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/imports`."""
    found = await importing.list_imports(request.app[DATABASE], await current_actor(request))
    return api.reply(importing.Imports(found))


async def show_json(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/imports/{import_id}`: how far it has got."""
    actor = await current_actor(request)
    found, _lines, _faults, _known = await importing.show_import(request.app[DATABASE], actor, _import_id(request), 0)
    return api.reply(found)


async def act_json(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/imports/{import_id}/start|stop`."""
    actor, verb = await current_actor(request), request.match_info["verb"]
    return api.reply(await importing.act(request.app[DATABASE], actor, _import_id(request), verb))
