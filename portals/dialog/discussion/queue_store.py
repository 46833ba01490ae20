"""SQL of what moderators work with: reports, appeals, word rules, the queue; and of letters to single people."""

from collections.abc import Sequence

import msgspec

from app.database import Tx
from portals.dialog.discussion.model import Appeal, NoticeKind, Report, Word

WAITS = (
    "(c.state = 'held' OR (c.state = 'shown' AND EXISTS (SELECT FROM discussion_report r WHERE r.comment_id = c.id"
    " AND r.settled_at IS NULL)) OR EXISTS (SELECT FROM discussion_appeal a WHERE a.comment_id = c.id"
    " AND a.decided_at IS NULL))"
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with what its letter needs. `email` None: there is nobody to write to any more."""

    id: int
    comment_id: int
    participant_id: int
    account_id: int | None
    what: NoticeKind
    email: str | None
    language: str | None
    settled: bool


async def waiting(tx: Tx, consultation_id: int, limit: int) -> list[int]:
    """Comments that somebody has to look at, who waits longest first."""
    rows = await tx.records(
        "SELECT c.id FROM discussion_comment c JOIN discussion_thread t ON t.id = c.thread_id"
        " JOIN consultation_block b ON b.id = t.block_id WHERE b.consultation_id = $1"
        f" AND c.state IN ('held', 'shown', 'refused', 'removed') AND {WAITS} ORDER BY c.created_at, c.id LIMIT $2",
        consultation_id,
        limit,
    )
    return [row["id"] for row in rows]


async def count_waiting(tx: Tx, consultation_id: int) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM discussion_comment c JOIN discussion_thread t ON t.id = c.thread_id"
            f" JOIN consultation_block b ON b.id = t.block_id WHERE b.consultation_id = $1"
            f" AND c.state IN ('held', 'shown', 'refused', 'removed') AND {WAITS}",
            consultation_id,
        )
    )


async def waits(tx: Tx, comment_ids: Sequence[int]) -> set[int]:
    rows = await tx.records(
        f"SELECT c.id FROM discussion_comment c WHERE c.id = ANY($1::bigint[]) AND c.state <> 'withdrawn' AND {WAITS}",
        list(comment_ids),
    )
    return {row["id"] for row in rows}


# reports


async def report(tx: Tx, comment_id: int, account_id: int, reason: str, note: str) -> None:
    """One a person; said again it is open again."""
    await tx.execute(
        "INSERT INTO discussion_report (comment_id, account_id, reason, note) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (comment_id, account_id) DO UPDATE SET reason = excluded.reason, note = excluded.note,"
        " at = clock_timestamp(), settled_at = NULL",
        comment_id,
        account_id,
        reason,
        note,
    )


async def open_reports(tx: Tx, comment_ids: Sequence[int]) -> list[Report]:
    return await tx.all(
        Report,
        "SELECT comment_id, reason, note, at FROM discussion_report WHERE comment_id = ANY($1::bigint[])"
        " AND settled_at IS NULL ORDER BY at",
        list(comment_ids),
    )


async def settle_reports(tx: Tx, comment_id: int) -> None:
    await tx.execute(
        "UPDATE discussion_report SET settled_at = clock_timestamp() WHERE comment_id = $1 AND settled_at IS NULL",
        comment_id,
    )


# appeals


async def appeals(tx: Tx, comment_ids: Sequence[int]) -> dict[int, Appeal]:
    rows = await tx.all(
        Appeal,
        "SELECT comment_id, text, at, accepted, answer, decided_at FROM discussion_appeal"
        " WHERE comment_id = ANY($1::bigint[])",
        list(comment_ids),
    )
    return {row.comment_id: row for row in rows}


async def appeal(tx: Tx, comment_id: int, text: str) -> bool:
    """False: there is one already."""
    tag = await tx.execute(
        "INSERT INTO discussion_appeal (comment_id, text) VALUES ($1, $2) ON CONFLICT DO NOTHING", comment_id, text
    )
    return tag.endswith(" 1")


async def decide_appeal(tx: Tx, comment_id: int, answer: str, *, accepted: bool) -> bool:
    """False: there is none that waits."""
    tag = await tx.execute(
        "UPDATE discussion_appeal SET accepted = $2, answer = $3, decided_at = clock_timestamp()"
        " WHERE comment_id = $1 AND decided_at IS NULL",
        comment_id,
        accepted,
        answer,
    )
    return tag.endswith(" 1")


# word rules


async def words(tx: Tx, consultation_id: int) -> list[Word]:
    return await tx.all(
        Word, "SELECT word, what FROM discussion_word WHERE consultation_id = $1 ORDER BY word", consultation_id
    )


async def set_words(tx: Tx, consultation_id: int, found: Sequence[Word]) -> None:
    """All of a consultation's anew."""
    await tx.execute("DELETE FROM discussion_word WHERE consultation_id = $1", consultation_id)
    await tx.execute(
        "INSERT INTO discussion_word (consultation_id, word, what)"
        " SELECT $1, word, what FROM unnest($2::text[], $3::text[]) AS new (word, what)",
        consultation_id,
        [one.word for one in found],
        [one.what for one in found],
    )


# letters


async def add_notice(tx: Tx, comment_id: int, participant_id: int, what: NoticeKind) -> int | None:
    """None: that was told already. A decision that was made again is told again."""
    found = await tx.value(
        "INSERT INTO discussion_notice (comment_id, participant_id, what) VALUES ($1, $2, $3)"
        " ON CONFLICT (comment_id, participant_id, what) DO UPDATE SET at = clock_timestamp(), settled_at = NULL"
        " WHERE excluded.what IN ('refused', 'removed', 'appeal') RETURNING id",
        comment_id,
        participant_id,
        what,
    )
    return None if found is None else int(found)


async def letter(tx: Tx, notice_id: int) -> Letter | None:
    """Held until the transaction ends: who runs the same job at once waits, and finds it settled."""
    return await tx.maybe(
        Letter,
        "SELECT n.id, n.comment_id, n.participant_id, a.id AS account_id, n.what, a.email, a.language,"
        " n.settled_at IS NOT NULL AS settled FROM discussion_notice n"
        " JOIN consultation_participant p ON p.id = n.participant_id"
        " LEFT JOIN account a ON a.id = p.account_id AND a.disabled_at IS NULL"
        " WHERE n.id = $1 FOR UPDATE OF n",
        notice_id,
    )


async def settle_notice(tx: Tx, notice_id: int) -> None:
    await tx.execute("UPDATE discussion_notice SET settled_at = clock_timestamp() WHERE id = $1", notice_id)


async def forget_notices(tx: Tx, participant_id: int) -> None:
    """What waits to be told to somebody who was erased; whom others name stays known, so that rows can be told anew."""
    await tx.execute("DELETE FROM discussion_notice WHERE participant_id = $1 AND what <> 'mention'", participant_id)


async def backdate(tx: Tx, comment_id: int, minutes: int) -> None:
    """For demonstrations: it was written so long ago."""
    await tx.execute(
        "UPDATE discussion_comment SET created_at = created_at - make_interval(mins => $2),"
        " shown_at = shown_at - make_interval(mins => $2), ended_at = ended_at - make_interval(mins => $2 / 2)"
        " WHERE id = $1",
        comment_id,
        minutes,
    )
