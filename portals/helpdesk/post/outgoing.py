"""Letters that we write: answers of the helpdesk to those who take part by mail, and receipts."""

from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from app.database import Tx
from app.errors import Invalid, NotFound
from app.files import StoredFile, stored_file
from app.i18n import Locale, _
from app.mail import Attachment, send_mail
from portals.helpdesk import store as tickets
from portals.helpdesk.model import Entry, Ticket
from portals.helpdesk.post import sent_store, store
from portals.helpdesk.post.model import Letter
from portals.helpdesk.post.post import Post
from portals.helpdesk.post.reading.trimming import ANSWER_ABOVE
from portals.helpdesk.post.rows import Withheld
from portals.helpdesk.post.tokens import bare_subject, split_address, token_of, with_number, with_token

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20
MOST_REFERENCES: Final = 5
RECEIPTS_AN_HOUR: Final = 5
"""To one address: a machine that says of itself that it is none would have one for each of its letters."""
MOST_ATTACHED: Final = 10_000_000
ABOVE: Final = _("Write your answer above this line")
RECEIVED: Final = _(
    "Hello,\n\n"
    "your letter «%(subject)s» has become ticket %(number)s. An answer to this letter goes there too.\n\n"
    "%(office)s"
)
LEFT_OUT: Final = _("These files were not taken:")
ANSWER: Final = _("%(who)s writes about ticket %(number)s:")
MORE_FILES: Final = _("Some files are too large for a letter: %(link)s")
DEFAULT_WHO: Final = _("The helpdesk")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A letter about a ticket."""

    ticket: Ticket
    entry_id: int | None
    text: str
    automatic: bool
    attachments: tuple[Attachment, ...] = ()


async def send_receipt(
    tx: Tx, post: Post, ticket: Ticket, letter: Letter, language: str, withheld: Sequence[Withheld]
) -> None:
    """«It has come»: to whom wrote, never to a machine, in the language of the account if there is one."""
    if await store.count_begun(tx, letter.sender.address.lower()) >= RECEIPTS_AN_HOUR:
        log.warning("too many receipts to one address: left out", ticket=ticket.id)
        return
    locale = post.locales.get(language) if language else post.locale
    text = locale.filled(RECEIVED, {"subject": ticket.subject, "number": ticket.number, "office": post.city.office})
    if withheld:
        text += "\n\n" + "\n".join([locale.gettext(LEFT_OUT), *(f"- {one.name}" for one in withheld)])
    draft = Draft(ticket=ticket, entry_id=None, text=_framed(locale, text), automatic=True)
    if await _send(tx, post, draft, letter.sender.address.lower(), (letter.message_id,) if letter.message_id else ()):
        post.figures.sent.labels("receipt").inc()


async def write_answers(post: Post) -> int:
    """What was answered since the last time, to everybody who takes part by mail; how many answers."""
    async with post.database.transaction() as tx:
        claimed = await sent_store.claimed_entries(tx, AT_ONCE)
        for entry_id, ticket_id in claimed:
            ticket = await tickets.ticket(tx, ticket_id)
            entry = await tickets.entry(tx, ticket_id, entry_id)
            if ticket is not None and entry is not None:
                await _write(tx, post, ticket, entry)
            await sent_store.forget_entry(tx, entry_id)
    return len(claimed)


async def _write(tx: Tx, post: Post, ticket: Ticket, entry: Entry) -> None:
    own = {post.address, *(one.address for one in await store.addresses(tx))}
    ids = await sent_store.answered_ids(tx, ticket.id, MOST_REFERENCES)
    attached, left_out = await _attached(tx, post, entry)
    for recipient in sorted(await store.people(tx, ticket.id)):
        if split_address(recipient)[0] in own:
            continue
        person = await store.correspondent(tx, recipient)
        if person is not None and person.account_id == entry.author_id:
            continue
        if await sent_store.count_lately(tx, ticket.id, recipient) >= post.settings.answers_an_hour:
            log.warning("too many letters about a ticket: left out", ticket=ticket.id)
            continue
        locale = post.locales.get(person.language) if person and person.language else post.locale
        who = entry.author_name or locale.gettext(DEFAULT_WHO)
        text = f"{locale.filled(ANSWER, {'who': who, 'number': ticket.number})}\n\n{entry.text or '–'}"
        if left_out:
            text += "\n\n" + locale.filled(MORE_FILES, {"link": post.origin + ticket.path})
        draft = Draft(
            ticket=ticket, entry_id=entry.id, text=_framed(locale, text), automatic=False, attachments=attached
        )
        if await _send(tx, post, draft, recipient, ids):
            post.figures.sent.labels("answer").inc()


def _framed(locale: Locale, text: str) -> str:
    """With the line below which an answer's program quotes us."""
    return f"{ANSWER_ABOVE} {locale.gettext(ABOVE)} {ANSWER_ABOVE}\n\n{text}\n"


async def _attached(tx: Tx, post: Post, entry: Entry) -> tuple[tuple[Attachment, ...], bool]:
    """The answer's files as far as a letter takes them, and whether some had to be left out."""
    found: list[Attachment] = []
    total = 0
    for one in entry.files:
        try:
            stored = await stored_file(tx, one.id)
        except NotFound:
            continue
        if total + stored.bytes > MOST_ATTACHED:
            return tuple(found), True
        total += stored.bytes
        found.append(Attachment(stored.name, stored.type, await _content(post, stored)))
    return tuple(found), False


async def _content(post: Post, stored: StoredFile) -> bytes:
    return b"".join([block async for block in post.files.storage.read(stored.id, 0, stored.bytes)])


async def _send(tx: Tx, post: Post, draft: Draft, recipient: str, answers: Sequence[str]) -> bool:
    """Whether it is on its way. One whom no mail can reach is no reason to fail."""
    ticket = draft.ticket
    address = await sent_store.address_of_ticket(tx, ticket.id) or post.address
    subject = with_number(ticket.subject, ticket.id)
    try:
        mail_id = await send_mail(
            tx,
            to=recipient,
            subject=f"Re: {subject}"[:200] if bare_subject(ticket.subject) else subject,
            text=draft.text,
            reply_to=with_token(address, token_of(post.keys, ticket.id)),
            attachments=draft.attachments,
            automatic=draft.automatic,
            answers=tuple(answers),
        )
    except Invalid:
        log.warning("a letter cannot be written to this address", ticket=ticket.id)
        return False
    message_id = f"{mail_id}@{post.domain}"
    await sent_store.add_sent(tx, message_id, mail_id, ticket.id, draft.entry_id, recipient, automatic=draft.automatic)
    return True
