"""SQL of what is written beside a meeting, and of past meetings for demo data."""

from datetime import datetime

from app.database import Tx
from portals.dialog.meeting.model import MessageRow

_MESSAGE = (
    "id, CASE WHEN hidden_at IS NULL THEN participant_id END AS participant_id,"
    " CASE WHEN hidden_at IS NULL THEN body ELSE '' END AS body, sent_at, hidden_at IS NOT NULL AS hidden, rev"
)


async def messages(tx: Tx, block_id: int, limit: int) -> list[MessageRow]:
    """The newest, oldest first."""
    return await tx.all(
        MessageRow,
        f"SELECT * FROM (SELECT {_MESSAGE} FROM meeting_message WHERE block_id = $1 ORDER BY id DESC LIMIT $2)"
        " AS newest ORDER BY id",
        block_id,
        limit,
    )


async def erase_author(tx: Tx, participant_id: int) -> list[tuple[int, MessageRow]]:
    """(block, message) of those of a person's that are shown, each with a new revision."""
    rows = await tx.records(
        "UPDATE meeting_message SET rev = rev + 1 WHERE participant_id = $1 AND hidden_at IS NULL"
        " RETURNING block_id, id, body, sent_at, rev",
        participant_id,
    )
    return [
        (
            row["block_id"],
            MessageRow(
                id=row["id"],
                participant_id=None,
                body=row["body"],
                sent_at=row["sent_at"],
                hidden=False,
                rev=row["rev"],
            ),
        )
        for row in rows
    ]


async def add_message(tx: Tx, block_id: int, participant_id: int, body: str) -> MessageRow:
    return await tx.one(
        MessageRow,
        f"INSERT INTO meeting_message (block_id, participant_id, body) VALUES ($1, $2, $3) RETURNING {_MESSAGE}",
        block_id,
        participant_id,
        body,
    )


async def hide_message(tx: Tx, block_id: int, message_id: int, by: int | None, *, hidden: bool) -> MessageRow | None:
    return await tx.maybe(
        MessageRow,
        "UPDATE meeting_message SET hidden_at = CASE WHEN $4 THEN now() END,"
        " hidden_by = CASE WHEN $4 THEN $3::bigint END, rev = rev + 1"
        " WHERE block_id = $1 AND id = $2 AND (hidden_at IS NULL) = $4"
        f" RETURNING {_MESSAGE}",
        block_id,
        message_id,
        by,
        hidden,
    )


# for demo data alone: what happened in the past


async def backdate(tx: Tx, block_id: int, started_at: datetime, ended_at: datetime) -> None:
    await tx.execute(
        "UPDATE meeting SET state = 'ended', started_at = $2, ended_at = $3, rev = rev + 1 WHERE block_id = $1",
        block_id,
        started_at,
        ended_at,
    )


async def backdate_question(tx: Tx, question_id: int, asked_at: datetime, taken_at: datetime | None) -> None:
    await tx.execute(
        "UPDATE meeting_question SET asked_at = $2, taken_at = $3 WHERE id = $1", question_id, asked_at, taken_at
    )


async def backdate_poll(tx: Tx, poll_id: int, opened_at: datetime, closed_at: datetime) -> None:
    await tx.execute(
        "UPDATE meeting_poll SET state = 'closed', opened_at = $2, closed_at = $3 WHERE id = $1",
        poll_id,
        opened_at,
        closed_at,
    )


async def backdate_message(tx: Tx, message_id: int, sent_at: datetime) -> None:
    await tx.execute("UPDATE meeting_message SET sent_at = $2 WHERE id = $1", message_id, sent_at)
