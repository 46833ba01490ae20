"""Rows of the helpdesk's mail."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from portals.helpdesk.model import Id
from portals.helpdesk.setup_model import Rev

Way = Literal["lmtp", "imap"]
Outcome = Literal["ticket", "reply", "note", "delivery", "aside"]
WithheldWhy = Literal["kind", "damaged", "too_large", "too_many", "malware", "unscanned", "empty"]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address of ours. `queue_id`: where its tickets go; `unit_id`: whose they are, else the sender's own."""

    id: int
    address: str
    name: str
    queue_id: int
    queue_name: str
    unit_id: int | None
    unit_name: str
    active: bool
    rev: int


class AddressDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An address as the lead wants it. `rev`: as it was seen, 0 for a new one."""

    address: Annotated[str, msgspec.Meta(max_length=500)]
    name: Annotated[str, msgspec.Meta(max_length=500)] = ""
    queue_id: Id
    unit_id: Id | None = None
    active: bool = True
    rev: Rev = 0


class LetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """A letter in lists: what it was and what became of it."""

    id: int
    way: Way
    target: str
    sender: str
    sender_name: str
    subject: str
    outcome: Outcome
    via: str
    reason: str
    detail: str
    ticket_id: int | None
    address_id: int | None
    file_id: UUID | None
    bytes: int
    received_at: datetime
    handled: Literal["", "ticket", "discarded"]
    handled_name: str
    handled_at: datetime | None
    withheld: int
    rev: int
    alike: int = 0
    """Of a storm: how many older letters of the same sender wait with it."""

    @property
    def waits(self) -> bool:
        """Somebody has still to decide about it."""
        return self.outcome == "aside" and not self.handled


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a letter that is kept back."""

    place: int
    name: str
    bytes: int
    reason: WithheldWhy
    detail: str = ""
    released_at: datetime | None = None


class NewLetter(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down of a letter before it is known what becomes of it."""

    way: Way
    address_id: int | None
    message_key: str
    digest: str
    target: str
    sender: str
    sender_name: str
    subject: str
    file_id: UUID
    bytes: int


class SentLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter of ours and whether it has arrived."""

    message_id: str
    ticket_id: int
    entry_id: int | None
    recipient: str
    state: Literal["sent", "delayed", "delivered", "failed"]
    status: str
    reason: str
    sent_at: datetime


class Correspondent(msgspec.Struct, frozen=True, kw_only=True):
    """An account behind an address."""

    account_id: int
    name: str
    login: str
    language: str


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """How far a mailbox was read."""

    uidvalidity: int
    last_uid: int
    looked_at: datetime | None
    problem: str
