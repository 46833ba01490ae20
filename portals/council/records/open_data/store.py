"""All SQL of open data."""

from datetime import datetime

from app.database import Tx
from portals.council.records.facts.model import SessionFact
from portals.council.records.facts.store import session_by_id
from portals.council.records.open_data.model import (
    ClubRow,
    ClubTimeRow,
    CommitteeRow,
    CouncilRows,
    PersonRow,
    SeatRow,
    TermRow,
)


async def council(tx: Tx) -> CouncilRows:
    return CouncilRows(
        terms=await tx.all(
            TermRow,
            "SELECT id, name, began_on::text AS began_on, ends_on::text AS ends_on FROM council_term ORDER BY id",
        ),
        people=await tx.all(
            PersonRow,
            "SELECT id, term_id, name, office, club_id, mandate_began_on::text AS mandate_began_on,"
            " mandate_ended_on::text AS mandate_ended_on FROM councillor ORDER BY id",
        ),
        clubs=await tx.all(ClubRow, "SELECT id, term_id, name FROM council_club ORDER BY id"),
        club_times=await tx.all(
            ClubTimeRow,
            "SELECT * FROM (SELECT councillor_id, club_id, since::text AS since,"
            " (lead(since) OVER (PARTITION BY councillor_id ORDER BY since) - 1)::text AS until FROM councillor_club)"
            " AS times WHERE club_id IS NOT NULL ORDER BY councillor_id, since",
        ),
        committees=await tx.all(
            CommitteeRow,
            "SELECT id, term_id, name, dissolved_on::text AS dissolved_on FROM council_committee ORDER BY id",
        ),
        seats=await tx.all(
            SeatRow,
            "SELECT committee_id, councillor_id, role, since::text AS since, until::text AS until"
            " FROM council_committee_member ORDER BY committee_id, councillor_id, since",
        ),
    )


async def sessions_between(tx: Tx, since: datetime, until: datetime) -> list[SessionFact]:
    """Whatever their state, in order."""
    rows = await tx.records(
        "SELECT id FROM council_session WHERE coalesce(started_at, planned_at) >= $1"
        " AND coalesce(started_at, planned_at) < $2 ORDER BY coalesce(started_at, planned_at), id",
        since,
        until,
    )
    found = [await session_by_id(tx, row["id"]) for row in rows]
    return [session for session in found if session is not None]


async def years(tx: Tx) -> list[int]:
    rows = await tx.records(
        "SELECT DISTINCT extract(year FROM coalesce(started_at, planned_at))::integer AS year FROM council_session"
        " ORDER BY year DESC"
    )
    return [row["year"] for row in rows]
