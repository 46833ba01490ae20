"""A mail as data, and as the bytes of RFC 5322. No I/O."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Final
from uuid import UUID

import idna
import msgspec

from app.errors import Invalid, TooLarge

MOST_ATTACHED_BYTES: Final = 15 * 1024 * 1024
"""Base64 makes 20 MB of it, which common servers still take."""

MOST_ANSWERED: Final = 3
"""A line of a header has 998 signs (RFC 5322, 2.1.1)."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
_LEAVE = re.compile(r"https?://[\x21-\x3b\x3d\x3f-\x7e]{1,900}")
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{3,250}")
_PARAMETER = re.compile(r"[a-z-]+=[A-Za-z0-9._-]+")


class _Unfolded(UnstructuredHeader):
    """A header that holds a web address or Message-IDs: it is never folded, for what folding breaks is none."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
for _name in ("list-unsubscribe", "in-reply-to", "references"):
    _HEADERS.map_to_type(_name, _Unfolded)  # type: ignore[arg-type]  # the registry adds the base class
_SEVEN_BIT: Final = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)
"""Every server takes it, without asking for 8BITMIME."""


class Attachment(msgspec.Struct, frozen=True):
    """`type` is a media type such as `text/calendar`; what stands behind it, such as `method`, are `parameters`."""

    name: str
    type: str
    content: bytes
    parameters: dict[str, str] = {}


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person: nobody learns the address of another."""

    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    automatic: bool = True
    """Sent by the program, so that absence notices do not answer it (RFC 3834)."""
    leave: str = ""
    """Address at which one POST ends such letters (RFC 8058)."""
    answers: tuple[str, ...] = ()
    """Message-IDs, without angles, of the letters it answers, the latest first."""


class Sender(msgspec.Struct, frozen=True):
    """Who the mail is from: `name` is shown, `address` gets what bounces."""

    address: str
    name: str


def checked_address(text: str, field: str) -> str:
    """An address as SMTP wants it: its domain in lower case and ASCII (IDNA). Raises Invalid for `field`."""
    wrong = Invalid(fields={field: "This is not an e-mail address"})
    local, at, domain = text.strip().rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise wrong
    try:
        ascii_domain = domain.lower() if domain.lower() == "localhost" else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise wrong from None
    if "." not in ascii_domain and ascii_domain != "localhost":
        raise wrong
    if len(local) + 1 + len(ascii_domain) > 254:
        raise wrong
    return f"{local}@{ascii_domain}"


def checked_mail(
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    reply_to: str,
    attachments: Iterable[Attachment],
    automatic: bool,
    leave: str = "",
    answers: Iterable[str] = (),
) -> Mail:
    """A mail that can be sent. Raises Invalid with the field at fault, TooLarge for the attachments."""
    subject = unicodedata.normalize("NFC", subject.strip())
    if not subject or len(subject) > 200 or any(unicodedata.category(sign).startswith("C") for sign in subject):
        raise Invalid(fields={"subject": "The subject is one line of at most 200 characters"})
    if not text.strip():
        raise Invalid(fields={"text": "A mail needs a text"})
    if leave and not _LEAVE.fullmatch(leave):
        raise Invalid(fields={"leave": "This is not an address of a page"})
    kept = tuple(attachments)
    if sum(len(attachment.content) for attachment in kept) > MOST_ATTACHED_BYTES:
        raise TooLarge("The attachments are too large for a mail")
    for attachment in kept:
        if not _TYPE.fullmatch(attachment.type) or any(ord(sign) < 32 for sign in attachment.name):
            raise Invalid(fields={"attachments": "An attachment needs a media type and a plain name"})
        if not all(_PARAMETER.fullmatch(f"{name}={value}") for name, value in attachment.parameters.items()):
            raise Invalid(fields={"attachments": "An attachment needs a media type and a plain name"})
    return Mail(
        to=checked_address(to, "to"),
        subject=subject,
        text=text,
        html=html,
        reply_to=checked_address(reply_to, "reply_to") if reply_to else "",
        attachments=kept,
        automatic=automatic,
        leave=leave,
        # foreign programs choose these: what would break a header is left out, the letter still finds its reader
        answers=tuple(one for one in answers if _MESSAGE_ID.fullmatch(one))[:MOST_ANSWERED],
    )


def compose(mail: Mail, sender: Sender, mail_id: UUID, date: datetime) -> bytes:
    """The message in RFC 5322, lines ended with CRLF, ASCII only.

    The same mail gives the same Message-ID each time: a server that gets it twice can tell. Raises ValueError for what
    would break a header, though `checked_mail` lets nothing of it through.
    """
    message = EmailMessage(policy=_SEVEN_BIT)
    try:
        message["From"] = Address(display_name=sender.name, addr_spec=sender.address)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        message["Date"] = date
        message["Message-ID"] = f"<{mail_id}@{sender.address.rpartition('@')[2]}>"
        if mail.reply_to:
            message["Reply-To"] = Address(addr_spec=mail.reply_to)
    except MessageError as problem:
        raise ValueError(str(problem)) from None
    if mail.answers:
        message["In-Reply-To"] = f"<{mail.answers[0]}>"
        message["References"] = " ".join(f"<{one}>" for one in reversed(mail.answers))
    if mail.automatic:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if mail.leave:
        message["List-Unsubscribe"] = f"<{mail.leave}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        main, _, sub = attachment.type.partition("/")
        message.add_attachment(
            attachment.content, maintype=main, subtype=sub, filename=attachment.name, params=attachment.parameters
        )
    return message.as_bytes()
