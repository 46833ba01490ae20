"""Raw bytes of a mail → a `Letter`, or the reason why it is set aside. No I/O; call it in a thread."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from app.errors import Invalid
from app.mail import checked_address
from portals.helpdesk.post.model import Letter, Nature, Reason, SetAside
from portals.helpdesk.post.reading.bounces import deliveries, nature_of
from portals.helpdesk.post.reading.charsets import clean_line
from portals.helpdesk.post.reading.contents import contents_of
from portals.helpdesk.post.reading.headers import Headers, Mailbox, mailboxes, message_ids
from portals.helpdesk.post.reading.parts import Unreadable, parse
from portals.helpdesk.post.reading.trimming import newly_written

MOST_SUBJECT: Final = 200
OLDEST: Final = timedelta(days=3650)
AHEAD: Final = timedelta(days=1)
_KNOWN_FIELDS: Final = frozenset({"from", "to", "subject", "date", "received", "message-id", "return-path", "sender"})
_RECIPIENTS: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "apparently-to", "to", "cc")


def read_letter(raw: bytes, now: datetime) -> Letter | SetAside:
    """`now`: what a date is judged by. Never raises for any bytes: what breaks here is told as `Reason.FAULT`."""
    try:
        return _read(raw, now)
    except Unreadable as verdict:
        return aside(raw, Reason(str(verdict)))
    except Exception as fault:  # noqa: BLE001 - one poison letter must not stop the rest: it is kept with its fault
        return aside(raw, Reason.FAULT, clean_line(f"{type(fault).__name__}: {fault}", 500))


def aside(raw: bytes, reason: Reason, detail: str = "") -> SetAside:
    """What can be said of a letter without taking it apart."""
    head = raw[:65536].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n").partition(b"\n\n")[0]
    fields = dict.fromkeys(("from", "subject", "message-id"), b"")
    name = b""
    for line in head.split(b"\n"):
        if line[:1] not in {b" ", b"\t"}:
            name, _, value = line.partition(b":")
            key = name.decode("latin-1").strip().lower()
            if key in fields and not fields[key]:
                fields[key] = value.strip()[:2000]
    try:
        senders = mailboxes(fields["from"])
        sender = senders[0].address if senders else ""
        subject = Headers([("subject", fields["subject"])]).line("subject", MOST_SUBJECT)
        identifiers = message_ids(fields["message-id"])
    except Exception:  # noqa: BLE001 - the very thing that broke may be here: then nothing is said of it
        return SetAside(reason, detail=detail)
    return SetAside(reason, sender, subject, identifiers[0] if identifiers else "", detail)


def _read(raw: bytes, now: datetime) -> Letter | SetAside:
    tree = parse(raw)
    headers = tree.headers
    if not any(name in _KNOWN_FIELDS for name, _value in headers.fields):
        return SetAside(Reason.NOT_MAIL)
    mended: list[str] = []
    identifiers = message_ids(headers.first("message-id"))
    message_id = identifiers[0] if identifiers else ""
    subject = headers.line("subject", MOST_SUBJECT)
    sender = _sender(headers)
    if isinstance(sender, Reason):
        return SetAside(sender, subject=subject, message_id=message_id)
    contents = contents_of(tree, mended)
    nature = nature_of(headers, tree, sender.address, subject)
    if not subject and not contents.text.strip() and not contents.enclosures:
        return SetAside(Reason.EMPTY, sender.address, "", message_id)
    sent_at = _date(headers, now)
    if sent_at is None:
        mended.append("date")
    if not message_id:
        mended.append("message-id")
    letter = Letter(
        digest="",
        message_id=message_id,
        answers=_answers(headers),
        sender=sender,
        reply_to=next(iter(_addresses(headers, "reply-to")), Mailbox("", "")).address,
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        recipients=tuple(dict.fromkeys(one.address for name in _RECIPIENTS for one in _addresses(headers, name))),
        subject=subject,
        sent_at=sent_at,
        text=contents.text,
        fresh=contents.text if nature is Nature.BOUNCE else newly_written(contents.text),
        enclosures=tuple(contents.enclosures),
        nature=nature,
        deliveries=deliveries(tree, contents.text) if nature is Nature.BOUNCE else (),
        list_id=headers.line("list-id", 200),
        looped=tuple(headers_text(value) for value in headers.all("x-loop")[:20]),
        hops=len(headers.all("received")),
        mended=tuple(dict.fromkeys(mended)),
    )
    return msgspec.structs.replace(letter, digest=_digest(letter, headers))


def headers_text(value: bytes) -> str:
    return Headers([("x", value)]).line("x", 320).lower()


def _sender(headers: Headers) -> Mailbox | Reason:
    """One From with one address; with several, the one that Sender names too (RFC 5322, 3.6.2), else the first."""
    fields = [known for value in headers.all("from") if (known := _checked(mailboxes(value)))]
    if len({one[0].address.lower() for one in fields}) > 1:
        return Reason.SEVERAL_SENDERS
    if fields:
        named = {one.address for one in _addresses(headers, "sender")}
        return next((one for one in fields[0] if one.address in named), fields[0][0])
    others = (*_addresses(headers, "sender"), *_addresses(headers, "reply-to"), *_addresses(headers, "return-path"))
    return others[0] if others else Reason.NO_SENDER


def _addresses(headers: Headers, name: str) -> tuple[Mailbox, ...]:
    return _checked(tuple(one for value in headers.all(name)[:50] for one in mailboxes(value)))


def _checked(boxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
    """Those that are addresses, as SMTP wants them."""
    found = []
    for box in boxes:
        try:
            found.append(Mailbox(box.name, checked_address(box.address, "from")))
        except Invalid:
            continue
    return tuple(found)


def _answers(headers: Headers) -> tuple[str, ...]:
    near = [one for value in headers.all("in-reply-to")[:5] for one in message_ids(value)]
    chain = [one for value in headers.all("references")[:5] for one in message_ids(value)]
    return tuple(dict.fromkeys([*near, *chain[::-1]]))


def _date(headers: Headers, now: datetime) -> datetime | None:
    """None where there is none, or none that can be true."""
    text = headers.line("date", 100)
    try:
        found = parsedate_to_datetime(text)
        moment = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return moment if now - OLDEST <= moment <= now + AHEAD else None


def _digest(letter: Letter, headers: Headers) -> str:
    """Over what the letter says; mailing lists and servers change white space at the ends of lines."""
    made = hashlib.sha256()
    for text in (letter.sender.address.lower(), letter.subject, headers.line("date", 100), letter.text):
        made.update(re.sub(r"\s+", " ", text).strip().encode() + b"\0")
    for one in letter.enclosures:
        made.update(hashlib.sha256(one.content).digest())
    return made.hexdigest()
