"""The JSON API of the service levels: the same actions as the pages."""

from datetime import date

from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.i18n import LOCALES
from app.wire import CITY, current_actor
from portals.helpdesk.access import access_ticket
from portals.helpdesk.api import ticket_id_of
from portals.helpdesk.sla import actions, promising
from portals.helpdesk.sla.model import AgreementDraft, CalendarDraft, DayDraft, PromiseTold


def _number(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


def _day(request: web.Request) -> date:
    try:
        return date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise NotFound from None


async def show_ticket(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/tickets/{number}/clocks`."""
    actor, database = await current_actor(request), request.app[DATABASE]
    return api.reply(await actions.show_clocks(database, actor, ticket_id_of(request)))


async def show_promise(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/tickets/{number}/promise`."""
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket(tx, actor, ticket_id)
        promise = await promising.promise_now(tx, place.ticket.id, request.app[CITY].time_zone)
        now = await tx.now()
    words = promising.in_words(promise, request.app[LOCALES].choose(request), now)
    return api.reply(PromiseTold(promise, words))


async def show_queue(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/queues/{queue_id}/clocks`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.clocks_view(tx, await current_actor(request), _number(request, "queue_id")))


async def show_alarms(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/queues/{queue_id}/alarms`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.alarms_view(tx, await current_actor(request), _number(request, "queue_id")))


async def show_setup(request: web.Request) -> web.Response:
    """`GET /api/helpdesk/sla`."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await actions.setup_view(tx, await current_actor(request)))


async def add_agreement(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/sla/agreements`."""
    draft = await api.body(request, AgreementDraft)
    made = await actions.save_agreement(request.app[DATABASE], await current_actor(request), None, draft)
    return api.reply(made, 201)


async def change_agreement(request: web.Request) -> web.Response:
    """`PUT /api/helpdesk/sla/agreements/{agreement_id}`."""
    draft, agreement_id = await api.body(request, AgreementDraft), _number(request, "agreement_id")
    return api.reply(
        await actions.save_agreement(request.app[DATABASE], await current_actor(request), agreement_id, draft)
    )


async def remove_agreement(request: web.Request) -> web.Response:
    """`DELETE /api/helpdesk/sla/agreements/{agreement_id}`."""
    actor = await current_actor(request)
    await actions.remove_agreement(request.app[DATABASE], actor, _number(request, "agreement_id"))
    return web.Response(status=204)


async def add_calendar(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/sla/calendars`."""
    draft = await api.body(request, CalendarDraft)
    made = await actions.save_calendar(request.app[DATABASE], await current_actor(request), None, draft)
    return api.reply(made, 201)


async def change_calendar(request: web.Request) -> web.Response:
    """`PUT /api/helpdesk/sla/calendars/{calendar_id}`."""
    draft, calendar_id = await api.body(request, CalendarDraft), _number(request, "calendar_id")
    return api.reply(
        await actions.save_calendar(request.app[DATABASE], await current_actor(request), calendar_id, draft)
    )


async def remove_calendar(request: web.Request) -> web.Response:
    """`DELETE /api/helpdesk/sla/calendars/{calendar_id}`."""
    actor = await current_actor(request)
    await actions.remove_calendar(request.app[DATABASE], actor, _number(request, "calendar_id"))
    return web.Response(status=204)


async def remove_week(request: web.Request) -> web.Response:
    """`DELETE /api/helpdesk/sla/calendars/{calendar_id}/weeks/{day}`."""
    actor, calendar_id = await current_actor(request), _number(request, "calendar_id")
    return api.reply(await actions.remove_week(request.app[DATABASE], actor, calendar_id, _day(request)))


async def set_day(request: web.Request) -> web.Response:
    """`POST /api/helpdesk/sla/calendars/{calendar_id}/days`."""
    draft, calendar_id = await api.body(request, DayDraft), _number(request, "calendar_id")
    return api.reply(await actions.set_day(request.app[DATABASE], await current_actor(request), calendar_id, draft))


async def remove_day(request: web.Request) -> web.Response:
    """`DELETE /api/helpdesk/sla/calendars/{calendar_id}/days/{day}`: what it was."""
    actor, calendar_id = await current_actor(request), _number(request, "calendar_id")
    return api.reply(await actions.remove_day(request.app[DATABASE], actor, calendar_id, _day(request)))
