"""The JSON side of tickets. Tickets are named by their number with its check digit, without signs between."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.api import PROBLEM_TYPE, Problem
from app.database import DATABASE
from app.errors import Invalid, NotFound
from app.files import FILES
from app.i18n import LOCALES
from app.search import folded
from app.web_errors import describe
from app.wire import current_actor, public_url
from portals.helpdesk import actions, part_store, rules, views
from portals.helpdesk.access import access_ticket, access_ticket_inside, readable_queues
from portals.helpdesk.attachments import brought
from portals.helpdesk.drafts import Entered, NewTicket, TicketChange, Wanted, Written
from portals.helpdesk.model import Approval, Check, Clash, Id, PublicTicket, Refusals, Ticket
from portals.helpdesk.numbers import digits_of, id_of
from portals.helpdesk.refusals import FieldClash
from portals.helpdesk.setup_model import CannedReply, Person, Queue

Number = Annotated[str, msgspec.Meta(max_length=40)]
Words = Annotated[str, msgspec.Meta(max_length=20_000)]
PEOPLE = 12


class ClashProblem(Problem, omit_defaults=True):
    """A problem of status 409 with both values of each field."""

    clashes: tuple[Clash, ...] = ()


class Queues(msgspec.Struct, frozen=True):
    queues: list[Queue]


class People(msgspec.Struct, frozen=True):
    people: list[Person]


class PeopleQuery(msgspec.Struct, frozen=True):
    """Part of a name, login or address."""

    q: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]


class CannedReplies(msgspec.Struct, frozen=True):
    replies: list[CannedReply]


class Checks(msgspec.Struct, frozen=True):
    checks: list[Check]


class ManyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """The same for many tickets, whatever others have changed."""

    numbers: Annotated[list[Number], msgspec.Meta(min_length=1, max_length=200)]
    wanted: Wanted


class Merging(msgspec.Struct, frozen=True):
    into: Number


class Splitting(msgspec.Struct, frozen=True):
    entry_id: Id
    subject: Annotated[str, msgspec.Meta(max_length=2000)]


class Relating(msgspec.Struct, frozen=True):
    """`wanted` False: not any more."""

    other: Number
    wanted: bool = True


class Parenting(msgspec.Struct, frozen=True):
    """`parent` None: it stands alone."""

    parent: Number | None


class Watching(msgspec.Struct, frozen=True):
    """`account_id` None: oneself."""

    account_id: Id | None = None
    wanted: bool = True


class Asking(msgspec.Struct, frozen=True):
    approver_id: Id
    question: Words = ""


class Deciding(msgspec.Struct, frozen=True):
    granted: bool
    answer: Words = ""


class NewCheck(msgspec.Struct, frozen=True):
    text: Annotated[str, msgspec.Meta(max_length=2000)]


class Checking(msgspec.Struct, frozen=True):
    done: bool


class Spending(msgspec.Struct, frozen=True):
    """Negative minutes take too much back."""

    minutes: Annotated[int, msgspec.Meta(ge=-6000, le=6000)]
    text: Words = ""


class Rating(msgspec.Struct, frozen=True):
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)]
    text: Words = ""


class Seeing(msgspec.Struct, frozen=True):
    """The newest entry that was on the screen."""

    entry_id: Id


def ticket_id_of(request: web.Request) -> int:
    """From the number in the address. Raises NotFound where a digit is wrong."""
    found = id_of(request.match_info["number"])
    if found is None:
        raise NotFound("There is no ticket with this number: look at its digits once more")
    return found


def numbered(written: str, field: str) -> int:
    """A number in a body or a form. Raises `Invalid` for the field."""
    found = id_of(written)
    if found is None:
        raise Invalid(fields={field: "There is no ticket with this number: look at its digits once more"})
    return found


async def list_own(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.own_view(tx, actor))


async def list_queues(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(Queues(await readable_queues(tx, actor)))


async def show_queue(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.queue_view(tx, actor, int(request.match_info["queue_id"])))


async def send(request: web.Request) -> web.Response:
    actor, database, files = await current_actor(request), request.app[DATABASE], request.app[FILES]
    async with brought(request, NewTicket) as (new, uploads):
        ticket = await actions.send_ticket(database, actor, new, source="api", files=files, uploads=uploads)
    sent: PublicTicket = ticket.outside
    return api.reply(sent, 201)


async def enter(request: web.Request) -> web.Response:
    actor, database, files = await current_actor(request), request.app[DATABASE], request.app[FILES]
    async with brought(request, Entered) as (entered, uploads):
        ticket: Ticket = await actions.enter_ticket(database, actor, entered, files, uploads)
    return api.reply(ticket, 201)


async def show_ticket(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket(tx, actor, ticket_id_of(request))
        return api.reply(await views.public_view(tx, actor, place))


async def show_inside(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.ticket_view(tx, await access_ticket_inside(tx, actor, ticket_id_of(request))))


async def change(request: web.Request) -> web.Response:
    wanted = await api.body(request, TicketChange)
    try:
        ticket = await actions.change_ticket(
            request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted
        )
    except FieldClash as problem:
        return clash_answer(request, problem)
    return api.reply(ticket)


def clash_answer(request: web.Request, problem: FieldClash) -> web.Response:
    """Problem details that name both values of each field."""
    described = describe(problem, request.app[LOCALES].choose(request))
    whole = ClashProblem(
        type=described.type,
        title=described.title,
        status=described.status,
        instance=request.path,
        clashes=tuple(problem.clashes),
    )
    return web.Response(
        body=msgspec.json.encode(whole),
        status=HTTPStatus.CONFLICT,
        content_type=PROBLEM_TYPE,
        headers={"Cache-Control": "no-store"},
    )


async def change_many(request: web.Request) -> web.Response:
    wanted = await api.body(request, ManyChanges)
    locale = request.app[LOCALES].choose(request)
    ids = [numbered(one, "numbers") for one in wanted.numbers]
    done = await actions.change_many(request.app[DATABASE], await current_actor(request), ids, wanted.wanted)
    refused = {digits_of(ticket_id): locale.gettext(why) for ticket_id, why in done.refused.items()}
    return api.reply(Refusals([digits_of(one) for one in done.changed], refused))


async def reply(request: web.Request) -> web.Response:
    actor, ticket_id, files = await current_actor(request), ticket_id_of(request), request.app[FILES]
    async with brought(request, Written) as (written, uploads):
        entry = await actions.reply(request.app[DATABASE], actor, ticket_id, written, files, uploads, source="api")
    return api.reply(entry, 201)


async def note(request: web.Request) -> web.Response:
    actor, ticket_id, files = await current_actor(request), ticket_id_of(request), request.app[FILES]
    async with brought(request, Written) as (written, uploads):
        entry = await actions.note(request.app[DATABASE], actor, ticket_id, written, files, uploads)
    return api.reply(entry, 201)


async def merge(request: web.Request) -> web.Response:
    wanted = await api.body(request, Merging)
    into = numbered(wanted.into, "into")
    ticket = await actions.merge(request.app[DATABASE], await current_actor(request), ticket_id_of(request), into)
    return api.reply(ticket)


async def unmerge(request: web.Request) -> web.Response:
    return api.reply(await actions.unmerge(request.app[DATABASE], await current_actor(request), ticket_id_of(request)))


async def split(request: web.Request) -> web.Response:
    wanted = await api.body(request, Splitting)
    ticket = await actions.split(
        request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted.entry_id, wanted.subject
    )
    return api.reply(ticket, 201)


async def relate(request: web.Request) -> web.Response:
    wanted = await api.body(request, Relating)
    other = numbered(wanted.other, "other")
    actor = await current_actor(request)
    ticket = await actions.relate(request.app[DATABASE], actor, ticket_id_of(request), other, wanted=wanted.wanted)
    return api.reply(ticket)


async def set_parent(request: web.Request) -> web.Response:
    wanted = await api.body(request, Parenting)
    parent = numbered(wanted.parent, "parent") if wanted.parent is not None else None
    ticket = await actions.set_parent(
        request.app[DATABASE], await current_actor(request), ticket_id_of(request), parent
    )
    return api.reply(ticket)


async def watch(request: web.Request) -> web.Response:
    wanted = await api.body(request, Watching)
    actor, ticket_id = await current_actor(request), ticket_id_of(request)
    await actions.watch(request.app[DATABASE], actor, ticket_id, wanted.account_id, wanted=wanted.wanted)
    return web.Response(status=204)


async def ask_approval(request: web.Request) -> web.Response:
    wanted = await api.body(request, Asking)
    ticket = await actions.ask_approval(
        request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted.approver_id, wanted.question
    )
    return api.reply(ticket, 201)


async def decide(request: web.Request) -> web.Response:
    wanted = await api.body(request, Deciding)
    approval: Approval = await actions.decide(
        request.app[DATABASE],
        await current_actor(request),
        int(request.match_info["approval_id"]),
        granted=wanted.granted,
        answer=wanted.answer,
    )
    return api.reply(approval)


async def add_check(request: web.Request) -> web.Response:
    wanted = await api.body(request, NewCheck)
    checks = await actions.add_check(
        request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted.text
    )
    return api.reply(Checks(checks), 201)


async def set_check(request: web.Request) -> web.Response:
    wanted = await api.body(request, Checking)
    actor, check_id = await current_actor(request), int(request.match_info["check_id"])
    check = await actions.set_check(request.app[DATABASE], actor, ticket_id_of(request), check_id, done=wanted.done)
    return api.reply(check)


async def remove_check(request: web.Request) -> web.Response:
    check_id = int(request.match_info["check_id"])
    await actions.remove_check(request.app[DATABASE], await current_actor(request), ticket_id_of(request), check_id)
    return web.Response(status=204)


async def add_time(request: web.Request) -> web.Response:
    wanted = await api.body(request, Spending)
    ticket = await actions.add_time(
        request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted.minutes, wanted.text
    )
    return api.reply(ticket)


async def rate(request: web.Request) -> web.Response:
    wanted = await api.body(request, Rating)
    ticket = await actions.rate(
        request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted.rating, wanted.text
    )
    return api.reply(ticket.outside)


async def close_own(request: web.Request) -> web.Response:
    ticket = await actions.close_own(request.app[DATABASE], await current_actor(request), ticket_id_of(request))
    return api.reply(ticket.outside)


async def see(request: web.Request) -> web.Response:
    wanted = await api.body(request, Seeing)
    await actions.see(request.app[DATABASE], await current_actor(request), ticket_id_of(request), wanted.entry_id)
    return web.Response(status=204)


async def list_canned(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_ticket_inside(tx, actor, ticket_id_of(request))
        link = public_url(request, request.app, place.ticket.path)
        return api.reply(CannedReplies(await views.canned_texts(tx, actor, place.ticket, link)))


async def find_people(request: web.Request) -> web.Response:
    """For who writes down a call, and for mentions of those who may agree."""
    words = folded(rules.one_line(api.query(request, PeopleQuery).q))
    if not words:
        return api.reply(People([]))
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(People(await part_store.people_like(tx, words, PEOPLE)))
