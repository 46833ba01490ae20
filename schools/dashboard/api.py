"""JSON of dashboards: the board anew, names behind a cell, alerts."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import Invalid
from app.wire import current_actor
from schools.dashboard import actions, store
from schools.dashboard.access import access_whole_school
from schools.dashboard.board import Filter, board
from schools.dashboard.model import Absentees, Alert, AlertsView
from schools.structure.tenancy import school_transaction

MOST_LESSONS = 60


class Chosen(msgspec.Struct, frozen=True):
    """`day` empty: today. The rest: a grade, a class, a building; empty shows all."""

    day: date | None = None
    level: str = ""
    class_id: str = ""
    building: str = ""

    def filter(self) -> Filter:
        def number(text: str) -> int | None:
            return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None

        return Filter(level=number(self.level), class_id=number(self.class_id), building=self.building)


class Lessons(msgspec.Struct, frozen=True):
    """Ids with commas between."""

    lessons: str = ""


class Settled(msgspec.Struct, frozen=True):
    settled: bool


class SeenIds(msgspec.Struct, frozen=True):
    ids: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**62)]], msgspec.Meta(max_length=500)]


def school_id_of(request: web.Request) -> int:
    return int(request.match_info["school_id"])


async def show_board(request: web.Request) -> web.Response:
    actor, school_id, chosen = await current_actor(request), school_id_of(request), api.query(request, Chosen)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_whole_school(tx, actor, school_id)
        day = chosen.day or datetime.now(ZoneInfo(member.time_zone)).date()
        found, _classes = await board(tx, school_id, day, member.today, datetime.now(UTC), chosen.filter())
    return api.reply(found)


async def show_absentees(request: web.Request) -> web.Response:
    actor, school_id = await current_actor(request), school_id_of(request)
    words = [one for one in api.query(request, Lessons).lessons.split(",") if one]
    if len(words) > MOST_LESSONS or not all(one.isascii() and one.isdigit() and len(one) < 18 for one in words):
        raise Invalid(fields={"lessons": "These are no lessons"})
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        await access_whole_school(tx, actor, school_id)
        return api.reply(Absentees(await store.absentees(tx, [int(one) for one in words])))


async def show_alerts(request: web.Request) -> web.Response:
    actor, school_id = await current_actor(request), school_id_of(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        view: AlertsView = await actions.own_alerts(tx, actor, school_id)
    return api.reply(view)


async def settle(request: web.Request) -> web.Response:
    wanted = await api.body(request, Settled)
    alert: Alert = await actions.settle(
        request.app[DATABASE],
        await current_actor(request),
        school_id_of(request),
        int(request.match_info["alert_id"]),
        settled=wanted.settled,
    )
    return api.reply(alert)


async def see(request: web.Request) -> web.Response:
    seen = await api.body(request, SeenIds)
    await actions.see(request.app[DATABASE], await current_actor(request), school_id_of(request), seen.ids)
    return web.Response(status=204)
