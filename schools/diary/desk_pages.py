"""The homeroom teacher's desk: excuses of a class; and what a school lets families do."""

from aiohttp import web

from app.database import DATABASE
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.forms import read, see_other
from app.i18n import _
from app.pages import flash, render
from app.wire import current_actor
from schools.diary import actions, rules, store, views
from schools.diary.access import access_school_rules
from schools.diary.api import number_of
from schools.diary.forms import DecisionForm, FamilyForm
from schools.diary.model import Decision, FamilyRules, Verdict, excuses_room
from schools.register.api import school_id_of
from schools.structure import store as structure
from schools.structure.access import access_staff_room
from schools.structure.rules import can_read_whole_school
from schools.structure.tenancy import school_transaction


async def show_classes(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/excuses`: the homeroom teacher is at the own class at once."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        assert member.staff_id is not None
        own = await store.homeroom_class(tx, member.staff_id, member.today)
        if len(own) == 1 and not can_read_whole_school(member):
            return see_other(f"/schools/{school_id}/classes/{own[0][0]}/excuses")
        if not own and not can_read_whole_school(member):
            raise NotFound
        classes = await store.classes_waiting(tx, member.today)
    if not can_read_whole_school(member):
        known = {class_id for class_id, _name in own}
        classes = [one for one in classes if one[0] in known]
    return await render(request, "diary/classes.html", member=member, classes=classes)


async def show_desk(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/classes/{class_id}/excuses`: those that are ticked are accepted or refused."""
    actor, school_id = await current_actor(request), school_id_of(request)
    class_id = number_of(request, "class_id")
    form = await read(request, DecisionForm)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        desk = await views.excuse_desk(tx, actor, school_id, class_id)
    posted = await request.post() if form.posted else None
    ticked = [int(str(one)) for one in posted.getall("excuse", []) if str(one).isdigit()] if posted is not None else []
    if posted is not None and form.validate():
        verdict: Verdict = "refused" if posted.get("verdict") == "refused" else "accepted"
        try:
            if not ticked:
                raise Invalid("Tick what you decide about")
            wanted = Decision(excuses=ticked[:200], verdict=verdict, word=form.word.data or "")
            decided = await actions.decide_excuses(request.app[DATABASE], actor, school_id, wanted)
        except (Invalid, Conflict, Forbidden) as problem:
            form.take(problem)
        else:
            text = _("Excuses accepted: %(n)s") if verdict == "accepted" else _("Excuses refused: %(n)s")
            await flash(request, text, n=len(decided))
            return see_other(request.path)
    return await render(
        request,
        "diary/desk.html",
        status=form.status,
        desk=desk,
        school_id=school_id,
        form=form,
        ticked=ticked,
        rooms={excuses_room(school_id, class_id): views.weight(desk)},
        waiting=[one for one in desk.excuses if one.state == "sent"],
        done=[one for one in desk.excuses if one.state != "sent"],
    )


async def show_families(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/families`"""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_school_rules(tx, actor, school_id)
        school = await structure.school(tx, school_id)
    assert school is not None
    form = await read(request, FamilyForm, obj=rules.family_rules(school.settings))
    if form.posted and form.validate():
        wanted = FamilyRules(adults_excuse=form.adults_excuse.data, pupils_write=form.pupils_write.data)
        await actions.set_family_rules(request.app[DATABASE], actor, school_id, wanted)
        await flash(request, _("Saved"))
        return see_other(request.path)
    return await render(request, "diary/families.html", status=form.status, member=member, form=form)
