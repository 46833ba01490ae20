"""JSON of the register: opening a lesson, its grid, marking."""

from datetime import date
from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import Conflict
from app.wire import current_actor
from schools.register import actions, store
from schools.register.access import access_lesson
from schools.register.model import MarkChange, Patch
from schools.structure.access import own_memberships
from schools.structure.model import Membership
from schools.structure.tenancy import school_transaction
from schools.timetable.access import access_own_day
from schools.timetable.model import Planned


class NewLesson(msgspec.Struct, frozen=True):
    """What is planned, and on which day."""

    entry_id: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    on_date: date


class Marks(msgspec.Struct, frozen=True):
    """Changes of cells. `reason`: why, for a correction. `account_id`: whose they are, where they may have waited.

    A page that stayed open, or a queue from yesterday, must not write in the name of whoever is signed in by now.
    """

    patches: Annotated[list[Patch], msgspec.Meta(max_length=actions.MOST_PATCHES)]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    account_id: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None


class Day(msgspec.Struct, frozen=True):
    """`day` empty: today."""

    day: date | None = None


class OwnDay(msgspec.Struct, frozen=True):
    lessons: list[Planned]


class OwnSchools(msgspec.Struct, frozen=True):
    schools: list[Membership]


class MarkHistory(msgspec.Struct, frozen=True):
    """Oldest first."""

    changes: list[MarkChange]


def school_id_of(request: web.Request) -> int:
    return int(request.match_info["school_id"])


def lesson_id_of(request: web.Request) -> int:
    return int(request.match_info["lesson_id"])


async def show_schools(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(OwnSchools(await own_memberships(tx, actor)))


async def show_own_day(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    day = api.query(request, Day).day
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        _member, lessons = await access_own_day(tx, actor, school_id_of(request), day)
        return api.reply(OwnDay(lessons))


async def open_lesson(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewLesson)
    actor = await current_actor(request)
    lesson = await actions.open_lesson(
        request.app[DATABASE], actor, school_id_of(request), wanted.entry_id, wanted.on_date
    )
    return api.reply(lesson, 201)


async def show_lesson(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(await actions.lesson_view(tx, actor, school_id_of(request), lesson_id_of(request)))


async def show_history(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        await access_lesson(tx, actor, school_id_of(request), lesson_id_of(request))
        return api.reply(MarkHistory(await store.history(tx, lesson_id_of(request))))


async def mark(request: web.Request) -> web.Response:
    marks = await api.body(request, Marks)
    actor = await current_actor(request)
    if marks.account_id is not None and marks.account_id != actor.account_id:
        raise Conflict("Somebody else is signed in here by now")
    answer = await actions.mark(
        request.app[DATABASE], actor, school_id_of(request), lesson_id_of(request), marks.patches, marks.reason
    )
    return api.reply(answer)
