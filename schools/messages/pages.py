"""Pages of messages: the list, a thread, a new message."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.files.serve import serve
from app.files.store import stored_file
from app.files.upload import FILES
from app.files.upload_form import Received, discard, read_upload_form
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.diary.views import weight
from schools.messages import actions, rules, store
from schools.messages.access import access_sender, access_thread, choices_of
from schools.messages.api import Search, thread_id_of
from schools.messages.forms import ChoicesForm, DraftForm, ReplyForm, form_of
from schools.messages.model import Choice, Choices, Draft, ReceiptsView, inbox_room, receipts_room, thread_room
from schools.register.api import school_id_of
from schools.structure.access import access_school
from schools.structure.rules import plain_letters
from schools.structure.tenancy import school_transaction

PARTS: Final = {
    "teachers": _("Teachers and the office"),
    "staff_all": _("The whole staff"),
    "guardians_all": _("The whole school"),
    "guardians_of": _("All parents of"),
    "pupils_of": _("All pupils of"),
    "parents": _("Parents of a pupil"),
    "pupils": _("A pupil"),
    "staff": _("Staff"),
}
WHOLE: Final = {"school:staff": _("The whole staff"), "school:guardians": _("All parents of the school")}


class NewQuery(msgspec.Struct, frozen=True):
    """`to`: who is chosen already; `of`: the class whose people are listed one by one."""

    to: str = ""
    of: str = ""


def inbox_path(school_id: int) -> str:
    return f"/schools/{school_id}/messages"


async def show_inbox(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/messages?q=…`"""
    actor, school_id = await current_actor(request), school_id_of(request)
    words = api.query(request, Search).q.strip()
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_school(tx, actor, school_id)
        view = await actions.inbox(tx, actor, school_id, plain_letters(words))
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        choices = await store.choices(tx, actor.account_id)
    return await render(
        request,
        "messages/inbox.html",
        member=member,
        school_id=school_id,
        view=view,
        words=words,
        form=await read(request, ChoicesForm, obj=choices),
        rooms={inbox_room(school_id, actor.account_id or 0): -1 if words else weight(view)},
    )


async def set_choices(request: web.Request) -> web.StreamResponse:
    form = await read(request, ChoicesForm)
    if not form.validate():
        raise Invalid(str(form.form_errors[0]))
    wanted = Choices(push=form.push.data, mail=form.mail.data)
    await actions.set_choices(request.app[DATABASE], await current_actor(request), wanted)
    await flash(request, _("Saved"))
    return see_other(inbox_path(school_id_of(request)))


async def new_message(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/messages/new?to=…&of=…`"""
    actor, school_id, query = await current_actor(request), school_id_of(request), api.query(request, NewQuery)
    of = int(query.of) if query.of.isascii() and query.of.isdigit() and len(query.of) <= 18 else None
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        sender = await access_sender(tx, actor, school_id)
        choices = await choices_of(tx, sender, of)
    received: Received | None = None
    if request.method == "POST":
        received = await read_upload_form(
            request, limit_bytes=rules.FILE_BYTES, accept=rules.ACCEPTED, most_files=rules.MOST_FILES
        )
        form = await form_of(request, DraftForm, received.texts)
        if not received.refused and form.validate():
            draft = Draft(
                to=[one for one in (form.to.data, form.also.data) if one],
                subject=form.subject.data or "",
                text=form.text.data or "",
                to_confirm=form.to_confirm.data,
            )
            try:
                thread = await actions.send(
                    request.app[DATABASE], actor, school_id, draft, request.app[FILES], received.uploads
                )
            except (Invalid, Conflict) as problem:
                form.take(problem)
            else:
                await flash(request, _("Sent"))
                return see_other(thread.path)
        await discard(request, received.uploads)
        _say_refused(request, form, received)
    else:
        form = await read(request, DraftForm, to=query.to)
    return await render(
        request,
        "messages/new.html",
        status=form.status,
        member=sender.member,
        school_id=school_id,
        form=form,
        choices=_in_parts(request, choices),
        classes=[one for one in choices if one.value.startswith("class:") and one.part == "guardians_of"],
        of=of,
        is_staff=sender.person.kind == "staff",
    )


def _in_parts(request: web.Request, choices: Sequence[Choice]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For <optgroup>: title, then values with words."""
    locale = request.app[LOCALES].choose(request)
    found: dict[str, list[tuple[str, str]]] = {}
    for one in choices:
        text = one.text or locale.gettext(WHOLE[one.value])
        found.setdefault(locale.gettext(PARTS[one.part]), []).append((one.value, text))
    return list(found.items())


def _say_refused(request: web.Request, form: Form, received: Received) -> None:
    """Nothing was sent: files are to be chosen once more, which browsers do not do for people."""
    form.form_errors.extend(received.refused)
    if received.uploads:
        text = request.app[LOCALES].choose(request).gettext("Nothing was sent yet: please choose the files once more")
        form.form_errors.append(text)


async def show_thread(request: web.Request) -> web.StreamResponse:
    """`GET|POST /schools/{school_id}/messages/{thread_id}`: whoever opens it has read it; `POST` answers."""
    actor, school_id, thread_id = await current_actor(request), school_id_of(request), thread_id_of(request)
    database = request.app[DATABASE]
    form = await read(request, ReplyForm) if request.method == "GET" else None
    if form is None:
        async with school_transaction(database, school_id, readonly=True) as tx:
            await access_thread(tx, actor, school_id, thread_id)
        received = await read_upload_form(
            request, limit_bytes=rules.FILE_BYTES, accept=rules.ACCEPTED, most_files=rules.MOST_FILES
        )
        form = await form_of(request, ReplyForm, received.texts)
        if not received.refused and form.validate():
            try:
                into = await actions.reply(
                    database, actor, school_id, thread_id, form.text.data or "", request.app[FILES], received.uploads
                )
            except (Invalid, Conflict, Forbidden) as problem:
                form.take(problem)
            else:
                return see_other(f"{into.path}#end")
        await discard(request, received.uploads)
        _say_refused(request, form, received)
    return await _thread_page(request, form)


async def _thread_page(request: web.Request, form: ReplyForm) -> web.StreamResponse:
    actor, school_id, thread_id = await current_actor(request), school_id_of(request), thread_id_of(request)
    await actions.read(request.app[DATABASE], actor, school_id, thread_id)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        place = await access_thread(tx, actor, school_id, thread_id)
        view = await actions.thread_view(tx, actor, school_id, thread_id)
        receipts: ReceiptsView | None = None
        if place.thread.kind == "talk" or place.reader.is_author:
            receipts = await actions.receipts_view(tx, actor, school_id, thread_id)
        member = await access_school(tx, actor, school_id)
    rooms: dict[str, Any] = {thread_room(school_id, thread_id): weight(view)}
    if receipts is not None:
        rooms[receipts_room(school_id, thread_id)] = weight(receipts)
    return await render(
        request,
        "messages/thread.html",
        status=form.status,
        member=member,
        school_id=school_id,
        view=view,
        thread=place.thread,
        receipts=[one for one in receipts.receipts if one.id != place.reader.id] if receipts else [],
        newest=view.messages[-1].id,
        form=form,
        rooms=rooms,
    )


async def confirm(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor, school_id, thread_id = await current_actor(request), school_id_of(request), thread_id_of(request)
    try:
        await actions.confirm(request.app[DATABASE], actor, school_id, thread_id)
    except Conflict as problem:
        await _warn(request, problem)
    else:
        await flash(request, _("Confirmed"))
    return see_other(f"{inbox_path(school_id)}/{thread_id}")


async def remind(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    actor, school_id, thread_id = await current_actor(request), school_id_of(request), thread_id_of(request)
    try:
        people = await actions.remind(request.app[DATABASE], actor, school_id, thread_id)
    except Conflict as problem:
        await _warn(request, problem)
    else:
        await flash(request, _("Reminded: %(n)s"), n=people)
    return see_other(f"{inbox_path(school_id)}/{thread_id}")


async def _warn(request: web.Request, problem: AppError) -> None:
    text = request.app[LOCALES].choose(request).filled(problem.detail or problem.title, problem.values)
    await flash(request, text, kind="warning")


async def send_file(request: web.Request) -> web.StreamResponse:
    """`GET …/messages/{thread_id}/files/{file_id}`: for those who are in the thread today; always a download."""
    actor, school_id, thread_id = await current_actor(request), school_id_of(request), thread_id_of(request)
    try:
        file_id = UUID(request.match_info["file_id"])
    except ValueError:
        raise NotFound from None
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        await access_thread(tx, actor, school_id, thread_id)
        if not await store.has_file(tx, thread_id, file_id):
            raise NotFound
        stored = await stored_file(tx, file_id)
    return await serve(request, stored, disposition="attachment", cache_control="private, no-store")
