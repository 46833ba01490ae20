"""SQL of participants, of residents the office verifies, and of what participants are told."""

from collections.abc import Sequence
from datetime import datetime

from app.database import Tx
from portals.dialog.model import Notice, Participant, ParticipantDraft, Verification, VerificationDraft

_PARTICIPANT = (
    "SELECT id, consultation_id, account_id, kind, name, organisation, district, pseudonym, shown_as, details, paper,"
    " joined_at, erased_at, rev, verified FROM consultation_person"
)


async def participant(tx: Tx, participant_id: int) -> Participant | None:
    return await tx.maybe(Participant, f"{_PARTICIPANT} WHERE id = $1", participant_id)


async def participant_of(tx: Tx, consultation_id: int, account_id: int) -> Participant | None:
    return await tx.maybe(
        Participant, f"{_PARTICIPANT} WHERE consultation_id = $1 AND account_id = $2", consultation_id, account_id
    )


async def participants(tx: Tx, participant_ids: Sequence[int]) -> dict[int, Participant]:
    """By id: for a part that draws many rows."""
    rows = await tx.all(Participant, f"{_PARTICIPANT} WHERE id = ANY($1::bigint[])", list(participant_ids))
    return {row.id: row for row in rows}


async def participations(tx: Tx, account_id: int) -> list[Participant]:
    return await tx.all(Participant, f"{_PARTICIPANT} WHERE account_id = $1 ORDER BY id", account_id)


async def add_participant(
    tx: Tx, consultation_id: int, account_id: int | None, name: str, draft: ParticipantDraft, *, paper: bool = False
) -> int | None:
    """Its id; None where the account takes part already or the pseudonym is taken."""
    found = await tx.value(
        "INSERT INTO consultation_participant (consultation_id, account_id, kind, name, organisation, district,"
        " pseudonym, shown_as, details, paper) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT DO NOTHING RETURNING id",
        consultation_id,
        account_id,
        draft.kind,
        name,
        draft.organisation,
        draft.district,
        draft.pseudonym,
        draft.shown_as,
        draft.details,
        paper,
    )
    return None if found is None else int(found)


async def pseudonym_taken(tx: Tx, consultation_id: int, pseudonym: str, but_id: int) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM consultation_participant"
            " WHERE consultation_id = $1 AND lower(pseudonym) = lower($2) AND id <> $3)",
            consultation_id,
            pseudonym,
            but_id,
        )
    )


async def change_participant(tx: Tx, participant_id: int, draft: ParticipantDraft) -> None:
    await tx.execute(
        "UPDATE consultation_participant SET kind = $2, organisation = $3, district = $4, shown_as = $5, details = $6,"
        " rev = rev + 1 WHERE id = $1",
        participant_id,
        draft.kind,
        draft.organisation,
        draft.district,
        draft.shown_as,
        draft.details,
    )


async def erase_participant(tx: Tx, participant_id: int) -> None:
    """What the person wrote stays with the row, which does not say any more who it was."""
    await tx.execute(
        "UPDATE consultation_participant SET account_id = NULL, name = '', organisation = '', district = '',"
        " details = '{}', pseudonym = 'erased-' || id, erased_at = clock_timestamp(), rev = rev + 1 WHERE id = $1",
        participant_id,
    )


async def count_participants(tx: Tx, consultation_id: int) -> int:
    return int(
        await tx.value("SELECT count(*) FROM consultation_participant WHERE consultation_id = $1", consultation_id)
    )


# notices


async def add_notice(
    tx: Tx,
    consultation_id: int,
    phase_id: int | None,
    what: str,
    reason: str,
    until: datetime | None,
    account_id: int | None,
) -> int:
    return int(
        await tx.value(
            "INSERT INTO consultation_notice (consultation_id, phase_id, what, reason, until, created_by)"
            " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            consultation_id,
            phase_id,
            what,
            reason,
            until,
            account_id,
        )
    )


async def notices(tx: Tx, consultation_id: int) -> list[Notice]:
    """Newest first."""
    return await tx.all(
        Notice,
        "SELECT id, consultation_id, phase_id, what, reason, until, created_at FROM consultation_notice"
        " WHERE consultation_id = $1 ORDER BY id DESC",
        consultation_id,
    )


async def notice(tx: Tx, notice_id: int) -> Notice | None:
    return await tx.maybe(
        Notice,
        "SELECT id, consultation_id, phase_id, what, reason, until, created_at FROM consultation_notice WHERE id = $1",
        notice_id,
    )


async def take_recipients(tx: Tx, notice_id: int, limit: int) -> list[tuple[str, str]]:
    """Address and language of participants who were not told yet; from now on they were."""
    rows = await tx.records(
        "WITH taken AS (INSERT INTO consultation_notice_sent (notice_id, participant_id)"
        " SELECT n.id, p.id FROM consultation_notice n"
        " JOIN consultation_participant p ON p.consultation_id = n.consultation_id AND p.joined_at <= n.created_at"
        " JOIN account a ON a.id = p.account_id AND a.disabled_at IS NULL AND a.email IS NOT NULL"
        " WHERE n.id = $1 AND NOT EXISTS (SELECT FROM consultation_notice_sent s"
        "                                  WHERE s.notice_id = n.id AND s.participant_id = p.id)"
        " ORDER BY p.id LIMIT $2 ON CONFLICT DO NOTHING RETURNING participant_id)"
        " SELECT a.email, a.language FROM taken t JOIN consultation_participant p ON p.id = t.participant_id"
        " JOIN account a ON a.id = p.account_id ORDER BY p.id",
        notice_id,
        limit,
    )
    return [(row["email"], row["language"]) for row in rows]


# verification

_VERIFICATION = (
    "SELECT v.id, v.account_id, v.kind, v.full_name, v.organisation, v.district, v.address, v.note, v.state, v.reason,"
    " v.asked_at, v.decided_at, v.rev, a.login, a.email"
    " FROM resident_verification v JOIN account a ON a.id = v.account_id"
)


async def verification(tx: Tx, verification_id: int, *, lock: bool = False) -> Verification | None:
    return await tx.maybe(
        Verification, f"{_VERIFICATION} WHERE v.id = $1" + (" FOR UPDATE OF v" if lock else ""), verification_id
    )


async def verification_of(tx: Tx, account_id: int) -> Verification | None:
    return await tx.maybe(Verification, f"{_VERIFICATION} WHERE v.account_id = $1", account_id)


async def verifications(tx: Tx, state: str, limit: int, offset: int) -> list[Verification]:
    """Who waits longest comes first; of those decided, the latest."""
    order = "v.asked_at, v.id" if state == "asked" else "v.decided_at DESC, v.id DESC"
    return await tx.all(
        Verification, f"{_VERIFICATION} WHERE v.state = $1 ORDER BY {order} LIMIT $2 OFFSET $3", state, limit, offset
    )


async def count_verifications(tx: Tx, state: str) -> int:
    return int(await tx.value("SELECT count(*) FROM resident_verification WHERE state = $1", state))


async def ask_verification(tx: Tx, account_id: int, draft: VerificationDraft) -> Verification:
    """Asked again, it waits again."""
    found = await tx.value(
        "INSERT INTO resident_verification (account_id, kind, full_name, organisation, district, address, note)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) DO UPDATE SET kind = excluded.kind,"
        " full_name = excluded.full_name, organisation = excluded.organisation, district = excluded.district,"
        " address = excluded.address, note = excluded.note, state = 'asked', reason = '', decided_at = NULL,"
        " decided_by = NULL, asked_at = clock_timestamp(), rev = resident_verification.rev + 1 RETURNING id",
        account_id,
        draft.kind,
        draft.full_name,
        draft.organisation,
        draft.district,
        draft.address,
        draft.note,
    )
    return await tx.one(Verification, f"{_VERIFICATION} WHERE v.id = $1", found)


async def decide_verification(
    tx: Tx, verification_id: int, state: str, reason: str, account_id: int | None
) -> Verification:
    await tx.execute(
        "UPDATE resident_verification SET state = $2, reason = $3, decided_at = clock_timestamp(), decided_by = $4,"
        " rev = rev + 1 WHERE id = $1",
        verification_id,
        state,
        reason,
        account_id,
    )
    return await tx.one(Verification, f"{_VERIFICATION} WHERE v.id = $1", verification_id)


async def remove_verification(tx: Tx, account_id: int) -> None:
    await tx.execute("DELETE FROM resident_verification WHERE account_id = $1", account_id)


async def count_verification(tx: Tx, verification_id: int) -> None:
    await tx.execute("UPDATE resident_verification SET rev = rev + 1 WHERE id = $1", verification_id)


async def language_of(tx: Tx, account_id: int) -> str:
    return str(await tx.value("SELECT language FROM account WHERE id = $1", account_id))
