"""What every change of a comment tells: the thread's room, the moderators' room, people by mail. For actions alone."""

import msgspec

from app import push
from app.actor import Actor
from app.database import Tx
from portals.dialog import rules as dialog_rules
from portals.dialog.discussion import queue_store, store
from portals.dialog.discussion.access import Spot
from portals.dialog.discussion.following import entry_ref, tell_followers
from portals.dialog.discussion.model import (
    AuthorErased,
    Comment,
    CommentChanged,
    CommentEnded,
    CommentPosted,
    FiguresChanged,
    NoticeKind,
    QueueEntryChanged,
    Thread,
    queue_room,
    thread_room,
)
from portals.dialog.discussion.notices import DELAY_S, TELL, TellPerson
from portals.dialog.discussion.prose import mentioned
from portals.dialog.discussion.views import people_of, queue_entries, row_of, rows_of
from portals.dialog.model import Participant

CommentEvent = type[CommentPosted] | type[CommentChanged] | type[CommentEnded]


def tally(comment: Comment, alignment: int, sign: int) -> dict[str, int]:
    """What a comment adds to the figures of its thread."""
    own = comment.root_id is None and not comment.official
    return {
        "agree": sign if own and alignment == 1 else 0,
        "neutral": sign if own and alignment == 0 else 0,
        "against": sign if own and alignment == -1 else 0,
    }


async def publish_comment(
    tx: Tx, thread: Thread, event: CommentEvent, comment: Comment, root: Comment | None = None
) -> None:
    (row,) = await rows_of(tx, [comment])
    figures = root.figures if root is not None else None
    tx.publish(thread_room(thread.block_id, thread.subject), event(comment=row, thread=thread.row, root=figures))
    if event is CommentPosted:
        await tell_followers(tx, comment)
    elif event is CommentEnded:
        await push.take_back(tx, entry_ref(comment.id))


def publish_figures(tx: Tx, thread: Thread, comment: Comment) -> None:
    room = thread_room(thread.block_id, thread.subject)
    tx.publish(room, FiguresChanged(figures=comment.figures, thread=thread.row))


async def publish_queue(tx: Tx, spot: Spot, comment: Comment) -> None:
    """Moderators see it come, change and go."""
    (entry,) = await queue_entries(tx, [comment.id])
    tx.publish(queue_room(spot.place.consultation.id), QueueEntryChanged(entry))


async def show(tx: Tx, comment: Comment) -> Comment:
    """A comment that waited, or was taken away, stands in public: for the first time or again."""
    first = comment.shown_at is None
    thread = await store.count(tx, comment.thread_id, comments=1, **tally(comment, comment.alignment, 1))
    shown = await store.show_comment(tx, comment.id, thread.rev)
    root = await _count_reply(tx, shown, thread) if first else None
    await publish_comment(tx, thread, CommentPosted if first else CommentChanged, shown, root)
    if first:
        await tell_named(tx, shown)
    return shown


async def count_reply(tx: Tx, comment: Comment, thread: Thread) -> Comment | None:
    """The root of a new reply has one more."""
    return await _count_reply(tx, comment, thread)


async def _count_reply(tx: Tx, comment: Comment, thread: Thread) -> Comment | None:
    if comment.root_id is None:
        return None
    return await store.touch_comment(tx, comment.root_id, thread.rev, replies=1)


async def tell_named(tx: Tx, comment: Comment) -> None:
    """Letters to whom a comment names, and to whom the office answers. Never to its author."""
    people: dict[int, NoticeKind] = dict.fromkeys(mentioned(comment.body)[:10], "mention")
    if comment.official and comment.parent_id is not None:
        parent = await store.comment(tx, comment.parent_id)
        if parent is not None and parent.participant_id is not None:
            people[parent.participant_id] = "answer"
    people.pop(comment.participant_id or 0, None)
    for participant_id, what in people.items():
        await tell(tx, comment, participant_id, what)


async def tell(tx: Tx, comment: Comment, participant_id: int | None, what: NoticeKind) -> None:
    """Queues a letter in this transaction. Nothing for the office's own."""
    if participant_id is None:
        return
    notice_id = await queue_store.add_notice(tx, comment.id, participant_id, what)
    if notice_id is not None:
        await tx.enqueue(TELL, TellPerson(notice_id), DELAY_S if what == "mention" else 0)


async def erase_author(tx: Tx, participant: Participant) -> None:
    """`account_erased` of every block: what the person wrote stays, rooms and their logs forget the name."""
    gone = dialog_rules.shown(msgspec.structs.replace(participant, erased_at=participant.joined_at))
    threads: dict[int, Thread] = {}
    for comment in await store.of_person(tx, participant.id):
        if comment.thread_id not in threads:
            await store.lock_thread(tx, comment.thread_id)
        thread = threads[comment.thread_id] = await store.count(tx, comment.thread_id)
        changed = await store.touch_comment(tx, comment.id, thread.rev)
        people = await people_of(tx, [changed]) | {participant.id: gone}
        event = AuthorErased(comment=row_of(changed, people), thread=thread.row)
        tx.publish(thread_room(thread.block_id, thread.subject), event)
    await queue_store.forget_notices(tx, participant.id)


async def audit(tx: Tx, actor: Actor, spot: Spot, action: str, **details: object) -> None:
    subject = f"consultation/{spot.place.consultation.id}"
    await tx.audit(actor, f"discussion.{action}", subject, block=spot.place.block.id, **details)
