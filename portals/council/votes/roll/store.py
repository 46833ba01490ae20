"""All SQL of the statute's rules and of the attendance list."""

from datetime import datetime

import msgspec

from app.database import Tx
from portals.council.model import Councillor, Session
from portals.council.votes.model import Attendance, AttendanceChange, Member
from portals.council.votes.rules import polish_order
from portals.council.votes.settings import VotesSettings

_MEMBER = "councillor_id, name, club, office, state, changed_at, rev"
_SITTING = """
    SELECT councillor.id, councillor.name, council_club.name AS club,
           CASE WHEN session.committee_id IS NULL THEN councillor.office
                WHEN seat.role = 'member' THEN '' ELSE seat.role END AS office
      FROM (SELECT planned_at::date AS day, committee_id FROM council_session WHERE id = $1) AS session
      JOIN councillor ON councillor.term_id =
           (SELECT id FROM council_term ORDER BY began_on <= session.day DESC, began_on DESC LIMIT 1)
      LEFT JOIN council_committee_member AS seat ON seat.committee_id = session.committee_id
           AND seat.councillor_id = councillor.id AND seat.since <= session.day
           AND (seat.until IS NULL OR seat.until >= session.day)
      LEFT JOIN LATERAL (SELECT club_id FROM councillor_club WHERE councillor_id = councillor.id
           AND since <= session.day ORDER BY since DESC LIMIT 1) AS joined ON true
      LEFT JOIN council_club ON council_club.id =
           CASE WHEN EXISTS (SELECT FROM councillor_club WHERE councillor_id = councillor.id)
                THEN joined.club_id ELSE councillor.club_id END
     WHERE (session.committee_id IS NULL OR seat.councillor_id IS NOT NULL)
       AND (mandate_began_on IS NULL OR mandate_began_on <= session.day)
       AND (mandate_ended_on IS NULL OR mandate_ended_on >= session.day)
       AND ($2::bigint IS NULL OR account_id = $2)
"""


async def statute(tx: Tx) -> VotesSettings:
    """The statute's rules as the servers were started with; the usual ones where none was."""
    found = await tx.value("SELECT settings FROM council_statute")
    return VotesSettings() if found is None else msgspec.convert(found, VotesSettings)


async def keep_statute(tx: Tx, settings: VotesSettings) -> None:
    await tx.execute(
        "INSERT INTO council_statute (settings) VALUES ($1) ON CONFLICT (only_one) DO UPDATE SET settings = $1",
        msgspec.to_builtins(settings),
    )


async def lock_session(tx: Tx, session_id: int) -> None:
    """Until the transaction ends: what several desks press at once follows one another."""
    await tx.value("SELECT id FROM council_session WHERE id = $1 FOR UPDATE", session_id)


async def councillors_of(tx: Tx, session: Session) -> list[Councillor]:
    """Who sits in the council, or in the committee whose session it is; with office and club of that day."""
    return await tx.all(Councillor, _SITTING, session.id, None)


async def councillor_of_account(tx: Tx, session: Session, account_id: int) -> Councillor | None:
    """The one of them who signs in with this account."""
    return await tx.maybe(Councillor, _SITTING, session.id, account_id)


async def belongs_to_committee(tx: Tx, session_id: int) -> bool:
    """A committee (komisja) has as many seats as members; the council has those of the statute."""
    return bool(await tx.value("SELECT committee_id IS NOT NULL FROM council_session WHERE id = $1", session_id))


async def roll(tx: Tx, session_id: int) -> tuple[int, int] | None:
    """Seats of the body and the roll's `rev`; None before anybody has touched it."""
    row = await tx.record("SELECT statutory, rev FROM council_roll WHERE session_id = $1", session_id)
    return None if row is None else (row["statutory"], row["rev"])


async def draw_up_roll(tx: Tx, session_id: int, statutory: int, councillors: list[Councillor]) -> None:
    """Writes everybody down, absent so far."""
    await tx.execute("INSERT INTO council_roll (session_id, statutory) VALUES ($1, $2)", session_id, statutory)
    await tx.execute(
        "INSERT INTO council_attendance (session_id, councillor_id, name, club, office)"
        " SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[])",
        session_id,
        [one.id for one in councillors],
        [one.name for one in councillors],
        [one.club for one in councillors],
        [one.office for one in councillors],
    )


async def members(tx: Tx, session_id: int) -> list[Member]:
    """The attendance list, in Polish order."""
    found = await tx.all(Member, f"SELECT {_MEMBER} FROM council_attendance WHERE session_id = $1", session_id)
    return sorted(found, key=lambda member: polish_order(member.name))


async def member(tx: Tx, session_id: int, councillor_id: int) -> Member | None:
    return await tx.maybe(
        Member,
        f"SELECT {_MEMBER} FROM council_attendance WHERE session_id = $1 AND councillor_id = $2",
        session_id,
        councillor_id,
    )


async def set_attendance(
    tx: Tx, session_id: int, councillor_id: int, state: Attendance, changed_by: int | None, *, by_councillor: bool
) -> Member:
    """Changes a line and keeps the moment; the roll's `rev` moves with it."""
    await tx.execute("UPDATE council_roll SET rev = rev + 1 WHERE session_id = $1", session_id)
    row = await tx.one(
        Member,
        "UPDATE council_attendance SET state = $3, changed_at = clock_timestamp(), rev = rev + 1"
        f" WHERE session_id = $1 AND councillor_id = $2 RETURNING {_MEMBER}",
        session_id,
        councillor_id,
        state,
    )
    await tx.execute(
        "INSERT INTO council_attendance_change"
        " (session_id, councillor_id, state, changed_at, changed_by, by_councillor) VALUES ($1, $2, $3, $4, $5, $6)",
        session_id,
        councillor_id,
        state,
        row.changed_at,
        changed_by,
        by_councillor,
    )
    return row


async def attendance_changes(tx: Tx, session_id: int) -> list[AttendanceChange]:
    """Every change, oldest first."""
    return await tx.all(
        AttendanceChange,
        "SELECT councillor_id, state, changed_at, by_councillor FROM council_attendance_change"
        " WHERE session_id = $1 ORDER BY changed_at, id",
        session_id,
    )


async def backdate_attendance(tx: Tx, session_id: int, moment: datetime) -> None:
    """For demo data alone: a list that was filled in the past."""
    await tx.execute(
        "UPDATE council_attendance SET changed_at = $2 WHERE session_id = $1 AND changed_at IS NOT NULL",
        session_id,
        moment,
    )
    await tx.execute("UPDATE council_attendance_change SET changed_at = $2 WHERE session_id = $1", session_id, moment)
