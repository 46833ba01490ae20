"""JSON of grade books."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.i18n import LOCALES
from app.wire import current_actor
from schools.grades import actions, class_actions
from schools.grades.model import Answer, ColumnChange, EntryChange, NewColumn, NewNote, PastedLine, Patch
from schools.register.api import school_id_of
from schools.structure.tenancy import school_transaction


class Entries(msgspec.Struct, frozen=True):
    patches: Annotated[list[Patch], msgspec.Meta(max_length=actions.MOST_PATCHES)]


class Pasted(msgspec.Struct, frozen=True):
    """What a spreadsheet put on the clipboard."""

    content: Annotated[str, msgspec.Meta(max_length=20_000)]


class PastedLines(msgspec.Struct, frozen=True):
    lines: list[PastedLine]


class OfPupil(msgspec.Struct, frozen=True):
    """`pupil` empty: of all."""

    pupil: int | None = None


class EntryHistory(msgspec.Struct, frozen=True):
    """Oldest first."""

    changes: list[EntryChange]


class Why(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=500)]


def number_of(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


def _book_of(request: web.Request) -> tuple[int, int, int]:
    return school_id_of(request), number_of(request, "class_id"), number_of(request, "subject_id")


async def show_book(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(await actions.book_view(tx, actor, *_book_of(request)))


async def add_column(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewColumn)
    actor = await current_actor(request)
    return api.reply(await actions.add_column(request.app[DATABASE], actor, *_book_of(request), wanted), 201)


async def change_column(request: web.Request) -> web.Response:
    wanted = await api.body(request, ColumnChange)
    actor = await current_actor(request)
    column_id = number_of(request, "column_id")
    return api.reply(
        await actions.change_column(request.app[DATABASE], actor, school_id_of(request), column_id, wanted)
    )


async def publish(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    column_id = number_of(request, "column_id")
    return api.reply(await actions.publish(request.app[DATABASE], actor, school_id_of(request), column_id))


async def write(request: web.Request) -> web.Response:
    wanted = await api.body(request, Entries)
    actor = await current_actor(request)
    answer = await actions.write(
        request.app[DATABASE], actor, school_id_of(request), number_of(request, "column_id"), wanted.patches
    )
    locale = request.app[LOCALES].choose(request)
    said = [
        msgspec.structs.replace(one, problem=locale.gettext(one.problem)) if one.problem else one
        for one in answer.results
    ]
    return api.reply(Answer(results=said))


async def read_pasted(request: web.Request) -> web.Response:
    wanted = await api.body(request, Pasted)
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        lines = await actions.read_pasted(
            tx, actor, school_id_of(request), number_of(request, "column_id"), wanted.content
        )
    locale = request.app[LOCALES].choose(request)
    return api.reply(
        PastedLines(
            [msgspec.structs.replace(one, problem=locale.gettext(one.problem)) if one.problem else one for one in lines]
        )
    )


async def show_history(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    pupil_id = api.query(request, OfPupil).pupil
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        changes = await actions.history(tx, actor, school_id_of(request), number_of(request, "column_id"), pupil_id)
        return api.reply(EntryHistory(changes))


async def show_pupil(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(
            await actions.grades_of_pupil(tx, actor, school_id_of(request), number_of(request, "pupil_id"))
        )


async def add_note(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewNote)
    actor = await current_actor(request)
    return api.reply(await class_actions.add_note(request.app[DATABASE], actor, school_id_of(request), wanted), 201)


async def withdraw_note(request: web.Request) -> web.Response:
    wanted = await api.body(request, Why)
    actor = await current_actor(request)
    note_id = number_of(request, "note_id")
    return api.reply(
        await class_actions.withdraw_note(request.app[DATABASE], actor, school_id_of(request), note_id, wanted.reason)
    )
