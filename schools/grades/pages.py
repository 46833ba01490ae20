"""Pages of grades: what to open, a book, a class's sheet, the meeting's summary, the school's rules."""

import asyncio
from decimal import Decimal
from typing import Final, Literal

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError
from app.forms import read, see_other
from app.i18n import LOCALES, _
from app.pages import embedded, flash, render
from app.wire import current_actor
from schools.grades import actions, class_actions, class_store, exporting, rules, sheets, store
from schools.grades.access import access_grade_rules
from schools.grades.api import number_of
from schools.grades.forms import CategoryChangeForm, CategoryForm, RulesForm, filled_from
from schools.grades.model import BEHAVIOUR, GradeBook
from schools.register.access import access_pupil_register
from schools.register.api import school_id_of
from schools.structure import store as structure
from schools.structure.access import access_staff_room
from schools.structure.tenancy import school_transaction

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS: Final = {
    "mark": _("grades"),
    "points": _("points"),
    "descriptive": _("in words"),
    "proposed": _("proposed"),
    "settled": _("settled"),
}


class Semester(msgspec.Struct, frozen=True):
    """`semester` empty: today's."""

    semester: Literal[1, 2] | None = None


async def show_contents(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/grades`: books one teaches, the homeroom class, for the principal all classes."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        assert member.staff_id is not None
        year = await structure.year_on(tx, school_id, member.today)
        classes = await structure.classes(tx, year.id) if year else []
        books = await class_store.books(tx, year.id, member.staff_id) if year else []
    return await render(
        request,
        "grades/contents.html",
        member=member,
        own=[one for one in books if one.is_own],
        homerooms=[one for one in classes if one.homeroom_id == member.staff_id],
        classes=classes if member.has("principal", "counsellor") else [],
        may_set_rules=rules.can_set_rules(member),
    )


async def _book(request: web.Request) -> GradeBook:
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        return await actions.book_view(
            tx, actor, school_id, number_of(request, "class_id"), number_of(request, "subject_id")
        )


async def show_book(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/grades/{class_id}/{subject_id}?semester=…`: the grid; 0 is behaviour."""
    book = await _book(request)
    semester = api.query(request, Semester).semester or book.semester
    notes, subjects = [], []
    async with school_transaction(request.app[DATABASE], book.school_id, readonly=True) as tx:
        member = await access_staff_room(tx, await current_actor(request), book.school_id)
        assert member.staff_id is not None
        subjects = await class_store.books(tx, book.year_id, member.staff_id, book.class_id)
        if book.subject_id == BEHAVIOUR:
            notes = await class_store.notes_of_class(tx, book.class_id, book.year_id)
    return await render(
        request,
        "grades/book.html",
        book=book,
        semester=semester,
        member=member,
        book_json=embedded(book),
        notes=notes,
        points={
            one.pupil_id: rules.behaviour_points(
                [note for note in notes if note.pupil_id == one.pupil_id], book.settings
            )
            for one in book.pupils
        },
        names={one.pupil_id: one.name for one in book.pupils},
        subjects=subjects,
        behaviour_grades=rules.BEHAVIOUR_GRADES,
        in_words=book.level <= book.settings.descriptive_to_level,
    )


async def send_book(request: web.Request) -> web.StreamResponse:
    """`GET …/book.xlsx`: the year's book."""
    book = await _book(request)
    locale = request.app[LOCALES].choose(request)
    words = {kind: locale.gettext(text) for kind, text in KINDS.items()}
    words |= {
        "number": locale.gettext(_("No.")),
        "pupil": locale.gettext(_("Pupil")),
        "average": locale.gettext(_("Average, semester {n}")),
    }
    subject = book.subject or locale.gettext(_("Behaviour"))
    content = await asyncio.to_thread(exporting.xlsx, book, f"{book.class_name} {subject}", words)
    return web.Response(
        body=content,
        content_type=XLSX,
        headers={
            "Content-Disposition": f'attachment; filename="oceny-{book.class_id}-{book.subject_id}.xlsx"',
            "Cache-Control": "no-store",
        },
    )


async def _sheet(request: web.Request) -> sheets.ClassSheet:
    actor, school_id = await current_actor(request), school_id_of(request)
    semester = api.query(request, Semester).semester
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        return await class_actions.class_sheet(tx, actor, school_id, number_of(request, "class_id"), semester)


async def show_sheet(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/grades/{class_id}?semester=…`: all subjects of a class."""
    sheet = await _sheet(request)
    return await render(request, "grades/sheet.html", sheet=sheet, school_id=school_id_of(request))


async def show_meeting(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/grades/{class_id}/meeting?semester=…`: sums for the classification meeting."""
    found = sheets.meeting(await _sheet(request))
    return await render(
        request,
        "grades/meeting.html",
        meeting=found,
        sheet=found.sheet,
        school_id=school_id_of(request),
        highest=max(found.total.values(), default=0),
    )


async def show_pupil(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/pupils/{pupil_id}/grades`: as the pupil and the parents see them."""
    actor, school_id, pupil_id = await current_actor(request), school_id_of(request), number_of(request, "pupil_id")
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        grades = await actions.grades_of_pupil(tx, actor, school_id, pupil_id)
        place = await access_pupil_register(tx, actor, school_id, pupil_id)
        year = await structure.year_on(tx, school_id, place.member.today)
        assert year is not None
        now = await class_store.semester_on(tx, year.id, place.member.today)
    semester = api.query(request, Semester).semester or now
    columns = [one for one in grades.columns if one.semester == semester]
    return await render(
        request,
        "grades/pupil.html",
        grades=grades,
        pupil=place.pupil,
        member=place.member,
        semester=semester,
        subjects=list({one.subject_id: one.subject for one in columns if one.subject_id}.items()),
        columns=columns,
        mine=rules.by_column(one for one in grades.entries if one.text),
        means={one.subject_id: one.shown for one in grades.averages if one.semester == semester},
    )


async def edit_rules(request: web.Request) -> web.StreamResponse:
    """`GET, POST /schools/{school_id}/grades/rules`."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_grade_rules(tx, actor, school_id)
        settings, rev = await store.settings(tx)
    form = await read(request, RulesForm, **filled_from(settings))
    if form.posted and form.validate():
        try:
            await class_actions.set_rules(request.app[DATABASE], actor, school_id, form.wanted(), rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The rules are saved; averages follow them at once"))
            return see_other(f"/schools/{school_id}/grades/rules")
    return await render(request, "grades/rules.html", status=form.status, member=member, form=form)


async def edit_categories(request: web.Request) -> web.StreamResponse:
    """`GET, POST /schools/{school_id}/grades/categories`: weights and colours; POST adds one."""
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_grade_rules(tx, actor, school_id)
        categories = await store.categories(tx, archived=True)
        subjects = await class_store.subjects(tx)
    form = await read(request, CategoryForm)
    form.subject_id.choices = [
        ("", form.locale.gettext(_("all subjects"))),
        *((str(one.id), one.name) for one in subjects),
    ]
    if form.posted and form.validate():
        try:
            await class_actions.add_category(
                request.app[DATABASE],
                actor,
                school_id,
                form.name.data or "",
                form.short.data or "",
                form.weight.data or Decimal(0),
                form.colour.data,
                int(form.subject_id.data) if (form.subject_id.data or "").isdecimal() else None,
            )
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The category is there"))
            return see_other(f"/schools/{school_id}/grades/categories")
    return await render(
        request,
        "grades/categories.html",
        status=form.status,
        member=member,
        form=form,
        categories=categories,
        subject_names={one.id: one.name for one in subjects},
    )


async def change_category(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/grades/categories/{category_id}`: `weight`, `archived`."""
    actor, school_id = await current_actor(request), school_id_of(request)
    form = await read(request, CategoryChangeForm)
    if form.validate():
        await class_actions.change_category(
            request.app[DATABASE],
            actor,
            school_id,
            number_of(request, "category_id"),
            form.weight.data or Decimal(0),
            archived=bool(form.archived.data),
        )
        await flash(request, _("Saved. Columns that are there keep their weight"))
    else:
        await flash(request, _("The weight is a number from 0 to 100"), kind="warning")
    return see_other(f"/schools/{school_id}/grades/categories")
