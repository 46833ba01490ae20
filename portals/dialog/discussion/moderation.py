"""What moderators and clerks do with comments. Each verb checks, writes, publishes and leaves an audit line."""

from collections.abc import Sequence
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from app.i18n import _
from app.search import folded
from portals.dialog import participation
from portals.dialog.access import access_managed
from portals.dialog.discussion import queue_store, store, telling
from portals.dialog.discussion.access import Spot, access_comment_to_moderate, access_thread_to_manage
from portals.dialog.discussion.actions import NEEDED, add_in, checked_text, with_people
from portals.dialog.discussion.model import (
    MOST_ANSWER,
    MOST_TEXT,
    Comment,
    CommentDraft,
    CommentEnded,
    CommentPosted,
    CommentRow,
    PaperDraft,
    Word,
)
from portals.dialog.discussion.prose import clean_text
from portals.dialog.discussion.views import rows_of
from portals.dialog.joining import clean
from portals.dialog.model import ParticipantDraft, ShownAs

MOST_WORDS: Final = 300


async def approve(database: Database, actor: Actor, comment_id: int, rev: int | None = None) -> Comment:
    """Lets a comment stand: one that waited is public now, reports about it are settled."""
    async with database.transaction() as tx:
        spot, comment = await _to_decide(tx, actor, comment_id, rev)
        if comment.state == "held":
            comment = await telling.show(tx, comment)
        elif comment.state != "shown":
            raise Conflict
        await queue_store.settle_reports(tx, comment.id)
        comment = await store.touch_queue(tx, comment.id)
        await telling.publish_queue(tx, spot, comment)
        await telling.audit(tx, actor, spot, "approve", comment=comment.id)
        return comment


async def refuse(database: Database, actor: Actor, comment_id: int, reason: str, rev: int | None = None) -> Comment:
    """Takes a comment away, with a reason: one that waited never gets public, one that was leaves a dated tombstone."""
    reason = _reason(reason)
    async with database.transaction() as tx:
        spot, comment = await _to_decide(tx, actor, comment_id, rev)
        if comment.state == "held":
            ended = await store.end_comment(tx, comment.id, "refused", reason, comment.rev)
        elif comment.state == "shown":
            thread = await store.count(
                tx, comment.thread_id, comments=-1, **telling.tally(comment, comment.alignment, -1)
            )
            ended = await store.end_comment(tx, comment.id, "removed", reason, thread.rev)
            await telling.publish_comment(tx, thread, CommentEnded, ended)
        else:
            raise Conflict
        await queue_store.settle_reports(tx, comment.id)
        await telling.publish_queue(tx, spot, ended)
        await telling.tell(tx, ended, ended.participant_id, "refused" if ended.state == "refused" else "removed")
        await telling.audit(tx, actor, spot, ended.state, comment=comment.id, reason=reason)
        return ended


async def restore(database: Database, actor: Actor, comment_id: int) -> Comment:
    """Takes a refusal or removal back."""
    async with database.transaction() as tx:
        spot, comment = await access_comment_to_moderate(tx, actor, comment_id)
        if comment.state not in {"refused", "removed"}:
            raise Conflict
        comment = await telling.show(tx, comment)
        await telling.publish_queue(tx, spot, comment)
        await telling.audit(tx, actor, spot, "restore", comment=comment.id)
        return comment


async def decide_appeal(
    database: Database, actor: Actor, comment_id: int, answer: str, *, accepted: bool, rev: int | None = None
) -> Comment:
    """Accepted: the comment stands in public (again). The author is told either way, with the answer."""
    answer = clean_text(answer)
    if len(answer) > 1000:
        raise Invalid(fields={"answer": "This is too long: 1,000 characters at most"})
    if not accepted and not answer:
        raise Invalid(fields={"answer": NEEDED})
    async with database.transaction() as tx:
        spot, comment = await _to_decide(tx, actor, comment_id, rev)
        if not await queue_store.decide_appeal(tx, comment.id, answer, accepted=accepted):
            raise Conflict
        if accepted and comment.state in {"refused", "removed"}:
            comment = await telling.show(tx, comment)
        comment = await store.touch_queue(tx, comment.id)
        await telling.publish_queue(tx, spot, comment)
        await telling.tell(tx, comment, comment.participant_id, "appeal")
        await telling.audit(tx, actor, spot, "appeal-decided", comment=comment.id, accepted=accepted)
        return comment


async def answer(
    database: Database, actor: Actor, block_id: int, office: str, text: str, parent_id: int | None, subject: str = ""
) -> CommentRow:
    """The office speaks, marked as the office: below a comment, or pinned on top of the thread. At any time."""
    text = checked_text(text, MOST_ANSWER)
    office = clean(office)
    if not office:
        raise Invalid(fields={"office": NEEDED})
    async with database.transaction() as tx:
        spot = await access_thread_to_manage(tx, actor, block_id, subject)
        await store.lock_thread(tx, spot.thread.id)
        parent = await store.comment(tx, parent_id) if parent_id else None
        if parent_id and (parent is None or parent.thread_id != spot.thread.id or parent.state != "shown"):
            raise Conflict("What this answers was taken away in the meantime")
        comment = await _add(tx, spot, CommentDraft(text=text), parent, office=office[:200])
        await telling.audit(tx, actor, spot, "answer", comment=comment.id, office=office[:200])
        return (await rows_of(tx, [comment]))[0]


async def enter_paper(
    database: Database, actor: Actor, block_id: int, draft: PaperDraft, subject: str = ""
) -> CommentRow:
    """An opinion that came on paper, in the name of who wrote it. At any time. Raises `Invalid` per field."""
    async with database.transaction() as tx:
        spot = await access_thread_to_manage(tx, actor, block_id, subject)
        text = checked_text(draft.text, MOST_TEXT)
        if draft.kind != "resident" and not clean(draft.organisation):
            raise Invalid(fields={"organisation": NEEDED})
        person = ParticipantDraft(
            kind=draft.kind,
            organisation=clean(draft.organisation)[:200] if draft.kind != "resident" else "",
            district=clean(draft.district)[:120],
            shown_as=_shown_as(spot, anonymous=draft.anonymous),
        )
        added = await participation.add_from_paper(tx, actor, spot.place.consultation.id, draft.name, person)
        said = CommentDraft(text=text, alignment=draft.alignment)
        comment = await _add(tx, spot, said, None, participant_id=added.id, paper=True)
        await telling.audit(tx, actor, spot, "paper", comment=comment.id)
        return (await rows_of(tx, [comment]))[0]


async def set_words(database: Database, actor: Actor, consultation_id: int, words: Sequence[Word]) -> list[Word]:
    """The consultation's word rules, all anew. They hold for what is written from now on."""
    found: dict[str, Word] = {}
    for one in words:
        word = " ".join(folded(clean(one.word)).split())
        if not word:
            continue
        if not 2 <= len(word) <= 80 or not any(letter.isalnum() for letter in word):
            raise Invalid(fields={one.what: "Each word has 2 to 80 characters"})
        found[word] = Word(word, one.what)
    if len(found) > MOST_WORDS:
        raise Invalid(fields={"hold": "At most 300 words"})
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        await queue_store.set_words(tx, consultation.id, list(found.values()))
        await tx.audit(actor, "discussion.words", f"consultation/{consultation.id}", words=len(found))
        return await queue_store.words(tx, consultation.id)


async def _add(
    tx: Tx,
    spot: Spot,
    draft: CommentDraft,
    parent: Comment | None,
    *,
    participant_id: int | None = None,
    office: str = "",
    paper: bool = False,
) -> Comment:
    text, body = await with_people(tx, spot, draft.text)
    comment, root, thread = await add_in(
        tx, spot, draft, text, body, parent, participant_id=participant_id, office=office, paper=paper
    )
    await telling.publish_comment(tx, thread, CommentPosted, comment, root)
    await telling.tell_named(tx, comment)
    return comment


async def _to_decide(tx: Tx, actor: Actor, comment_id: int, rev: int | None) -> tuple[Spot, Comment]:
    """`rev`: as the moderator saw the entry. Raises `Conflict` when somebody else was faster."""
    spot, comment = await access_comment_to_moderate(tx, actor, comment_id)
    if rev is not None and rev != comment.queue_rev:
        raise Conflict
    return spot, comment


def _reason(reason: str) -> str:
    reason = clean(reason)
    if not reason:
        raise Invalid(fields={"reason": _("Say why: the author and the public read it")})
    if len(reason) > 500:
        raise Invalid(fields={"reason": "This is too long: 500 characters at most"})
    return reason


def _shown_as(spot: Spot, *, anonymous: bool) -> ShownAs:
    allowed = spot.place.consultation.shown_as
    if not anonymous:
        return "name" if "name" in allowed else allowed[0]
    if "anonymous" in allowed:
        return "anonymous"
    if "pseudonym" in allowed:
        return "pseudonym"
    raise Invalid(fields={"anonymous": "In this consultation people are shown by name"})
