"""SQL of paper ballots."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.database import Tx
from portals.dialog.ballots.model import Batch, BatchDraft, Marks, PaperVoter
from portals.dialog.ballots.store import marks_of

_BATCH = (
    "SELECT b.id, b.block_id, b.place, b.kind, b.district, b.written, b.lines, b.ballots, b.invalid, b.state,"
    " b.entered_by, b.entered_at, b.decided_by, b.decided_at, b.reason, b.rev,"
    " coalesce(e.name, '') AS entered_name, coalesce(d.name, '') AS decided_name FROM ballot_batch b"
    " LEFT JOIN account e ON e.id = b.entered_by LEFT JOIN account d ON d.id = b.decided_by"
)

_VOTER = (
    "SELECT p.id, p.name, p.district, CASE WHEN t.paper THEN 'paper' WHEN t.paper IS NULL THEN '' ELSE 'screen' END"
    " AS voted FROM consultation_participant p"
    " LEFT JOIN ballot_taken t ON t.participant_id = p.id AND t.block_id = $2"
)


def _batch(row: Any) -> Batch:
    return Batch(**{**dict(row), "lines": [(marks_of(marks), int(count)) for marks, count in row["lines"]]})


async def batches(tx: Tx, block_id: int) -> list[Batch]:
    return [_batch(row) for row in await tx.records(f"{_BATCH} WHERE b.block_id = $1 ORDER BY b.id", block_id)]


async def batch(tx: Tx, batch_id: int) -> Batch | None:
    row = await tx.record(f"{_BATCH} WHERE b.id = $1 FOR UPDATE OF b", batch_id)
    return None if row is None else _batch(row)


async def add_batch(
    tx: Tx, block_id: int, draft: BatchDraft, lines: Sequence[tuple[Marks, int]], account_id: int | None
) -> int:
    return int(
        await tx.value(
            "INSERT INTO ballot_batch (block_id, place, kind, district, written, lines, ballots, invalid, entered_by)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            block_id,
            draft.place,
            draft.kind,
            draft.district,
            draft.written,
            [(msgspec.to_builtins(marks, str_keys=True), count) for marks, count in lines],
            sum(count for _marks_of, count in lines),
            draft.invalid,
            account_id,
        )
    )


async def decide_batch(tx: Tx, batch_id: int, state: str, account_id: int | None, reason: str) -> None:
    await tx.execute(
        "UPDATE ballot_batch SET state = $2, decided_by = $3, decided_at = clock_timestamp(), reason = $4,"
        " rev = rev + 1 WHERE id = $1",
        batch_id,
        state,
        account_id,
        reason,
    )


async def reopen_batch(tx: Tx, batch_id: int) -> None:
    await tx.execute(
        "UPDATE ballot_batch SET state = 'entered', decided_by = NULL, decided_at = NULL, reason = '', rev = rev + 1"
        " WHERE id = $1",
        batch_id,
    )


async def voters_named(tx: Tx, consultation_id: int, block_id: int, text: str, limit: int) -> list[PaperVoter]:
    """Participants whose name holds `text` (a LIKE pattern), for the clerk who marks paper voters."""
    return await tx.all(
        PaperVoter,
        f"{_VOTER} WHERE p.consultation_id = $1 AND p.erased_at IS NULL AND p.name ILIKE '%' || $3 || '%'"
        " ORDER BY p.name, p.id LIMIT $4",
        consultation_id,
        block_id,
        text,
        limit,
    )


async def marked_voters(tx: Tx, consultation_id: int, block_id: int) -> list[PaperVoter]:
    """Those who are noted as having voted on paper."""
    return await tx.all(
        PaperVoter,
        f"{_VOTER} WHERE p.consultation_id = $1 AND t.paper ORDER BY p.name, p.id LIMIT 1000",
        consultation_id,
        block_id,
    )


async def unmark_voter(tx: Tx, block_id: int, participant_id: int) -> bool:
    """False where the person was not noted as having voted on paper."""
    return bool(
        await tx.value(
            "DELETE FROM ballot_taken WHERE block_id = $1 AND participant_id = $2 AND paper RETURNING true",
            block_id,
            participant_id,
        )
    )
