"""The JSON side of what pages show besides: a device by its label, units, agents, what one is asked, files."""

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import NotFound
from app.files.serve import serve
from app.wire import current_actor
from portals.equipment import actions as equipment
from portals.helpdesk import attachments, part_store, rules, setup_store, store
from portals.helpdesk.access import access_queue, access_sending
from portals.helpdesk.api import People, ticket_id_of
from portals.helpdesk.model import Approval, PublicTicket
from portals.helpdesk.setup_model import UnitChoice
from portals.intranet import actions as intranet

MOST_OF_DEVICE = 20


class Asked(msgspec.Struct, frozen=True):
    """What somebody is asked to agree to, and the ticket of each, in the same order."""

    approvals: list[Approval]
    tickets: list[PublicTicket]


class LabelledDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device as whoever stands before it may know it. `known`: how many open tickets there are about it; `own`: of
    them the reader's own.
    """

    id: int
    label: str
    title: str
    unit_name: str
    room: str
    known: int
    own: list[PublicTicket]


class Units(msgspec.Struct, frozen=True):
    units: list[UnitChoice]


async def list_asked(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        asked = await part_store.approvals_waiting_for(tx, actor.account_id or 0)
        found = {one.id: one.outside for one in await store.tickets(tx, [one.ticket_id for one in asked])}
    return api.reply(Asked(asked, [found[one.ticket_id] for one in asked]))


async def list_units(request: web.Request) -> web.Response:
    """Those that one's ticket may be about; all of them for who writes tickets down for others."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_sending(tx, actor)
        ids = None if rules.is_desk(actor) else await intranet.units_of(tx, actor.account_id)
        return api.reply(Units(await setup_store.units(tx, ids)))


async def show_device(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_sending(tx, actor)
        device = await equipment.device_by_label(tx, request.match_info["label"])
        if device is None:
            raise NotFound("There is no device with this number: look at its label once more")
        known = [one for one in await store.tickets_of_device(tx, device.id, MOST_OF_DEVICE) if one.is_open]
    seen = LabelledDevice(
        id=device.id,
        label=device.inventory_number,
        title=device.title,
        unit_name=device.unit_name,
        room=device.room,
        known=len(known),
        own=[one.outside for one in known if one.requester_id == actor.account_id],
    )
    return api.reply(seen)


async def list_agents(request: web.Request) -> web.Response:
    """Whom tickets of a queue may be given to."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        queue = await access_queue(tx, actor, int(request.match_info["queue_id"]))
        return api.reply(People(await part_store.agents(tx, queue.id)))


async def send_file(request: web.Request) -> web.StreamResponse:
    stored = await attachments.access_file(request, ticket_id_of(request), request.match_info["file_id"])
    return await serve(request, stored, cache_control="private, no-store")
