"""The small forms beside a ticket: each says what it did and offers to take it back where that is possible."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database
from app.errors import Conflict, Invalid
from app.forms import require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash
from app.wire import current_actor
from portals.helpdesk import actions, part_store, rules, setup_store
from portals.helpdesk.access import access_ticket_inside
from portals.helpdesk.api import numbered, ticket_id_of
from portals.helpdesk.desk_pages import Refused, ticket_page
from portals.helpdesk.drafts import TicketChange, Wanted
from portals.helpdesk.forms import number
from portals.helpdesk.model import Ticket
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.setup_model import Person

Posted = Mapping[str, str]
Verb = Callable[[Database, Actor, int, Posted], Awaitable[object]]
NOBODY: Final = _("Choose somebody")


async def take(database: Database, actor: Actor, ticket_id: int, _posted: Posted) -> object:
    """Makes it one's own; who was faster keeps it."""
    async with database.transaction(readonly=True) as tx:
        ticket = (await access_ticket_inside(tx, actor, ticket_id)).ticket
        if ticket.assignee_id not in {None, actor.account_id}:
            raise Conflict("Somebody has taken it already: %(name)s", name=ticket.assignee_name)
        if actor.account_id is None or not await setup_store.works_on(tx, actor.account_id, ticket.queue_id):
            raise Conflict("You do not work on this queue: choose somebody who does")
    wanted = Wanted(assignee_id=actor.account_id)
    return await actions.change_ticket(database, actor, ticket_id, TicketChange(wanted=wanted, rev=ticket.rev))


async def merge(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    return await actions.merge(database, actor, ticket_id, numbered(posted.get("into", ""), "into"))


async def unmerge(database: Database, actor: Actor, ticket_id: int, _posted: Posted) -> object:
    return await actions.unmerge(database, actor, ticket_id)


async def split(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    entry_id = number(posted.get("entry_id")) or 0
    return await actions.split(database, actor, ticket_id, entry_id, posted.get("subject", ""))


async def relate(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    """Beside another ticket, or below it."""
    other = numbered(posted.get("other", ""), "other")
    if posted.get("how") == "parent":
        return await actions.set_parent(database, actor, ticket_id, other)
    return await actions.relate(database, actor, ticket_id, other)


async def unrelate(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    other = number(posted.get("other_id")) or 0
    if posted.get("how") == "parent":
        return await actions.set_parent(database, actor, ticket_id, None)
    if posted.get("how") == "child":
        return await actions.set_parent(database, actor, other, None)
    return await actions.relate(database, actor, ticket_id, other, wanted=False)


async def watch(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    """Oneself, or somebody by login."""
    login = posted.get("login", "").strip().lower()
    person = await _person(database, actor, ticket_id, login) if login else None
    return await actions.watch(database, actor, ticket_id, person.id if person else None)


async def unwatch(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    account_id = number(posted.get("account_id"))
    return await actions.watch(database, actor, ticket_id, account_id, wanted=False)


async def approval(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    """A head of the unit, or somebody by login."""
    question, login = posted.get("question", ""), posted.get("login", "").strip().lower()
    if login:
        person = await _person(database, actor, ticket_id, login)
        return await actions.ask_approval(database, actor, ticket_id, person.id, question)
    async with database.transaction(readonly=True) as tx:
        unit_id = (await access_ticket_inside(tx, actor, ticket_id)).ticket.unit_id
        heads = await part_store.heads(tx, unit_id) if unit_id else []
    if not heads:
        raise Invalid(fields={"login": _("This unit has no head here: name somebody")})
    return await actions.ask_approval(database, actor, ticket_id, heads[0], question)


async def add_check(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    return await actions.add_check(database, actor, ticket_id, posted.get("text", ""))


async def check(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    check_id = number(posted.get("check_id")) or 0
    return await actions.set_check(database, actor, ticket_id, check_id, done=posted.get("done") == "yes")


async def remove_check(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    await actions.remove_check(database, actor, ticket_id, number(posted.get("check_id")) or 0)
    return None


async def time(database: Database, actor: Actor, ticket_id: int, posted: Posted) -> object:
    text = posted.get("minutes", "").strip().replace("−", "-")
    digits = text.removeprefix("-")
    minutes = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0
    return await actions.add_time(database, actor, ticket_id, minutes, posted.get("text", ""))


VERBS: Final[Mapping[str, tuple[Verb, str]]] = {
    "take": (take, _("It is yours")),
    "merge": (merge, _("Merged: the talk goes on in %(number)s")),
    "unmerge": (unmerge, _("It stands alone again")),
    "split": (split, _("Split off: the new ticket has the number %(number)s")),
    "relate": (relate, _("Linked")),
    "unrelate": (unrelate, _("The link is taken away")),
    "watch": (watch, _("Saved")),
    "unwatch": (unwatch, _("Saved")),
    "approval": (approval, _("The question is sent")),
    "add-check": (add_check, ""),
    "check": (check, ""),
    "remove-check": (remove_check, ""),
    "time": (time, _("Saved")),
}
"""Last part of the address: what is done, and what is said after it."""


async def act(request: web.Request) -> web.StreamResponse:
    """`POST /pomoc/obsluga/{number}/{verb}`"""
    await require_action(request)
    actor, ticket_id, verb = await current_actor(request), ticket_id_of(request), request.match_info["verb"]
    database = request.app[DATABASE]
    posted = {name: text for name, text in (await request.post()).items() if isinstance(text, str)}
    done, words = VERBS[verb]
    try:
        result = await done(database, actor, ticket_id, posted)
    except (Invalid, Conflict) as problem:
        locale = request.app[LOCALES].choose(request)
        own = [locale.gettext(one) for one in problem.fields.values()] if isinstance(problem, Invalid) else []
        fault = " ".join(own) or locale.filled(problem.detail or problem.title, problem.values)
        return await ticket_page(request, refused=Refused(verb, fault, posted))
    number_said = result.number if isinstance(result, Ticket) else ""
    path = f"/pomoc/obsluga/{digits_of(ticket_id)}"
    if words:
        undo = f"{path}/unmerge" if verb == "merge" else ""
        await flash(request, words, undo=undo, **({"number": number_said} if "%(number)s" in words else {}))
    return see_other(path)


async def _person(database: Database, actor: Actor, ticket_id: int, login: str) -> Person:
    """Somebody by login, for those who work on the ticket. Raises `Invalid`."""
    async with database.transaction(readonly=True) as tx:
        await access_ticket_inside(tx, actor, ticket_id)
        if not rules.is_desk(actor):
            raise Invalid(fields={"login": NOBODY})
        found = await part_store.person_called(tx, login)
    if found is None:
        raise Invalid(fields={"login": _("There is nobody with this login")})
    return found
