"""SQL of outgoing mail."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from app.database import Tx


class WaitingMail(msgspec.Struct, frozen=True):
    """A mail that has still to go out."""

    id: UUID
    content: bytes
    created_at: datetime


class MailLine(msgspec.Struct, frozen=True):
    """What became of a mail. Neither `sent_at` nor `refused_at`: it is on its way."""

    id: UUID
    recipient: str
    subject: str
    created_at: datetime
    attempts: int
    sent_at: datetime | None
    refused_at: datetime | None
    reason: str


async def save_mail(tx: Tx, mail_id: UUID, recipient: str, subject: str, content: bytes) -> None:
    await tx.execute(
        "INSERT INTO mail (id, recipient, subject, content) VALUES ($1, $2, $3, $4)",
        mail_id,
        recipient,
        subject,
        content,
    )


async def waiting_mail(tx: Tx, mail_id: UUID) -> WaitingMail | None:
    """None where it has been sent, refused or purged."""
    return await tx.maybe(
        WaitingMail, "SELECT id, content, created_at FROM mail WHERE id = $1 AND content IS NOT NULL", mail_id
    )


async def mark_sent(tx: Tx, mail_id: UUID) -> None:
    await tx.execute(
        "UPDATE mail SET sent_at = now(), content = NULL, attempts = attempts + 1, reason = '' WHERE id = $1", mail_id
    )


async def mark_refused(tx: Tx, mail_id: UUID, reason: str) -> None:
    await tx.execute(
        "UPDATE mail SET refused_at = now(), content = NULL, attempts = attempts + 1, reason = $2 WHERE id = $1",
        mail_id,
        reason,
    )


async def mark_delayed(tx: Tx, mail_id: UUID, reason: str) -> None:
    await tx.execute("UPDATE mail SET attempts = attempts + 1, reason = $2 WHERE id = $1", mail_id, reason)


async def delayed_mail(tx: Tx) -> tuple[int, datetime | None]:
    """How many mails the mail server has not taken yet though it was asked, and since when the oldest one waits."""
    record = await tx.record(
        "SELECT count(*) AS count, min(created_at) AS since FROM mail WHERE content IS NOT NULL AND attempts > 0"
    )
    assert record is not None  # an aggregate has a row
    return record["count"], record["since"]


async def mail_lines(tx: Tx, limit: int) -> list[MailLine]:
    """Newest first."""
    return await tx.all(
        MailLine,
        "SELECT id, recipient, subject, created_at, attempts, sent_at, refused_at, reason FROM mail"
        " ORDER BY created_at DESC, id LIMIT $1",
        limit,
    )


async def purged_mail_count(tx: Tx, older_than: timedelta) -> int:
    return int(
        await tx.value(
            "WITH gone AS (DELETE FROM mail WHERE created_at < now() - $1::interval RETURNING 1)"
            " SELECT count(*) FROM gone",
            older_than,
        )
    )
