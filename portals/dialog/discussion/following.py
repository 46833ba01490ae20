"""Following a thread: by pressing or by writing, and what followers are told. Other parts use its functions.

Whether somebody may read what is new is asked when they are told, for each of them; what a moderator holds, and what is
hidden by then, is never told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

import msgspec

from app import push
from app.actor import Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound, SignInNeeded
from app.feature import Job
from app.i18n import Locale, _
from app.throttle import Charge, Limit, spend
from portals.dialog.discussion import follow_store, store
from portals.dialog.discussion.access import Spot, access_comment, access_thread
from portals.dialog.discussion.model import Comment, Follow, FollowRhythm
from portals.dialog.discussion.prose import plain
from portals.dialog.discussion.views import author_of, named_bodies, people_of
from portals.dialog.refusals import Closed

FOLLOW_LIMIT: Final = Limit("discussion.follow", burst=200, every_s=2)
DELAY_S: Final = 10.0
"""Time to take it back before a screen lights up."""
AT_ONCE: Final = 100
MOST_FOLLOWED: Final = 200
QUOTED: Final = 5
LONGEST_QUOTE: Final = 160
LONGEST_TITLE: Final = 200
NEW_ENTRY: Final = _("A new entry in a discussion that you follow")
NEW_REPLY: Final = _("Somebody has replied to you")
NEW_OFFICIAL: Final = _("The office has answered in a discussion that you follow")
RHYTHMS: Final[dict[FollowRhythm, str]] = {
    "instant": _("mail at once"),
    "daily": _("mail once a day"),
    "weekly": _("mail once a week"),
    "browser": _("in the browser only"),
    "off": _("not followed"),
}


class Followed(msgspec.Struct, frozen=True):
    """A thread on its follower's list."""

    follow: Follow
    spot: Spot

    @property
    def title(self) -> str:
        return title_of(self.spot)


class TellFollowers(msgspec.Struct, frozen=True):
    """A new entry that followers have not been told of yet."""

    comment_id: int


def title_of(spot: Spot) -> str:
    """What people call the thread."""
    return (spot.thread.title or spot.place.block.title or spot.place.consultation.title)[:LONGEST_TITLE]


async def set_follow(database: Database, actor: Actor, block_id: int, subject: str, rhythm: str) -> Follow | None:
    """Follows a thread that the actor may read, or does not any more (`off`)."""
    if actor.account_id is None:
        raise SignInNeeded
    if rhythm not in get_args(FollowRhythm):
        raise Invalid(fields={"rhythm": _("Choose how often")})
    wanted: FollowRhythm = msgspec.convert(rhythm, FollowRhythm)
    await spend(database, Charge(FOLLOW_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        spot = await access_thread(tx, actor, block_id, subject)
        if not spot.thread.id:  # nobody has written yet
            await store.own_thread(tx, block_id)
            spot = await access_thread(tx, actor, block_id, subject)
        await follow_store.set_follow(tx, actor.account_id, spot.thread.id, wanted)
        consultation = f"consultation/{spot.place.consultation.id}"
        await tx.audit(actor, "discussion.follow", consultation, thread=spot.thread.id, rhythm=rhythm)
        return await follow_store.follow_of(tx, actor.account_id, spot.thread.id)


async def mark_seen(database: Database, actor: Actor, block_id: int, subject: str) -> None:
    """The thread has been on the actor's screen."""
    if actor.account_id is None:
        raise SignInNeeded
    async with database.transaction() as tx:
        spot = await access_thread(tx, actor, block_id, subject)
        await follow_store.mark_seen(tx, actor.account_id, spot.thread.id)


async def set_by_writing(database: Database, actor: Actor, *, wanted: bool) -> None:
    """Whether writing in a thread makes the actor its follower; what is followed already stays."""
    if actor.account_id is None:
        raise NotFound
    async with database.transaction() as tx:
        if await follow_store.by_writing(tx, actor.account_id) != wanted:
            await follow_store.set_by_writing(tx, actor.account_id, wanted=wanted)
            await tx.audit(actor, "discussion.follow_by_writing", f"account/{actor.account_id}", on=wanted)


async def leave_threads(tx: Tx, actor: Actor, account_id: int, thread_ids: Sequence[int]) -> None:
    """From a letter: the caller has checked its token."""
    await follow_store.leave_threads(tx, account_id, thread_ids)
    for thread_id in thread_ids:
        await tx.audit(actor, "discussion.follow", f"thread/{thread_id}", thread=thread_id, rhythm="off")


async def chooses_by_writing(tx: Tx, account_id: int) -> bool:
    """Whether writing makes the account a follower."""
    return await follow_store.by_writing(tx, account_id)


async def titles(tx: Tx, account_id: int, thread_ids: Sequence[int]) -> list[str]:
    """Of threads that the account follows and may read."""
    actor = Actor(account_id=account_id)
    found = [await follow_store.follow_of(tx, account_id, one) for one in thread_ids]
    spots = [await _readable(tx, actor, one) for one in found if one is not None]
    return [title_of(one) for one in spots if one is not None]


async def followed_threads(tx: Tx, actor: Actor) -> list[Followed]:
    """What the actor follows and may read now."""
    found = []
    for one in await follow_store.followed(tx, actor.account_id or 0, MOST_FOLLOWED):
        spot = await _readable(tx, actor, one)
        if spot is not None:
            found.append(Followed(one, spot))
    return found


async def thread_news(
    tx: Tx, locale: Locale, follow: Follow, until: datetime, origin: str
) -> tuple[Spot, list[str]] | None:
    """Lines of a letter: what others wrote since the last one. None where nothing may be told."""
    spot = await _readable(tx, Actor(account_id=follow.account_id), follow)
    found = await follow_store.new_to(tx, follow, until) if spot is not None else []
    if spot is None or not found:
        return None
    count = locale.ngettext("• %(n)s new contribution", "• %(n)s new contributions", len(found)) % {"n": len(found)}
    shown = found[-QUOTED:]
    people = await people_of(tx, shown)
    bodies = await named_bodies(tx, [one.body for one in shown])
    lines = [count]
    for comment, body in zip(shown, bodies, strict=True):
        words = " ".join(plain(body).split())
        quote = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
        name = author_of(comment, people).name
        lines.append(f"   – {name + ': ' if name else ''}{quote}\n     {origin}{spot.link(comment.id)}")
    return spot, lines


async def due_accounts(tx: Tx, rhythm: str, before: datetime, after_id: int, limit: int) -> list[int]:
    """Accounts behind this one for whom a letter about threads is due."""
    return await follow_store.due_accounts(tx, rhythm, before, after_id, limit)


async def take_due(tx: Tx, account_id: int, rhythm: str, before: datetime) -> list[Follow]:
    """What the letter tells of, held by this transaction alone."""
    return await follow_store.take_due(tx, account_id, rhythm, before)


async def set_told(tx: Tx, account_id: int, follows: Sequence[Follow], until: datetime) -> None:
    await follow_store.set_told(tx, account_id, [one.thread_id for one in follows], until)


async def tell_followers(tx: Tx, comment: Comment) -> None:
    """Said in the transaction that shows it."""
    if await follow_store.followers(tx, comment, 0, 1):
        await tx.enqueue(TELL_FOLLOWERS, TellFollowers(comment.id), DELAY_S)


async def tell_in_browser(tx: Tx, account_id: int, spot: Spot, comment: Comment, text: str, ref: str = "") -> bool:
    """A notice to one person's browsers: the thread's title and a link. Access is the caller's to check."""
    note = push.Note(
        ref=ref or entry_ref(comment.id),
        tag=f"thread/{spot.thread.id}",
        title=title_of(spot),
        text=text,
        path=spot.link(comment.id),
    )
    return await push.tell(tx, account_id, note)


def entry_ref(comment_id: int) -> str:
    """Whoever is told of an entry, as a follower or because it answers them, is told once."""
    return f"comment/{comment_id}"


async def _readable(tx: Tx, actor: Actor, follow: Follow) -> Spot | None:
    try:
        return await access_thread(tx, actor, follow.block_id, follow.subject)
    except (NotFound, Closed):
        return None


async def _tell(database: Database, payload: TellFollowers) -> None:
    """In steps, each with its own transaction: what runs twice tells nobody twice."""
    last = 0
    while True:
        async with database.transaction() as tx:
            comment = await store.comment(tx, payload.comment_id)
            if comment is None or comment.state != "shown":
                return
            parent = await store.comment(tx, comment.parent_id) if comment.parent_id is not None else None
            accounts = await follow_store.followers(tx, comment, last, AT_ONCE)
            for account_id in accounts:
                await _tell_one(tx, account_id, comment, parent)
        if not accounts:
            return
        last = accounts[-1]


async def _tell_one(tx: Tx, account_id: int, comment: Comment, parent: Comment | None) -> None:
    try:
        spot, _seen = await access_comment(tx, Actor(account_id=account_id), comment.id)
    except (NotFound, Closed):
        return
    own = (
        parent is not None and parent.participant_id is not None and parent.participant_id == spot.place.participant_id
    )
    text = NEW_OFFICIAL if comment.official else NEW_REPLY if own else NEW_ENTRY
    await tell_in_browser(tx, account_id, spot, comment, text)


TELL_FOLLOWERS: Final = Job(name="discussion.tell_followers", payload=TellFollowers, run=_tell)
