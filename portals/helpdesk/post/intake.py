"""A letter comes in, by whatever way: it is read, placed, and becomes a ticket, a reply, or is set aside. Once.

Everything that a letter causes is one transaction; whoever brought it hears that it was taken only after COMMIT.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog

from app.actor import SYSTEM
from app.database import Tx
from app.errors import TooMany
from app.files import MESSAGE, Upload
from app.throttle import Charge, Limit, spend
from portals.helpdesk.post import acting, looking, store
from portals.helpdesk.post.enclosing import Taken, drop, take_files
from portals.helpdesk.post.events import tell_waiting
from portals.helpdesk.post.model import Letter, Nature, Reason, SetAside
from portals.helpdesk.post.placing import Placement, place
from portals.helpdesk.post.post import Post
from portals.helpdesk.post.reading.headers import Mailbox
from portals.helpdesk.post.reading.reader import aside, read_letter
from portals.helpdesk.post.rows import Address, NewLetter, Way
from portals.helpdesk.post.tokens import split_address

log = structlog.get_logger(__name__)

MOST_STORMED: Final = 2000
"""Letters of one sender a day that are set aside for being too many, shown as one line; what comes then is told to
come later, and stays with whoever brings it."""


class Later(Exception):
    """The letter is not taken now: it stays with whoever brings it."""


class Came(msgspec.Struct, frozen=True):
    """What became of a letter at one address of ours. `repeated`: it had come before, and nothing was done."""

    outcome: str
    reason: str = ""
    ticket_id: int | None = None
    letter_id: int | None = None
    repeated: bool = False


class Target(msgspec.Struct, frozen=True):
    """An address of ours, and the tag behind its `+`. `row` None: the address our letters come from."""

    address: str
    row: Address | None
    tag: str = ""


async def targets(post: Post, recipients: Sequence[str]) -> list[Target]:
    """Those of the addresses that are ours, each once."""
    async with post.database.transaction(readonly=True) as tx:
        rows = {one.address: one for one in await store.addresses(tx) if one.active}
    found: dict[str, Target] = {}
    for recipient in recipients:
        plain, tag = split_address(recipient)
        if (plain in rows or plain == post.address) and (plain not in found or tag):
            found[plain] = Target(plain, rows.get(plain), tag)
    # Our own sender is a copy's address only where no other one was meant
    named = [one for one in found.values() if one.row is not None]
    return named or list(found.values())


async def take_in(
    post: Post, raw: bytes, way: Way, recipients: Sequence[str] | None = None, *, whole: bool = True
) -> list[Came]:
    """`recipients`: of the envelope (LMTP); None: those that the letter names (IMAP). `whole` False: it was too large,
    and `raw` is its head alone.

    Raises Later for a sender who does not stop, Unavailable where database, disk or room is missing: nothing was taken.
    """
    now = datetime.now(UTC)
    found: Letter | SetAside
    if not whole or len(raw) > post.settings.most_bytes:
        found = aside(raw, Reason.TOO_LARGE)
    else:
        found = await asyncio.to_thread(read_letter, raw, now)
    named = recipients if recipients is not None else found.recipients if isinstance(found, Letter) else ()
    where = await targets(post, named)
    if not where and recipients is None and post.settings.imap_address:
        where = await targets(post, [post.settings.imap_address])
    if not where:
        where = [Target("", None)]
    return [await _take_at(post, raw, way, found, one) for one in where]


async def _take_at(post: Post, raw: bytes, way: Way, found: Letter | SetAside, target: Target) -> Came:
    """At one of our addresses."""
    digest = found.digest if isinstance(found, Letter) else hashlib.sha256(raw).hexdigest()
    key = found.message_id or f"sha256:{digest}"
    async with post.database.transaction(readonly=True) as tx:
        if await store.is_known(tx, key, target.address, digest):
            post.figures.letters.labels(way, "repeated").inc()
            return Came("repeated", repeated=True)
    if isinstance(found, Letter):
        found = await _calmed(post, found)
    taken = Taken([], [])
    stored: Upload | None = None
    came = Came("repeated", repeated=True)
    try:
        if isinstance(found, Letter) and found.nature is not Nature.BOUNCE:
            taken = await take_files(post.files, found.enclosures, post.settings.file_bytes)
        stored = await post.files.deposit(raw, name="list.eml", kind=MESSAGE)
        new = _new_letter(way, target, key, digest, found, stored)
        came = await _settled(post, new, found, target, taken, stored)
    except _CameTwice:
        pass
    finally:
        if came.repeated or came.outcome in {"aside", "delivery"}:
            await drop(post.files, taken)
        if came.repeated and stored is not None:
            await post.files.discard(stored)
    post.figures.letters.labels(way, came.outcome).inc()
    for one in taken.withheld if not came.repeated else ():
        post.figures.withheld.labels(one.reason).inc()
    return came


async def _calmed(post: Post, letter: Letter) -> Letter | SetAside:
    """A sender who writes too much: what is too much is set aside, and after that told to come later."""
    if letter.nature is Nature.BOUNCE:
        return letter
    sender = letter.sender.address.lower()
    limit = Limit("helpdesk.post", post.settings.sender_burst, post.settings.sender_every_s)
    try:
        await spend(post.database, Charge(limit, sender))
    except TooMany:
        async with post.database.transaction(readonly=True) as tx:
            if await store.count_stormed(tx, sender) >= MOST_STORMED:
                raise Later from None
        return SetAside(Reason.STORM, sender, letter.subject, letter.message_id)
    return letter


async def _placement(tx: Tx, post: Post, found: Letter | SetAside, target: Target) -> Placement:
    if isinstance(found, SetAside):
        return Placement("aside", reason=found.reason)
    known = await looking.known_of(tx, post, found, target.address, target.tag)
    placement = place(found, known)
    if target.row is None and placement.what == "ticket":
        return Placement("aside", reason=Reason.NO_ADDRESS)
    return placement


def _new_letter(way: Way, target: Target, key: str, digest: str, found: Letter | SetAside, stored: Upload) -> NewLetter:
    sender = found.sender if isinstance(found, Letter) else Mailbox("", found.sender)
    return NewLetter(
        way=way,
        address_id=target.row.id if target.row else None,
        message_key=key,
        digest=digest,
        target=target.address,
        sender=sender.address.lower(),
        sender_name=sender.name,
        subject=found.subject,
        file_id=stored.id,
        bytes=stored.bytes,
    )


async def _settled(
    post: Post, new: NewLetter, found: Letter | SetAside, target: Target, taken: Taken, stored: Upload
) -> Came:
    """All that a letter causes, in one transaction."""
    async with post.database.transaction() as tx:
        await post.files.keep(tx, stored, None)
        letter_id = await store.add_letter(tx, new)
        if letter_id is None:
            raise _CameTwice
        placement = await _placement(tx, post, found, target)
        if placement.what == "aside" or not isinstance(found, Letter):
            reason = (placement.reason or Reason.FAULT).value
            detail = found.detail if isinstance(found, SetAside) else ""
            await store.settle(tx, letter_id, "aside", reason=reason, detail=detail)
            await store.withhold(tx, letter_id, taken.withheld)
            await tell_waiting(tx)
            await tx.audit(SYSTEM, "letter.set_aside", f"letter/{letter_id}", reason=reason)
            log.info("letter set aside", letter=letter_id, reason=reason)
            return Came("aside", reason, letter_id=letter_id)
        ticket_id = await acting.carry_out(tx, post, acting.Act(found, target.row, letter_id, taken), placement)
        return Came(placement.what, ticket_id=ticket_id, letter_id=letter_id)


class _CameTwice(Exception):
    """The same letter comes by another way at this very moment."""
