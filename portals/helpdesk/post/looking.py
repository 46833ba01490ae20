"""What the database knows that has to do with a letter: the facts that `placing` decides by."""

from datetime import timedelta
from typing import Final

from app.database import Tx
from app.errors import NotFound
from portals.helpdesk import part_store, rules
from portals.helpdesk import store as tickets
from portals.helpdesk.access import access_ticket_to_work
from portals.helpdesk.post import sent_store, store
from portals.helpdesk.post.model import Letter, Nature
from portals.helpdesk.post.placing import Known, Thread
from portals.helpdesk.post.post import Post
from portals.helpdesk.post.tokens import bare_subject, is_answer, number_in, split_address, ticket_of

REMEMBERED: Final = timedelta(days=14)
"""How long an answer without any sign of its thread is recognised by its subject and sender."""


async def known_of(tx: Tx, post: Post, letter: Letter, target: str, tag: str) -> Known:
    """`target`, `tag`: the address of ours that it came to, and what stood behind its `+`."""
    own = frozenset({post.address, *(one.address for one in await store.addresses(tx) if one.active)})
    if letter.nature is Nature.BOUNCE:
        bounced = [one for delivery in letter.deliveries for one in delivery.message_ids]
        found = await sent_store.sent_letters(tx, bounced)
        return Known(own=own, bounced=found[0].ticket_id if found else None)
    sender = letter.sender.address.lower()
    before = await store.tickets_of_message(tx, letter.message_id) if letter.message_id else []
    here = next((ticket for where, ticket in before if where == target), None)
    elsewhere = next((ticket for where, ticket in before if where != target), None)
    person = await store.correspondent(tx, sender)
    return Known(
        own=own,
        sent_by_us=bool(letter.message_id) and await store.sent_by_us(tx, letter.message_id),
        by_reference=await _thread(tx, await _referenced(tx, letter) or here, sender),
        by_token=await _thread(tx, _by_token(post, letter, tag), sender),
        by_subject=await _thread(tx, number_in(letter.subject), sender),
        by_people=await _thread(tx, await _by_people(tx, letter, target, sender), sender),
        twin=elsewhere,
        known_sender=person is not None or await store.has_tickets(tx, sender),
    )


async def _referenced(tx: Tx, letter: Letter) -> int | None:
    """The ticket of the nearest letter it answers that we know."""
    found = await store.tickets_of_ids(tx, letter.answers)
    return next((found[one] for one in letter.answers if one in found), None)


def _by_token(post: Post, letter: Letter, tag: str) -> int | None:
    """A token in the address it came to, or in another one that it names; forged ones are none."""
    tags = [tag, *(split_address(one)[1] for one in letter.recipients)]
    return next((found for one in tags if one and (found := ticket_of(post.keys, one)) is not None), None)


async def _by_people(tx: Tx, letter: Letter, target: str, sender: str) -> int | None:
    if not is_answer(letter.subject):
        return None
    subject = bare_subject(letter.subject)
    found = await store.talked_about(tx, sender, target, REMEMBERED)
    return next((ticket_id for ticket_id, known in found if bare_subject(known) == subject), None)


async def _thread(tx: Tx, ticket_id: int | None, sender: str) -> Thread | None:
    """None where there is no such ticket any more. Merged ones go on in another."""
    if ticket_id is None or await tickets.ticket(tx, ticket_id) is None:
        return None
    goes_on = await part_store.goes_on_in(tx, ticket_id)
    ticket = await tickets.ticket(tx, goes_on)
    if ticket is None:
        return None
    people = await store.people(tx, goes_on) | await store.people(tx, ticket_id)
    staff = sender not in people and await _works_on(tx, goes_on, sender)
    return Thread(goes_on, people, rules.takes_replies(ticket.state), staff)


async def _works_on(tx: Tx, ticket_id: int, sender: str) -> bool:
    person = await store.correspondent(tx, sender)
    if person is None:
        return False
    actor = await store.actor_of(tx, person)
    if not rules.is_desk(actor):
        return False
    try:
        await access_ticket_to_work(tx, actor, ticket_id)
    except NotFound:
        return False
    return True
