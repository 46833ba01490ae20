"""All SQL of captions' versions and the turn. Cues are in `cue_store`."""

from datetime import datetime

import msgspec

from app.database import Tx
from portals.council.captions.model import PublicTrack, Track, Turn

_TRACK = (
    "id, session_id, language, kind, version, state, reason, percent, source, created_at, published_at, withdrawn_at,"
    " settled_at, rev"
)
_PUBLIC = "id, session_id, language, version, kind = 'live' AS live, published_at, rev"
_TURN = (
    "session_id, coalesce(account_id, 0) AS account_id, name, coalesce(next_account_id, 0) AS next_account_id,"
    " next_name, rev"
)


async def track(tx: Tx, track_id: int) -> Track | None:
    return await tx.maybe(Track, f"SELECT {_TRACK} FROM caption_track WHERE id = $1", track_id)


async def locked_track(tx: Tx, track_id: int) -> Track | None:
    """Locked until the transaction ends: two editors' steps follow each other."""
    return await tx.maybe(Track, f"SELECT {_TRACK} FROM caption_track WHERE id = $1 FOR UPDATE", track_id)


async def tracks(tx: Tx, session_ids: list[int]) -> list[Track]:
    """All versions of these sessions, newest first."""
    return await tx.all(
        Track,
        f"SELECT {_TRACK} FROM caption_track WHERE session_id = ANY($1::bigint[])"
        " ORDER BY session_id, language, version DESC",
        session_ids,
    )


async def live_track(tx: Tx, session_id: int) -> Track | None:
    """What is typed, or was typed, while the session went on; the newest language where there are two."""
    return await tx.maybe(
        Track,
        f"SELECT {_TRACK} FROM caption_track WHERE session_id = $1 AND kind = 'live' ORDER BY id DESC LIMIT 1",
        session_id,
    )


async def add_track(
    tx: Tx, session_id: int, language: str, kind: str, state: str, source: str, created_by: int | None
) -> Track:
    return await tx.one(
        Track,
        "INSERT INTO caption_track (session_id, language, kind, state, source, created_by, version)"
        " SELECT $1, $2, $3, $4, $5, $6, coalesce(max(version), 0) + 1 FROM caption_track"
        f" WHERE session_id = $1 AND language = $2 RETURNING {_TRACK}",
        session_id,
        language,
        kind,
        state,
        source,
        created_by,
    )


async def raise_rev(tx: Tx, track_id: int) -> Track:
    """A step was made in its cues."""
    return await tx.one(Track, f"UPDATE caption_track SET rev = rev + 1 WHERE id = $1 RETURNING {_TRACK}", track_id)


async def set_making(tx: Tx, track_id: int, percent: int) -> Track | None:
    """How far a recogniser is; None where the version is not being made any more."""
    return await tx.maybe(
        Track,
        f"UPDATE caption_track SET percent = $2, rev = rev + 1 WHERE id = $1 AND state = 'making' RETURNING {_TRACK}",
        track_id,
        percent,
    )


async def finish_making(tx: Tx, track_id: int, state: str, reason: str, source: str) -> Track | None:
    return await tx.maybe(
        Track,
        "UPDATE caption_track SET state = $2, reason = $3, source = CASE WHEN $4 = '' THEN source ELSE $4 END,"
        " percent = CASE WHEN $2 = 'working' THEN 100 ELSE percent END, rev = rev + 1"
        f" WHERE id = $1 AND state = 'making' RETURNING {_TRACK}",
        track_id,
        state,
        reason,
        source,
    )


async def begin_making(tx: Tx, track_id: int) -> Track:
    return await tx.one(
        Track,
        "UPDATE caption_track SET state = 'making', reason = '', percent = 0, rev = rev + 1 WHERE id = $1"
        f" RETURNING {_TRACK}",
        track_id,
    )


async def replace_published(tx: Tx, session_id: int, language: str) -> Track | None:
    """The version that residents had is an older one now."""
    return await tx.maybe(
        Track,
        "UPDATE caption_track SET state = 'replaced', rev = rev + 1"
        f" WHERE session_id = $1 AND language = $2 AND state = 'published' RETURNING {_TRACK}",
        session_id,
        language,
    )


async def publish(tx: Tx, track_id: int) -> Track:
    return await tx.one(
        Track,
        "UPDATE caption_track SET state = 'published', published_at = clock_timestamp(), withdrawn_at = NULL,"
        f" reason = '', rev = rev + 1 WHERE id = $1 RETURNING {_TRACK}",
        track_id,
    )


async def backdate(tx: Tx, track_id: int, published_at: datetime) -> None:
    """For demo data alone: a version that was published in the past."""
    await tx.execute("UPDATE caption_track SET published_at = $2 WHERE id = $1", track_id, published_at)


async def withdraw(tx: Tx, track_id: int, reason: str) -> Track:
    return await tx.one(
        Track,
        "UPDATE caption_track SET state = 'withdrawn', withdrawn_at = clock_timestamp(), reason = $2, rev = rev + 1"
        f" WHERE id = $1 RETURNING {_TRACK}",
        track_id,
        reason,
    )


async def remove(tx: Tx, track_id: int) -> Track:
    """Its number is never given out again, so the row stays."""
    return await tx.one(
        Track, f"UPDATE caption_track SET state = 'removed', rev = rev + 1 WHERE id = $1 RETURNING {_TRACK}", track_id
    )


async def closed_since(tx: Tx, session_id: int, moment: datetime) -> bool:
    """Whether a part of the session that was closed to the public ended after this moment."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM council_interval_seen"
            " WHERE session_id = $1 AND kind = 'closed' AND (ended_at IS NULL OR ended_at > $2))",
            session_id,
            moment,
        )
    )


async def settle(tx: Tx, track_id: int) -> Track:
    """Its positions are those of the whole recording now."""
    return await tx.one(
        Track,
        f"UPDATE caption_track SET settled_at = clock_timestamp(), rev = rev + 1 WHERE id = $1 RETURNING {_TRACK}",
        track_id,
    )


async def unsettled_tracks(tx: Tx) -> list[Track]:
    """Live ones whose session is over and whose recording is whole, or has had ten minutes to become so."""
    columns = ", ".join(f"t.{name.strip()}" for name in _TRACK.split(","))
    return await tx.all(
        Track,
        f"SELECT {columns} FROM caption_track t JOIN council_session s ON s.id = t.session_id"
        " LEFT JOIN recording r ON r.stream_id = s.stream_id"
        " WHERE t.kind = 'live' AND t.settled_at IS NULL AND s.state = 'ended'"
        " AND (r.ended_at IS NOT NULL OR s.ended_at < now() - interval '10 minutes') ORDER BY t.id",
    )


async def public_track(tx: Tx, session_id: int, language: str = "") -> PublicTrack | None:
    """What residents read: the language asked for, else the first that there is."""
    return await tx.maybe(
        PublicTrack,
        f"SELECT {_PUBLIC} FROM caption_track WHERE id IN"
        " (SELECT track_id FROM caption_public WHERE session_id = $1 AND ($2 = '' OR language = $2))"
        " ORDER BY language = 'pl' DESC, language LIMIT 1",
        session_id,
        language,
    )


async def public_tracks(tx: Tx, session_id: int) -> list[PublicTrack]:
    """One a language."""
    return await tx.all(
        PublicTrack,
        f"SELECT {_PUBLIC} FROM caption_track WHERE id IN"
        " (SELECT track_id FROM caption_public WHERE session_id = $1) ORDER BY language = 'pl' DESC, language",
        session_id,
    )


async def reachable_versions(tx: Tx, session_id: int) -> list[PublicTrack]:
    """Published now or before, newest first; withdrawn ones are not among them."""
    return await tx.all(
        PublicTrack,
        f"SELECT {_PUBLIC} FROM caption_track WHERE session_id = $1 AND state IN ('published', 'replaced')"
        " ORDER BY language, version DESC",
        session_id,
    )


async def turn(tx: Tx, session_id: int) -> Turn:
    """Whoever types now, locked; a row is made where there is none."""
    await tx.execute("INSERT INTO caption_turn (session_id) VALUES ($1) ON CONFLICT DO NOTHING", session_id)
    return await tx.one(Turn, f"SELECT {_TURN} FROM caption_turn WHERE session_id = $1 FOR UPDATE", session_id)


async def seen_turn(tx: Tx, session_id: int) -> Turn | None:
    return await tx.maybe(Turn, f"SELECT {_TURN} FROM caption_turn WHERE session_id = $1", session_id)


async def set_turn(tx: Tx, turn: Turn) -> Turn:
    return await tx.one(
        Turn,
        "UPDATE caption_turn SET account_id = nullif($2, 0), name = $3, next_account_id = nullif($4, 0),"
        f" next_name = $5, rev = rev + 1 WHERE session_id = $1 RETURNING {_TURN}",
        turn.session_id,
        turn.account_id,
        turn.name,
        turn.next_account_id,
        turn.next_name,
    )


class Held(msgspec.Struct, frozen=True):
    """A session with its recording, as the queue needs it."""

    session_id: int
    slug: str
    number: str
    title: str
    state: str
    held_at: datetime
    recorded_at: datetime | None
    rev: int


_HELD = (
    "SELECT s.id AS session_id, s.slug, s.number, s.title, s.state, coalesce(s.started_at, s.planned_at) AS held_at,"
    " CASE WHEN s.state = 'ended' AND EXISTS (SELECT 1 FROM recording_segment g WHERE g.stream_id = s.stream_id)"
    "  THEN coalesce(r.ended_at, s.ended_at) END AS recorded_at, s.rev"
    " FROM council_session s LEFT JOIN recording r ON r.stream_id = s.stream_id"
)


async def held_sessions(tx: Tx, limit: int) -> list[Held]:
    """Sessions on air, coming within a week, and past ones, newest first."""
    return await tx.all(
        Held,
        f"{_HELD} WHERE s.state <> 'planned' OR s.planned_at < now() + interval '7 days'"
        " ORDER BY s.state = 'live' DESC, held_at DESC, s.id DESC LIMIT $1",
        limit,
    )


async def held_session(tx: Tx, session_id: int) -> Held | None:
    return await tx.maybe(Held, f"{_HELD} WHERE s.id = $1", session_id)


async def speakers_known(tx: Tx) -> list[str]:
    """Names of the councillors of the newest term, for whoever fills in speakers."""
    rows = await tx.records(
        "SELECT name FROM councillor WHERE term_id = (SELECT id FROM council_term ORDER BY began_on DESC LIMIT 1)"
        " ORDER BY name"
    )
    return [str(row["name"]) for row in rows]
