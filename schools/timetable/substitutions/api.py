"""JSON of substitutions."""

from datetime import date

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from schools.structure.access import access_staff_room
from schools.structure.tenancy import school_transaction
from schools.timetable.substitutions import actions
from schools.timetable.substitutions.board import board
from schools.timetable.substitutions.model import Decision, Number
from schools.timetable.substitutions.pages import Day, school_id_of


class NewDecision(msgspec.Struct, frozen=True):
    """A lesson, a day, and what becomes of it."""

    entry_id: Number
    on_date: date
    decision: Decision


async def show_board(request: web.Request) -> web.Response:
    actor, school_id, day = await current_actor(request), school_id_of(request), api.query(request, Day).day
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_staff_room(tx, actor, school_id)
        return api.reply(await board(tx, day or member.today, proposals=False))


async def decide(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewDecision)
    made = await actions.decide(
        request.app[DATABASE],
        await current_actor(request),
        school_id_of(request),
        wanted.entry_id,
        wanted.on_date,
        wanted.decision,
    )
    return api.reply(made)
