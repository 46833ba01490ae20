"""The page of a school's settings: kinds of attendance, subjects, rooms, groups, limits, signing in."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, Forbidden, Invalid
from app.forms import CSRF_FIELD, Form, read, require_action, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from schools.secretariat import rules, setup, setup_store
from schools.secretariat.forms import GroupForm, LimitsForm, RoomForm, SecurityForm, SubjectForm, TypeForm
from schools.secretariat.pages import fresh, number, place, tell
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.tenancy import school_transaction

FORMS: Final[Mapping[str, type[Form]]] = {
    "subject": SubjectForm,
    "room": RoomForm,
    "group": GroupForm,
    "new_type": TypeForm,
    "limits": LimitsForm,
    "security": SecurityForm,
}


async def show_settings(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/settings`: `part` says which form was sent, `key` about which row."""
    actor, school_id = await current_actor(request), place(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
        school = await structure.school(tx, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        subjects, rooms = await setup_store.subjects(tx), await setup_store.rooms(tx)
        groups = [] if year is None else await setup_store.groups(tx, year.id)
        types = await setup_store.attendance_types(tx)
    posted = await request.post() if request.method == "POST" else {}
    part, key = str(posted.get("part", "")), number(str(posted.get("key", "")))
    settings = school.settings if school else {}
    known = {**setup.limits(settings), "second_factor": setup.wants_second_factor(settings)}
    forms = {
        name: await read(request, kind) if name == part and key is None else await fresh(request, kind, **known)
        for name, kind in FORMS.items()
    }
    changed = await read(request, FORMS[part]) if part in FORMS and key is not None else None
    status = 200
    if part == "type" or part in forms:
        form = changed if changed is not None else forms.get(part)
        try:
            if await _save(request, school_id, part, key, form):
                await flash(request, _("Saved"))
                return see_other(f"/schools/{school_id}/people/settings")
        except AppError as problem:
            if not isinstance(problem, Invalid | Forbidden):
                raise
            if form is not None:
                form.take(problem)
            else:
                await tell(request, problem)
        status = 422
    return await render(
        request,
        "secretariat/settings.html",
        status=status,
        member=member,
        subjects=subjects,
        rooms=rooms,
        groups=groups,
        types=types,
        forms=forms,
        refused={"part": part, "key": key, "form": changed} if changed is not None else None,
    )


async def _save(request: web.Request, school_id: int, part: str, key: int | None, form: Form | None) -> bool:
    """Whether the form was fine."""
    actor, database = await current_actor(request), request.app[DATABASE]
    if form is None:
        await require_action(request)
        posted = await request.post()
        type_id = number(str(posted.get("type_id", ""))) or 0
        name = rules.tidy(str(posted.get("name", "")))
        await setup.change_type(database, actor, school_id, type_id, name, archived="archived" in posted)
        return True
    if not form.validate():
        return False
    values = {name: form[name].data for name in form.data if name not in {CSRF_FIELD, "key"}}
    if key is None:
        await setup.save(database, actor, school_id, part, values)
    else:
        await setup.change(database, actor, school_id, part, key, values)
    return True
