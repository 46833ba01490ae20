"""SQL of threads and comments."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from app.database import Tx
from portals.dialog.discussion.model import Comment, Sort, Thread, Version
from portals.dialog.discussion.prose import Piece
from portals.dialog.discussion.rules import Cursor, Position

_THREAD = (
    "SELECT id, block_id, subject, title, path, settings, hidden, closed, comments, agree, neutral, against, rev"
    " FROM discussion_thread"
)
_COLUMNS = (
    "c.id, c.thread_id, c.participant_id, c.office, c.parent_id, c.root_id, c.depth, c.place, c.alignment, c.text,"
    " c.body, c.anchor_ms, c.official, c.paper, c.state, c.held_for, c.reason, c.created_at, c.shown_at, c.edited_at,"
    " c.ended_at, c.endorsements, c.replies, c.rev, c.queue_rev"
)
_COMMENT = f"SELECT {_COLUMNS} FROM discussion_comment c"
_ORDERS: dict[Sort, tuple[str, str]] = {
    "newest": ("c.shown_at DESC, c.id DESC", "(c.shown_at, c.id) < (to_timestamp(0) + $2 * interval '1 us', $3)"),
    "oldest": ("c.shown_at, c.id", "(c.shown_at, c.id) > (to_timestamp(0) + $2 * interval '1 us', $3)"),
    "endorsed": ("c.endorsements DESC, c.id DESC", "(c.endorsements, c.id) < ($2, $3)"),
    "discussed": ("c.replies DESC, c.id DESC", "(c.replies, c.id) < ($2, $3)"),
}


# threads


async def thread(tx: Tx, block_id: int, subject: str) -> Thread | None:
    return await tx.maybe(Thread, f"{_THREAD} WHERE block_id = $1 AND subject = $2", block_id, subject)


async def thread_by_id(tx: Tx, thread_id: int) -> Thread:
    return await tx.one(Thread, f"{_THREAD} WHERE id = $1", thread_id)


async def threads(tx: Tx, block_id: int) -> list[Thread]:
    return await tx.all(Thread, f"{_THREAD} WHERE block_id = $1 ORDER BY subject", block_id)


async def open_thread(
    tx: Tx, block_id: int, subject: str, title: str, path: str, settings: dict[str, Any] | None
) -> Thread:
    """Made, or given other words; hidden no more."""
    await tx.execute(
        "INSERT INTO discussion_thread (block_id, subject, title, path, settings)"
        " VALUES ($1, $2, $3, $4, coalesce($5::jsonb, '{}'))"
        " ON CONFLICT (block_id, subject) DO UPDATE SET title = excluded.title, path = excluded.path,"
        " settings = coalesce($5::jsonb, discussion_thread.settings), hidden = false, closed = false",
        block_id,
        subject,
        title,
        path,
        settings,
    )
    return await tx.one(Thread, f"{_THREAD} WHERE block_id = $1 AND subject = $2", block_id, subject)


async def own_thread(tx: Tx, block_id: int) -> None:
    """The thread of a block itself, made when somebody writes first."""
    await tx.execute(
        "INSERT INTO discussion_thread (block_id) VALUES ($1) ON CONFLICT (block_id, subject) DO NOTHING", block_id
    )


async def mark_thread(tx: Tx, block_id: int, subject: str, *, hidden: bool | None, closed: bool | None) -> None:
    await tx.execute(
        "UPDATE discussion_thread SET hidden = coalesce($3, hidden), closed = coalesce($4, closed)"
        " WHERE block_id = $1 AND subject = $2",
        block_id,
        subject,
        hidden,
        closed,
    )


async def count(
    tx: Tx, thread_id: int, comments: int = 0, agree: int = 0, neutral: int = 0, against: int = 0
) -> Thread:
    """Adds to the figures. Whoever changes what the public sees holds the thread from here to COMMIT."""
    await tx.execute(
        "UPDATE discussion_thread SET rev = rev + 1, comments = comments + $2, agree = agree + $3,"
        " neutral = neutral + $4, against = against + $5 WHERE id = $1",
        thread_id,
        comments,
        agree,
        neutral,
        against,
    )
    return await thread_by_id(tx, thread_id)


async def lock_thread(tx: Tx, thread_id: int) -> None:
    """Before rows of its comments are locked: all take the thread first."""
    await tx.execute("SELECT FROM discussion_thread WHERE id = $1 FOR NO KEY UPDATE", thread_id)


# comments


async def comment(tx: Tx, comment_id: int, *, lock: bool = False) -> Comment | None:
    found = await tx.record(f"{_COMMENT} WHERE c.id = $1" + (" FOR UPDATE OF c" if lock else ""), comment_id)
    return None if found is None else _read(found)


async def comments(tx: Tx, comment_ids: Sequence[int]) -> list[Comment]:
    rows = await tx.records(f"{_COMMENT} WHERE c.id = ANY($1::bigint[]) ORDER BY c.id", list(comment_ids))
    return [_read(row) for row in rows]


async def sent_before(tx: Tx, participant_id: int, sent_key: str) -> Comment | None:
    rows = await tx.records(
        f"{_COMMENT} WHERE c.participant_id = $1 AND c.sent_key = $2 AND c.sent_key <> ''", participant_id, sent_key
    )
    return _read(rows[0]) if rows else None


async def said_lately(tx: Tx, thread_id: int, participant_id: int, text: str) -> bool:
    """The same words by the same person in the last hour."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM discussion_comment WHERE participant_id = $2 AND thread_id = $1 AND text = $3"
            " AND state <> 'withdrawn' AND created_at > clock_timestamp() - interval '1 hour')",
            thread_id,
            participant_id,
            text,
        )
    )


async def roots(tx: Tx, thread_id: int, sort: Sort, after: Cursor | None, limit: int) -> list[Comment]:
    """The thread's comments without parent in an order, but for those of the office."""
    order, further = _ORDERS[sort]
    value, comment_id = (after.value, after.id) if after else (0, 0)
    rows = await tx.records(
        f"{_COMMENT} WHERE c.thread_id = $1 AND c.root_id IS NULL AND c.shown_at IS NOT NULL AND NOT c.official"
        f" AND {further if after else '($2::bigint, $3::bigint) IS NOT NULL'} ORDER BY {order} LIMIT $4",
        thread_id,
        value,
        comment_id,
        limit,
    )
    return [_read(row) for row in rows]


async def pinned(tx: Tx, thread_id: int) -> list[Comment]:
    """What the office says to all, newest first."""
    rows = await tx.records(
        f"{_COMMENT} WHERE c.thread_id = $1 AND c.official AND c.root_id IS NULL AND c.state = 'shown'"
        " ORDER BY c.id DESC LIMIT 20",
        thread_id,
    )
    return [_read(row) for row in rows]


async def first_replies(tx: Tx, root_ids: Sequence[int], each: int) -> list[Comment]:
    """The first ones of each root, in order."""
    rows = await tx.records(
        f"SELECT {_COLUMNS} FROM unnest($1::bigint[]) AS root (id)"
        " CROSS JOIN LATERAL (SELECT * FROM discussion_comment r WHERE r.root_id = root.id"
        " AND r.shown_at IS NOT NULL ORDER BY r.place, r.id LIMIT $2) AS c",
        list(root_ids),
        each,
    )
    return [_read(row) for row in rows]


async def replies_after(tx: Tx, root_id: int, after: Cursor | None, limit: int) -> list[Comment]:
    rows = await tx.records(
        f"{_COMMENT} WHERE c.root_id = $1 AND c.shown_at IS NOT NULL"
        f" AND {'(c.place, c.id) > ($2, $3)' if after else '($2::bigint, $3::bigint) IS NOT NULL'}"
        " ORDER BY c.place, c.id LIMIT $4",
        root_id,
        after.value if after else 0,
        after.id if after else 0,
        limit,
    )
    return [_read(row) for row in rows]


async def count_replies_after(tx: Tx, root_id: int, after: Comment) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM discussion_comment WHERE root_id = $1 AND shown_at IS NOT NULL"
            " AND (place, id) > ($2, $3)",
            root_id,
            after.place,
            after.id,
        )
    )


async def written_by(tx: Tx, participant_id: int, comment_ids: Sequence[int]) -> list[Comment]:
    """Those of these comments that somebody has written."""
    rows = await tx.records(
        f"{_COMMENT} WHERE c.id = ANY($2::bigint[]) AND c.participant_id = $1", participant_id, list(comment_ids)
    )
    return [_read(row) for row in rows]


async def changed_last(tx: Tx, thread_id: int, limit: int) -> list[Comment]:
    """What the public knows of, the newest change first."""
    rows = await tx.records(
        f"{_COMMENT} WHERE c.thread_id = $1 AND c.shown_at IS NOT NULL ORDER BY c.rev DESC, c.id DESC LIMIT $2",
        thread_id,
        limit,
    )
    return [_read(row) for row in rows]


async def add_comment(
    tx: Tx,
    thread_id: int,
    position: Position,
    *,
    participant_id: int | None,
    office: str,
    alignment: int,
    text: str,
    body: list[Piece],
    anchor_ms: int | None,
    paper: bool,
    held_for: Sequence[str],
    sent_key: str,
    rev: int,
    first: int,
) -> Comment:
    """`first`: what is added to the place of a branch of its own."""
    rows = await tx.records(
        f"INSERT INTO discussion_comment AS c (thread_id, parent_id, root_id, depth, place, participant_id, office,"
        " alignment, text, body, anchor_ms, paper, official, state, held_for, sent_key, rev, shown_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $7::text <> '', $13, $14, $15, $16,"
        " CASE WHEN $13::text = 'shown' THEN clock_timestamp() END)"
        f" RETURNING {_COLUMNS}",
        thread_id,
        position.parent_id,
        position.root_id,
        position.depth,
        position.branch or 0,
        participant_id,
        office,
        alignment,
        text,
        msgspec.to_builtins(body),
        anchor_ms,
        paper,
        "held" if held_for else "shown",
        list(held_for),
        sent_key,
        rev,
    )
    added = _read(rows[0])
    if position.branch is not None:
        return added
    rows = await tx.records(
        f"UPDATE discussion_comment AS c SET place = id + $2 WHERE id = $1 RETURNING {_COLUMNS}", added.id, first
    )
    return _read(rows[0])


async def show_comment(tx: Tx, comment_id: int, rev: int) -> Comment:
    """A moderator lets it pass, for the first time or again."""
    return await _changed(
        tx,
        "state = 'shown', reason = '', ended_at = NULL, shown_at = coalesce(shown_at, clock_timestamp()), rev = $2,"
        " queue_rev = queue_rev + 1",
        comment_id,
        rev,
    )


async def end_comment(tx: Tx, comment_id: int, state: str, reason: str, rev: int) -> Comment:
    """Refused, removed, withdrawn."""
    return await _changed(
        tx,
        "state = $3, reason = $4, ended_at = clock_timestamp(), rev = $2, queue_rev = queue_rev + 1",
        comment_id,
        rev,
        state,
        reason,
    )


async def change_comment(
    tx: Tx, comment_id: int, text: str, body: list[Piece], alignment: int, held_for: Sequence[str], rev: int
) -> Comment:
    """Other words; what they were is kept where the public has read them."""
    await tx.execute(
        "INSERT INTO discussion_edit (comment_id, body, from_at, until_at)"
        " SELECT id, body, coalesce(edited_at, shown_at), clock_timestamp() FROM discussion_comment"
        " WHERE id = $1 AND shown_at IS NOT NULL",
        comment_id,
    )
    return await _changed(
        tx,
        "text = $3, body = $4, alignment = $5, held_for = $6, rev = $2, queue_rev = queue_rev + 1,"
        " edited_at = CASE WHEN shown_at IS NOT NULL THEN clock_timestamp() END",
        comment_id,
        rev,
        text,
        msgspec.to_builtins(body),
        alignment,
        list(held_for),
    )


async def touch_comment(tx: Tx, comment_id: int, rev: int, *, replies: int = 0, endorsements: int = 0) -> Comment:
    """Another figure beside it."""
    return await _changed(
        tx,
        "replies = replies + $3, endorsements = endorsements + $4, rev = $2",
        comment_id,
        rev,
        replies,
        endorsements,
    )


async def touch_queue(tx: Tx, comment_id: int) -> Comment:
    """Something about it has changed that moderators see."""
    return await _changed(tx, "queue_rev = queue_rev + 1", comment_id)


async def _changed(tx: Tx, what: str, comment_id: int, *values: object) -> Comment:
    rows = await tx.records(
        f"UPDATE discussion_comment AS c SET {what} WHERE id = $1 RETURNING {_COLUMNS}", comment_id, *values
    )
    return _read(rows[0])


async def history(tx: Tx, comment_id: int) -> list[Version]:
    """What it said before, newest first."""
    rows = await tx.records(
        "SELECT body, from_at, until_at FROM discussion_edit WHERE comment_id = $1 ORDER BY id DESC", comment_id
    )
    return [Version(msgspec.convert(row["body"], list[Piece]), row["from_at"], row["until_at"]) for row in rows]


async def moments(tx: Tx, thread_id: int) -> list[tuple[int, int]]:
    """Comments that hang on a moment of a picture: ms and id, in the picture's order."""
    rows = await tx.records(
        "SELECT anchor_ms, id FROM discussion_comment WHERE thread_id = $1 AND anchor_ms IS NOT NULL"
        " AND state = 'shown' ORDER BY anchor_ms, id LIMIT 2000",
        thread_id,
    )
    return [(row["anchor_ms"], row["id"]) for row in rows]


async def of_person(tx: Tx, participant_id: int) -> list[Comment]:
    """What the public knows of that was written by somebody, or that names them."""
    rows = await tx.records(
        f"{_COMMENT} WHERE c.shown_at IS NOT NULL AND (c.participant_id = $1 OR c.id IN (SELECT n.comment_id"
        " FROM discussion_notice n WHERE n.participant_id = $1 AND n.what = 'mention')) ORDER BY c.id",
        participant_id,
    )
    return [_read(row) for row in rows]


async def all_comments(tx: Tx, block_id: int) -> list[tuple[Thread, Comment]]:
    """Every comment of a block's threads, in the order in which they were written."""
    found = {one.id: one for one in await threads(tx, block_id)}
    rows = await tx.records(
        f"{_COMMENT} JOIN discussion_thread t ON t.id = c.thread_id WHERE t.block_id = $1 ORDER BY c.id", block_id
    )
    return [(found[row["thread_id"]], _read(row)) for row in rows]


async def count_people(tx: Tx, block_id: int) -> int:
    return int(
        await tx.value(
            "SELECT count(DISTINCT c.participant_id) FROM discussion_comment c JOIN discussion_thread t"
            " ON t.id = c.thread_id WHERE t.block_id = $1 AND c.state = 'shown'",
            block_id,
        )
    )


async def count_endorsements(tx: Tx, block_id: int) -> int:
    return int(
        await tx.value(
            "SELECT coalesce(sum(c.endorsements), 0) FROM discussion_comment c JOIN discussion_thread t"
            " ON t.id = c.thread_id WHERE t.block_id = $1 AND c.state = 'shown'",
            block_id,
        )
    )


def _read(row: asyncpg.Record) -> Comment:
    values = dict(row)
    values["body"] = msgspec.convert(values["body"], list[Piece])
    return Comment(**values)
