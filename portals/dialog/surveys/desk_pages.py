"""The office's pages of a survey: questions, preview, paper, answers, results by groups, exports."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.errors import AppError, NotFound
from app.files import serve, stored_file
from app.forms import ActionForm, read, require_action, see_other
from app.i18n import LOCALES, Locale, _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.dialog.access import Place, access_block_inside
from portals.dialog.settings import DialogSettings
from portals.dialog.spreadsheets import csv_of, xlsx_of
from portals.dialog.surveys import actions, counting, desk, exporting, rules, store, views
from portals.dialog.surveys.actions import CHANGED, KIND, Unanswered
from portals.dialog.surveys.forms import (
    EnforceForm,
    PasteForm,
    QuestionForm,
    ReasonForm,
    SheetForm,
    condition_choices,
    fill_question,
    question_draft,
)
from portals.dialog.surveys.model import Question
from portals.dialog.surveys.pages import conditions_json, file_answer
from portals.dialog.surveys.reading import Filled, read_answers

PER_PAGE: Final = 50
BY: Final = ("kind", "district", "source")


async def access_desk(request: web.Request) -> Place:
    """The survey of the address, for the office."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block_inside(tx, actor, int(request.match_info["block_id"]), KIND)
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


async def show_question(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/questions/new` and `…/questions/{key}`."""
    actor, place, database = await current_actor(request), await access_desk(request), request.app[DATABASE]
    key = request.match_info.get("key", "")
    async with database.transaction(readonly=True) as tx:
        survey = await store.survey(tx, place.block.id)
        answered = await store.has_answers(tx, place.block.id)
    known = next((one for one in survey.working if one.key == key), None)
    if key and known is None:
        raise NotFound
    form = await read(request, QuestionForm)
    _offer_conditions(form, survey.working, key)
    if not form.posted:
        form.rev.data = str(survey.rev)
        if known is not None:
            fill_question(form, known)
        elif request.query.get("type") == "page":
            form.type.data = "page"
    elif form.validate():
        try:
            rev = _number(form.rev.data)
            if known is None:
                made = await desk.add_question(database, actor, place.block.id, question_draft(form), rev)
            else:
                made = await desk.change_question(database, actor, place.block.id, key, question_draft(form), rev)
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            again = (await request.post()).get("then") == "another"
            return see_other(f"{_base(place)}/questions/new" if again else f"{place.manage_path}#question-{made.key}")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(
        request, "surveys/question.html", status=status, place=place, form=form, known=known, answered=answered
    )


def _offer_conditions(form: QuestionForm, questions: list[Question], key: str) -> None:
    words = {"always": form.locale.gettext(_("always")), "answered": form.locale.gettext(_("is answered"))}
    choices = condition_choices(questions, key, words)
    form.when_1.choices = form.when_2.choices = choices


async def change_questions(request: web.Request) -> web.StreamResponse:
    """`POST …/questions/{key}/{verb}`: up, down, copy, remove."""
    await require_action(request)
    actor, place, database = await current_actor(request), await access_desk(request), request.app[DATABASE]
    key, verb, block_id = request.match_info["key"], request.match_info["verb"], place.block.id
    said = _("Saved")
    try:
        if verb == "copy":
            key = (await desk.copy_question(database, actor, block_id, key)).key
            said = _("Copied: change what is different")
        elif verb == "remove":
            await desk.remove_question(database, actor, block_id, key)
            said = _("Removed")
        else:
            await desk.move_question(database, actor, block_id, key, -1 if verb == "up" else 1)
    except AppError as problem:
        await flash(request, problem.detail or problem.title, kind="warning")
    else:
        await flash(request, said)
    return see_other(f"{place.manage_path}#question-{key}")


async def show_paste(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/paste`: questions from a text."""
    actor, place = await current_actor(request), await access_desk(request)
    form = await read(request, PasteForm)
    if form.posted and form.validate():
        try:
            count = await desk.import_questions(request.app[DATABASE], actor, place.block.id, form.text.data or "")
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Questions added: %(count)s. Look them through"), count=count)
            return see_other(place.manage_path)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "surveys/paste.html", status=status, place=place, form=form)


async def show_enforce(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/version`: puts changed questions into force while answers are there."""
    actor, place = await current_actor(request), await access_desk(request)
    form = await read(request, EnforceForm)
    if form.posted and form.validate():
        try:
            await desk.enforce(request.app[DATABASE], actor, place.block.id, form.reason.data or "")
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("The changed questions are in force"))
            return see_other(place.manage_path)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await views.desk_view(tx, actor, place)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK
    return await render(request, "surveys/version.html", status=status, place=place, form=form, data=view)


async def discard(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    place = await access_desk(request)
    await desk.discard(request.app[DATABASE], await current_actor(request), place.block.id)
    await flash(request, _("The questions are as they are in force"))
    return see_other(place.manage_path)


async def show_preview(request: web.Request) -> web.StreamResponse:
    """`GET …/preview?page=`: the working copy as a resident sees it; nothing is kept."""
    place = await access_desk(request)
    form = await read(request, ActionForm)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        version = await store.newest_version(tx, place.block.id)
        working = (await store.survey(tx, place.block.id)).working
    if version is None or not working:
        return see_other(place.manage_path)
    pages = rules.pages(working)
    number = max(1, min(_number(request.query.get("page", "1")), len(pages)))
    view = views.FillView(
        version=version,
        pages=pages,
        page=pages[number - 1],
        values={},
        typed={},
        faults={},
        shown=frozenset(one.key for one in working),
        answer=None,
    )
    return await render(
        request,
        "surveys/fill.html",
        place=place,
        settings=actions.settings_of(place),
        data=view,
        values={},
        form=form,
        preview=True,
        locked=False,
        conditions=conditions_json(view.page.questions, {}),
    )


async def show_paper(request: web.Request) -> web.StreamResponse:
    """`GET|POST …/paper`: a sheet of paper; after saving the next one."""
    actor, place = await current_actor(request), await access_desk(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        version = await store.newest_version(tx, place.block.id)
        turnout = await store.turnout(tx, place.block.id)
    if version is None or not rules.asked(version.questions):
        raise NotFound
    form = await read(request, SheetForm)
    questions = [one for one in rules.asked(version.questions) if one.type != "file"]
    filled, faults = Filled({}, {}), {}
    if form.posted:
        filled = read_answers(await request.post(), questions)
    if form.posted and form.validate():
        given = {key: value for key, value in filled.answers.items() if value is not None}
        try:
            await desk.add_paper(
                request.app[DATABASE],
                request.app[CHANGED],
                actor,
                place.block.id,
                given,
                sheet=form.sheet.data or "",
                kind=form.kind.data,
                district=form.district.data or "",
            )
        except Unanswered as problem:
            said = problem.faults.items()
            faults = {key: form.locale.filled(message, values) for key, (message, values) in said}
            form.form_errors.append(form.locale.gettext(problem.title))
        except AppError as problem:
            form.take(problem)
        else:
            await flash(request, _("Sheet %(sheet)s is in. The next one?"), sheet=form.sheet.data)
            return see_other(f"{_base(place)}/paper")
    return await render(
        request,
        "surveys/paper.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.posted else HTTPStatus.OK,
        place=place,
        form=form,
        questions=questions,
        values={**filled.answers, **filled.typed},
        faults=faults,
        turnout=turnout,
        districts=section(request.app, DialogSettings).districts,
        conditions=conditions_json(questions, {}),
    )


async def show_answers(request: web.Request) -> web.StreamResponse:
    """`GET …/answers?page=`: what was sent, one by one and without names, to hide texts or take out what is none."""
    place = await access_desk(request)
    page = max(1, _number(request.query.get("page", "1")))
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        versions = await store.versions(tx, place.block.id)
        answers = await store.sent_answers(tx, place.block.id, PER_PAGE, (page - 1) * PER_PAGE)
        turnout = await store.turnout(tx, place.block.id)
        total = await store.count_sent(tx, place.block.id)
    questions = {one.id: {q.key: q for q in rules.asked(one.questions)} for one in versions}
    return await render(
        request,
        "surveys/answers.html",
        place=place,
        answers=answers,
        questions=questions,
        turnout=turnout,
        page=page,
        pages=max(1, -(-total // PER_PAGE)),
        first=(page - 1) * PER_PAGE,
        may_moderate=place.may_moderate,
    )


async def decide_answer(request: web.Request) -> web.StreamResponse:
    """`POST …/answers/{answer_id}/{verb}`: hide, show, remove."""
    form = await read(request, ReasonForm)
    actor, place = await current_actor(request), await access_desk(request)
    verb, answer_id = request.match_info["verb"], int(request.match_info["answer_id"])
    reason = "" if verb == "show" else (form.reason.data or "").strip()
    try:
        if not form.validate():
            raise AppError(form.form_errors[0])
        if verb == "hide" and not reason:
            reason = form.locale.gettext(_("Personal data or words that are not fit to be read"))
        act = desk.remove if verb == "remove" else desk.hide
        await act(request.app[DATABASE], request.app[CHANGED], actor, answer_id, reason)
    except AppError as problem:
        said = next(iter(getattr(problem, "fields", {}).values()), problem.detail or problem.title)
        await flash(request, said, kind="warning")
    else:
        await flash(request, _("Done"))
    return see_other(f"{_base(place)}/answers?page={_number((await request.post()).get('page', '1')) or 1}")


async def send_file(request: web.Request) -> web.StreamResponse:
    """`GET …/answers/{answer_id}/files/{key}`: for the office; not of hidden or removed answers."""
    place = await access_desk(request)
    answer_id = int(request.match_info["answer_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        answer = await store.answer(tx, answer_id)
        found = await store.answer_file(tx, answer_id, request.match_info["key"])
        if answer is None or found is None or answer.block_id != place.block.id:
            raise NotFound
        if answer.hidden_at is not None or answer.removed_at is not None or answer.sent_at is None:
            raise NotFound
        stored = await stored_file(tx, found.file_id)
    if stored is None:
        raise NotFound
    return await serve(request, stored)


async def show_desk_results(request: web.Request) -> web.StreamResponse:
    """`GET …/results?by=`: exact figures, by kind, district or source."""
    place = await access_desk(request)
    by = request.query.get("by", "")
    by = by if by in BY else ""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        versions = await store.versions(tx, place.block.id)
        answers = await store.sent_answers(tx, place.block.id)
        turnout = await store.turnout(tx, place.block.id)
    found = counting.results(versions, answers)
    newest = rules.asked(versions[-1].questions) if versions else []
    tabs = [counting.cross(one, answers, by) for one in newest if one.type in counting.CROSSED] if by else []
    return await render(
        request,
        "surveys/desk_results.html",
        place=place,
        results=found,
        turnout=turnout,
        by=by,
        tabs=tabs,
        names={**exporting.KINDS, **exporting.SOURCES} if by != "district" else {},
    )


async def send_export(request: web.Request) -> web.StreamResponse:
    """`GET …/answers.csv`, `.xlsx`: a line an answer."""
    place = await access_desk(request)
    locale: Locale = request.app[LOCALES].choose(request)
    kind = request.match_info["form"]
    async with request.app[DATABASE].transaction() as tx:
        versions = await store.versions(tx, place.block.id)
        answers = await store.sent_answers(tx, place.block.id)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(await current_actor(request), "survey.export", subject, block=place.block.id)
    sheet = exporting.answers_sheet(locale, versions, answers)
    if kind == "csv":
        content = await asyncio.to_thread(csv_of, sheet)
    else:
        results = exporting.results_sheet(locale, counting.results(versions, answers))
        content = await asyncio.to_thread(xlsx_of, [sheet, results], place.now)
    return file_answer(content, f"{place.consultation.slug}-{place.block.id}-odpowiedzi.{kind}", kind)


def _base(place: Place) -> str:
    return f"{place.consultation.manage_path}/surveys/{place.block.id}"


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
