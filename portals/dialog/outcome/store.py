"""SQL of answers, conclusions and of who follows what."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.database import Tx
from portals.dialog.outcome.model import (
    Answer,
    DueLetter,
    Following,
    ReportDraft,
    Rhythm,
    Status,
    Version,
)

_ANSWER = "SELECT id, block_id, ref, status, answer, answered_at, rev FROM outcome_answer"


async def answers(tx: Tx, consultation_id: int) -> dict[tuple[int, str], Answer]:
    """By block and reference."""
    rows = await tx.all(Answer, f"{_ANSWER} WHERE consultation_id = $1 ORDER BY id", consultation_id)
    return {(row.block_id, row.ref): row for row in rows}


async def locked_answer(tx: Tx, block_id: int, ref: str) -> Answer | None:
    return await tx.maybe(Answer, f"{_ANSWER} WHERE block_id = $1 AND ref = $2 FOR UPDATE", block_id, ref)


async def answer(tx: Tx, answer_id: int) -> Answer | None:
    return await tx.maybe(Answer, f"{_ANSWER} WHERE id = $1", answer_id)


async def add_answer(
    tx: Tx, consultation_id: int, block_id: int, ref: str, status: Status, text: str, account_id: int | None
) -> Answer | None:
    """None where somebody else has just answered."""
    return await tx.maybe(
        Answer,
        "INSERT INTO outcome_answer (consultation_id, block_id, ref, status, answer, answered_by)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        " RETURNING id, block_id, ref, status, answer, answered_at, rev",
        consultation_id,
        block_id,
        ref,
        status,
        text,
        account_id,
    )


async def change_answer(tx: Tx, answer_id: int, status: Status, text: str, account_id: int | None) -> Answer:
    return await tx.one(
        Answer,
        "UPDATE outcome_answer SET status = $2, answer = $3, answered_by = $4, answered_at = clock_timestamp(),"
        " rev = rev + 1 WHERE id = $1 RETURNING id, block_id, ref, status, answer, answered_at, rev",
        answer_id,
        status,
        text,
        account_id,
    )


async def outcome_blocks(tx: Tx, consultation_id: int) -> list[int]:
    """Blocks of this kind on the consultation's page."""
    rows = await tx.records(
        "SELECT id FROM consultation_block WHERE consultation_id = $1 AND kind = 'outcome' AND removed_at IS NULL"
        " ORDER BY id",
        consultation_id,
    )
    return [row["id"] for row in rows]


# letters to authors


async def add_letter(tx: Tx, answer: Answer, participant_id: int, delay: timedelta) -> None:
    """Once for each decision."""
    await tx.execute(
        "INSERT INTO outcome_letter (answer_id, status, participant_id, due_at)"
        " VALUES ($1, $2, $3, clock_timestamp() + $4) ON CONFLICT DO NOTHING",
        answer.id,
        answer.status,
        participant_id,
        delay,
    )


async def due_letter(tx: Tx) -> DueLetter | None:
    """The next one, held by this transaction alone."""
    return await tx.maybe(
        DueLetter,
        "SELECT l.answer_id, l.status, w.consultation_id, a.id AS account_id, a.email, a.language, f.rhythm"
        " FROM outcome_letter l JOIN outcome_answer w ON w.id = l.answer_id"
        " JOIN consultation_participant p ON p.id = l.participant_id"
        " LEFT JOIN account a ON a.id = p.account_id AND a.disabled_at IS NULL"
        " LEFT JOIN outcome_follow f ON f.account_id = a.id AND f.consultation_id = w.consultation_id"
        " WHERE l.settled_at IS NULL AND l.due_at <= clock_timestamp()"
        " ORDER BY l.due_at, l.answer_id LIMIT 1 FOR UPDATE OF l SKIP LOCKED",
    )


async def settle_letter(tx: Tx, letter: DueLetter, *, sent: bool) -> None:
    await tx.execute(
        "UPDATE outcome_letter SET settled_at = clock_timestamp(), sent = $3 WHERE answer_id = $1 AND status = $2",
        letter.answer_id,
        letter.status,
        sent,
    )


# conclusions


async def draft(tx: Tx, consultation_id: int, *, lock: bool = False) -> ReportDraft:
    found = await tx.maybe(
        ReportDraft,
        "SELECT text, rev FROM outcome_draft WHERE consultation_id = $1" + (" FOR UPDATE" if lock else ""),
        consultation_id,
    )
    return found or ReportDraft()


async def save_draft(tx: Tx, consultation_id: int, text: str) -> ReportDraft:
    return await tx.one(
        ReportDraft,
        "INSERT INTO outcome_draft (consultation_id, text) VALUES ($1, $2) ON CONFLICT (consultation_id)"
        " DO UPDATE SET text = excluded.text, rev = outcome_draft.rev + 1 RETURNING text, rev",
        consultation_id,
        text,
    )


async def versions(tx: Tx, consultation_id: int) -> list[Version]:
    """Newest first."""
    return await tx.all(
        Version,
        "SELECT number, text, published_at FROM outcome_version WHERE consultation_id = $1 ORDER BY number DESC",
        consultation_id,
    )


async def newest_version(tx: Tx, consultation_id: int) -> int:
    """Its number; 0 where none is published."""
    return int(
        await tx.value(
            "SELECT coalesce(max(number), 0) FROM outcome_version WHERE consultation_id = $1", consultation_id
        )
    )


async def add_version(tx: Tx, consultation_id: int, text: str, account_id: int | None) -> Version:
    """The consultation is locked by the caller."""
    return await tx.one(
        Version,
        "INSERT INTO outcome_version (consultation_id, number, text, published_by)"
        " SELECT $1, coalesce(max(number), 0) + 1, $2, $3 FROM outcome_version WHERE consultation_id = $1"
        " RETURNING number, text, published_at",
        consultation_id,
        text,
        account_id,
    )


# following

_FOLLOWING = "SELECT account_id, consultation_id, rhythm, told_at FROM outcome_follow"


async def following(tx: Tx, account_id: int, consultation_id: int) -> Following | None:
    return await tx.maybe(
        Following, f"{_FOLLOWING} WHERE account_id = $1 AND consultation_id = $2", account_id, consultation_id
    )


async def followed(tx: Tx, account_id: int) -> list[Following]:
    return await tx.all(Following, f"{_FOLLOWING} WHERE account_id = $1 ORDER BY consultation_id DESC", account_id)


async def joined(tx: Tx, account_id: int) -> list[int]:
    """Consultations in which the account takes part."""
    rows = await tx.records(
        "SELECT consultation_id FROM consultation_participant WHERE account_id = $1 ORDER BY consultation_id DESC",
        account_id,
    )
    return [row["consultation_id"] for row in rows]


async def follow(tx: Tx, account_id: int, consultation_id: int, rhythm: Rhythm) -> None:
    """Who begins to follow is told of what comes from now on."""
    await tx.execute(
        "INSERT INTO outcome_follow (account_id, consultation_id, rhythm) VALUES ($1, $2, $3)"
        " ON CONFLICT (account_id, consultation_id) DO UPDATE SET rhythm = excluded.rhythm,"
        " told_at = CASE WHEN outcome_follow.rhythm IN ('own', 'none') THEN clock_timestamp()"
        "                ELSE outcome_follow.told_at END",
        account_id,
        consultation_id,
        rhythm,
    )


async def leave(tx: Tx, account_id: int, consultation_ids: Sequence[int]) -> None:
    """No more mail about these."""
    await tx.execute(
        "INSERT INTO outcome_follow (account_id, consultation_id, rhythm) SELECT a.id, c.id, 'none'"
        " FROM account a, consultation c WHERE a.id = $1 AND c.id = ANY($2::bigint[])"
        " ON CONFLICT (account_id, consultation_id) DO UPDATE SET rhythm = 'none'",
        account_id,
        list(consultation_ids),
    )


async def due_accounts(tx: Tx, rhythm: Rhythm, before: datetime, after_id: int, limit: int) -> list[int]:
    """Accounts behind this one whose letter of the rhythm is due."""
    rows = await tx.records(
        "SELECT DISTINCT f.account_id FROM outcome_follow f JOIN account a ON a.id = f.account_id"
        " WHERE f.rhythm = $1 AND f.looked_at < $2 AND f.account_id > $3 AND a.disabled_at IS NULL"
        " AND a.email IS NOT NULL ORDER BY f.account_id LIMIT $4",
        rhythm,
        before,
        after_id,
        limit,
    )
    return [row["account_id"] for row in rows]


async def take_due(tx: Tx, account_id: int, rhythm: Rhythm, before: datetime) -> list[Following]:
    """What the account follows in this rhythm, held by this transaction alone; all of it goes into one letter."""
    return await tx.all(
        Following,
        f"{_FOLLOWING} WHERE account_id = $1 AND rhythm = $2 AND looked_at < $3"
        " ORDER BY consultation_id FOR UPDATE SKIP LOCKED",
        account_id,
        rhythm,
        before,
    )


async def set_told(tx: Tx, account_id: int, consultation_ids: Sequence[int], until: datetime) -> None:
    await tx.execute(
        "UPDATE outcome_follow SET told_at = greatest(told_at, $3), looked_at = clock_timestamp()"
        " WHERE account_id = $1 AND consultation_id = ANY($2::bigint[])",
        account_id,
        list(consultation_ids),
        until,
    )


async def address(tx: Tx, account_id: int) -> tuple[str, str] | None:
    """Address and language."""
    row = await tx.record(
        "SELECT email, language FROM account WHERE id = $1 AND disabled_at IS NULL AND email IS NOT NULL", account_id
    )
    return (row["email"], row["language"]) if row else None
