"""Pages of imports: a file, its report; names to settle; the draft."""

import asyncio
from typing import Final

import wtforms
from aiohttp import web
from wtforms.validators import InputRequired, Length

from app.database import DATABASE
from app.errors import AppError, Conflict, Invalid
from app.files import clean_name
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, Locale, _
from app.pages import flash, render
from app.wire import current_actor
from schools.structure import store as structure
from schools.structure.tenancy import school_transaction
from schools.timetable.imports import actions, matching, store
from schools.timetable.imports.model import Fault, NameKind
from schools.timetable.imports.opening import read_upload
from schools.timetable.substitutions.access import access_replanning

MOST_FAULTS: Final = 200
"""That a page shows."""


class UploadForm(Form):
    """A timetable of another program."""

    file = wtforms.FileField(
        _("File"),
        description=_("Optivum: the folder with index.html as ZIP, or one page o1.html. aSc: File, Export, XML"),
    )


class DraftForm(Form):
    """What becomes of an import."""

    name = wtforms.StringField(_("Name"), validators=[InputRequired(_("This is needed")), Length(max=100)])
    valid_from = wtforms.DateField(_("In force from"), validators=[InputRequired(_("This is needed"))])


def _school_id(request: web.Request) -> int:
    return int(request.match_info["school_id"])


def _import_id(request: web.Request) -> int:
    return int(request.match_info["import_id"])


def _path(school_id: int, import_id: int) -> str:
    return f"/schools/{school_id}/timetable/imports/{import_id}"


async def show_imports(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/timetable/imports`: a file is read; its faults, or its preview."""
    actor, school_id = await current_actor(request), _school_id(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_replanning(tx, actor, school_id)
        imports = await store.imports(tx)
    form = await read(request, UploadForm)
    faults, name = [], ""
    if form.posted and form.validate():
        sent = form.file.data
        if not isinstance(sent, web.FileField):
            form.take(Invalid(fields={"file": "Choose a file"}))
        else:
            name = clean_name(sent.filename)
            try:
                content = await asyncio.to_thread(sent.file.read)
                source, found = await asyncio.to_thread(read_upload, name, content)
                faults = found.faults
                import_id = await actions.keep(request.app[DATABASE], actor, school_id, source, name, found)
            except (Invalid, Conflict) as problem:
                form.take(problem)
            else:
                return see_other(_path(school_id, import_id))
    return await render(
        request,
        "timetable_imports/imports.html",
        status=form.status,
        member=member,
        imports=imports,
        form=form,
        faults=faults[:MOST_FAULTS],
        said=lambda fault: _said(request.app[LOCALES].choose(request), fault),
        fault_count=len(faults),
        file_name=name,
    )


def _said(locale: Locale, fault: Fault) -> str:
    """In the reader's language, the kinds of things too."""
    values = {name: locale.gettext(text) if name in {"kind", "what"} else text for name, text in fault.values.items()}
    return locale.filled(fault.text, values)


async def show_import(request: web.Request) -> web.StreamResponse:
    """`GET …/imports/{import_id}`: the preview and names to settle; `POST`: the draft."""
    actor, school_id, import_id = await current_actor(request), _school_id(request), _import_id(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, found = await actions.access_import(tx, actor, school_id, import_id)
        year = await structure.year_on(tx, school_id, member.today)
        meanings = await actions.settled(tx, found)
        known = await store.known(tx, found.year_id)
    form = await read(request, DraftForm, valid_from=member.today)
    if form.posted and form.validate():
        try:
            version_id, left = await actions.make_draft(
                request.app[DATABASE],
                actor,
                school_id,
                import_id,
                form.name.data or "",
                form.valid_from.data or member.today,
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The draft is made. Lessons left out: %(n)s"), n=left)
            return see_other(f"/schools/{school_id}/timetable/versions/{version_id}")
    return await render(
        request,
        "timetable_imports/import.html",
        status=form.status,
        member=member,
        found=found,
        year=year,
        meanings=meanings,
        kinds=matching.KINDS,
        open_count=sum(one.is_open for one in meanings),
        known=known,
        names_of={(kind, one.id): one.name for kind, all_known in known.items() for one in all_known},
        lessons=found.lessons,
        form=form,
    )


async def settle(request: web.Request) -> web.StreamResponse:
    """`POST …/imports/{import_id}/settle`: fields `teacher:Name` with an id, `none`, `new` or nothing."""
    await require_action(request)
    school_id, import_id = _school_id(request), _import_id(request)
    answers: dict[tuple[NameKind, str], str] = {}
    for field, value in (await request.post()).items():
        given, _colon, name = field.partition(":")
        kind = next((one for one in matching.KINDS if one == given), None)
        if kind is not None and isinstance(value, str):
            answers[kind, name] = value
    # classes first: a new group is made in the class it belongs to
    ordered = dict(sorted(answers.items(), key=lambda one: matching.KINDS.index(one[0][0])))
    locale = request.app[LOCALES].choose(request)
    try:
        await actions.settle(request.app[DATABASE], await current_actor(request), school_id, import_id, ordered)
    except (Invalid, Conflict) as problem:
        await flash(request, locale.filled(problem.detail or problem.title, problem.values), kind="warning")
    else:
        await flash(request, _("Saved, and remembered for the next import"))
    return see_other(_path(school_id, import_id))
