"""SQL of who follows a thread, and of what is new in it for them."""

from collections.abc import Sequence
from datetime import datetime

from app.database import Tx
from portals.dialog.discussion import store
from portals.dialog.discussion.model import Comment, Follow, FollowRhythm

NOT_OWN = (
    "(c.participant_id IS NULL OR NOT EXISTS (SELECT FROM consultation_participant p WHERE p.id = c.participant_id"
    " AND p.account_id = f.account_id))"
)


_FOLLOW = (
    "SELECT f.account_id, f.thread_id, t.block_id, t.subject, f.rhythm, f.told_at, (SELECT count(*) FROM"
    " discussion_comment c WHERE c.thread_id = f.thread_id AND c.state = 'shown' AND c.shown_at > f.seen_at"
    f" AND {NOT_OWN}) AS unread FROM discussion_follow f JOIN discussion_thread t ON t.id = f.thread_id"
)


async def follow_of(tx: Tx, account_id: int, thread_id: int) -> Follow | None:
    return await tx.maybe(Follow, f"{_FOLLOW} WHERE f.account_id = $1 AND f.thread_id = $2", account_id, thread_id)


async def followed(tx: Tx, account_id: int, limit: int) -> list[Follow]:
    """What is followed, newest thread first."""
    return await tx.all(
        Follow,
        f"{_FOLLOW} WHERE f.account_id = $1 AND f.rhythm <> 'off' ORDER BY f.thread_id DESC LIMIT $2",
        account_id,
        limit,
    )


async def set_follow(tx: Tx, account_id: int, thread_id: int, rhythm: FollowRhythm) -> None:
    """Who begins to follow, or to get mail, is told of what comes from now on."""
    await tx.execute(
        "INSERT INTO discussion_follow (account_id, thread_id, rhythm) VALUES ($1, $2, $3)"
        " ON CONFLICT (account_id, thread_id) DO UPDATE SET rhythm = excluded.rhythm,"
        " told_at = CASE WHEN discussion_follow.rhythm IN ('browser', 'off') THEN clock_timestamp()"
        "                ELSE discussion_follow.told_at END,"
        " seen_at = CASE WHEN discussion_follow.rhythm = 'off' THEN clock_timestamp()"
        "                ELSE discussion_follow.seen_at END",
        account_id,
        thread_id,
        rhythm,
    )


async def follow_by_writing(tx: Tx, account_id: int, thread_id: int) -> None:
    """Nothing where the account has said how it wants this thread, or that writing is no wish."""
    await tx.execute(
        "INSERT INTO discussion_follow (account_id, thread_id, rhythm) SELECT $1, $2, 'daily' WHERE NOT EXISTS"
        " (SELECT FROM discussion_follow_choice WHERE account_id = $1 AND NOT by_writing) ON CONFLICT DO NOTHING",
        account_id,
        thread_id,
    )


async def leave_threads(tx: Tx, account_id: int, thread_ids: Sequence[int]) -> None:
    await tx.execute(
        "UPDATE discussion_follow SET rhythm = 'off' WHERE account_id = $1 AND thread_id = ANY($2::bigint[])",
        account_id,
        list(thread_ids),
    )


async def mark_seen(tx: Tx, account_id: int, thread_id: int) -> None:
    await tx.execute(
        "UPDATE discussion_follow SET seen_at = clock_timestamp() WHERE account_id = $1 AND thread_id = $2",
        account_id,
        thread_id,
    )


async def by_writing(tx: Tx, account_id: int) -> bool:
    return bool(
        await tx.value(
            "SELECT coalesce((SELECT by_writing FROM discussion_follow_choice WHERE account_id = $1), true)", account_id
        )
    )


async def set_by_writing(tx: Tx, account_id: int, *, wanted: bool) -> None:
    await tx.execute(
        "INSERT INTO discussion_follow_choice (account_id, by_writing) VALUES ($1, $2)"
        " ON CONFLICT (account_id) DO UPDATE SET by_writing = excluded.by_writing",
        account_id,
        wanted,
    )


async def followers(tx: Tx, comment: Comment, after_id: int, limit: int) -> list[int]:
    """Accounts behind this one that follow the comment's thread, without who wrote it."""
    rows = await tx.records(
        "SELECT f.account_id FROM discussion_follow f JOIN account a ON a.id = f.account_id AND a.disabled_at IS NULL"
        " JOIN discussion_comment c ON c.id = $1 WHERE f.thread_id = c.thread_id AND f.rhythm <> 'off'"
        f" AND f.account_id > $2 AND {NOT_OWN} ORDER BY f.account_id LIMIT $3",
        comment.id,
        after_id,
        limit,
    )
    return [row["account_id"] for row in rows]


# mail


async def due_accounts(tx: Tx, rhythm: str, before: datetime, after_id: int, limit: int) -> list[int]:
    """Accounts behind this one whose letter of the rhythm is due."""
    rows = await tx.records(
        "SELECT DISTINCT f.account_id FROM discussion_follow f JOIN account a ON a.id = f.account_id"
        " WHERE f.rhythm = $1 AND f.looked_at < $2 AND f.account_id > $3 AND a.disabled_at IS NULL"
        " AND a.email IS NOT NULL ORDER BY f.account_id LIMIT $4",
        rhythm,
        before,
        after_id,
        limit,
    )
    return [row["account_id"] for row in rows]


async def take_due(tx: Tx, account_id: int, rhythm: str, before: datetime) -> list[Follow]:
    """What the account follows in this rhythm, held by this transaction alone."""
    return await tx.all(
        Follow,
        f"{_FOLLOW} WHERE f.account_id = $1 AND f.rhythm = $2 AND f.looked_at < $3"
        " ORDER BY f.thread_id FOR UPDATE OF f SKIP LOCKED",
        account_id,
        rhythm,
        before,
    )


async def set_told(tx: Tx, account_id: int, thread_ids: Sequence[int], until: datetime) -> None:
    await tx.execute(
        "UPDATE discussion_follow SET told_at = greatest(told_at, $3), looked_at = clock_timestamp()"
        " WHERE account_id = $1 AND thread_id = ANY($2::bigint[])",
        account_id,
        list(thread_ids),
        until,
    )


async def new_to(tx: Tx, follow: Follow, until: datetime) -> list[Comment]:
    """What others wrote, everybody may read now, and was not told by mail; oldest first."""
    rows = await tx.records(
        "SELECT c.id FROM discussion_comment c JOIN discussion_follow f ON f.thread_id = c.thread_id"
        " WHERE f.account_id = $1 AND f.thread_id = $2 AND c.state = 'shown' AND c.shown_at > $3 AND c.shown_at <= $4"
        f" AND {NOT_OWN} ORDER BY c.shown_at, c.id",
        follow.account_id,
        follow.thread_id,
        follow.told_at,
        until,
    )
    return await store.comments(tx, [row["id"] for row in rows])


async def backdate_seen(tx: Tx, account_id: int, thread_id: int, minutes: int) -> None:
    """For demonstrations: it was on the screen so long ago."""
    await tx.execute(
        "UPDATE discussion_follow SET seen_at = clock_timestamp() - make_interval(mins => $3)"
        " WHERE account_id = $1 AND thread_id = $2",
        account_id,
        thread_id,
        minutes,
    )
