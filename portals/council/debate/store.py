"""All SQL of the debate."""

from datetime import date, datetime

import msgspec

from app.database import Tx
from portals.council.debate.model import Speech
from portals.council.model import Councillor

_SPEECH = (
    "id, session_id, item_id, councillor_id, speaker, club, role, kind, state, place, limit_s, asked_at, began_at,"
    " ended_at, rev,"
    " closed, paused_at, paused_s"
)
_SITTING = (
    "FROM councillor JOIN council_term ON council_term.id = councillor.term_id"
    " LEFT JOIN council_club ON council_club.id = club_id"
    " WHERE $2::date BETWEEN council_term.began_on AND council_term.ends_on"
    " AND (mandate_ended_on IS NULL OR mandate_ended_on >= $2::date)"
)


class Recipient(msgspec.Struct, frozen=True):
    """Whom to tell, and in which language."""

    account_id: int
    email: str
    language: str


async def lock_debate(tx: Tx, session_id: int) -> None:
    """What people do to one queue at once follows each other; other rows may still point at the session."""
    await tx.execute("SELECT 1 FROM council_session WHERE id = $1 FOR NO KEY UPDATE", session_id)


async def seat(tx: Tx, account_id: int, day: date, committee_id: int | None) -> Councillor | None:
    """The councillor whom an account belongs to on a day. In a committee the office is the one held there."""
    return await tx.maybe(
        Councillor,
        "SELECT councillor.id, councillor.name, council_club.name AS club, club_id, account_id, mandate_ended_on,"
        " CASE WHEN $3::bigint IS NULL THEN office ELSE coalesce((SELECT role FROM council_committee_member"
        " WHERE committee_id = $3 AND councillor_id = councillor.id AND role <> 'member'"
        " AND since <= $2 AND (until IS NULL OR until >= $2) LIMIT 1), '') END AS office"
        f" {_SITTING} AND account_id = $1",
        account_id,
        day,
        committee_id,
    )


async def sitting(tx: Tx, day: date) -> list[Councillor]:
    """Who has a mandate on a day, by name."""
    return await tx.all(
        Councillor,
        "SELECT councillor.id, councillor.name, office, council_club.name AS club, club_id, account_id,"
        f" mandate_ended_on {_SITTING} AND $1 ORDER BY councillor.name",
        True,  # noqa: FBT003 - the day is $2 here as well
        day,
    )


async def in_closed_part(tx: Tx, session_id: int) -> bool:
    """Whether the public is excluded now."""
    return bool(
        await tx.value(
            "SELECT true FROM council_interval WHERE session_id = $1 AND kind = 'closed' AND ended_at IS NULL",
            session_id,
        )
    )


async def open_speeches(tx: Tx, session_id: int) -> list[Speech]:
    """Who speaks, then who waits, by place."""
    return await tx.all(
        Speech,
        f"SELECT {_SPEECH} FROM council_speech WHERE session_id = $1 AND state IN ('speaking', 'waiting')"
        " ORDER BY state <> 'speaking', place, id",
        session_id,
    )


async def begun_speeches(tx: Tx, session_id: int) -> list[Speech]:
    return await tx.all(
        Speech,
        f"SELECT {_SPEECH} FROM council_speech WHERE session_id = $1 AND began_at IS NOT NULL ORDER BY began_at, id",
        session_id,
    )


async def waiting_speeches(tx: Tx, session_id: int) -> list[Speech]:
    return await tx.all(
        Speech,
        f"SELECT {_SPEECH} FROM council_speech WHERE session_id = $1 AND state = 'waiting' ORDER BY place, id",
        session_id,
    )


async def speech(tx: Tx, session_id: int, speech_id: int) -> Speech | None:
    return await tx.maybe(
        Speech, f"SELECT {_SPEECH} FROM council_speech WHERE session_id = $1 AND id = $2", session_id, speech_id
    )


async def add_speech(
    tx: Tx,
    session_id: int,
    item_id: int | None,
    councillor: Councillor | None,
    speaker: str,
    role: str,
    kind: str,
    place: int,
    limit_s: int,
    *,
    closed: bool = False,
) -> Speech:
    return await tx.one(
        Speech,
        "INSERT INTO council_speech"
        " (session_id, item_id, councillor_id, speaker, club, role, kind, place, limit_s, closed)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {_SPEECH}",
        session_id,
        item_id,
        councillor.id if councillor else None,
        speaker,
        (councillor.club or "") if councillor else "",
        role,
        kind,
        place,
        limit_s,
        closed,
    )


async def change_waiting(tx: Tx, speech_id: int, kind: str, place: int, limit_s: int, item_id: int | None) -> Speech:
    """Somebody who waits asks for something else."""
    return await tx.one(
        Speech,
        "UPDATE council_speech SET kind = $2, place = $3, limit_s = $4, item_id = $5, rev = rev + 1"
        f" WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
        kind,
        place,
        limit_s,
        item_id,
    )


async def set_place(tx: Tx, speech_id: int, place: int) -> Speech:
    return await tx.one(
        Speech,
        f"UPDATE council_speech SET place = $2, rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
        place,
    )


async def begin_speech(
    tx: Tx, speech_id: int, item_id: int | None, began_at: datetime | None, *, closed: bool
) -> Speech:
    """`began_at` None: now."""
    return await tx.one(
        Speech,
        "UPDATE council_speech SET state = 'speaking', began_at = coalesce($3, clock_timestamp()),"
        f" item_id = coalesce($2, item_id), closed = $4, rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
        item_id,
        began_at,
        closed,
    )


async def end_running_speech(tx: Tx, session_id: int) -> Speech | None:
    """Whoever speaks has spoken."""
    return await tx.maybe(
        Speech,
        "UPDATE council_speech SET state = 'spoken', ended_at = clock_timestamp(), paused_at = NULL, rev = rev + 1"
        f" WHERE session_id = $1 AND state = 'speaking' RETURNING {_SPEECH}",
        session_id,
    )


async def extend_speech(tx: Tx, speech_id: int, seconds: int) -> Speech:
    return await tx.one(
        Speech,
        f"UPDATE council_speech SET limit_s = limit_s + $2, rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
        seconds,
    )


async def pause_speech(tx: Tx, speech_id: int) -> Speech:
    return await tx.one(
        Speech,
        f"UPDATE council_speech SET paused_at = clock_timestamp(), rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
    )


async def resume_speech(tx: Tx, speech_id: int) -> Speech:
    return await tx.one(
        Speech,
        "UPDATE council_speech SET paused_s = paused_s + extract(epoch FROM clock_timestamp() - paused_at),"
        f" paused_at = NULL, rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
    )


async def set_waiting(tx: Tx, speech_id: int, place: int) -> Speech:
    return await tx.one(
        Speech,
        f"UPDATE council_speech SET state = 'waiting', place = $2, rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
        place,
    )


async def withdraw_speech(tx: Tx, speech_id: int) -> Speech:
    return await tx.one(
        Speech,
        f"UPDATE council_speech SET state = 'withdrawn', rev = rev + 1 WHERE id = $1 RETURNING {_SPEECH}",
        speech_id,
    )


async def backdate_speech(tx: Tx, speech_id: int, began_at: datetime, ended_at: datetime | None) -> None:
    """For demo data alone: a speech that was held in the past."""
    await tx.execute(
        "UPDATE council_speech SET state = CASE WHEN $3::timestamptz IS NULL THEN 'speaking' ELSE 'spoken' END,"
        " asked_at = $2::timestamptz - interval '4 minutes', began_at = $2, ended_at = $3 WHERE id = $1",
        speech_id,
        began_at,
        ended_at,
    )


async def sessions_without_speeches(tx: Tx, state: str) -> list[int]:
    """For demo data alone: which sessions still want some."""
    found = await tx.records(
        "SELECT id FROM council_session WHERE state = $1"
        " AND NOT EXISTS (SELECT 1 FROM council_speech WHERE session_id = council_session.id) ORDER BY id",
        state,
    )
    return [row["id"] for row in found]


async def live_session_ids(tx: Tx) -> list[int]:
    found = await tx.records("SELECT id FROM council_session WHERE state = 'live' ORDER BY started_at, id")
    return [row["id"] for row in found]


async def next_session_id(tx: Tx) -> int | None:
    found = await tx.value(
        "SELECT id FROM council_session WHERE state = 'planned' AND called_off_at IS NULL"
        " ORDER BY planned_at, id LIMIT 1"
    )
    return None if found is None else int(found)


async def add_alert(tx: Tx, item_id: int, account_id: int) -> None:
    await tx.execute(
        "INSERT INTO council_item_alert (item_id, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        item_id,
        account_id,
    )


async def remove_alert(tx: Tx, item_id: int, account_id: int) -> None:
    await tx.execute(
        "DELETE FROM council_item_alert WHERE item_id = $1 AND account_id = $2 AND sent_at IS NULL",
        item_id,
        account_id,
    )


async def alerts_of(tx: Tx, session_id: int, account_id: int) -> list[int]:
    """Items of a session that an account waits for."""
    found = await tx.records(
        "SELECT item_id FROM council_item_alert JOIN agenda_item ON agenda_item.id = item_id"
        " WHERE session_id = $1 AND account_id = $2 AND sent_at IS NULL ORDER BY item_id",
        session_id,
        account_id,
    )
    return [row["item_id"] for row in found]


async def has_alerts(tx: Tx, item_id: int) -> bool:
    return bool(await tx.value("SELECT true FROM council_item_alert WHERE item_id = $1 AND sent_at IS NULL", item_id))


async def email_of(tx: Tx, account_id: int) -> str:
    return str(await tx.value("SELECT coalesce(email, '') FROM account WHERE id = $1", account_id) or "")


async def take_alerts(tx: Tx, item_id: int, limit: int) -> list[Recipient]:
    """Marks alerts as sent and tells whose they were; two workers never take the same one."""
    return await tx.all(
        Recipient,
        "UPDATE council_item_alert SET sent_at = now() FROM account"
        " WHERE account.id = account_id AND (item_id, account_id) IN ("
        "SELECT item_id, account_id FROM council_item_alert WHERE item_id = $1 AND sent_at IS NULL"
        " ORDER BY account_id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " RETURNING account_id, coalesce(account.email, '') AS email, account.language",
        item_id,
        limit,
    )
