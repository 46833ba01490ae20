"""SQL of invitations; what became of a mail stands in `mail` for a month."""

from uuid import UUID

import msgspec

from app.database import Tx
from portals.council.papers.model import Invitation


class CalendarPlace(msgspec.Struct, frozen=True):
    """What a session is in calendars."""

    uid: UUID
    sequence: int


_INVITATION = (
    "SELECT invitation.id, session_id, councillor_id, name, address, kind, sequence, queued_at,"
    " CASE WHEN mail.refused_at IS NOT NULL THEN 'refused' WHEN mail.id IS NULL OR mail.sent_at IS NOT NULL"
    " THEN 'sent' ELSE 'waiting' END AS state, mail.sent_at, coalesce(mail.reason, '') AS reason"
    " FROM council_invitation AS invitation LEFT JOIN mail ON mail.id = mail_id"
)


async def invitations(tx: Tx, session_id: int) -> list[Invitation]:
    """All mails about a session, newest first."""
    return await tx.all(Invitation, f"{_INVITATION} WHERE session_id = $1 ORDER BY invitation.id DESC", session_id)


async def calendar_place(tx: Tx, session_id: int) -> CalendarPlace:
    return await tx.one(
        CalendarPlace,
        "SELECT calendar_uid AS uid, calendar_sequence AS sequence FROM council_session WHERE id = $1",
        session_id,
    )


async def next_sequence(tx: Tx, session_id: int) -> CalendarPlace:
    return await tx.one(
        CalendarPlace,
        "UPDATE council_session SET calendar_sequence = calendar_sequence + 1 WHERE id = $1"
        " RETURNING calendar_uid AS uid, calendar_sequence AS sequence",
        session_id,
    )


async def add_invitation(
    tx: Tx,
    session_id: int,
    *,
    councillor_id: int,
    name: str,
    address: str,
    kind: str,
    sequence: int,
    mail_id: UUID,
    queued_by: int | None,
) -> None:
    await tx.execute(
        "INSERT INTO council_invitation (session_id, councillor_id, name, address, kind, sequence, mail_id, queued_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        session_id,
        councillor_id,
        name,
        address,
        kind,
        sequence,
        mail_id,
        queued_by,
    )
