"""What a letter of ours carries so that its answer finds the ticket: a token in the address, the number in the subject.

A token is no key: it says which ticket is meant, and `placing` decides whether the sender belongs to it.
"""

import base64
import re
from typing import Final

from app.identity.keys import Keys
from portals.helpdesk.numbers import id_of, number_of

PURPOSE: Final = "helpdesk post"
_TOKEN = re.compile(r"(\d{1,15})-([a-z2-7]{16})")
_SUBJECT = re.compile(r"\[#\s?(\d[\d\s\u202f.]{0,24}-\d)\]")
_PREFIX = re.compile(r"^\s*((re|odp|aw|sv|fw|fwd|pd|відп|на)\s*(\[\d+\])?\s*:\s*)+", re.IGNORECASE)


def token_of(keys: Keys, ticket_id: int) -> str:
    """`1001-abcdefghijklmnop`: 80 bits of an HMAC, in letters that survive mail servers which change case."""
    signed = keys.sign(PURPOSE, str(ticket_id))
    digest = base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
    return f"{ticket_id}-{base64.b32encode(digest[:10]).decode().lower()}"


def ticket_of(keys: Keys, token: str) -> int | None:
    """None for a token that we have not made."""
    found = _TOKEN.fullmatch(token.lower())
    if found is None or token_of(keys, int(found[1])) != token.lower():
        return None
    return int(found[1])


def with_token(address: str, token: str) -> str:
    """`pomoc@miasto.example` → `pomoc+1001-abcdefghijklmnop@miasto.example`."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def split_address(address: str) -> tuple[str, str]:
    """The address in lower case without what stands behind `+`, and that."""
    local, _, domain = address.lower().rpartition("@")
    plain, _, tag = local.partition("+")
    return f"{plain}@{domain}", tag


def with_number(subject: str, ticket_id: int) -> str:
    """A subject with the ticket's number, once."""
    plain = _SUBJECT.sub("", subject).strip()
    return f"[#{number_of(ticket_id)}] {plain}".replace("\u202f", " ")[:200]


def number_in(subject: str) -> int | None:
    """The ticket that a subject names; None where none or a mistyped one stands there."""
    found = _SUBJECT.search(subject)
    return id_of(found[1]) if found else None


def is_answer(subject: str) -> bool:
    """Whether it begins as answers do: Re:, Odp:, Відп:."""
    return bool(_PREFIX.match(subject))


def bare_subject(subject: str) -> str:
    """Without number and prefixes, in small letters: to tell whether two letters are about the same."""
    return " ".join(_PREFIX.sub("", _SUBJECT.sub("", subject)).casefold().split())
