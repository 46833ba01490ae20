"""Pages of imports and of the next school year."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec
from aiohttp import BodyPartReader, web

from app.database import DATABASE
from app.errors import AppError, Invalid, TooLarge
from app.files import BROKEN_FORM, clean_name, form_parts
from app.forms import CSRF_FIELD, STALE, Guard, guard, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from schools.secretariat import import_store, importing, rollover
from schools.secretariat.imports.columns import COLUMNS
from schools.secretariat.pages import number, place, tell
from schools.secretariat.rollover_rules import Choices
from schools.structure.access import access_office
from schools.structure.tenancy import school_transaction

KINDS: Final = ("pupils", "guardians", "staff", "oneroster")
MOST_SHOWN: Final = 300
"""Lines of a preview on one page; faults are all shown up to this number too."""


class Sent(msgspec.Struct):
    texts: dict[str, str] = {}
    file_name: str = ""
    content: bytes = b""


async def read_file_form(request: web.Request) -> Sent:
    """Texts and one small file, kept in memory: it is read here and stored in the database. Token first."""
    if request.content_type != "multipart/form-data":
        raise Invalid("Send this as a form with files")
    checker, sent, accepted = await guard(request), Sent(), False
    try:
        async for part in form_parts(request):
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            accepted = await _take(part, sent, checker, accepted=accepted)
    except BROKEN_FORM:
        raise Invalid("The upload broke off") from None
    if not accepted:
        raise Invalid(STALE)
    return sent


async def _take(part: BodyPartReader, sent: Sent, checker: Guard, *, accepted: bool) -> bool:
    """Takes a part in; whether the token has been accepted."""
    if part.filename is not None and not accepted:
        raise Invalid(STALE)
    most = importing.MOST_BYTES if part.filename is not None else 1000
    data = bytearray()
    while block := await part.read_chunk(65536):
        data += block
        if len(data) > most:
            raise TooLarge("Files here may have at most %(megabytes)s MB", megabytes=importing.MOST_BYTES // 2**20)
    if part.filename is not None:
        sent.file_name, sent.content = clean_name(part.filename), bytes(data)
        return accepted
    text = data.decode("utf-8", errors="replace")
    sent.texts[part.name or ""] = text
    return accepted or (part.name == CSRF_FIELD and checker.accepts(text))


async def show_imports(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/imports`: a file is chosen and taken in."""
    actor, school_id = await current_actor(request), place(request)
    problem, chosen = "", "pupils"
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_office(tx, actor, school_id)
        earlier = await import_store.imports(tx)
    if request.method == "POST":
        try:
            sent = await read_file_form(request)
            chosen = sent.texts.get("kind", "")
            import_id = await _take_in(request, school_id, sent)
            return see_other(f"/schools/{school_id}/people/imports/{import_id}")
        except (Invalid, TooLarge) as refused:
            locale = request.app[LOCALES].choose(request)
            words = list(refused.fields.values()) if isinstance(refused, Invalid) else []
            problem = (
                locale.gettext(words[0]) if words else locale.filled(refused.detail or refused.title, refused.values)
            )
    return await render(
        request,
        "secretariat/imports.html",
        status=422 if problem else 200,
        member=member,
        earlier=earlier,
        problem=problem,
        chosen=chosen,
        columns=COLUMNS,
    )


async def _take_in(request: web.Request, school_id: int, sent: Sent) -> int:
    if sent.texts.get("kind") not in KINDS:
        raise Invalid(fields={"kind": "Choose what the file holds"})
    if not sent.content:
        raise Invalid(fields={"file": "Choose a file"})
    try:
        day = date.fromisoformat(sent.texts.get("from_day", ""))
    except ValueError:
        raise Invalid(fields={"from_day": "Choose a day"}) from None
    actor = await current_actor(request)
    kind = sent.texts["kind"]
    return await importing.take_in(request.app[DATABASE], actor, school_id, kind, sent.file_name, sent.content, day)


async def show_import(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/people/imports/{import_id}`: what the file would do, line by line."""
    actor, school_id = await current_actor(request), place(request)
    member, found, plan = await importing.show_import(
        request.app[DATABASE], actor, school_id, place(request, "import_id")
    )
    answer = await render(
        request,
        "secretariat/import.html",
        member=member,
        found=found,
        plan=plan,
        digest=importing.digest(plan),
        most=MOST_SHOWN,
        steps=sorted(plan.steps, key=lambda one: (one.sort == "same", one.line))[:MOST_SHOWN],
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def do_import(request: web.Request) -> web.StreamResponse:
    """`POST …/imports/{import_id}/{verb}`: carries out what was shown, or drops the file."""
    await require_action(request)
    actor, school_id, import_id = await current_actor(request), place(request), place(request, "import_id")
    listed = f"/schools/{school_id}/people/imports"
    if request.match_info["verb"] == "drop":
        await importing.drop_import(request.app[DATABASE], actor, school_id, import_id)
        await flash(request, _("The file is dropped. Nothing was changed"))
        return see_other(listed)
    seen = str((await request.post()).get("seen", ""))
    try:
        plan = await importing.carry_out(request.app[DATABASE], actor, school_id, import_id, seen)
    except AppError as problem:
        if problem.status not in {409, 422}:
            raise
        await tell(request, problem)
        return see_other(f"{listed}/{import_id}")
    await flash(
        request, _("Done: %(new)s new, %(changed)s changed"), new=plan.count("new"), changed=plan.count("changed")
    )
    return see_other(listed)


async def show_rollover(request: web.Request) -> web.StreamResponse:
    """`GET` and `POST /schools/{school_id}/people/year`: the dry run; with `do` it is done."""
    actor, school_id = await current_actor(request), place(request)
    choices = Choices()
    if request.method == "POST":
        await require_action(request)
        posted = await request.post()
        choices = Choices(
            repeaters=_ids(posted.getall("repeat", [])),
            leavers=_ids(posted.getall("leave", [])),
            first_classes="first_classes" in posted,
            keep_homeroom="keep_homeroom" in posted,
            copy_groups="copy_groups" in posted,
            copy_teachings="copy_teachings" in posted,
        )
        if posted.get("do") == "yes":
            try:
                plan = await rollover.roll_over(request.app[DATABASE], actor, school_id, choices)
            except AppError as problem:
                if problem.status != 409:
                    raise
                await tell(request, problem)
            else:
                await flash(request, _("The school year %(name)s is ready"), name=plan.year.name)
                return see_other(f"/schools/{school_id}/people/year")
    found = await rollover.dry_run(request.app[DATABASE], actor, school_id, choices)
    return await render(
        request, "secretariat/rollover.html", member=found.member, found=found, plan=found.plan, choices=choices
    )


def _ids(texts: Iterable[object]) -> frozenset[int]:
    return frozenset(found for text in texts if (found := number(str(text))) is not None)


async def undo_rollover(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/people/year/undo`."""
    await require_action(request)
    school_id = place(request)
    try:
        await rollover.undo_rollover(request.app[DATABASE], await current_actor(request), school_id)
    except AppError as problem:
        if problem.status != 409:
            raise
        await tell(request, problem)
    else:
        await flash(request, _("The next school year is taken back"))
    return see_other(f"/schools/{school_id}/people/year")
