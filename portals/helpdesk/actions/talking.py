"""Words about a ticket: replies that its requester reads, and notes that stay inside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid
from app.files.upload import FileStore, Upload
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.helpdesk import part_store, rules, setup_store, store, telling
from portals.helpdesk.access import Place, access_ticket, access_ticket_to_work
from portals.helpdesk.actions.applying import Applied, apply
from portals.helpdesk.actions.changing import lock_family, solve_children, told
from portals.helpdesk.actions.sending import kept_files
from portals.helpdesk.drafts import Written
from portals.helpdesk.model import MOST_TEXT, Entry, Ticket
from portals.helpdesk.refusals import TicketClosed

TALKING: Final = Limit("helpdesk.talk", burst=40, every_s=5)
PENDING_AFTER_REPLY: Final = "requester"


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, and from which side. Without an account: who wrote a letter."""

    name: str
    account_id: int | None = None
    by_staff: bool = False
    source: str = "form"


async def reply(
    database: Database,
    actor: Actor,
    ticket_id: int,
    written: Written,
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
    *,
    as_requester: bool | None = None,
    source: str = "form",
) -> Entry:
    """A word that both sides read; in a ticket that was merged it stands in the one that goes on. `as_requester`: from
    which side; None: the requester's own is theirs, the helpdesk's is the helpdesk's. Raises `Invalid`, `TicketClosed`.
    """
    text = _checked(written, with_files=bool(uploads))
    await spend(database, Charge(TALKING, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        goes_on = await _goes_on(tx, actor, ticket_id)
        await lock_family(tx, goes_on, written.state or "")
        place = await access_ticket(tx, actor, goes_on, lock=True)
        by_staff = _by_staff(actor, place, as_requester)
        kept = await kept_files(tx, files, uploads, actor.account_id)
        speaker = Speaker(name=actor.name, account_id=actor.account_id, by_staff=by_staff, source=source)
        return await reply_in(tx, actor, place.ticket, msgspec.structs.replace(written, text=text), speaker, kept)


async def reply_in(
    tx: Tx,
    actor: Actor,
    ticket: Ticket,
    written: Written,
    speaker: Speaker,
    file_ids: Sequence[UUID] = (),
    *,
    at: datetime | None = None,
) -> Entry:
    """In the caller's transaction, which has locked and checked the ticket. Raises `TicketClosed`."""
    if not rules.takes_replies(ticket.state):
        raise TicketClosed
    entry = await store.add_entry(
        tx,
        ticket.id,
        kind="reply",
        public=True,
        by_staff=speaker.by_staff,
        author_id=speaker.account_id,
        author_name=speaker.name[:200],
        source=speaker.source,
        text=written.text[:MOST_TEXT],
        minutes=written.minutes,
        files=file_ids,
        at=at,
    )
    columns: dict[str, Any] = {"last_entry_at": entry.at, "waits_for_us": not speaker.by_staff}
    columns |= {"spent_minutes": ticket.spent_minutes + written.minutes} if written.minutes else {}
    if speaker.by_staff:
        columns |= await _after_staff(tx, ticket, written, speaker, entry)
    else:
        state = rules.after_requester(ticket.state, ticket.pending_reason)
        columns |= {"state": state, "pending_reason": None, "pending_until": None} if state else {}
    applied = await apply(tx, actor, ticket, columns, at=at)
    await told(tx, actor, ticket, Applied(applied.ticket, [entry, *applied.entries]), "reply")
    await telling.notify_reply(tx, actor, ticket, entry)
    if speaker.by_staff and ticket.is_open and applied.ticket.state in {"solved", "closed"}:
        await solve_children(tx, actor, applied.ticket, entry.text)
    elif speaker.by_staff and written.to_children:
        await _tell_children(tx, actor, applied.ticket, entry)
    return entry


async def note(
    database: Database,
    actor: Actor,
    ticket_id: int,
    written: Written,
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
) -> Entry:
    """A word inside. Who is named with @ and works at the helpdesk is told, and reads the ticket from now on."""
    text = _checked(written, with_files=bool(uploads))
    await spend(database, Charge(TALKING, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        await lock_family(tx, ticket_id, written.state or "")
        ticket = await access_ticket_to_work(tx, actor, ticket_id)
        named = await part_store.desk_people(tx, rules.mentioned(text))
        kept = await kept_files(tx, files, uploads, actor.account_id)
        return await note_in(tx, actor, ticket, msgspec.structs.replace(written, text=text), kept, list(named.values()))


async def note_in(
    tx: Tx,
    actor: Actor,
    ticket: Ticket,
    written: Written,
    file_ids: Sequence[UUID] = (),
    mentions: Sequence[int] = (),
    *,
    at: datetime | None = None,
) -> Entry:
    """In the caller's transaction, which has locked and checked the ticket."""
    entry = await store.add_entry(
        tx,
        ticket.id,
        kind="note",
        public=False,
        by_staff=True,
        author_id=actor.account_id,
        author_name=actor.name,
        source="form" if actor.signed_in else "system",
        text=written.text[:MOST_TEXT],
        mentions=mentions,
        minutes=written.minutes,
        files=file_ids,
        at=at,
    )
    columns: dict[str, Any] = {"spent_minutes": ticket.spent_minutes + written.minutes} if written.minutes else {}
    if written.state is not None and written.state != ticket.state and rules.can_go(ticket.state, written.state):
        columns |= _state_columns(ticket, written.state)
    applied = await apply(tx, actor, ticket, columns, at=at)
    after = applied.ticket if applied.ticket.rev != ticket.rev else await store.changed_ticket(tx, ticket.id, {})
    await told(tx, actor, ticket, Applied(after, [entry, *applied.entries]), "note")
    for account_id in mentions:
        if await part_store.add_watcher(tx, ticket.id, account_id, "mentioned"):
            telling.tell_parts(tx, after)
        ref = f"ticket-mention/{entry.id}"
        await telling.notify(tx, actor, account_id, ref, telling.MENTIONED, ticket, ticket.desk_path)
    if ticket.is_open and after.state in {"solved", "closed"}:
        await solve_children(tx, actor, after, "")
    return entry


async def _after_staff(tx: Tx, ticket: Ticket, written: Written, speaker: Speaker, entry: Entry) -> dict[str, Any]:
    """Who answers a ticket that nobody has taken takes it."""
    columns: dict[str, Any] = {} if ticket.first_reply_at else {"first_reply_at": entry.at}
    state = written.state or ("open" if ticket.state == "new" else None)
    if state is not None and state != ticket.state:
        if not rules.can_go(ticket.state, state):
            raise Conflict("From here a ticket cannot go there")
        columns |= _state_columns(ticket, state)
    if (
        ticket.assignee_id is None
        and speaker.account_id is not None
        and await setup_store.works_on(tx, speaker.account_id, ticket.queue_id)
    ):
        columns["assignee_id"] = speaker.account_id
    return columns


def _state_columns(ticket: Ticket, state: str) -> dict[str, Any]:
    """After a reply a ticket that waits waits for its requester, unless it waited for something else already."""
    reason = (ticket.pending_reason or PENDING_AFTER_REPLY) if state == "pending" else None
    return {"state": state, "pending_reason": reason, "pending_until": None}


async def _tell_children(tx: Tx, actor: Actor, parent: Ticket, entry: Entry) -> None:
    for child_id in await part_store.children(tx, parent.id, open_only=True):
        child = await store.ticket(tx, child_id, lock=True)
        if child is not None and child.is_open:
            speaker = Speaker(name=actor.name, account_id=actor.account_id, by_staff=True, source="system")
            await reply_in(tx, actor, child, Written(text=entry.text), speaker)


async def _goes_on(tx: Tx, actor: Actor, ticket_id: int) -> int:
    """The ticket in which the talk goes on, for somebody who may know of the one that was asked for."""
    await access_ticket(tx, actor, ticket_id)
    return await part_store.goes_on_in(tx, ticket_id)


def _by_staff(actor: Actor, place: Place, as_requester: bool | None) -> bool:
    own = place.ticket.requester_id == actor.account_id
    by_staff = place.may_work and not own if as_requester is None else not as_requester
    if not (place.may_work if by_staff else place.may_speak):
        raise Forbidden
    return by_staff


def _checked(written: Written, *, with_files: bool) -> str:
    text = rules.clean(written.text)
    if not text and not with_files:
        raise Invalid(fields={"text": _("Write something first")})
    if fault := rules.too_long(text, MOST_TEXT):
        raise Invalid(fields={"text": fault})
    return text
