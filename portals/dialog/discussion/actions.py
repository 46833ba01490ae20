"""What people do in a discussion. Each verb checks, writes, publishes and leaves an audit line.

Other parts of the portal give each of their things a thread of its own and use the same verbs:

    # in the transaction that makes the thing; the feature lists `discussion` in its `needs`
    await discussion.open_thread(tx, block.id, f"material-{material.id}", title=material.title, path=…)
    # what its page shows: {% import "discussion/_thread.html" … %}{{ thread.discussion(data.thread, …) }}
    data = await discussion.thread_data(tx, actor, block.id, f"material-{material.id}")
    # or only «12 comments» beside each of many things, with a link to the thread's own page
    counts = await discussion.thread_counts(tx, block.id)          # subject -> how many the public can read
    discussion.thread_path(consultation, block.id, "material-7")
    # the thing is hidden, or nothing more may be said about it
    await discussion.mark_thread(tx, block.id, f"material-{material.id}", hidden=True)

A thread's name is (block, subject); `subject` is empty for a block of the kind `discussion` itself. Whoever may read or
take part in the block may read or write in its threads.
"""

from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound, SignInNeeded
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.dialog.discussion import follow_store, person_store, queue_store, rules, store, telling
from portals.dialog.discussion.access import (
    Spot,
    access_comment,
    access_comment_to_act,
    access_own_comment,
    access_thread,
    access_thread_to_write,
)
from portals.dialog.discussion.model import (
    MOST_TEXT,
    Comment,
    CommentChanged,
    CommentDraft,
    CommentEnded,
    CommentPosted,
    DiscussionSettings,
    Follow,
    OwnComment,
    Posted,
    ReportReason,
    Sort,
    Thread,
    ThreadPage,
)
from portals.dialog.discussion.prose import Piece, clean_text, name_candidates, pieces, with_mentions
from portals.dialog.discussion.views import own_comments, rows_of, thread_page
from portals.dialog.model import Consultation

POST_LIMIT: Final = Limit("discussion.post", burst=8, every_s=15)
PRESS_LIMIT: Final = Limit("discussion.press", burst=40, every_s=1)
REPORT_LIMIT: Final = Limit("discussion.report", burst=10, every_s=60)
NEEDED: Final = _("This is needed here")


class ThreadData(msgspec.Struct, frozen=True):
    """What a page needs to draw a thread. `own`: the reader's comments that the public cannot read.

    `follow`: how the reader follows it; None: has never said, or is not signed in.
    """

    spot: Spot
    page: ThreadPage
    own: list[OwnComment]
    follow: Follow | None = None


async def open_thread(
    tx: Tx, block_id: int, subject: str, *, title: str, path: str = "", settings: DiscussionSettings | None = None
) -> Thread:
    """A thread on a thing of a part, called in the part's own action; said again, it changes title, path, settings."""
    values = msgspec.to_builtins(settings) if settings is not None else None
    return await store.open_thread(tx, block_id, subject, title[:300], path[:500], values)


async def mark_thread(
    tx: Tx, block_id: int, subject: str, *, hidden: bool | None = None, closed: bool | None = None
) -> None:
    """Hidden with the thing it is about, or closed: it is read, and nobody writes."""
    await store.mark_thread(tx, block_id, subject, hidden=hidden, closed=closed)


async def thread_counts(tx: Tx, block_id: int) -> dict[str, int]:
    """How many comments the public can read in each of a block's threads; the caller has checked the block."""
    return {one.subject: one.comments for one in await store.threads(tx, block_id)}


def thread_path(consultation: Consultation, block_id: int, subject: str) -> str:
    """The page on which a thread stands alone."""
    return f"{consultation.path}/discussion/threads/{block_id}/{subject}"


async def thread_data(
    tx: Tx, actor: Actor, block_id: int, subject: str = "", sort: Sort | None = None, after: str = ""
) -> ThreadData:
    """The first page of a thread, or the one after a cursor."""
    spot = await access_thread(tx, actor, block_id, subject)
    page, own = await thread_page(tx, spot, sort, after), await own_comments(tx, spot)
    follow = await follow_store.follow_of(tx, actor.account_id, spot.thread.id) if actor.account_id else None
    return ThreadData(spot, page, own, follow)


async def post_comment(
    database: Database, actor: Actor, block_id: int, draft: CommentDraft, subject: str = ""
) -> Posted:
    """Says something. Raises `Invalid` for `text`, `Conflict` when it was said already or what it answers is gone."""
    text = checked_text(draft.text, MOST_TEXT)
    await spend(database, Charge(POST_LIMIT, _who(actor)))
    async with database.transaction() as tx:
        spot = await access_thread_to_write(tx, actor, block_id, subject)
        participant_id = spot.place.participant_id
        assert participant_id is not None  # a discussion has no room for people without an account
        before = await store.sent_before(tx, participant_id, draft.sent_key)
        if before is not None:
            return await _posted(tx, spot, before)
        parent = await _parent(tx, spot, draft.parent_id)
        text, body = await with_people(tx, spot, text)
        judged = await _judged(tx, actor, spot, text, body)
        if await store.said_lately(tx, spot.thread.id, participant_id, text):
            raise Conflict("You have said this here already")
        comment, root, thread = await add_in(
            tx, spot, draft, text, body, parent, participant_id=participant_id, held_for=judged.held_for
        )
        await follow_store.follow_by_writing(tx, actor.account_id or 0, thread.id)
        await telling.audit(tx, actor, spot, "post", comment=comment.id, state=comment.state)
        if comment.state == "held":
            await telling.publish_queue(tx, spot, comment)
        else:
            await telling.publish_comment(tx, thread, CommentPosted, comment, root)
            await telling.tell_named(tx, comment)
        return await _posted(tx, spot, comment)


async def add_in(
    tx: Tx,
    spot: Spot,
    draft: CommentDraft,
    text: str,
    body: list[Piece],
    parent: Comment | None,
    *,
    participant_id: int | None,
    office: str = "",
    paper: bool = False,
    held_for: tuple[str, ...] = (),
) -> tuple[Comment, Comment | None, Thread]:
    """The row, with figures of thread and root. Nothing is told yet."""
    position = rules.below(parent)
    alignment = draft.alignment if parent is None and not office and spot.settings.alignment else 0
    thread = spot.thread
    if not held_for:
        own = parent is None and not office
        thread = await store.count(
            tx,
            spot.thread.id,
            comments=1,
            agree=int(own and alignment == 1),
            neutral=int(own and alignment == 0),
            against=int(own and alignment == -1),
        )
    comment = await store.add_comment(
        tx,
        thread.id,
        position,
        participant_id=participant_id,
        office=office,
        alignment=alignment,
        text=text,
        body=body,
        anchor_ms=draft.anchor_ms if parent is None else None,
        paper=paper,
        held_for=held_for,
        sent_key=draft.sent_key,
        rev=0 if held_for else thread.rev,
        first=rules.OFFICIAL_FIRST if office else 0,
    )
    root = None if held_for else await telling.count_reply(tx, comment, thread)
    return comment, root, thread


async def edit_comment(
    database: Database, actor: Actor, comment_id: int, text: str, alignment: int | None = None
) -> Posted:
    """Other words, within the window. What the public has read stays in the history."""
    text = checked_text(text, MOST_TEXT)
    await spend(database, Charge(POST_LIMIT, _who(actor)))
    async with database.transaction() as tx:
        spot, comment = await access_comment_to_act(tx, actor, comment_id)
        if not rules.is_own(spot.place, comment):
            raise NotFound
        if not rules.can_edit(spot.place, comment, spot.settings):
            raise Conflict("The time in which this could be changed is over")
        text, body = await with_people(tx, spot, text)
        judged = await _judged(tx, actor, spot, text, body)
        if comment.state == "shown" and judged.held_for:
            raise Conflict("A moderator looks at such a change first: withdraw it and write it anew")
        wanted = comment.alignment if alignment is None or comment.root_id is not None else alignment
        if (text, wanted) == (comment.text, comment.alignment):
            return await _posted(tx, spot, comment)
        if comment.state == "held":
            changed = await store.change_comment(
                tx, comment.id, text, body, wanted, judged.held_for or comment.held_for, comment.rev
            )
            await telling.publish_queue(tx, spot, changed)
        else:
            moved = telling.tally(comment, wanted, 1)
            left = telling.tally(comment, comment.alignment, -1)
            thread = await store.count(tx, comment.thread_id, **{name: moved[name] + left[name] for name in moved})
            changed = await store.change_comment(tx, comment.id, text, body, wanted, (), thread.rev)
            await telling.publish_comment(tx, thread, CommentChanged, changed)
            await telling.tell_named(tx, changed)
        await telling.audit(tx, actor, spot, "edit", comment=comment.id)
        return await _posted(tx, spot, changed)


async def withdraw_comment(database: Database, actor: Actor, comment_id: int) -> None:
    """The author takes it back; where the public has read it, a dated tombstone stays."""
    async with database.transaction() as tx:
        spot, comment = await access_own_comment(tx, actor, comment_id)
        if comment.state not in {"held", "shown"}:
            raise Conflict
        waited = comment.state == "held" or bool(await queue_store.waits(tx, [comment.id]))
        if comment.state == "held":
            ended = await store.end_comment(tx, comment.id, "withdrawn", "", comment.rev)
        else:
            thread = await store.count(
                tx, comment.thread_id, comments=-1, **telling.tally(comment, comment.alignment, -1)
            )
            ended = await store.end_comment(tx, comment.id, "withdrawn", "", thread.rev)
            await queue_store.settle_reports(tx, comment.id)
            await telling.publish_comment(tx, thread, CommentEnded, ended)
        if waited:
            await telling.publish_queue(tx, spot, ended)
        await telling.audit(tx, actor, spot, "withdraw", comment=comment.id)


async def endorse(database: Database, actor: Actor, comment_id: int, *, given: bool) -> Comment:
    """Agrees with a comment, or does not any more. Said twice it counts once."""
    await spend(database, Charge(PRESS_LIMIT, _who(actor)))
    async with database.transaction() as tx:
        spot, comment = await access_comment_to_act(tx, actor, comment_id)
        if comment.state != "shown":
            raise Conflict
        participant_id = spot.place.participant_id
        assert participant_id is not None
        if rules.is_own(spot.place, comment):
            raise Conflict("One cannot endorse one's own comment")
        if not await person_store.set_endorsement(tx, comment.id, participant_id, given=given):
            return comment
        thread = await store.count(tx, comment.thread_id)
        changed = await store.touch_comment(tx, comment.id, thread.rev, endorsements=1 if given else -1)
        telling.publish_figures(tx, thread, changed)
        await telling.audit(tx, actor, spot, "endorse" if given else "unendorse", comment=comment.id)
        return changed


async def report_comment(
    database: Database, actor: Actor, comment_id: int, reason: ReportReason, note: str = ""
) -> None:
    """Says to the moderators that it may not stand there, at any time; the public is told nothing."""
    if actor.account_id is None:
        raise SignInNeeded
    note = clean_text(note)
    if len(note) > 500:
        raise Invalid(fields={"note": "This is too long: 500 characters at most"})
    if reason == "other" and not note:
        raise Invalid(fields={"note": NEEDED})
    await spend(database, Charge(REPORT_LIMIT, _who(actor)))
    async with database.transaction() as tx:
        spot, comment = await access_comment(tx, actor, comment_id)
        if comment.state != "shown" or rules.is_own(spot.place, comment):
            raise Conflict
        await queue_store.report(tx, comment.id, actor.account_id, reason, note)
        await telling.publish_queue(tx, spot, await store.touch_queue(tx, comment.id))
        await telling.audit(tx, actor, spot, "report", comment=comment.id, reason=reason)


async def appeal(database: Database, actor: Actor, comment_id: int, text: str) -> None:
    """The author asks for another look at what was refused or removed; once."""
    text = checked_text(text, 2000)
    await spend(database, Charge(POST_LIMIT, _who(actor)))
    async with database.transaction() as tx:
        spot, comment = await access_own_comment(tx, actor, comment_id)
        if comment.state not in {"refused", "removed"} or not await queue_store.appeal(tx, comment.id, text):
            raise Conflict("There is no decision here that could be appealed any more")
        await telling.publish_queue(tx, spot, await store.touch_queue(tx, comment.id))
        await telling.audit(tx, actor, spot, "appeal", comment=comment.id)


def checked_text(text: str, most: int) -> str:
    """Cleaned. Raises `Invalid` for the field `text`."""
    text = clean_text(text)
    if not any(one.isalnum() for one in text):
        raise Invalid(fields={"text": "Write something first"})
    if len(text) > most:
        raise Invalid(fields={"text": _TOO_LONG[most]})
    return text


_TOO_LONG: Final = {
    2000: _("This is too long: 2,000 characters at most"),
    3000: _("This is too long: 3,000 characters at most"),
    10_000: _("This is too long: 10,000 characters at most"),
}


async def with_people(tx: Tx, spot: Spot, text: str) -> tuple[str, list[Piece]]:
    """Text and body in which people who are named are numbers."""
    names = sorted(name_candidates(text))[:100]
    people = await person_store.people_named(tx, spot.place.consultation.id, names) if names else {}
    text = with_mentions(text, people)
    return text, pieces(text)


async def _judged(tx: Tx, actor: Actor, spot: Spot, text: str, body: list[Piece]) -> rules.Judgement:
    """What word rules, links and the way of moderating say. Raises `Invalid` for what is not taken at all."""
    settings = spot.settings
    participant = spot.place.participant
    trusted = participant is not None and participant.verified
    new = not trusted and await person_store.account_is_new(tx, actor.account_id or 0, settings.new_account_days)
    words = await queue_store.words(tx, spot.place.consultation.id)
    judged = rules.judge(text, body, words, settings, new=new)
    if judged.refused:
        raise Invalid("«%(word)s» is not taken in this consultation: say it in other words", word=judged.refused)
    return judged


async def _parent(tx: Tx, spot: Spot, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    await store.lock_thread(tx, spot.thread.id)
    parent = await store.comment(tx, parent_id)
    if parent is None or parent.thread_id != spot.thread.id or not parent.public:
        raise NotFound
    if parent.state != "shown":
        raise Conflict("What this answers was taken away in the meantime")
    return parent


async def _posted(tx: Tx, spot: Spot, comment: Comment) -> Posted:
    if comment.public:
        return Posted((await rows_of(tx, [comment]))[0], None)
    found = [one for one in await own_comments(tx, spot) if one.id == comment.id]
    return Posted(None, found[0] if found else None)


def _who(actor: Actor) -> str:
    if actor.account_id is None:
        raise SignInNeeded("Sign in to take part")
    return f"account/{actor.account_id}"
