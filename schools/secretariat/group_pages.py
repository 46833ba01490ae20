"""Pages of classes and groups."""

from datetime import date

import msgspec
import wtforms
from aiohttp import web
from wtforms.validators import NumberRange

from app import api
from app.database import DATABASE
from app.errors import AppError
from app.forms import Form, read, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.secretariat import groups, rules
from schools.secretariat.forms import NEEDED, SHORT
from schools.secretariat.model import NewClass
from schools.secretariat.pages import fresh, number, place
from schools.structure.tenancy import school_transaction


class ClassForm(Form):
    """A new class."""

    level = wtforms.IntegerField(_("Level"), validators=[NEEDED, NumberRange(min=0, max=8)])
    letter = wtforms.StringField(_("Letter"), description=_("As in 4a or 1TI."), validators=[NEEDED, SHORT])
    building = wtforms.StringField(_("Building"), validators=[SHORT])


class NewGroupForm(Form):
    """A new group."""

    name = wtforms.StringField(_("Name of the group"), validators=[NEEDED, SHORT])
    class_id = wtforms.SelectField(_("Part of class"), choices=[], validate_choice=False)


class MembersForm(Form):
    """From when on the ticked pupils are the group."""

    day = wtforms.DateField(_("From day"), validators=[NEEDED])
    rev = wtforms.HiddenField()


class Wanted(msgspec.Struct, frozen=True):
    day: date | None = None


async def show_classes(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/classes`: `part` says which form was sent."""
    actor, school_id, database = await current_actor(request), place(request), request.app[DATABASE]
    async with school_transaction(database, school_id, readonly=True) as tx:
        member, year, classes, known = await groups.structure_of(tx, actor, school_id)
    part = str((await request.post()).get("part", "")) if request.method == "POST" else ""
    class_form = await read(request, ClassForm) if part == "class" else await fresh(request, ClassForm)
    group_form = await read(request, NewGroupForm) if part == "group" else await fresh(request, NewGroupForm)
    say = request.app[LOCALES].choose(request).gettext
    group_form.class_id.choices = [("", say(_("of several classes"))), *((str(one.id), one.name) for one in classes)]
    form = {"class": class_form, "group": group_form}.get(part)
    if form is not None and form.validate():
        try:
            if part == "class":
                new = NewClass(
                    level=class_form.level.data or 0,
                    letter=rules.tidy(class_form.letter.data),
                    building=rules.tidy(class_form.building.data),
                )
                await groups.add_class(database, actor, school_id, new)
                target = f"/schools/{school_id}/people/classes"
            else:
                class_id, name = number(group_form.class_id.data), rules.tidy(group_form.name.data)
                group_id = await groups.add_group(database, actor, school_id, class_id, name)
                target = f"/schools/{school_id}/people/groups/{group_id}"
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(target)
    return await render(
        request,
        "secretariat/classes.html",
        status=form.status if form is not None else 200,
        member=member,
        year=year,
        classes=classes,
        groups=known,
        class_form=class_form,
        group_form=group_form,
    )


async def show_group(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/groups/{group_id}?day=…`: who is in it from a day on."""
    actor, school_id, group_id = await current_actor(request), place(request), place(request, "group_id")
    wanted = api.query(request, Wanted).day
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member, group, people, day = await groups.candidates(tx, actor, school_id, group_id, wanted)
    form = await read(request, MembersForm, day=day, rev=group.rev)
    ticked = {one.id for one in people if one.inside}
    if form.posted:
        sent = [number(str(one)) for one in (await request.post()).getall("pupil", [])]
        ticked = {one for one in sent if one is not None}
    if form.posted and form.validate():
        assert form.day.data is not None
        rev = number(form.rev.data) or 0
        try:
            await groups.set_members(request.app[DATABASE], actor, school_id, group_id, ticked, form.day.data, rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The group is saved: %(count)s pupils"), count=len(ticked))
            return see_other(f"/schools/{school_id}/people/classes")
    return await render(
        request,
        "secretariat/group.html",
        status=form.status,
        member=member,
        group=group,
        people=people,
        ticked=ticked,
        form=form,
    )
