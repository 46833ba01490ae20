"""What may happen in a session, and how its words are read. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from app.actor import Actor
from portals.council.model import AgendaItem, Session

CLERK: Final = "clerk"
MODERATOR: Final = "moderator"
COUNCILLOR: Final = "councillor"
DESK_ROLES: Final = ("clerk", "admin")
MODERATING_ROLES: Final = ("clerk", "moderator", "admin")

MAX_ITEMS: Final = 200
MAX_TITLE: Final = 500
MAX_MESSAGE: Final = 500

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SPACES = re.compile(r"[^\S\n]+")


def can_run(actor: Actor) -> bool:
    """Whether the actor may plan and run sessions."""
    return actor.has(*DESK_ROLES)


def can_moderate(actor: Actor) -> bool:
    return actor.has(*MODERATING_ROLES)


def can_chat(actor: Actor, session: Session) -> bool:
    """Residents write under their name, so they sign in; the clerk opens and closes the chat."""
    return actor.signed_in and session.chat_open and session.state == "live"


def current_item(items: Iterable[AgendaItem]) -> AgendaItem | None:
    """The item that is being debated."""
    return next((item for item in items if item.state == "current"), None)


def following_item(items: Iterable[AgendaItem]) -> AgendaItem | None:
    """The item after the one that is being debated; before the first, the first that waits."""
    rest = list(items)
    place = next((index for index, item in enumerate(rest) if item.state == "current"), -1)
    return next((item for item in rest[place + 1 :] if item.state == "waiting"), None)


def slug_for(number: str, planned_at: datetime) -> str:
    """Address of a session: `xxxi-2026-11-25`."""
    return "-".join(part for part in (plain_letters(number), planned_at.date().isoformat()) if part)


def plain_letters(text: str) -> str:
    """Lower-case Latin letters, digits and hyphens; ł is a letter of its own, so it is named."""
    spread = unicodedata.normalize("NFKD", text.lower().replace("ł", "l"))
    return _NOT_SLUG.sub("-", spread.encode("ascii", "ignore").decode()).strip("-")


def clean_message(text: str) -> str:
    """A chat message as it is kept: no control or direction characters, no wall of empty lines."""
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", text)
        if character == "\n"
        or (
            unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}
            and character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        )
    )
    lines = [_SPACES.sub(" ", line).strip() for line in kept.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
