"""The same change for many tickets at once, and taking it back: each ticket on its own, in a transaction of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from portals.helpdesk import actions, part_store, rules, setup_store
from portals.helpdesk import store as core
from portals.helpdesk.access import access_ticket_to_work
from portals.helpdesk.actions.applying import apply, changed_fields
from portals.helpdesk.actions.changing import asked_for, lock_family, told
from portals.helpdesk.desk import store
from portals.helpdesk.desk.model import MOST, UNDO_WITHIN_S, ForAll
from portals.helpdesk.desk.store import Kept
from portals.helpdesk.drafts import Wanted
from portals.helpdesk.model import Ticket
from portals.helpdesk.setup_model import Queue

COLUMNS: Final = (
    *("state", "pending_reason", "pending_until", "assignee_id", "queue_id", "team_id", "priority", "priority_set"),
)
"""What such a change touches, and what follows from it."""
MOMENTS: Final = ("solved_at", "closed_at")
"""Go with the state: a ticket that is put back was solved and closed when it was, not now."""
FASTER: Final = _("Somebody else has changed it in the meantime")
SINCE: Final = _("Somebody has changed it since")
ASSIGNEE_GONE: Final = _("Whoever worked on it does not work on this queue any more")
QUEUE_GONE: Final = _("Its queue is not used any more")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """By ids: changed, as they were already, refused and why. `change_id` None: nothing was changed."""

    change_id: int | None
    changed: list[int]
    same: list[int]
    refused: dict[int, str]


class Undone(msgspec.Struct, frozen=True):
    """By ids: those that are as they were, and why others are not."""

    back: list[int]
    kept: dict[int, str]


async def change_together(database: Database, actor: Actor, seen: Mapping[int, int | None], wanted: ForAll) -> Outcome:
    """`seen`: the rev of each ticket as it was on the screen; None: whatever others have changed."""
    if actor.account_id is None or not rules.is_desk(actor):
        raise Forbidden
    if not 1 <= len(seen) <= MOST:
        raise Invalid(fields={"tickets": _("Choose between 1 and 200 tickets")})
    change = msgspec.convert(msgspec.to_builtins(wanted), Wanted)
    async with database.transaction() as tx:
        set_id = await store.begin_set(tx, actor.account_id)
    changed: list[int] = []
    same: list[int] = []
    refused: dict[int, str] = {}
    for ticket_id, rev in seen.items():
        try:
            async with database.transaction() as tx:
                (changed if await _change(tx, actor, ticket_id, rev, change, set_id) else same).append(ticket_id)
        except Invalid as problem:
            refused[ticket_id] = next(iter(problem.fields.values()), problem.detail)
        except Conflict as problem:
            refused[ticket_id] = problem.detail
        except NotFound:
            refused[ticket_id] = NotFound.title
    if not changed:
        async with database.transaction() as tx:
            await store.drop_set(tx, set_id)
    return Outcome(change_id=set_id if changed else None, changed=changed, same=same, refused=refused)


async def _change(tx: Tx, actor: Actor, ticket_id: int, rev: int | None, wanted: Wanted, set_id: int) -> bool:
    """Whether there was something to change. Raises `Conflict` where somebody was faster."""
    await lock_family(tx, ticket_id, str(wanted.state))
    ticket = await access_ticket_to_work(tx, actor, ticket_id)
    columns = await actions.columns_of(tx, actor, ticket, wanted)
    if not columns:
        return False
    if rev is not None:
        fields = [one for one in changed_fields(ticket, columns) if asked_for(wanted, one)]
        if rules.clashing(ticket, [rules.Touch(one, rev) for one in fields]):
            raise Conflict(FASTER)
    below = await _open_children(tx, ticket, wanted)
    approvals = {one.id: await store.waiting_approvals(tx, one.id) for one in [ticket, *below]}
    await actions.change_in(tx, actor, ticket, columns)
    for before in [ticket, *below]:
        after = await core.ticket(tx, before.id)
        if after is not None and after.rev != before.rev:
            was = {name: getattr(before, name) for name in COLUMNS if getattr(before, name) != getattr(after, name)}
            was |= {name: getattr(before, name) for name in MOMENTS} if "state" in was else {}
            await store.keep(tx, set_id, Kept(before.id, was, approvals[before.id], after.rev))
    return True


async def _open_children(tx: Tx, ticket: Ticket, wanted: Wanted) -> Sequence[Ticket]:
    """Those that are solved with it."""
    if wanted.state not in {"solved", "closed"} or not ticket.is_open:
        return []
    return await core.tickets(tx, await part_store.children(tx, ticket.id, open_only=True))


async def access_change(tx: Tx, actor: Actor, set_id: int) -> int:
    """A change of many that the actor has made within the hour. Raises `NotFound`."""
    if not rules.is_desk(actor) or not await store.set_of(tx, set_id, actor.account_id, UNDO_WITHIN_S):
        raise NotFound
    return set_id


async def put_back(database: Database, actor: Actor, change_id: int) -> Undone:
    """Each ticket becomes what it was, unless somebody has changed the same fields since. Twice does no harm."""
    async with database.transaction(readonly=True) as tx:
        ids = await store.tickets_of_set(tx, await access_change(tx, actor, change_id))
    back: list[int] = []
    kept: dict[int, str] = {}
    for ticket_id in ids:
        async with database.transaction() as tx:
            ticket = await core.ticket(tx, ticket_id, lock=True)
            row = await store.take_kept(tx, change_id, ticket_id)
            if row is None or ticket is None:
                continue
            fault = await _put_back(tx, actor, ticket, row)
        if fault:
            kept[ticket_id] = fault
        else:
            back.append(ticket_id)
    return Undone(back, kept)


async def _put_back(tx: Tx, actor: Actor, ticket: Ticket, row: Kept) -> str:
    """Why it stays as it is; empty: it is as it was."""
    columns = dict(row.before)
    for name in ("pending_until", *MOMENTS):
        if columns.get(name):
            columns[name] = datetime.fromisoformat(columns[name])
    fields = changed_fields(ticket, columns)
    if ticket.state == "merged" or any(ticket.rev_of(one) > row.rev for one in fields):
        return SINCE
    if fault := await _gone(tx, ticket, columns):
        return fault
    applied = await apply(tx, actor, ticket, columns)
    await store.wait_again(tx, row.approvals)
    if applied.ticket.rev != ticket.rev:
        await told(tx, actor, ticket, applied, "undo")
    return ""


async def _gone(tx: Tx, ticket: Ticket, columns: Mapping[str, Any]) -> str:
    """What is not there any more of what the ticket had."""
    queue_id = columns.get("queue_id", ticket.queue_id)
    if "queue_id" in columns:
        queue = await setup_store.thing(tx, Queue, queue_id)
        if queue is None or not queue.active:
            return QUEUE_GONE
    assignee = columns.get("assignee_id")
    if assignee is not None and not await setup_store.works_on(tx, assignee, queue_id):
        return ASSIGNEE_GONE
    team = columns.get("team_id")
    if team is not None and not await setup_store.team_works_on(tx, team, queue_id):
        return ASSIGNEE_GONE
    return ""
