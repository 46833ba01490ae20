"""All SQL of breaks, closed parts and what is marked on a session's time."""

from datetime import datetime
from typing import Final

from app.database import Tx
from portals.council.sealing.model import Interval, IntervalKind, IntervalReason, Moment, NewClosedPart

_INTERVAL: Final = "id, session_id, kind, began_at, resumes_at, note, legal_basis, recording, ended_at, rev"
_REASON: Final = (
    "i.id, i.session_id, i.began_at, i.ended_at, i.legal_basis, i.reason, i.recording, s.title AS session_title,"
    " s.stream_id FROM council_interval_seen AS i JOIN council_session AS s ON s.id = i.session_id"
)


async def intervals(tx: Tx, session_id: int) -> list[Interval]:
    """Oldest first."""
    return await tx.all(
        Interval,
        f"SELECT {_INTERVAL} FROM council_interval_seen WHERE session_id = $1 ORDER BY began_at, id",
        session_id,
    )


async def interval(tx: Tx, session_id: int, interval_id: int) -> Interval | None:
    return await tx.maybe(
        Interval,
        f"SELECT {_INTERVAL} FROM council_interval_seen WHERE session_id = $1 AND id = $2",
        session_id,
        interval_id,
    )


async def standing(tx: Tx, session_id: int) -> Interval | None:
    """The one that goes on."""
    return await tx.maybe(
        Interval,
        f"SELECT {_INTERVAL} FROM council_interval_seen WHERE session_id = $1 AND ended_at IS NULL",
        session_id,
    )


async def all_standing(tx: Tx) -> list[tuple[str, Interval]]:
    """Of sessions on air, each with its stream."""
    rows = await tx.records(
        "SELECT s.stream_id, i.* FROM council_interval_seen AS i JOIN council_session AS s ON s.id = i.session_id"
        " WHERE i.ended_at IS NULL AND s.state = 'live'"
    )
    names = Interval.__struct_fields__
    return [(row["stream_id"], Interval(**{name: row[name] for name in names})) for row in rows]


async def add_break(tx: Tx, session_id: int, resumes_at: datetime | None, note: str) -> Interval:
    return await tx.one(
        Interval,
        "INSERT INTO council_interval (session_id, kind, resumes_at, note) VALUES ($1, 'break', $2, $3)"
        f" RETURNING {_INTERVAL}",
        session_id,
        resumes_at,
        note,
    )


async def add_closed_part(tx: Tx, session_id: int, new: NewClosedPart) -> Interval:
    return await tx.one(
        Interval,
        "INSERT INTO council_interval (session_id, kind, recording, legal_basis, reason)"
        f" VALUES ($1, 'closed', $2, $3, $4) RETURNING {_INTERVAL}",
        session_id,
        new.recording,
        new.legal_basis,
        new.reason,
    )


async def announce(tx: Tx, interval_id: int, resumes_at: datetime | None, note: str) -> Interval:
    return await tx.one(
        Interval,
        f"UPDATE council_interval SET resumes_at = $2, note = $3, rev = rev + 1 WHERE id = $1 RETURNING {_INTERVAL}",
        interval_id,
        resumes_at,
        note,
    )


async def end_interval(tx: Tx, interval_id: int) -> Interval:
    return await tx.one(
        Interval,
        "UPDATE council_interval SET ended_at = clock_timestamp(), rev = rev + 1"
        f" WHERE id = $1 AND ended_at IS NULL RETURNING {_INTERVAL}",
        interval_id,
    )


async def add_past_interval(
    tx: Tx, session_id: int, kind: IntervalKind, began_at: datetime, ended_at: datetime, note: str
) -> None:
    """For demo data alone: what happened in the past. `note` of a closed part is its provision."""
    closed = kind == "closed"
    await tx.execute(
        "INSERT INTO council_interval (session_id, kind, began_at, ended_at, resumes_at, note, legal_basis, reason,"
        " recording) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *(session_id, kind, began_at, ended_at, None if closed else ended_at),
        *("" if closed else note, note if closed else "", "dane osobowe stron" if closed else ""),
        "none" if closed else "",
    )


async def closed_parts(tx: Tx, session_id: int) -> list[IntervalReason]:
    return await tx.all(
        IntervalReason,
        f"SELECT {_REASON} WHERE i.session_id = $1 AND i.kind = 'closed' ORDER BY i.began_at",
        session_id,
    )


async def sealed_parts(tx: Tx, limit: int) -> list[IntervalReason]:
    """Those with a sealed recording, newest first."""
    return await tx.all(
        IntervalReason, f"SELECT {_REASON} WHERE i.recording = 'sealed' ORDER BY i.began_at DESC LIMIT $1", limit
    )


async def sealed_part(tx: Tx, interval_id: int) -> IntervalReason | None:
    return await tx.maybe(IntervalReason, f"SELECT {_REASON} WHERE i.id = $1 AND i.recording = 'sealed'", interval_id)


async def moments(tx: Tx, session_id: int) -> list[Moment]:
    """Votes, speakers, breaks and closed parts of a session, in order. Nothing that fell into a closed part."""
    return await tx.all(
        Moment,
        "SELECT * FROM ("
        " SELECT 'vote-' || id AS id, 'vote' AS kind, title, '' AS detail, opened_at AS began_at,"
        "   closed_at AS ended_at FROM council_vote WHERE session_id = $1 AND state IN ('open', 'closed')"
        " UNION ALL"
        " SELECT 'speech-' || id, 'speech', speaker, coalesce(nullif(club, ''), role), began_at, ended_at"
        "   FROM council_speech WHERE session_id = $1 AND state IN ('speaking', 'spoken')"
        " UNION ALL"
        " SELECT 'interval-' || id, kind, CASE kind WHEN 'break' THEN note ELSE legal_basis END, '', began_at, ended_at"
        "   FROM council_interval_seen WHERE session_id = $1"
        ") AS m WHERE m.kind = 'closed' OR NOT EXISTS ("
        "   SELECT 1 FROM council_interval_seen AS c WHERE c.session_id = $1 AND c.kind = 'closed'"
        "   AND m.began_at >= c.began_at AND (c.ended_at IS NULL OR m.began_at < c.ended_at))"
        " ORDER BY began_at, id",
        session_id,
    )


async def redaction_count(tx: Tx, stream_id: str) -> int:
    """Spans that the published recording does not show."""
    return int(
        await tx.value(
            "SELECT count(*) FROM recording_redaction WHERE stream_id = $1 AND state = 'published'", stream_id
        )
    )


async def standing_row(tx: Tx, session_id: int) -> int | None:
    """Id of the one whose row has no end, whatever its session says."""
    found = await tx.value("SELECT id FROM council_interval WHERE session_id = $1 AND ended_at IS NULL", session_id)
    return None if found is None else int(found)
