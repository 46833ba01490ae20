"""What may be said, by whom, for how long; what waits for a moderator. Pure."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from app.errors import Invalid
from app.search import folded
from portals.dialog.access import Place
from portals.dialog.discussion.model import Comment, DiscussionSettings, Sort, Thread, Word
from portals.dialog.discussion.prose import Piece, links

PAGE: Final = 20
FIRST_REPLIES: Final = 3
REPLIES_AT_ONCE: Final = 50
OFFICIAL_FIRST: Final = -(2**52)
"""Exact in scripts too."""
MOST_DEPTH: Final = 3


class Judgement(msgspec.Struct, frozen=True):
    """`held_for`: why a moderator looks first (empty: nobody has to). `refused`: the word that is not taken."""

    held_for: tuple[str, ...] = ()
    refused: str = ""


def judge(
    text: str, body: Sequence[Piece], words: Sequence[Word], settings: DiscussionSettings, *, new: bool
) -> Judgement:
    """What the rules of a consultation say about a text. `new`: the account is younger than the settings trust."""
    plain = folded(text)
    met = [word for word in words if _pattern(word.word).search(plain)]
    refused = next((word.word for word in met if word.what == "refuse"), "")
    if refused:
        return Judgement(refused=refused)
    held = [f"word:{word.word}" for word in met]
    found = links(body)
    if found and new:
        held.append("new-link")
    if len(found) > settings.most_links:
        held.append("links")
    if settings.moderation == "before":
        held.append("before")
    return Judgement(tuple(held))


def _pattern(word: str) -> re.Pattern[str]:
    """Whole words; a star at the end stands for any ending; spaces for anything between words."""
    stem = word.removesuffix("*")
    inner = r"[\W_]+".join(re.escape(part) for part in stem.split())
    end = "" if word.endswith("*") else r"(?!\w)"
    return re.compile(rf"(?<!\w){inner}{end}")


def can_edit(place: Place, comment: Comment, settings: DiscussionSettings) -> bool:
    """The author, while the window is open and nobody has decided about it."""
    return (
        is_own(place, comment)
        and comment.state in {"held", "shown"}
        and place.now < comment.created_at + timedelta(minutes=settings.edit_minutes)
    )


def is_own(place: Place, comment: Comment) -> bool:
    return comment.participant_id is not None and comment.participant_id == place.participant_id


def can_appeal(place: Place, comment: Comment, *, appealed: bool) -> bool:
    """Once for each decision that took it away."""
    return is_own(place, comment) and comment.state in {"refused", "removed"} and not appealed


def can_see(place: Place, thread: Thread, comment: Comment) -> bool:
    """Everybody what the public knows of; the author and the office the rest."""
    if thread.hidden and not place.inside:
        return False
    return comment.public or place.inside or is_own(place, comment)


class Position(msgspec.Struct, frozen=True):
    """Where a comment hangs: below `parent_id` in the tree of `root_id`. `place`: order among the root's replies."""

    parent_id: int | None
    root_id: int | None
    depth: int
    branch: int | None
    """`place` to take over; None: the comment begins a branch of its own."""


def below(parent: Comment | None) -> Position:
    """A reply to what is deep enough already hangs beside it."""
    if parent is None:
        return Position(None, None, 1, 0)
    root_id = parent.root_id or parent.id
    if parent.depth == 1:
        return Position(parent.id, root_id, 2, None)
    if parent.depth >= MOST_DEPTH:
        return Position(parent.parent_id, root_id, MOST_DEPTH, parent.place)
    return Position(parent.id, root_id, parent.depth + 1, parent.place)


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last row of a page: its value in the order, and its id."""

    value: int
    id: int


def cursor_after(comment: Comment, sort: Sort) -> str:
    """Fit for an address."""
    match sort:
        case "endorsed":
            value = comment.endorsements
        case "discussed":
            value = comment.replies
        case _:
            assert comment.shown_at is not None
            value = microseconds(comment.shown_at)
    return base64.urlsafe_b64encode(msgspec.json.encode(Cursor(value, comment.id))).decode().rstrip("=")


def read_cursor(text: str) -> Cursor | None:
    """Raises `Invalid` for what is none."""
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise Invalid(fields={"after": "This does not have the form that is expected"}) from None


def microseconds(moment: datetime) -> int:
    """Since 1970; exact, as PostgreSQL counts."""
    return (moment - EPOCH) // timedelta(microseconds=1)


EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
