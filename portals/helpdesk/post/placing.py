"""Where a letter belongs: a new ticket, one that is there, or aside. Pure; what must be known is looked up before."""

from typing import Final, Literal

import msgspec

from portals.helpdesk.post.model import Letter, Nature, Reason
from portals.helpdesk.post.tokens import split_address

MOST_HOPS: Final = 50
"""Received fields; a letter that runs in a circle collects them."""
Via = Literal["", "reference", "token", "subject", "people", "twin"]


class Thread(msgspec.Struct, frozen=True):
    """A ticket that a letter may belong to. `people`: addresses in lower case of those who take part in it.

    `staff`: the sender works on it, as the loader of tickets says.
    """

    ticket_id: int
    people: frozenset[str]
    takes_replies: bool
    staff: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows that has to do with a letter."""

    own: frozenset[str]
    """Our addresses, without tags, in lower case."""
    sent_by_us: bool = False
    """Its Message-ID is of a letter of ours."""
    by_reference: Thread | None = None
    by_token: Thread | None = None
    by_subject: Thread | None = None
    by_people: Thread | None = None
    bounced: int | None = None
    """The ticket of the letter that came back."""
    twin: int | None = None
    """The ticket that the same letter has made at another address of ours."""
    known_sender: bool = False
    """Somebody with an account, or with tickets."""


class Placement(msgspec.Struct, frozen=True):
    """`reply`, `note`: in `ticket_id`; `ticket`: a new one, linked to `ticket_id` where there is one."""

    what: Literal["ticket", "reply", "note", "delivery", "aside"]
    ticket_id: int | None = None
    via: Via = ""
    reason: Reason | None = None


def place(letter: Letter, known: Known) -> Placement:
    """In-Reply-To and References first, then the token, then the number in the subject, then who wrote what to whom.

    None of them lets a stranger in: what he sends becomes a ticket of his own beside the one that he names.
    """
    if _loops(letter, known):
        return Placement("aside", reason=Reason.LOOP)
    if letter.nature is Nature.BOUNCE:
        if known.bounced is None:
            return Placement("aside", reason=Reason.UNKNOWN_BOUNCE)
        return Placement("delivery", known.bounced, "reference")
    thread, via = _thread(known)
    sender = letter.sender.address.lower()
    belongs = thread is not None and (sender in thread.people or thread.staff)
    if letter.nature is Nature.ANSWERING_MACHINE:
        if thread is None or not belongs:
            return Placement("aside", reason=Reason.UNKNOWN_ANSWER)
        return Placement("note", thread.ticket_id, via)
    if letter.nature is Nature.LIST and not belongs and not known.known_sender:
        return Placement("aside", reason=Reason.LIST)
    if thread is None:
        return Placement("ticket", known.twin, "twin" if known.twin else "")
    if not belongs or not thread.takes_replies:
        return Placement("ticket", thread.ticket_id, via)
    # A From is easily written: who works on a ticket writes a note by mail, and speaks for the helpdesk signed in only
    return Placement("reply" if sender in thread.people else "note", thread.ticket_id, via)


def _thread(known: Known) -> tuple[Thread | None, Via]:
    if known.by_reference is not None:
        return known.by_reference, "reference"
    if known.by_token is not None:
        return known.by_token, "token"
    if known.by_subject is not None:
        return known.by_subject, "subject"
    return known.by_people, "people"


def _loops(letter: Letter, known: Known) -> bool:
    if known.sent_by_us or letter.hops > MOST_HOPS:
        return True
    if split_address(letter.sender.address)[0] in known.own and letter.nature is not Nature.BOUNCE:
        return True
    return any(own in said for own in known.own for said in letter.looped)
