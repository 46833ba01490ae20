"""Residents' pages of a survey: filling it in page by page, and its results."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web
from multidict import MultiDictProxy

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import AppError, NotFound
from app.files import DOCUMENTS, FILES, IMAGES
from app.files.names import content_disposition
from app.forms import ActionForm, read, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from portals.dialog.access import Place, access_block, access_consultation_by_slug
from portals.dialog.spreadsheets import TYPES, csv_of, xlsx_of
from portals.dialog.surveys import actions, exporting, rules, views
from portals.dialog.surveys.actions import CHANGED, KIND, Unanswered
from portals.dialog.surveys.model import Question, Version
from portals.dialog.surveys.reading import Filled, read_answers
from portals.dialog.surveys.store import newest_version

COOKIE: Final = "gryf_survey"
COOKIE_S: Final = 120 * 24 * 3600
MOST_FILE_BYTES: Final = 10_000_000
MOST_FORM_BYTES: Final = 12 * 1024 * 1024
Posted = MultiDictProxy[Any]
NO_STORE: Final = {"Cache-Control": "no-store"}


def cookie_of(request: web.Request) -> str:
    """The random name of this browser, for surveys that need no account; empty: it has none yet."""
    text = request.cookies.get(COOKIE, "")
    return text if re.fullmatch(r"[A-Za-z0-9_-]{32}", text) else ""


def browser_of(cookie: str) -> bytes | None:
    """What the database knows of it."""
    return hashlib.sha256(cookie.encode()).digest() if cookie else None


def give_cookie(request: web.Request, answer: web.StreamResponse, cookie: str) -> None:
    answer.set_cookie(
        COOKIE, cookie, max_age=COOKIE_S, path="/", httponly=True, samesite="Lax", secure=request.scheme == "https"
    )


async def access_fill(tx: Tx, actor: Actor, request: web.Request) -> tuple[Place, Version]:
    """The survey of the address, under its consultation's name."""
    consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
    place = await access_block(tx, actor, int(request.match_info["block_id"]), KIND, without_account=True)
    version = await newest_version(tx, place.block.id)
    if place.consultation.id != consultation.id or version is None:
        raise NotFound
    return place, version


async def show_survey(request: web.Request) -> web.StreamResponse:
    """`GET|POST /dialog/{slug}/surveys/{block_id}?page=`: `step` is save, back, next or send."""
    actor = await current_actor(request)
    cookie = cookie_of(request) or ("" if actor.signed_in else secrets.token_urlsafe(24))
    browser = None if actor.signed_in else browser_of(cookie)
    # a form may hold files: its body is read with another limit; cookies of the answer stay with the request itself
    sent = request.clone(client_max_size=MOST_FORM_BYTES) if request.method == "POST" else request
    form = await read(sent, ActionForm)
    faults: dict[str, tuple[str, dict[str, object]]] = {}
    filled = Filled({}, {})
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, version = await access_fill(tx, actor, request)
    number = _number(request.query.get("page", ""))
    if form.posted:
        posted = await sent.post()
        number = _number(str(posted.get("page", "1")))
        here = next((one for one in rules.pages(version.questions) if one.number == number), None)
        filled = read_answers(posted, here.questions if here else [])
        if form.validate():
            try:
                target = await _step(request, posted, actor, place, browser, filled, number)
            except Unanswered as problem:
                faults = problem.faults
                form.form_errors.append(form.locale.gettext(problem.title))
            except AppError as problem:
                form.take(problem)
            else:
                done = see_other(target)
                if not actor.signed_in:
                    give_cookie(request, done, cookie)
                return done
    shown = await _fill_page(request, place, version, browser, number, filled, faults, form)
    if not actor.signed_in:
        give_cookie(request, shown, cookie)
    return shown


async def _step(
    request: web.Request,
    posted: Posted,
    actor: Actor,
    place: Place,
    browser: bytes | None,
    filled: Filled,
    number: int,
) -> str:
    """Does what the pressed button says; where to go then."""
    database, block_id = request.app[DATABASE], place.block.id
    step = str(posted.get("step", "save"))
    await _take_files(request, posted, actor, place, browser)
    own = f"{place.consultation.path}/surveys/{block_id}"
    if step == "send":
        await actions.send(database, request.app[CHANGED], actor, block_id, browser, filled.answers)
        return f"{own}/sent"
    if step == "save":
        await actions.save(database, actor, block_id, browser, filled.answers, number)
        await flash(request, _("Saved. You can go on later"))
        return place.path
    to = _number(step.rpartition("-")[2])
    await actions.check_page(database, actor, block_id, browser, filled.answers, number, to)
    return f"{own}?page={to}"


async def _take_files(request: web.Request, posted: Posted, actor: Actor, place: Place, browser: bytes | None) -> None:
    """Takes in files of the posted page. Raises Invalid with the question as its field, TooLarge."""
    for name, field in posted.items():
        if not isinstance(field, web.FileField) or not field.filename or not name.startswith("q-"):
            continue
        upload = await request.app[FILES].receive(
            _blocks(field),
            limit_bytes=MOST_FILE_BYTES,
            accept=DOCUMENTS | IMAGES,
            name=field.filename,
            claimed_type=field.content_type,
        )
        try:
            question = name.removeprefix("q-")
            await actions.keep_file(
                request.app[DATABASE], request.app[FILES], actor, place.block.id, browser, question, upload
            )
        except AppError:
            await request.app[FILES].discard(upload)
            raise


async def _blocks(field: web.FileField) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(field.file.read, 65536):
        yield block


async def _fill_page(
    request: web.Request,
    place: Place,
    version: Version,
    browser: bytes | None,
    number: int,
    filled: Filled,
    faults: dict[str, tuple[str, dict[str, object]]],
    form: ActionForm,
) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        answer = await actions.own_answer(tx, place, browser)
    if number == 0:
        number = answer.page if answer and answer.draft is not None else 1
    view = views.fill_view(version, answer, number, form.locale, faults=faults, typed=filled.typed)
    if view is None:
        raise NotFound
    typed = {**filled.typed, **{key: value for key, value in filled.answers.items() if form.posted}}
    status = 422 if faults or form.form_errors else 200
    page = await render(
        request,
        "surveys/fill.html",
        status=status,
        place=place,
        settings=actions.settings_of(place),
        data=view,
        values={**view.values, **typed, **filled.typed},
        form=form,
        preview=False,
        locked=locked(place, answer),
        conditions=conditions_json(view.page.questions, view.values),
    )
    page.headers.update(NO_STORE)
    return page


def locked(place: Place, answer: Any) -> bool:
    """Sent, and this survey takes no changes."""
    return answer is not None and answer.sent_at is not None and not actions.settings_of(place).changeable


def conditions_json(questions: list[Question], values: Any) -> dict[str, Any]:
    """For the script that hides and shows questions of this page: conditions, and answers from other pages."""
    here = {one.key for one in questions}
    needed = {when.question for one in questions for when in one.when} - here
    return {
        "when": {one.key: [[w.question, w.op, w.value] for w in one.when] for one in questions if one.when},
        "known": {key: values[key] for key in needed if key in values},
    }


async def show_sent(request: web.Request) -> web.StreamResponse:
    """`GET …/sent`: thanks, and what one has said."""
    actor = await current_actor(request)
    browser = None if actor.signed_in else browser_of(cookie_of(request))
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, version = await access_fill(tx, actor, request)
        answer = await actions.own_answer(tx, place, browser)
    if answer is None or answer.sent_at is None:
        return see_other(place.path)
    page = await render(
        request,
        "surveys/sent.html",
        place=place,
        settings=actions.settings_of(place),
        version=version,
        answer=answer,
        answers=answer.answers or {},
    )
    page.headers.update(NO_STORE)
    return page


async def show_results(request: web.Request) -> web.StreamResponse:
    """`GET …/results`: what the public may know."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, _version = await access_fill(tx, actor, request)
        view = await views.view(tx, actor, place)
    return await render(request, "surveys/results.html", place=place, settings=actions.settings_of(place), data=view)


async def send_results(request: web.Request) -> web.StreamResponse:
    """`GET …/results.csv`, `.xlsx`: the same figures."""
    actor = await current_actor(request)
    locale = request.app[LOCALES].choose(request)
    kind = request.match_info["form"]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place, _version = await access_fill(tx, actor, request)
        found = await actions.public_results(tx, place)
    if not found:
        raise NotFound
    sheet = exporting.results_sheet(locale, found)
    if kind == "csv":
        content = await asyncio.to_thread(csv_of, sheet)
    else:
        content = await asyncio.to_thread(xlsx_of, [sheet], place.now)
    return file_answer(content, f"{place.consultation.slug}-{place.block.id}.{kind}", kind)


def file_answer(content: bytes, name: str, kind: str) -> web.Response:
    headers = {
        "Content-Disposition": content_disposition("attachment", name),
        "Content-Type": TYPES[kind],
    }
    return web.Response(body=content, headers=headers | NO_STORE)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
