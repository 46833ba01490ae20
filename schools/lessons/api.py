"""JSON of lessons: the sheet, topic, note, homework, tests, seats."""

from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from schools.lessons import actions
from schools.lessons.model import NewHomework, NewTest, Note, Seats, Topic
from schools.register.api import school_id_of
from schools.structure.tenancy import school_transaction


def number_of(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


async def show_sheet(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(await actions.lesson_sheet(tx, actor, school_id_of(request), number_of(request, "lesson_id")))


async def set_topic(request: web.Request) -> web.Response:
    wanted = await api.body(request, Topic)
    actor = await current_actor(request)
    return api.reply(
        await actions.set_topic(
            request.app[DATABASE], actor, school_id_of(request), number_of(request, "lesson_id"), wanted
        )
    )


async def set_note(request: web.Request) -> web.Response:
    wanted = await api.body(request, Note)
    actor = await current_actor(request)
    return api.reply(
        await actions.set_note(
            request.app[DATABASE], actor, school_id_of(request), number_of(request, "lesson_id"), wanted
        )
    )


async def add_homework(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewHomework)
    actor = await current_actor(request)
    plan = await actions.add_homework(
        request.app[DATABASE], actor, school_id_of(request), number_of(request, "lesson_id"), wanted
    )
    return api.reply(plan, 201)


async def remove_homework(request: web.Request) -> web.Response:
    plan = await actions.remove_homework(
        request.app[DATABASE],
        await current_actor(request),
        school_id_of(request),
        number_of(request, "lesson_id"),
        number_of(request, "homework_id"),
    )
    return api.reply(plan)


async def set_seats(request: web.Request) -> web.Response:
    wanted = await api.body(request, Seats)
    actor = await current_actor(request)
    await actions.set_seats(
        request.app[DATABASE], actor, school_id_of(request), number_of(request, "lesson_id"), wanted.seats
    )
    return web.Response(status=204)


async def show_tests(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with school_transaction(request.app[DATABASE], school_id_of(request), readonly=True) as tx:
        return api.reply(await actions.class_tests(tx, actor, school_id_of(request), number_of(request, "class_id")))


async def add_test(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewTest)
    actor = await current_actor(request)
    test = await actions.add_test(
        request.app[DATABASE], actor, school_id_of(request), number_of(request, "class_id"), wanted
    )
    return api.reply(test, 201)


async def remove_test(request: web.Request) -> web.Response:
    test = await actions.remove_test(
        request.app[DATABASE], await current_actor(request), school_id_of(request), number_of(request, "test_id")
    )
    return api.reply(test)
