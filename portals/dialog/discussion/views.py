"""What readers get: rows with authors and names, pages of a thread, the moderators' queue. Reads only."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from app.actor import SYSTEM
from app.database import Tx
from portals.dialog import store as dialog_store
from portals.dialog.discussion import person_store, queue_store, rules, store
from portals.dialog.discussion.access import Spot
from portals.dialog.discussion.model import (
    Branch,
    Comment,
    CommentRow,
    Mine,
    OwnComment,
    QueueEntry,
    ReplyPage,
    Sort,
    Thread,
    ThreadPage,
    ThreadView,
)
from portals.dialog.discussion.prose import Piece, mentioned, with_names
from portals.dialog.model import Author
from portals.dialog.participation import authors, known_names
from portals.dialog.rules import office

CHANGED: Final = 60
"""Rows of a room's snapshot."""
QUEUE: Final = 100
NOBODY: Final = Author(name="", shown="erased")


async def rows_of(tx: Tx, comments: Sequence[Comment]) -> list[CommentRow]:
    """As everybody may read them."""
    people = await people_of(tx, comments)
    return [row_of(one, people) for one in comments]


def row_of(comment: Comment, people: dict[int, Author]) -> CommentRow:
    readable = comment.state == "shown"
    return CommentRow(
        id=comment.id,
        parent_id=comment.parent_id,
        root_id=comment.root_id,
        depth=comment.depth,
        place=comment.place,
        alignment=comment.alignment,
        body=with_names(comment.body, lambda who: _named(people, who)) if readable else [],
        anchor_ms=comment.anchor_ms,
        official=comment.official,
        paper=comment.paper,
        author=author_of(comment, people),
        state=comment.state,
        reason=comment.reason,
        shown_at=comment.shown_at,
        edited_at=comment.edited_at if readable else None,
        ended_at=comment.ended_at,
        endorsements=comment.endorsements,
        replies=comment.replies,
        rev=comment.rev,
    )


def author_of(comment: Comment, people: dict[int, Author]) -> Author:
    return office(comment.office) if comment.official else people.get(comment.participant_id or 0, NOBODY)


def _named(people: dict[int, Author], who: int) -> tuple[str, str]:
    found = people.get(who, NOBODY)
    return found.name, found.key if found.name else ""


async def people_of(tx: Tx, comments: Iterable[Comment]) -> dict[int, Author]:
    ids = {who for one in comments for who in (one.participant_id, *mentioned(one.body)) if who}
    return await authors(tx, sorted(ids)) if ids else {}


async def named_bodies(tx: Tx, bodies: Sequence[list[Piece]]) -> list[list[Piece]]:
    """Bodies that stand without their comments: versions, a person's own."""
    ids = {who for body in bodies for who in mentioned(body)}
    people = await authors(tx, sorted(ids)) if ids else {}
    return [with_names(body, lambda who: _named(people, who)) for body in bodies]


async def thread_page(tx: Tx, spot: Spot, sort: Sort | None = None, after: str = "") -> ThreadPage:
    """A page in an order; each root with its first replies."""
    sort = sort or spot.settings.sort
    cursor = rules.read_cursor(after)
    found: list[Comment] = []
    pinned: list[Comment] = []
    if spot.thread.id:
        found = await store.roots(tx, spot.thread.id, sort, cursor, rules.PAGE + 1)
        pinned = [] if cursor else await store.pinned(tx, spot.thread.id)
    more = len(found) > rules.PAGE
    found = found[: rules.PAGE]
    branches = await _branches(tx, [*pinned, *found])
    return ThreadPage(
        thread=spot.thread.row,
        sort=sort,
        pinned=branches[: len(pinned)],
        branches=branches[len(pinned) :],
        next=rules.cursor_after(found[-1], sort) if more else "",
        mine=await mine(tx, spot, [row for one in branches for row in (one.comment, *one.replies)]),
    )


async def _branches(tx: Tx, roots: Sequence[Comment], each: int = rules.FIRST_REPLIES) -> list[Branch]:
    if not roots:
        return []
    replies = await store.first_replies(tx, [one.id for one in roots if one.replies], each)
    rows = {row.id: row for row in await rows_of(tx, [*roots, *replies])}
    found = []
    for root in roots:
        shown = [rows[one.id] for one in replies if one.root_id == root.id]
        found.append(Branch(rows[root.id], shown, max(0, root.replies - len(shown))))
    return found


async def branch(tx: Tx, root: Comment) -> Branch:
    """A root with as many replies as a page of them holds: for the page of one comment."""
    return (await _branches(tx, [root], rules.REPLIES_AT_ONCE))[0]


async def reply_page(tx: Tx, spot: Spot, root: Comment, after: Comment | None) -> ReplyPage:
    """Replies that follow `after` in the root's order."""
    cursor = rules.Cursor(after.place, after.id) if after else None
    found = await store.replies_after(tx, root.id, cursor, rules.REPLIES_AT_ONCE + 1)
    rest = await store.count_replies_after(tx, root.id, found[rules.REPLIES_AT_ONCE - 1]) if _more(found) else 0
    rows = await rows_of(tx, found[: rules.REPLIES_AT_ONCE])
    return ReplyPage(rows, rest, await mine(tx, spot, rows))


def _more(found: Sequence[Comment]) -> bool:
    return len(found) > rules.REPLIES_AT_ONCE


async def mine(tx: Tx, spot: Spot, rows: Sequence[CommentRow]) -> Mine:
    """What the reader has to do with these."""
    participant_id = spot.place.participant_id
    if participant_id is None or not rows:
        return Mine()
    ids = [row.id for row in rows]
    endorsed = await person_store.endorsed_of(tx, participant_id, ids)
    own = await store.written_by(tx, participant_id, ids)
    editable = [one.id for one in own if spot.may_write and rules.can_edit(spot.place, one, spot.settings)]
    return Mine(endorsed, [one.id for one in own if one.state == "shown"], editable)


async def own_comments(tx: Tx, spot: Spot) -> list[OwnComment]:
    """What the reader has written that the public cannot read."""
    if spot.place.participant_id is None or not spot.thread.id:
        return []
    found = await person_store.not_public_of(tx, spot.thread.id, spot.place.participant_id)
    bodies = await named_bodies(tx, [one.body for one in found])
    return [
        msgspec.structs.replace(one, body=body, path=spot.link(one.id)) for one, body in zip(found, bodies, strict=True)
    ]


async def thread_view(tx: Tx, spot: Spot) -> ThreadView:
    """What the room starts with: a page that was drawn a while ago finds in it what has changed since."""
    if not spot.thread.id:
        return ThreadView(spot.thread.row, [], whole=True)
    found = await store.changed_last(tx, spot.thread.id, CHANGED + 1)
    return ThreadView(spot.thread.row, await rows_of(tx, found[:CHANGED]), whole=len(found) <= CHANGED)


async def queue_entries(tx: Tx, comment_ids: Sequence[int]) -> list[QueueEntry]:
    """Comments as moderators see them, in the order of `comment_ids`."""
    found = {one.id: one for one in await store.comments(tx, comment_ids)}
    reports = await queue_store.open_reports(tx, comment_ids)
    appeals = await queue_store.appeals(tx, comment_ids)
    waits = await queue_store.waits(tx, comment_ids)
    people = await people_of(tx, found.values())
    names = await known_names(tx, SYSTEM, sorted(people))  # only the office may join their room
    threads: dict[int, tuple[Thread, str, str]] = {}
    entries = []
    for comment_id in comment_ids:
        one = found[comment_id]
        if one.thread_id not in threads:
            threads[one.thread_id] = await _titled(tx, one.thread_id)
        _thread, title, path = threads[one.thread_id]
        appeal = appeals.get(one.id)
        entries.append(
            QueueEntry(
                id=one.id,
                waits=one.id in waits,
                state=one.state,
                thread=title,
                path=f"{path}/discussion/{one.id}",
                author=author_of(one, people),
                real_name=names.get(one.participant_id or 0, ""),
                body=with_names(one.body, lambda who: _named(people, who)),
                alignment=one.alignment,
                held_for=one.held_for if one.state == "held" else [],
                reports=[report for report in reports if report.comment_id == one.id],
                appeal=appeal.text if appeal and appeal.decided_at is None else "",
                reason=one.reason,
                at=one.created_at,
                rev=one.queue_rev,
            )
        )
    return entries


async def _titled(tx: Tx, thread_id: int) -> tuple[Thread, str, str]:
    thread = await store.thread_by_id(tx, thread_id)
    block = await dialog_store.block(tx, thread.block_id)
    consultation = await dialog_store.consultation(tx, block.consultation_id) if block else None
    title = thread.title or (block.title if block else "")
    return thread, title, consultation.path if consultation else ""
