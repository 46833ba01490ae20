"""Carries out what was decided about a letter, in the transaction in which it is written down."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Tx
from app.i18n import _
from portals.helpdesk import actions, part_store, setup_store, telling
from portals.helpdesk import store as tickets
from portals.helpdesk.drafts import NewTicket, Requester, Written
from portals.helpdesk.model import Ticket
from portals.helpdesk.post import outgoing, sent_store, store
from portals.helpdesk.post.enclosing import Taken
from portals.helpdesk.post.model import Delivery, Letter, Nature
from portals.helpdesk.post.placing import Placement
from portals.helpdesk.post.post import Post
from portals.helpdesk.post.rows import Address, Withheld
from portals.helpdesk.post.tokens import split_address
from portals.helpdesk.post.wording import as_markdown
from portals.helpdesk.post.words import WHY_WITHHELD

MOST_PARTIES: Final = 20
NOTHING: Final = "–"
ANSWERED_BY_MACHINE: Final = _("Automatic answer of %(who)s:")
WRITTEN_BY_MAIL: Final = _("Written by mail:")
KEPT_BACK: Final = _("Files of this letter that were kept back:")
NOT_ARRIVED: Final = _("The letter to %(recipient)s did not arrive.")
DELAYED: Final = _("The letter to %(recipient)s is on its way for long; its mail server keeps trying.")
BOUNCED: Final = _("An answer did not reach its recipient")


class Act(msgspec.Struct, frozen=True):
    """A letter on its way into a ticket. `address`: of ours; None: the one our letters come from."""

    letter: Letter
    address: Address | None
    letter_id: int
    taken: Taken


async def carry_out(tx: Tx, post: Post, act: Act, placement: Placement) -> int:
    """The ticket's id."""
    if placement.what == "delivery":
        assert placement.ticket_id is not None  # the letter that came back is one of a ticket
        await tell_deliveries(tx, post, act.letter.deliveries)
        await store.settle(tx, act.letter_id, "delivery", via=placement.via, ticket_id=placement.ticket_id)
        return placement.ticket_id
    if placement.what == "ticket":
        ticket = await new_ticket(tx, post, act, placement)
        entry_id = None
    else:
        assert placement.ticket_id is not None  # `place` names it
        found = await tickets.ticket(tx, placement.ticket_id, lock=True)
        assert found is not None  # tickets are never removed
        ticket = found
        entry_id = await (_reply if placement.what == "reply" else _note)(tx, post, act, ticket)
    await store.settle(
        tx,
        act.letter_id,
        placement.what if placement.what != "aside" else "note",
        via=placement.via,
        ticket_id=ticket.id,
        entry_id=entry_id,
    )
    await keep_back(tx, post, act.letter_id, ticket, act.taken.withheld)
    if act.letter.nature is not Nature.ANSWERING_MACHINE:
        await store.add_parties(tx, ticket.id, await _parties(tx, post, act.letter), MOST_PARTIES)
    return ticket.id


async def new_ticket(tx: Tx, post: Post, act: Act, placement: Placement, *, receipt: bool = True) -> Ticket:
    """A ticket of the letter, linked to the one it names; `receipt` False: the sender is told nothing."""
    letter = act.letter
    sender = letter.sender.address.lower()
    person = await store.correspondent(tx, sender)
    unit_id = act.address.unit_id if act.address else None
    if unit_id is not None and not await setup_store.units(tx, [unit_id]):
        unit_id = None  # the unit was closed: the letter is taken all the same
    ticket = await actions.send_ticket_in(
        tx,
        SYSTEM,
        NewTicket(subject=letter.subject, text=_text(letter), unit_id=unit_id),
        Requester(
            name=person.name if person else letter.sender.name or sender,
            account_id=person.account_id if person else None,
            email=sender,
        ),
        "mail",
        await _kept_files(tx, post, act.taken),
        queue_id=act.address.queue_id if act.address else None,
    )
    if placement.ticket_id is not None and await part_store.relate(tx, ticket.id, placement.ticket_id):
        other = await tickets.changed_ticket(tx, placement.ticket_id, {})
        telling.tell_parts(tx, other)
    if receipt and letter.nature is Nature.PERSON and post.settings.receipts:
        await outgoing.send_receipt(tx, post, ticket, letter, person.language if person else "", act.taken.withheld)
    return ticket


async def _reply(tx: Tx, post: Post, act: Act, ticket: Ticket) -> int:
    sender = act.letter.sender.address.lower()
    person = await store.correspondent(tx, sender)
    name = person.name if person else act.letter.sender.name
    if person is None and sender != ticket.requester_email:
        name = f"{name} ({sender})" if name else sender  # a name alone is easily written
    speaker = actions.Speaker(
        name=name or sender, account_id=person.account_id if person else None, by_staff=False, source="mail"
    )
    files = await _kept_files(tx, post, act.taken)
    entry = await actions.reply_in(tx, SYSTEM, ticket, Written(text=_text(act.letter)), speaker, files)
    await tx.audit(SYSTEM, "ticket.reply", f"ticket/{ticket.id}", source="mail", letter=act.letter_id)
    return entry.id


async def _note(tx: Tx, post: Post, act: Act, ticket: Ticket) -> int:
    letter = act.letter
    who = letter.sender.name or letter.sender.address
    actor: Actor = SYSTEM
    if letter.nature is Nature.ANSWERING_MACHINE:
        head = post.locale.filled(ANSWERED_BY_MACHINE, {"who": who})
    else:
        head = post.locale.gettext(WRITTEN_BY_MAIL)
        person = await store.correspondent(tx, letter.sender.address.lower())
        actor = await store.actor_of(tx, person) if person else SYSTEM
    files = await _kept_files(tx, post, act.taken)
    text = f"{as_markdown(head)}\n\n{_text(letter)}"
    entry = await actions.note_in(tx, actor, ticket, Written(text=text), files)
    await tx.audit(actor, "ticket.note", f"ticket/{ticket.id}", source="mail", letter=act.letter_id)
    return entry.id


async def keep_back(tx: Tx, post: Post, letter_id: int, ticket: Ticket, withheld: Sequence[Withheld]) -> None:
    """Names the files that were kept back, in a note inside."""
    if not withheld:
        return
    await store.withhold(tx, letter_id, withheld)
    lines = [f"- {as_markdown(one.name)}: {_why(post, one)}" for one in withheld]
    current = await tickets.ticket(tx, ticket.id, lock=True)
    assert current is not None  # it is being written to
    text = "\n".join([post.locale.gettext(KEPT_BACK), "", *lines])
    await actions.note_in(tx, SYSTEM, current, Written(text=text))


def _why(post: Post, one: Withheld) -> str:
    why = post.locale.gettext(WHY_WITHHELD[one.reason])
    return f"{why} ({as_markdown(post.locale.gettext(one.detail))})" if one.detail else why


async def tell_deliveries(tx: Tx, post: Post, deliveries: Sequence[Delivery]) -> None:
    """What became of letters of ours: their state, a note inside, and a word to whose ticket it is."""
    for delivery in deliveries:
        for sent in await sent_store.sent_letters(tx, delivery.message_ids):
            if not await sent_store.mark(tx, sent.message_id, delivery.outcome, delivery.status, delivery.reason):
                continue
            if delivery.outcome == "delivered":
                continue
            ticket = await tickets.ticket(tx, sent.ticket_id, lock=True)
            if ticket is None:
                continue
            words = NOT_ARRIVED if delivery.outcome == "failed" else DELAYED
            text = as_markdown(post.locale.filled(words, {"recipient": sent.recipient}))
            reason = " ".join(one for one in (delivery.status, delivery.reason) if one)
            await actions.note_in(tx, SYSTEM, ticket, Written(text=f"{text}\n\n{as_markdown(reason)}".strip()))
            if delivery.outcome == "failed":
                ref = f"ticket-bounce/{sent.message_id}"
                await telling.notify(tx, SYSTEM, ticket.assignee_id, ref, BOUNCED, ticket, ticket.desk_path)
            await tx.audit(SYSTEM, "letter.returned", f"ticket/{ticket.id}", outcome=delivery.outcome)


async def _kept_files(tx: Tx, post: Post, taken: Taken) -> list[UUID]:
    return [(await post.files.keep(tx, upload, None)).id for _place, upload in taken.uploads]


async def _parties(tx: Tx, post: Post, letter: Letter) -> list[str]:
    """Whom the letter was written to beside us: they may answer in the ticket."""
    own = {post.address, *(one.address for one in await store.addresses(tx))}
    named = [one.address.lower() for one in (*letter.to, *letter.cc)]
    sender = letter.sender.address.lower()
    others = [one for one in dict.fromkeys(named) if split_address(one)[0] not in own and one != sender]
    return others if len(others) <= MOST_PARTIES else []  # a letter to a crowd makes nobody a party


def _text(letter: Letter) -> str:
    return as_markdown(letter.fresh or letter.text) or NOTHING
