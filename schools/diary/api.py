"""JSON of the diary and of excuses."""

from datetime import date
from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.wire import current_actor
from schools.diary import actions, views
from schools.diary.model import Decision, Excuse, NewExcuse, Part
from schools.register.api import school_id_of
from schools.structure.tenancy import school_transaction


class OfDay(msgspec.Struct, frozen=True):
    """`day` empty: today."""

    day: date | None = None


class OfPart(msgspec.Struct, frozen=True):
    """Of the school year, or one of its semesters."""

    part: Part = "year"


class Decided(msgspec.Struct, frozen=True):
    """Those that this decision decided."""

    excuses: Annotated[list[Excuse], msgspec.Meta(max_length=200)]


def number_of(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


async def show_diary(request: web.Request) -> web.Response:
    actor, school_id, day = await current_actor(request), school_id_of(request), api.query(request, OfDay).day
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        return api.reply(await views.pupil_view(tx, actor, school_id, number_of(request, "pupil_id"), day))


async def show_attendance(request: web.Request) -> web.Response:
    actor, school_id, part = await current_actor(request), school_id_of(request), api.query(request, OfPart).part
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        found = await views.attendance(tx, actor, school_id, number_of(request, "pupil_id"), part)
    if found is None:
        raise NotFound
    return api.reply(found)


async def send_excuse(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewExcuse)
    actor = await current_actor(request)
    excuse = await actions.send_excuse(
        request.app[DATABASE], actor, school_id_of(request), number_of(request, "pupil_id"), wanted
    )
    return api.reply(excuse, 201)


async def withdraw_excuse(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(
        await actions.withdraw_excuse(
            request.app[DATABASE], actor, school_id_of(request), number_of(request, "excuse_id")
        )
    )


async def decide(request: web.Request) -> web.Response:
    wanted = await api.body(request, Decision)
    actor = await current_actor(request)
    return api.reply(Decided(await actions.decide_excuses(request.app[DATABASE], actor, school_id_of(request), wanted)))


async def show_desk(request: web.Request) -> web.Response:
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        return api.reply(await views.excuse_desk(tx, actor, school_id, number_of(request, "class_id")))
