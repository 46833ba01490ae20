"""A letter that came by mail, as data."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from portals.helpdesk.post.reading.headers import Mailbox


class Reason(StrEnum):
    """Why a letter is set aside instead of becoming a ticket or a reply."""

    NOT_MAIL = "not_mail"
    EMPTY = "empty"
    NO_SENDER = "no_sender"
    SEVERAL_SENDERS = "several_senders"
    HEADERS_TOO_LARGE = "headers_too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_LARGE = "too_large"
    LOOP = "loop"
    LIST = "list"
    UNKNOWN_BOUNCE = "unknown_bounce"
    UNKNOWN_ANSWER = "unknown_answer"
    """An answering machine's, to nothing of ours."""
    NO_ADDRESS = "no_address"
    STORM = "storm"
    FAULT = "fault"
    """Our reader broke on it."""


class Nature(StrEnum):
    """Who wrote: a person, or which kind of machine. Only a person is ever answered by a machine of ours."""

    PERSON = "person"
    MACHINE = "machine"
    ANSWERING_MACHINE = "answering_machine"
    LIST = "list"
    BOUNCE = "bounce"


class Enclosure(msgspec.Struct, frozen=True):
    """A file that came with a letter. `type` is what the sender claims; nobody has looked at the content yet.

    `seal`: an S/MIME or PGP part, kept so that a reader's own program can check or open it.
    """

    name: str
    type: str
    content: bytes
    inline: bool = False
    seal: bool = False


class Delivery(msgspec.Struct, frozen=True):
    """What a mail server says became of a letter of ours (RFC 3464). `status`: such as 5.1.1, empty where unknown."""

    outcome: Literal["failed", "delayed", "delivered"]
    message_ids: tuple[str, ...]
    recipient: str
    status: str
    reason: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that was read. Addresses are as SMTP wants them; `text` is all of it, `fresh` what was newly written."""

    digest: str
    """SHA-256 of what it says, without the traces of its way here: the same letter over two ways has the same."""
    message_id: str = ""
    answers: tuple[str, ...] = ()
    """Message-IDs of In-Reply-To and References, the nearest first."""
    sender: Mailbox
    reply_to: str = ""
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    recipients: tuple[str, ...] = ()
    """Every address it was meant for, with those that mail servers noted (Delivered-To)."""
    subject: str = ""
    sent_at: datetime | None = None
    text: str = ""
    fresh: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    nature: Nature = Nature.PERSON
    deliveries: tuple[Delivery, ...] = ()
    list_id: str = ""
    looped: tuple[str, ...] = ()
    """What X-Loop fields say."""
    hops: int = 0
    mended: tuple[str, ...] = ()
    """What was wrong with it and could be read all the same, in a word each."""


class SetAside(msgspec.Struct, frozen=True):
    """A letter that cannot be read as one; `sender` and `subject` as far as they could be made out."""

    reason: Reason
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    detail: str = ""
