"""Pages of substitutions: a school's day for its staff, and for those who arrange it."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError, Invalid, NotFound
from app.files import content_disposition
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.structure.access import access_staff_room
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.model import Planned
from schools.timetable.substitutions import actions, printing, rules, store
from schools.timetable.substitutions.access import access_replanning
from schools.timetable.substitutions.board import board, candidates_for
from schools.timetable.substitutions.forms import AbsenceForm, DecisionForm
from schools.timetable.substitutions.model import AbsenceDraft, Candidate, Decision, Original


class Day(msgspec.Struct, frozen=True):
    """`day` empty: today."""

    day: date | None = None


def school_id_of(request: web.Request) -> int:
    return int(request.match_info["school_id"])


def day_path(school_id: int, day: date | None) -> str:
    return f"/schools/{school_id}/substitutions" + (f"?day={day}" if day else "")


async def show_board(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/substitutions?day=…`, and who is away (`POST`)."""
    actor = await current_actor(request)
    school_id, wanted = school_id_of(request), api.query(request, Day).day
    form = await read(request, AbsenceForm)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        may_replan = rules.can_replan(member)
        if form.posted and not may_replan:
            await access_replanning(tx, actor, school_id)
        day = wanted or await timetable.nearest_taught_day(tx, member.today) or member.today
        found = await board(tx, day, proposals=may_replan)
        colleagues = await store.colleagues(tx, day, rules.month_of(day)) if may_replan else []
    if not form.posted:
        form = await read(request, AbsenceForm, first_on=day, last_on=day)
    form.staff_id.choices = [("", _say(request, _("Choose…"))), *((str(one.id), one.name) for one in colleagues)]
    if form.posted and form.validate():
        try:
            await actions.add_absence(request.app[DATABASE], actor, school_id, _absence_of(form))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The absence is entered. Its lessons wait for a decision"))
            return see_other(day_path(school_id, form.first_on.data))
    return await render(
        request,
        "substitutions/board.html",
        status=form.status,
        member=member,
        board=found,
        day=day,
        form=form,
        may_replan=may_replan,
        colleagues=colleagues,
    )


def _absence_of(form: AbsenceForm) -> AbsenceDraft:
    assert form.first_on.data is not None
    assert form.last_on.data is not None
    return AbsenceDraft(
        staff_id=int(form.staff_id.data) if str(form.staff_id.data).isdecimal() else 1,
        first_on=form.first_on.data,
        last_on=form.last_on.data,
        from_period=int(form.from_period.data or 0),
        to_period=int(form.to_period.data or 20),
    )


async def end_absence(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    school_id, day = school_id_of(request), api.query(request, Day).day
    absence_id = int(request.match_info["absence_id"])
    await actions.end_absence(request.app[DATABASE], await current_actor(request), school_id, absence_id)
    await flash(request, _("The absence is taken back. Substitutions that were arranged stay"))
    return see_other(day_path(school_id, day))


async def show_lesson(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/substitutions/{entry_id}?day=…`: what becomes of one lesson."""
    actor = await current_actor(request)
    school_id, entry_id = school_id_of(request), int(request.match_info["entry_id"])
    day = api.query(request, Day).day
    if day is None:
        raise NotFound
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_replanning(tx, actor, school_id)
        planned = await timetable.planned_entry(tx, entry_id, day)
        if planned is None:
            raise NotFound
        original = (await store.originals(tx, [entry_id]))[entry_id]
        ranked = await candidates_for(tx, planned, original)
        lessons = await timetable.planned(tx, day)
        subjects, rooms = await store.subjects(tx), await store.rooms(tx)
    form = await _decision_form(request, planned, original, ranked, lessons, subjects, rooms)
    if form.posted and form.validate():
        try:
            decision = decision_of(form, original)
            await actions.decide(request.app[DATABASE], actor, school_id, entry_id, day, decision)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved. Everybody concerned sees it now"))
            return see_other(day_path(school_id, day))
    return await render(
        request,
        "substitutions/lesson.html",
        status=form.status,
        member=member,
        planned=planned,
        original=original,
        candidates=ranked,
        day=day,
        form=form,
    )


async def _decision_form(
    request: web.Request,
    planned: Planned,
    original: Original,
    ranked: list[Candidate],
    lessons: list[Planned],
    subjects: list[tuple[int, str]],
    rooms: list[tuple[int, str]],
) -> DecisionForm:
    """Filled with what holds now; the first proposal where nothing is decided."""
    started = {
        "kind": planned.kind or "substitution",
        "staff_id": str(planned.staff_id if planned.kind == "substitution" else ranked[0].id if ranked else ""),
        "subject_id": str(planned.subject_id),
        "room_id": str(planned.room_id or ""),
        "note": planned.note,
    }
    form = await read(request, DecisionForm, **started)
    others = [
        one
        for one in lessons
        if one.period == planned.period
        and one.entry_id != planned.entry_id
        and one.kind not in {"cancellation", "joint"}
    ]
    taken = {one.room_id for one in others}
    now = [(str(planned.staff_id), planned.staff)] if planned.kind == "substitution" else []
    listed = {now[0][0]} if now else set()
    form.staff_id.choices = now + [(str(one.id), one.name) for one in ranked if str(one.id) not in listed]
    form.subject_id.choices = [(str(key), name) for key, name in subjects]
    form.joint_entry_id.choices = [
        (str(one.entry_id), f"{one.class_name} · {one.subject} · {one.staff}{f' · {one.room}' if one.room else ''}")
        for one in others
    ]
    form.room_id.choices = [
        ("", "–"),
        *((str(key), name) for key, name in rooms if key not in taken or key == original.room_id),
    ]
    return form


def decision_of(form: DecisionForm, original: Original) -> Decision:
    """What the form says; what is as planned is left out."""

    def number(field: Any) -> int | None:
        text = str(field.data or "")
        return int(text) if text.isdecimal() and len(text) < 18 and int(text) > 0 else None

    subject_id, room_id = number(form.subject_id), number(form.room_id)
    if form.kind.data not in {"substitution", "cancellation", "room", "joint"}:
        raise Invalid(fields={"kind": "Choose what happens"})
    return Decision(
        kind=form.kind.data,
        staff_id=number(form.staff_id) if form.kind.data == "substitution" else None,
        subject_id=subject_id if form.kind.data == "substitution" and subject_id != original.subject_id else None,
        room_id=room_id
        if form.kind.data == "room" or (form.kind.data == "substitution" and room_id != original.room_id)
        else None,
        joint_entry_id=number(form.joint_entry_id) if form.kind.data == "joint" else None,
        note=(form.note.data or "").strip(),
    )


async def quick(request: web.Request) -> web.StreamResponse:
    """`POST …/substitutions/{entry_id}/{verb}`: the proposal in one press, a cancellation, or as planned again."""
    await require_action(request)
    posted = await request.post()
    actor, school_id = await current_actor(request), school_id_of(request)
    entry_id, verb, day = int(request.match_info["entry_id"]), request.match_info["verb"], api.query(request, Day).day
    if day is None:
        raise NotFound
    text = str(posted.get("staff_id", ""))
    try:
        if verb == "withdraw":
            await actions.withdraw(request.app[DATABASE], actor, school_id, entry_id, day)
            said = _("The lesson is as planned again")
        else:
            if not text.isdecimal() or len(text) > 17 or int(text) < 1:
                raise Invalid(fields={"staff_id": "Choose who stands in"})
            decision = Decision(kind="substitution", staff_id=int(text))
            await actions.decide(request.app[DATABASE], actor, school_id, entry_id, day, decision)
            said = _("Saved. Everybody concerned sees it now")
    except AppError as problem:
        if isinstance(problem, NotFound):
            raise
        words = list(problem.fields.values()) if isinstance(problem, Invalid) else []
        locale = request.app[LOCALES].choose(request)
        first = locale.gettext(words[0]) if words else locale.filled(problem.detail or problem.title, problem.values)
        await flash(request, first, kind="warning")
    else:
        await flash(request, said)
    return see_other(day_path(school_id, day))


async def send_print(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/substitutions.pdf?day=…`: the list for the board."""
    actor = await current_actor(request)
    school_id, wanted = school_id_of(request), api.query(request, Day).day
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        day = wanted or member.today
        found = await board(tx, day, proposals=False)
    locale = request.app[LOCALES].choose(request)
    notice = printing.notice(member.school_name, found, locale)
    content = await asyncio.to_thread(printing.pdf, notice, datetime.now(UTC))
    return web.Response(
        body=content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": content_disposition("inline", f"zastepstwa-{day}.pdf"),
            "Cache-Control": "no-store",
        },
    )


def _say(request: web.Request, message: str) -> str:
    return request.app[LOCALES].choose(request).gettext(message)
