"""What the lead decides about letters that were set aside, and files that are looked at once more."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from app.actor import SYSTEM, Actor
from app.database import Tx
from app.errors import Conflict, Forbidden, NotFound, Unavailable
from app.files import StoredFile, stored_file
from portals.helpdesk import actions, rules
from portals.helpdesk import store as tickets
from portals.helpdesk.access import access_ticket_inside
from portals.helpdesk.drafts import NewTicket, Requester, Written
from portals.helpdesk.model import Ticket
from portals.helpdesk.post import acting, store
from portals.helpdesk.post.enclosing import Taken, drop, take_files
from portals.helpdesk.post.events import tell_waiting
from portals.helpdesk.post.model import Enclosure, Letter
from portals.helpdesk.post.placing import Placement
from portals.helpdesk.post.post import Post
from portals.helpdesk.post.reading.reader import read_letter
from portals.helpdesk.post.rows import LetterLine
from portals.helpdesk.post.wording import as_markdown

AT_ONCE: Final = 10


async def access_letter(tx: Tx, actor: Actor, letter_id: int, *, lock: bool = False) -> LetterLine:
    """Leads and auditors read every letter, agents those of tickets that they see inside."""
    letter = await store.letter(tx, letter_id, lock=lock)
    if letter is None:
        raise NotFound
    if rules.can_read_all(actor):
        return letter
    if letter.ticket_id is None:
        raise NotFound
    await access_ticket_inside(tx, actor, letter.ticket_id)
    return letter


async def raw_of(post: Post, tx: Tx, letter: LetterLine) -> tuple[StoredFile, bytes]:
    """The file and its bytes. Raises NotFound where they are gone."""
    if letter.file_id is None:
        raise NotFound
    stored = await stored_file(tx, letter.file_id)
    return stored, b"".join([block async for block in post.files.storage.read(stored.id, 0, stored.bytes)])


async def make_ticket(post: Post, actor: Actor, letter_id: int) -> Ticket:
    """A letter that was set aside becomes a ticket all the same: with its words and files if it can be read, else with
    a word that the raw letter is there. Raises `Conflict` where somebody has decided before.
    """
    access_lead(actor)
    async with post.database.transaction(readonly=True) as tx:
        line = await access_letter(tx, actor, letter_id)
        _stored, raw = await raw_of(post, tx, line)
    found = await asyncio.to_thread(read_letter, raw, datetime.now(UTC))
    taken = Taken([], [])
    if isinstance(found, Letter):
        taken = await take_files(post.files, found.enclosures, post.settings.file_bytes)
    try:
        async with post.database.transaction() as tx:
            line = await access_letter(tx, actor, letter_id, lock=True)
            if not line.waits:
                raise Conflict("Somebody has decided about this letter already")
            address = await store.address(tx, line.address_id) if line.address_id else None
            if isinstance(found, Letter):
                act = acting.Act(found, address, letter_id, taken)
                ticket = await acting.new_ticket(tx, post, act, Placement("ticket"), receipt=False)
                await acting.keep_back(tx, post, letter_id, ticket, taken.withheld)
            else:
                ticket = await _bare_ticket(tx, line, address.queue_id if address else None)
            await store.handle(tx, letter_id, "ticket", actor.account_id, ticket.id)
            await tell_waiting(tx)
            await tx.audit(actor, "letter.make_ticket", f"letter/{letter_id}", ticket=ticket.id)
            return ticket
    except BaseException:
        await drop(post.files, taken)
        raise


async def _bare_ticket(tx: Tx, line: LetterLine, queue_id: int | None) -> Ticket:
    sender = line.sender or "–"
    return await actions.send_ticket_in(
        tx,
        SYSTEM,
        NewTicket(subject=line.subject or sender, text=as_markdown(f"{sender}\n{line.subject}\n{line.detail}").strip()),
        Requester(name=line.sender_name or sender, email=line.sender or None),
        "mail",
        queue_id=queue_id,
    )


async def discard(post: Post, actor: Actor, letter_id: int) -> None:
    """It is nothing for the helpdesk; the raw letter stays. Raises `Conflict`."""
    access_lead(actor)
    async with post.database.transaction() as tx:
        line = await access_letter(tx, actor, letter_id, lock=True)
        if not line.waits:
            raise Conflict("Somebody has decided about this letter already")
        await store.handle(tx, letter_id, "discarded", actor.account_id, None)
        await tell_waiting(tx)
        await tx.audit(actor, "letter.discard", f"letter/{letter_id}")


async def discard_storm(post: Post, actor: Actor, letter_id: int) -> int:
    """The letter and all others of its sender that were too many; how many. Raises `Conflict`."""
    access_lead(actor)
    async with post.database.transaction() as tx:
        line = await access_letter(tx, actor, letter_id, lock=True)
        if not line.waits or line.reason != "storm":
            raise Conflict("Somebody has decided about this letter already")
        ids = await store.storm_of(tx, line.sender)
        await store.discard_all(tx, ids, actor.account_id)
        await tell_waiting(tx)
        await tx.audit(actor, "letter.discard_storm", f"letter/{letter_id}", letters=len(ids))
        return len(ids)


async def restore(post: Post, actor: Actor, letter_id: int) -> None:
    """Takes a discarding back."""
    access_lead(actor)
    async with post.database.transaction() as tx:
        line = await access_letter(tx, actor, letter_id, lock=True)
        if line.handled != "discarded":
            raise Conflict("This letter was not discarded")
        await store.handle(tx, letter_id, "", None, None)
        await tell_waiting(tx)
        await tx.audit(actor, "letter.restore", f"letter/{letter_id}")


async def check_again(post: Post, actor: Actor, letter_id: int) -> int:
    """Files that were kept back are looked at once more: limits and signatures change. How many came free."""
    access_lead(actor)
    async with post.database.transaction(readonly=True) as tx:
        await access_letter(tx, actor, letter_id)
    return await _check(post, actor, letter_id)


async def check_unscanned(post: Post) -> int:
    """Files that no scanner could look at, once it answers again; how many came free."""
    if post.files.scanner is None:
        return 0
    async with post.database.transaction(readonly=True) as tx:
        waiting = await store.unscanned_letters(tx, AT_ONCE)
    free = 0
    for letter_id in waiting:
        try:
            found = await _check(post, SYSTEM, letter_id)
        except NotFound:  # its raw bytes are gone: the lead sees that the file is kept back
            continue
        if not found:
            break  # the scanner is still away: the others would wait for it in vain
        free += found
    return free


async def _check(post: Post, actor: Actor, letter_id: int) -> int:
    async with post.database.transaction(readonly=True) as tx:
        line = await store.letter(tx, letter_id)
        if line is None or line.ticket_id is None:
            raise NotFound
        places = [one.place for one in await store.withheld(tx, letter_id) if one.released_at is None]
        _stored, raw = await raw_of(post, tx, line)
    enclosures = await asyncio.to_thread(_enclosures, raw)
    taken = await take_files(post.files, enclosures, post.settings.file_bytes, only=places or [0])
    try:
        async with post.database.transaction() as tx:
            await store.withhold(tx, letter_id, taken.withheld)
            free = [(place, one) for place, one in taken.uploads if await store.release(tx, letter_id, place)]
            ticket = await tickets.ticket(tx, line.ticket_id, lock=True)
            if not free or ticket is None:
                raise _Nothing
            kept = [(await post.files.keep(tx, one, None)).id for _place, one in free]
            names = ", ".join(as_markdown(one.name) for _place, one in free)
            await actions.note_in(tx, SYSTEM, ticket, Written(text=names), kept)
            await tx.audit(actor, "letter.release", f"letter/{letter_id}", files=len(free))
    except _Nothing:
        await drop(post.files, taken)
        async with post.database.transaction() as tx:
            await store.withhold(tx, letter_id, taken.withheld)
        return 0
    except BaseException:
        await drop(post.files, taken)
        raise
    return len(free)


class _Nothing(Exception):
    """No file came free."""


def _enclosures(raw: bytes) -> tuple[Enclosure, ...]:
    found = read_letter(raw, datetime.now(UTC))
    if not isinstance(found, Letter):
        raise Unavailable("This letter cannot be read")
    return found.enclosures


def access_lead(actor: Actor) -> None:
    if not rules.can_set_up(actor):
        raise Forbidden
